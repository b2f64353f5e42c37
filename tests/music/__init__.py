"""Tests of chipgen.music."""
