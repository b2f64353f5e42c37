"""Lays the triangle's part of drums into its bass line."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from synth.instrument.chip_score import ChipNote

SHORTEST_S: Final = 2 / 60  # shortest remainder of a note that is cut; else it is not cut


def lay_drums(
    bass: Sequence[ChipNote], drums: Iterable[tuple[ChipNote, bool]]
) -> tuple[ChipNote, ...]:
    """Return a line with the drums that have room in it.

    Parameters
    ----------
    bass
        Notes in time order.
    drums
        Notes in time order, and whether each also sounds within a note of the bass, which goes on
        after it. Others sound only where the bass rests for their whole length.

    Returns
    -------
    tuple of ChipNote
        In time order; of a drum that begins while another sounds nothing is heard.

    Examples
    --------
    >>> bass, kick = ChipNote(0.0, 1.0, 40), ChipNote(0.5, 0.6, 60)
    >>> [(note.pitch, note.start_s) for note in lay_drums([bass], [(kick, True)])]
    [(40, 0.0), (60, 0.5), (40, 0.6)]
    """
    starts_s = [note.start_s for note in bass]
    free_from_s = 0.0
    heard: list[ChipNote] = []
    for drum, over in drums:
        first = max(bisect_left(starts_s, drum.start_s) - 1, 0)
        near = bass[first : bisect_left(starts_s, drum.end_s)]
        inside = [note for note in near if note.end_s > drum.start_s]
        if drum.start_s < free_from_s or (inside and not over):
            continue
        if all(_outlasts(note, drum) for note in inside):
            heard.append(drum)
            free_from_s = drum.end_s
    cut = [piece for note in bass for piece in _around(note, heard)]
    return tuple(sorted([*cut, *heard], key=lambda note: note.start_s))


def _outlasts(note: ChipNote, drum: ChipNote) -> bool:
    """Tell whether a note is heard before or after a drum."""
    return note.end_s - drum.end_s >= SHORTEST_S or drum.start_s - note.start_s >= SHORTEST_S


def _around(note: ChipNote, drums: Sequence[ChipNote]) -> list[ChipNote]:
    """Return the audible parts of a note before, between and after drums, which are in order."""
    pieces, start_s = [], note.start_s
    first = bisect_left(drums, note.start_s, key=lambda drum: drum.end_s)
    for drum in drums[first:]:
        if drum.start_s >= note.end_s:
            break
        if drum.start_s > start_s:
            pieces.append((start_s, drum.start_s))
        start_s = max(start_s, drum.end_s)
    if start_s < note.end_s:
        pieces.append((start_s, note.end_s))
    return [
        note if (a, b) == (note.start_s, note.end_s)
        else replace(note, start_s=a, end_s=b, begun_s=note.begun_s + a - note.start_s)
        for a, b in pieces
    ]  # fmt: skip
