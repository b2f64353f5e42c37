"""Tests of reading and writing MIDI files."""
