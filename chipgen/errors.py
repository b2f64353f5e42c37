"""Errors of the music house that a user can mend."""

from synth.errors import SynthError


class ChipgenError(SynthError):
    """Something in a score, a data set, a model or a command cannot be used."""
