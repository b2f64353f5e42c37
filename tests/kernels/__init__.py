"""Tests of synth.kernels."""
