"""Tests of `chipgen.models`."""
