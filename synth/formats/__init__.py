"""Reads and writes chip files: VGM, NSF and NES ROMs."""
