"""Tests of `chipgen.dataset`."""
