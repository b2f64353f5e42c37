"""Tests of `chipgen.arranging`."""
