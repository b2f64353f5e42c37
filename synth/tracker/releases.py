"""Puts releases in rows of their own, where a tracker does one thing in a row.

A note that is shorter than its row cannot be released in it. Where enough of such notes have the
same length, they get an instrument whose envelope ends by itself; the others are cut.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from synth.instrument import macro_sequence
from synth.instrument.macro_sequence import NOT_RELEASED
from synth.tracker.contours import Contour, Model
from synth.tracker.player import values
from synth.tracker.preset_instruments import played_once

Ints = NDArray[np.int64]


def release_in_rows(
    voices: Iterable[Sequence[Contour]], rows: Ints, longest: int, worth: float
) -> None:
    """Release notes in rows in which no note of their voice begins, or otherwise.

    Parameters
    ----------
    voices
        The notes of each voice in time order; they are changed.
    rows
        The frames on which rows begin.
    longest
        Most values of an envelope.
    worth
        Frames that one more instrument has to mend.
    """
    crowded = [
        (note, after)
        for notes in voices
        for note, after in zip(notes, _following(notes), strict=True)
        if note.held != NOT_RELEASED and not _has_row(note, after, rows)
    ]
    tails: dict[tuple[Model, int], int] = {}
    for note, _ in crowded:
        key = note.model, note.held
        tails[key] = tails.get(key, 0) + _tail(note)
    gated: dict[tuple[Model, int], Model] = {}
    for note, after in crowded:
        key = note.model, note.held
        volume = note.model.volume
        if volume is not None and volume.release is not None and tails[key] >= max(worth, 1.0):
            if key not in gated:
                gated[key] = replace(
                    note.model, name=f"{note.model.name} {note.held}f",
                    volume=_ending(volume, note.held, longest),
                )  # fmt: skip
            note.model, note.held = gated[key], NOT_RELEASED
        else:
            _end(note, after, rows)


def _following(notes: Sequence[Contour]) -> list[int | None]:
    return [*(note.start for note in notes[1:]), None][: len(notes)]


def _row(frame: int, rows: Ints) -> int:
    return int(np.searchsorted(rows, frame, side="right"))


def _has_row(note: Contour, after: int | None, rows: Ints) -> bool:
    """Tell whether a note is released in another row than it and the next one begin in."""
    row = _row(note.start + note.held, rows)
    return row != _row(note.start, rows) and (after is None or row != _row(after, rows))


def _tail(note: Contour) -> int:
    """Return how many frames a note sounds after its release."""
    return int((note.level[note.held :] > 0).sum())


def _ending(volume: macro_sequence.Sequence, held: int, longest: int) -> macro_sequence.Sequence:
    """Return an envelope that does by itself what another one does when it is released."""
    assert volume.release is not None
    tail = len(volume.values) - volume.release
    frame = np.arange(min(held + tail, longest), dtype=np.int64)
    return played_once(values(volume, frame, held), longest)


def _end(note: Contour, after: int | None, rows: Ints) -> None:
    """Cut a note, release it in the next row, or leave it to the next note: what is least wrong."""
    length = note.stop - note.start
    cut = _tail(note)
    stays = (note.stop if after is None else after) - note.start - note.held
    late = cut + 1
    row = _row(note.start, rows)
    if (
        row < len(rows)
        and note.start + note.held < rows[row] < note.stop
        and (after is None or row + 1 < _row(after, rows))
    ):
        late = 2 * (int(rows[row]) - note.start - note.held)
    if late < min(cut, stays):
        note.held = int(rows[row]) - note.start
        return
    if cut <= stays and note.held < length:
        note.stop = note.start + note.held
        for name in ("level", "timbre", "rest"):
            setattr(note, name, getattr(note, name)[: note.held])
    note.held = NOT_RELEASED
