"""Tests of chipgen.arrange."""
