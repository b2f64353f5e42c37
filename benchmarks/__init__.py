"""Measures what the README and the documents state."""
