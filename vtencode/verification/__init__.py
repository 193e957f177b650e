"""Verification: proving a dataset against its source."""
