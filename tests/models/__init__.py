"""Tests of chipgen.models, a file for a module."""
