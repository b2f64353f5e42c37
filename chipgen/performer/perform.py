"""Plays composed rows as the seed's own voices were played: ornaments, timing, ends and volumes.

Decisions are drawn note by note, each from the network's probabilities, so that the same seed,
rows and number give the same notes, however the rows are cut into passages.
"""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.music.score import NES_TRACKS, Score
from chipgen.performer.network import Weights
from chipgen.performer.performed_notes import WrittenNotes, read_performance
from chipgen.performer.voice_player import LOUDEST, Events, VoicePlayer
from chipgen.rows.quantise import notes_of
from chipgen.rows.row_states import HOLD, TRIANGLE, Rows

_RECENT_S: Final = 90.0  # of the seed's end, in which its way of playing is looked for
_FEWEST_PLAYED: Final = 4  # of a voice whose way of playing can be told


class Performer:
    """Plays what is composed after a seed in the chip's voices.

    Parameters
    ----------
    weights
        Of the network.
    seed
        Its tracks have roles.
    edges_s
        Where the seed's rows begin, and where the last one ends, seconds; shape (rows + 1,).
    frame_beats
        A video frame in quarter notes of what is composed.
    rng_seed
        What is drawn follows from it.
    at_row
        Where what is played begins, if that is inside the seed: notes before it lead to it.
    """

    def __init__(
        self,
        weights: Weights,
        seed: Score,
        edges_s: NDArray[np.float64],
        frame_beats: float,
        rng_seed: int,
        at_row: int | None = None,
    ) -> None:
        self._rows = len(edges_s) - 1 if at_row is None else at_row
        played = read_performance(_end_of(seed, float(edges_s[-1]) - _RECENT_S), edges_s)
        self._voices = {
            voice: VoicePlayer(weights, voice, notes, frame_beats, rng_seed, self._rows)
            for voice, notes in played.items()
            if len(notes) >= _FEWEST_PLAYED
        }

    def play(
        self, rows: Rows, first: int, count: int, edges_beats: NDArray[np.float64]
    ) -> dict[str, Events]:
        """Play some rows.

        Parameters
        ----------
        rows
            What the voices do, and what they do after it as far as that is known.
        first
            Index of the first row, from where the seed ends.
        count
            How many rows are played; those behind only tell how long notes last.
        edges_beats
            Where the rows begin, and where the last one ends; shape (rows + 1,).

        Returns
        -------
        dict
            Role, as in ``"p1"``, to its notes and controls; all begin within the rows.
        """
        notes = notes_of(rows)
        begun = ((rows.states > HOLD) << np.arange(rows.states.shape[1])).sum(axis=1)
        made = {}
        for voice, player in self._voices.items():
            mine = notes.voice == voice
            row = notes.row[mine]
            level = notes.volume[mine] if voice != TRIANGLE else np.full(len(row), LOUDEST)
            written = WrittenNotes(
                row + first + self._rows,
                notes.end_row[mine] + first + self._rows,
                notes.pitch[mine],
                np.maximum(level, 1),
                notes.timbre[mine],
                rows.frames[row],
                begun[row],
            )
            places = edges_beats[row], edges_beats[notes.end_row[mine]]
            span = float(edges_beats[0]), float(edges_beats[count])
            made[NES_TRACKS[voice]] = player.play(written, int((row < count).sum()), places, span)
        return made


def _end_of(seed: Score, begin_s: float) -> Score:
    """Return a seed without the notes that begin before a time."""
    if begin_s <= 0.0:
        return seed
    begin = float(seed.seconds_to_beats(np.array([begin_s]))[0])
    tracks = (
        replace(track, notes=tuple(n for n in track.notes if n.onset_beats >= begin))
        for track in seed.tracks
    )
    return seed.with_tracks(tuple(tracks))
