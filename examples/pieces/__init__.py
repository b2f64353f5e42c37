"""The example seeds, one a file: their origin and their notes."""
