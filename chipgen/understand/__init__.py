"""Who plays what in a score: its parts, and where it ends."""
