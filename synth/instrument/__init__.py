"""Plays scores with presets: the 60 Hz driver, and the live synthesizer."""
