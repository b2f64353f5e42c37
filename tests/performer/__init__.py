"""Tests of the performer."""
