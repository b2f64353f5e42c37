"""The example seeds, one a file: where each comes from, and its notes."""
