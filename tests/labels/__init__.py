"""Tests of chipgen.labels."""
