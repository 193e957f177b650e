"""Exports: what a trainer's own loader reads, written from a finished dataset."""
