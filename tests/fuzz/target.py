"""What inputs of a kind are fed to."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz.mutate import Mutator


@dataclass(frozen=True, slots=True)
class Target:
    """What inputs of a kind are fed to.

    Attributes
    ----------
    name
        What it is called.
    seeds
        Returns small valid inputs.
    run
        Takes an input in, given its file in an empty folder; it may raise `SynthError`.
    mutate
        How inputs are damaged.
    suffix
        What their files' names end in.
    missing
        Returns why it cannot be run here; empty if it can.
    """

    name: str
    seeds: Callable[[], list[bytes]]
    run: Callable[[Path], None]
    mutate: Mutator
    suffix: str = ""
    missing: Callable[[], str] = lambda: ""
