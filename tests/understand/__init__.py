"""Tests of `chipgen.understand`."""
