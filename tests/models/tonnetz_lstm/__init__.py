"""Tests of chipgen.models.tonnetz_lstm, a file for a module."""
