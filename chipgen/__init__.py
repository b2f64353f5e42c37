"""Turns a seed MIDI into NES music."""

__version__ = "0.1.0"
