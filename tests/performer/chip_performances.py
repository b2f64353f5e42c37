"""A piece of the chip's voices that is played in a way of its own, to be read and played on."""

import numpy as np
from numpy.typing import NDArray

from chipgen.music.score import Control, Note, Score, Track
from chipgen.rows.row_inference import NES_FRAME_HZ

FRAME_BEATS = 2.0 / NES_FRAME_HZ  # at NES-MDB's nominal tempo
ROW_FRAMES = 8
ROWS = 128
LATE, EARLY = 1.0, 3.0  # frames that notes begin after their row, and end before it


def edges_s(rows: int = ROWS) -> NDArray[np.float64]:
    """Return where rows begin."""
    return np.arange(rows + 1) * ROW_FRAMES / NES_FRAME_HZ


def performed(rows: int = ROWS) -> Score:
    """Return a piece with a grace note before each fourth note, a fading volume and short notes.

    p1 plays each second row, a grace note a semitone below and two frames long before each fourth;
    each note is a frame late, ends three early, and falls from level 12 to 6 after four frames. The
    triangle plays each fourth row, exactly on it and legato.
    """
    notes: list[Note] = []
    controls: list[Control] = []
    for index, row in enumerate(range(0, rows, 2)):
        pitch = (72, 76, 79, 76)[index % 4]
        at = row * ROW_FRAMES + LATE
        end = (row + 2) * ROW_FRAMES - EARLY
        if index % 4 == 3:
            notes.append(_note(at - 2.0, at, pitch - 1, 102))
        notes.append(_note(at, end, pitch, 102))
        controls.append(Control((at - 2.0 * (index % 4 == 3)) * FRAME_BEATS, 11, 102))
        controls.append(Control((at + 4.0) * FRAME_BEATS, 11, 51))
    bass = tuple(
        _note(row * ROW_FRAMES, (row + 4) * ROW_FRAMES, 48 - (row % 8), 127)
        for row in range(0, rows, 4)
    )
    tracks = (
        Track("p1", 0, 80, tuple(notes), tuple(controls), role="p1"),
        Track("tr", 2, 38, bass, role="tr"),
    )
    end = rows * ROW_FRAMES * FRAME_BEATS
    return Score(tracks, end_beats=end, dialect="nesmdb")


def _note(start: float, end: float, pitch: int, velocity: int) -> Note:
    return Note(start * FRAME_BEATS, (end - start) * FRAME_BEATS, pitch, velocity)
