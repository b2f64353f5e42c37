"""Kills commands wherever they touch a file, and looks at what is left."""
