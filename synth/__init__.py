"""The instrument: a 2A03 that is played by register writes, its driver, presets and files."""
