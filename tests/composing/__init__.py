"""Tests of `chipgen.composing`."""
