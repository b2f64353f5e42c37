"""Tests of `chipgen.compose`."""
