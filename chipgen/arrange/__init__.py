"""Polyphony to the four voices of the chip."""
