"""The pitched notes of a piece in rows, from which chords and keys are estimated."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chipgen.music.note_grid import pitched_tracks
from chipgen.music.score import Score
from chipgen.rows.quantise import notes_of
from chipgen.rows.row_states import NOISE, Rows


@dataclass(frozen=True, slots=True, eq=False)
class PitchedNotes:
    """Pitched notes; vectors of one length.

    Attributes
    ----------
    start, end
        In rows, fractions allowed; float64, ``end > start``.
    pitch
        MIDI pitch; int64.
    """

    start: NDArray[np.float64]
    end: NDArray[np.float64]
    pitch: NDArray[np.int64]

    @classmethod
    def of_rows(cls, rows: Rows, voices: Sequence[int] = range(NOISE)) -> "PitchedNotes":
        """Return what pulses and triangle play, or some of these voices."""
        notes = notes_of(rows)
        kept = np.isin(notes.voice, voices)
        return cls(
            notes.row[kept].astype(np.float64),
            notes.end_row[kept].astype(np.float64),
            notes.pitch[kept],
        )

    @classmethod
    def of_score(cls, score: Score, edges_beats: NDArray[np.float64]) -> "PitchedNotes":
        """Return all notes of a score's pitched tracks.

        Parameters
        ----------
        edges_beats
            Where each row begins, and where the last one ends, in quarter notes.
        """
        notes = [note for track in pitched_tracks(score) for note in track.notes]
        rows = np.arange(len(edges_beats), dtype=np.float64)
        start = np.interp([note.onset_beats for note in notes], edges_beats, rows)
        end = np.interp([note.end_beats for note in notes], edges_beats, rows)
        pitch = np.array([note.pitch for note in notes], dtype=np.int64)
        kept = end > start
        return cls(start[kept], end[kept], pitch[kept])

    def share(self, edges: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return how long each pitch class sounds between edges.

        Parameters
        ----------
        edges
            Rows, rising; shape (S + 1,).

        Returns
        -------
        ndarray
            In rows, summed over notes; float64, shape (S, 12).
        """
        spans = len(edges) - 1
        total = np.zeros((spans, 12))
        if not len(self.pitch):
            return total
        first = np.clip(np.searchsorted(edges, self.start, side="right") - 1, 0, spans - 1)
        last = np.clip(np.searchsorted(edges, self.end, side="left") - 1, 0, spans - 1)
        count = np.maximum(last - first + 1, 1)
        note = np.repeat(np.arange(len(first)), count)
        span = (
            np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count) + first[note]
        )
        inside = np.minimum(self.end[note], edges[span + 1]) - np.maximum(
            self.start[note], edges[span]
        )
        np.add.at(total, (span, self.pitch[note] % 12), np.maximum(inside, 0.0))
        return total
