"""Transfers the seed's volume and timbre envelopes to composed notes.

The chip's music draws its instruments note by note, with volumes and timbres set many times a
second. The composer writes how a note begins; its further course is copied from the
seed's note that is most like it.
"""

from bisect import bisect_left
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.music.score import Control, Note, Track
from synth.chip.voices import EXPRESSION, TIMBRE

_LATEST_NOTES: Final = 256  # the seed's last notes whose envelopes are used
_LEVEL: Final = 1 / 16  # what a difference in loudness weighs, a MIDI level
_TWICE: Final = 1.0  # what half or twice the length weighs
_OTHER_TIMBRE: Final = 1.0
_ON_TIME_BEATS: Final = 1e-4


@dataclass(frozen=True, slots=True)
class _Envelope:
    """Levels and timbres in the course of one note: (beats after its onset, control, value)."""

    changes: tuple[tuple[float, int, int], ...]


class EnvelopeTransfer:
    """The envelopes of one voice's notes in the seed.

    Parameters
    ----------
    track
        Of the seed; its CC11 is volume and its CC12 timbre.
    """

    def __init__(self, track: Track) -> None:
        controls = [c for c in track.controls if c.number in (EXPRESSION, TIMBRE)]
        beats = [control.beat for control in controls]
        self._envelopes: list[_Envelope] = []
        known: list[tuple[float, float, float]] = []
        timbre = 0
        for note in track.notes[-_LATEST_NOTES:]:
            first = bisect_left(beats, note.onset_beats - _ON_TIME_BEATS)
            last = bisect_left(beats, note.end_beats - _ON_TIME_BEATS)
            before = [c.value for c in controls[:first] if c.number == TIMBRE]
            timbre = before[-1] if before else 0
            changes = []
            for control in controls[first:last]:
                after = control.beat - note.onset_beats
                if after > _ON_TIME_BEATS:
                    changes.append((after, control.number, control.value))
                elif control.number == TIMBRE:
                    timbre = control.value
            self._envelopes.append(_Envelope(tuple(changes)))
            known.append((note.velocity, np.log2(max(note.duration_beats, 1e-3)), timbre))
        self._known: NDArray[np.float64] = np.array(known).reshape(-1, 3)

    def changes(self, note: Note, timbre: int) -> list[Control]:
        """Return the changes in the course of a note that begins with its velocity and timbre."""
        if not self._envelopes:
            return []
        velocity, length, colour = self._known.T
        cost = (
            _LEVEL * abs(velocity - note.velocity)
            + _TWICE * abs(length - np.log2(max(note.duration_beats, 1e-3)))
            + _OTHER_TIMBRE * (colour != timbre)
        )
        # Of equals the latest.
        like = len(cost) - 1 - int(np.argmin(cost[::-1]))
        envelope = self._envelopes[like]
        gain = note.velocity / max(1.0, velocity[like])
        changes = []
        for after, number, value in envelope.changes:
            if after < note.duration_beats - _ON_TIME_BEATS:
                level = min(127, round(value * gain)) if number == EXPRESSION else value
                changes.append(Control(note.onset_beats + after, number, level))
        return changes
