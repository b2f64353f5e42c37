"""Samples to the world: audio files, loops, stems, playback."""
