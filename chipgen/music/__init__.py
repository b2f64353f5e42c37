"""What is played: scores, MIDI files, grids, the Tonnetz lattice."""
