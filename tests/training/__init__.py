"""Tests of `chipgen.training`."""
