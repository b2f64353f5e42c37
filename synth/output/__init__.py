"""Writes samples as audio files, loops and stems, and plays them."""
