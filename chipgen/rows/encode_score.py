"""Puts a score of the chip's voices on rows: of its own beats, or inferred from its onsets."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.music.score import NES_TRACKS, Score
from chipgen.rows.grid_extrapolation import extrapolate_rows
from chipgen.rows.quantise import put_on_grid
from chipgen.rows.row_inference import NES_FRAME_HZ, RowGrid
from chipgen.rows.row_states import Rows
from chipgen.rows.row_timing import RowTiming
from chipgen.rows.score_conversion import cut_at, folded_into_ranges, voice_notes_of
from chipgen.rows.voice_notes import TICKS_A_SECOND
from chipgen.understand.ending import Ending

DIVISIONS: Final = (2, 4, 3, 8, 6, 12)  # rows a beat tried for ordinary MIDI, halves first
_SQUARE: Final = 2  # the duty of ordinary MIDI's pulses


@dataclass(frozen=True, slots=True, eq=False)
class EncodedPiece:
    """A whole piece on rows.

    Attributes
    ----------
    rows
        What its voices play.
    edges_beats
        Where each row begins, and where the last one ends, in quarter notes; rising, one more than
        there are rows.
    timing
        When the rows are that follow it.
    folded
        Notes that were moved by octaves into their voice's range.
    """

    rows: Rows
    edges_beats: NDArray[np.float64]
    timing: RowTiming
    folded: int

    def edge_at(self, beat: float) -> int:
        """Return the index of the edge that is nearest to a beat."""
        return int(np.argmin(np.abs(self.edges_beats - beat)))


def encode_piece(score: Score, ending: Ending, *, nominal: bool) -> EncodedPiece:
    """Put a piece in the chip's voices on rows, up to where it ends.

    Parameters
    ----------
    score
        Has tracks with roles.
    ending
        Where it ends.
    nominal
        Whether its beats are only its file's: then rows are inferred from its onsets instead.
        Else rows divide its beats, so that bar lines are the edges of rows where that can be.

    Raises
    ------
    ChipgenError
        If no track has a role and a note.
    """
    end_s = float(score.beats_to_seconds(ending.start_beats))
    notes, folded = folded_into_ranges(voice_notes_of(score, unset_duty=_SQUARE))
    notes = cut_at(notes, round(end_s * TICKS_A_SECOND))
    beat_s = 60.0 / ending.tempo.bpm
    if nominal:
        onsets_s = notes.start / TICKS_A_SECOND
        durations_s = (notes.end - notes.start) / TICKS_A_SECOND
        cut = extrapolate_rows(onsets_s, durations_s, end_s)
        grid = cut.grid
        edges = np.maximum(0.0, score.seconds_to_beats(np.maximum(0.0, grid.times_s)))
        timing = RowTiming(float(edges[-1]), cut.frames, NES_FRAME_HZ * beat_s, cut.frames)
    else:
        division = _division(score, ending)
        edges = np.arange(int(np.ceil(ending.start_beats * division - 1e-6)) + 1) / division
        times_s = score.beats_to_seconds(edges)
        grid = RowGrid(times_s, _frames(times_s), 1.0)
        usual = _frames(np.array([0.0, beat_s / division])).astype(np.int64)
        one = np.ones(1, dtype=np.int64)
        timing = RowTiming(ending.start_beats, one, float(division), usual)
    return EncodedPiece(put_on_grid(notes, grid).rows, edges, timing, folded)


def _division(score: Score, ending: Ending) -> int:
    """Return how many rows a beat suit a piece in its own beats: the first that fit its onsets.

    Of divisions that have a row at each bar line, if there are any such.
    """
    onsets = np.array(
        [n.onset_beats for t in score.tracks if t.role in NES_TRACKS for n in t.notes]
    )
    lines = np.array([*score.bar_starts_beats(), ending.start_beats])
    lines = lines[lines <= ending.start_beats]
    beat_frames = NES_FRAME_HZ * 60.0 / ending.tempo.bpm
    usual = [d for d in DIVISIONS if 3.0 <= beat_frames / d <= 16.0] or [4]
    usual = [d for d in usual if np.allclose(lines * d, np.rint(lines * d))] or usual
    off = {d: float(np.mean(np.abs(onsets * d - np.rint(onsets * d)) / d > 1 / 32)) for d in usual}
    fine = [d for d in usual if off[d] <= min(off.values()) + 0.03]
    return fine[0]


def _frames(times_s: NDArray[np.float64]) -> NDArray[np.int16]:
    """Return row lengths in whole frames, of the kind NES-MDB has."""
    return np.clip(np.rint(np.diff(times_s) * NES_FRAME_HZ), 2, 20).astype(np.int16)
