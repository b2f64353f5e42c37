"""Tests of `synth`."""
