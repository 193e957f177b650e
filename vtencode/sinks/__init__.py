"""Sinks: shard formats, written and read."""
