"""Tests of `synth.chip`."""
