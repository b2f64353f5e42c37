"""Trains models and measures them."""
