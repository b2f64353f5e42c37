"""The output of a model: stretches of a continuation, and remarks about it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from chipgen.music.score import Control, Note, Score


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some bars of a continuation, complete: nothing that begins in them comes later.

    Attributes
    ----------
    start_beats, end_beats
        Where, counted from the start of the seed; the next stretch begins where this one ends.
    lines
        Role (melody, harmony, bass, drums) to the notes that begin here; a role may be missing.
    controls
        Role to the control changes that go with them.
    """

    start_beats: float
    end_beats: float
    lines: Mapping[str, tuple[Note, ...]]
    controls: Mapping[str, tuple[Control, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Continuation:
    """A continuation, composed stretch by stretch on demand.

    Attributes
    ----------
    owners
        Role to the seed's track that plays it, or None for a new one. Other names are further
        parts of the seed, whose notes are in the lines of that name.
    stretches
        In order and without gaps; can be gone through once.
    remarks
        Remarks for the user, one line each.
    writes_drums
        Whether the role ``"drums"`` is among the lines.
    seed
        The seed that it continues, if voices were added to it.
    start_beats
        Where the first row that is composed begins, if not where the seed ends: in a piece with
        nominal beats up to a row later.
    plan
        Its plan, in words; empty if it is not planned.
    """

    owners: Mapping[str, int | None]
    stretches: Iterator[Stretch]
    remarks: tuple[str, ...] = ()
    writes_drums: bool = False
    seed: Score | None = None
    start_beats: float | None = None
    plan: str = ""

    def gather(self) -> dict[str, tuple[Note, ...]]:
        """Compose to the end, and return each role's notes."""
        lines: dict[str, tuple[Note, ...]] = {}
        for stretch in self.stretches:
            for role, notes in stretch.lines.items():
                lines[role] = (*lines.get(role, ()), *notes)
        return lines


def folded_remarks(folded: int, where: str = "outside the voices' ranges") -> tuple[str, ...]:
    """Report how many notes were moved by octaves, if any were.

    Examples
    --------
    >>> folded_remarks(1)
    ("1 note outside the voices' ranges was heard an octave nearer",)
    >>> folded_remarks(0)
    ()
    """
    if not folded:
        return ()
    notes = "1 note" if folded == 1 else f"{folded} notes"
    return (f"{notes} {where} {'was' if folded == 1 else 'were'} heard an octave nearer",)
