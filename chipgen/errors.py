"""Errors of `chipgen` that a user can correct."""

from synth.errors import SynthError


class ChipgenError(SynthError):
    """Something in a score, a data set, a model or a command cannot be used."""


class RequestError(ChipgenError):
    """Something that is asked for is out of range, or cannot be had together or in this place.

    It is wrong usage: the command line exits with 2.
    """


class CheckpointError(ChipgenError):
    """A model's file cannot be used; the message names it."""


class OutputError(ChipgenError):
    """Standard output cannot be written to: it is closed, or its disk is full."""
