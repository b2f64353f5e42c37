"""Tests of audio files and playback."""
