"""Feeds damaged and hostile inputs to everything that comes in from outside."""
