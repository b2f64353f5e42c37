"""Puts a score on a grid of steps: which pitches sound in which slice.

A slice covers a fixed number of beats, 1.0 by default. NES-MDB's tempo is nominal
(120 beats a minute in every file), so there a beat is 0.5 s: the "slices" task of the evaluation.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chipgen.music.score import Score, Track
from chipgen.music.tonnetz import PITCH_HIGH, PITCH_LOW, PITCHES

SLICE_S: Final = 0.5  # the evaluation's slice
_ROUNDING: Final = 1e-6  # steps; far below one tick, far above a sum's rounding error


@dataclass(frozen=True, slots=True)
class NoteGrid:
    """A piece on a grid of equal steps.

    Attributes
    ----------
    slices
        Boolean, shape (steps, 88): MIDI pitches 21–108 that sound in each step.
    step_beats
        Length of a step in quarter notes.
    first_beat
        Where step 0 begins, in quarter notes.
    """

    slices: NDArray[np.bool_]
    step_beats: float = 1.0
    first_beat: float = 0.0

    @property
    def end_beats(self) -> float:
        """Where the last step ends, in quarter notes."""
        return self.first_beat + len(self.slices) * self.step_beats


def sounding_slices(
    onsets: ArrayLike, ends: ArrayLike, pitches: ArrayLike, steps: int | None = None
) -> NDArray[np.bool_]:
    """Mark the slices in which notes sound.

    A note sounds in slices floor(onset) … ceil(end) − 1, so in every slice it touches.

    Parameters
    ----------
    onsets, ends
        In slices, shape (notes,); notes that begin before 0 are cut there.
    pitches
        MIDI pitches; those outside 21–108 are left out.
    steps
        Slices in the answer; by default as many as hold the last note, so none trails empty.

    Returns
    -------
    NDArray
        Boolean, shape (steps, 88).

    Examples
    --------
    >>> slices = sounding_slices([0.0, 0.9], [1.0, 2.1], [60, 64])
    >>> [[int(p) + 21 for p in np.flatnonzero(s)] for s in slices]
    [[60, 64], [64], [64]]
    """
    onset_array = np.atleast_1d(np.asarray(onsets, dtype=np.float64))
    end_array = np.atleast_1d(np.asarray(ends, dtype=np.float64))
    pitch_array = np.atleast_1d(np.asarray(pitches, dtype=np.int64))
    kept = (pitch_array >= PITCH_LOW) & (pitch_array <= PITCH_HIGH) & (end_array > 0)
    first = np.maximum(0, np.floor(onset_array[kept] + _ROUNDING)).astype(np.int64)
    last = np.maximum(first + 1, np.ceil(end_array[kept] - _ROUNDING).astype(np.int64))
    total = int(last.max(initial=0)) if steps is None else steps
    slices = np.zeros((total, PITCHES), dtype=np.bool_)
    for begin, end, column in zip(first, last, pitch_array[kept] - PITCH_LOW, strict=True):
        slices[begin:end, column] = True
    return slices


def slice_score(score: Score, step_beats: float = 1.0) -> NoteGrid:
    """Put a score's pitched notes on a grid of beats.

    Parameters
    ----------
    score
        Drum tracks and the NES-MDB noise track are left out: they are not pitch.
    step_beats
        Length of a slice in quarter notes, above 0.

    Raises
    ------
    ValueError
        If `step_beats` is not above 0.
    """
    if not step_beats > 0:
        raise ValueError(f"a slice of {step_beats} beats: it must be above 0")
    notes = [note for track in pitched_tracks(score) for note in track.notes]
    slices = sounding_slices(
        np.array([note.onset_beats for note in notes]) / step_beats,
        np.array([note.end_beats for note in notes]) / step_beats,
        np.array([note.pitch for note in notes], dtype=np.int64),
    )
    return NoteGrid(slices, step_beats)


def slice_seconds(score: Score, slice_s: float = SLICE_S) -> NDArray[np.bool_]:
    """Put a score's pitched notes on a grid of seconds, as the "slices" task does.

    Returns
    -------
    NDArray
        Boolean, shape (slices, 88); the last slice is not empty.
    """
    notes = [note for track in pitched_tracks(score) for note in track.notes]
    onsets_s = score.beats_to_seconds(np.array([note.onset_beats for note in notes]))
    ends_s = score.beats_to_seconds(np.array([note.end_beats for note in notes]))
    return sounding_slices(
        onsets_s / slice_s,
        ends_s / slice_s,
        np.array([note.pitch for note in notes], dtype=np.int64),
    )


def pitched_tracks(score: Score) -> list[Track]:
    """Return the tracks that play pitches: no drums, no noise."""
    return [track for track in score.tracks if not track.is_drums and track.role != "no"]
