"""Tests of synth.formats."""
