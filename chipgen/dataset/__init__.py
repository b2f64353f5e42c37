"""Where models learn from: NES-MDB, cleaned and cached."""
