"""The base class of errors that a user can correct."""


class SynthError(Exception):
    """Something the user gave cannot be used.

    The message is one line that names the file or value, what is allowed, and the fix. The command
    line prints it and exits with 1; anything that is not a `SynthError` is a defect of ours.
    """


class UnknownNameError(SynthError):
    """A name is none of those that there are: a preset's, a format's, a device's.

    It is wrong usage: the command line exits with 2.
    """
