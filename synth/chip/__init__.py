"""Registers in, samples out: the 2A03 itself."""
