"""Pictures of songs and of their sound."""
