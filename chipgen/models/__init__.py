"""What composes: networks and their checkpoints. Importing it loads torch."""
