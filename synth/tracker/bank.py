"""The instruments of a song that is being written: each kept once, under a name of its own."""

from collections.abc import Container

from synth.tracker.song import Rules, TrackerInstrument


def free_name(wanted: str, taken: Container[str], longest: int | None = None) -> str:
    """Return a name that is not taken, of `longest` characters at most: as wanted, or numbered.

    Examples
    --------
    >>> free_name("lead", {"lead", "lead 2"}), free_name("a long name", {"a lon"}, 5)
    ('lead 3', 'a l 2')
    """
    name, number = wanted[:longest], 1
    while name in taken:
        number += 1
        suffix = f" {number}"
        name = wanted[: None if longest is None else longest - len(suffix)] + suffix
    return name


class Bank:
    """Instruments by name; equal ones share a name, others of the same name get a number."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._names: dict[tuple[str, TrackerInstrument], str] = {}
        self.instruments: dict[str, TrackerInstrument] = {}

    def add(self, wanted: str, instrument: TrackerInstrument) -> str:
        """Return the name of an instrument, as near as can be to the one that is wanted.

        Examples
        --------
        >>> from synth.instrument.macro_sequence import Sequence
        >>> from synth.tracker.song import FAMISTUDIO
        >>> bank = Bank(FAMISTUDIO)
        >>> bank.add("lead", TrackerInstrument())
        'lead'
        >>> bank.add("lead", TrackerInstrument(duty=Sequence((1,))))
        'lead 2'
        """
        known = self._names.get((wanted, instrument))
        if known is not None:
            return known
        name = free_name(wanted, self.instruments)
        self.instruments[name] = instrument
        self._names[wanted, instrument] = name
        return name
