"""Scores, their file formats, keys, grids and the Tonnetz."""
