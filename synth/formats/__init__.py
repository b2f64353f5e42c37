"""Registers to files and back: VGM, NSF, NES ROM."""
