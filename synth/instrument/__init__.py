"""Score and preset to register writes: the 60 Hz driver and what it plays."""
