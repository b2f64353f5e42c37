"""Measures of what a listener hears, each printed for real songs beside takes and controls."""
