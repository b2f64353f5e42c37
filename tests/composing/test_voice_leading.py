"""Slices of pitches played as lines: the bass keeps its figure."""

from itertools import pairwise

import numpy as np
import pytest

from chipgen.composing import Composition, compose
from chipgen.composing.slice_composer import continue_seed
from chipgen.composing.voice_leading import play_slices
from chipgen.models.tonnetz_lstm.inference import load_weights
from chipgen.music.score import Score, Track
from chipgen.request import ComposeRequest
from chipgen.rows.prompt import Prompt
from tests.composing.takes import C_MAJOR, composed
from tests.seeds import band, chip, line

MODEL = "tonnetz-lstm"


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


@pytest.fixture(scope="module")
def played() -> Composition:
    """Return eight bars composed on from the band."""
    return compose(band(), ComposeRequest(model=MODEL, bars=8, rng_seed=5))


def test_at_most_three_pitches_sound_at_once(played: Composition) -> None:
    """The chip has three pitched voices; each part is one voice."""
    pitched = [(i, n) for i, n in composed(played.score, 16) if i < 3]
    for index in range(3):
        part = [note for i, note in pitched if i == index]
        assert all(a.end_beats <= b.onset_beats + 1e-9 for a, b in pairwise(part))


def test_the_voices_keep_their_places(played: Composition) -> None:
    """On the whole melody lies above harmony, and harmony above bass."""
    means = [
        np.mean([note.pitch for i, note in composed(played.score, 16) if i == index])
        for index in range(3)
    ]
    assert means[0] > means[1] > means[2]


@pytest.mark.parametrize("source", [band(), chip()], ids=["band", "chip"])
@pytest.mark.parametrize("number", [0, 1, 2])
def test_voices_never_cross(source: Score, number: int) -> None:
    """Wherever two voices sound together the melody lies above the harmony, that above the bass."""
    request = ComposeRequest(bars=8, rng_seed=number)
    made = continue_seed(load_weights(MODEL), Prompt.of(source), request).gather()
    for upper, lower in (("melody", "harmony"), ("melody", "bass"), ("harmony", "bass")):
        for a in made[upper]:
            for b in made[lower]:
                apart = a.end_beats <= b.onset_beats + 1e-6 or b.end_beats <= a.onset_beats + 1e-6
                assert apart or a.pitch > b.pitch, (upper, lower, a, b)
