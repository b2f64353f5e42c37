"""Tests of what a user can ask for."""
