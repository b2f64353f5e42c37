"""Draws pictures of songs."""
