"""Chip files: registers in and out of VGM, NSF and NES ROM files."""
