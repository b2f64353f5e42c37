"""Slices of pitches played as lines: the bass keeps its figure."""

from itertools import pairwise

import numpy as np

from chipgen.compose.voice_leading import play_slices
from chipgen.music.score import Score, Track
from chipgen.rows.prompt import Prompt
from tests.seeds import line

C_MAJOR = {0, 2, 4, 5, 7, 9, 11}


def test_the_bass_stands_on_the_lowest_note_and_keeps_its_figure() -> None:
    """Each bar begins on the slice's lowest pitch class, and octaves stay octaves."""
    octaves = line([36, 48], 0.5, 16)
    seed = Score(
        (Track("tune", 0, 79, line([72, 74, 76, 77], 1.0, 4)), Track("bass", 1, 38, octaves)),
        end_beats=16.0,
    )
    ending = Prompt.of(seed).ending
    chords = [(41, 57, 60), (43, 59, 62), (36, 60, 64), (45, 60, 64)]  # F G C Am, a bar each
    slices = np.zeros((16, 88), dtype=bool)
    for beat in range(16):
        slices[beat, np.array(chords[beat // 4]) - 21] = True
    lines = play_slices(
        slices, ending, Prompt.of(seed).lines, frozenset(C_MAJOR), np.random.default_rng(0), 4
    )
    assert {(n.pitch % 12, int(n.onset_beats - 16) // 4) for n in lines.bass} == {
        (chord[0] % 12, bar) for bar, chord in enumerate(chords)
    }
    steps = [abs(b.pitch - a.pitch) for a, b in pairwise(lines.bass[:8])]
    assert steps == [12] * 7
