"""Tests of the example seeds and their notation."""
