"""The 2A03: registers in, samples out."""
