"""Plays register logs live: seeks, changes and loops them."""
