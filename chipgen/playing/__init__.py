"""Register logs to the sound that is heard now: played, sought, changed and looped."""
