"""Reads, cleans, caches and reports on the data that models learn from."""
