"""Tests of `chipgen.cli`."""
