"""What is composed on from the examples compares with them: key, variety, order of voices."""

import numpy as np
import pytest

from benchmarks.sample_slices import COLUMNS, EXAMPLES, measure
from chipgen.composing.slice_composer import continue_seed
from chipgen.models.tonnetz_lstm.inference import load_weights
from chipgen.music.midi import read_midi
from chipgen.music.score import Note
from chipgen.request import ComposeRequest
from chipgen.rows.prompt import Prompt

BARS = 16


def figures(
    voices: dict[str, list[Note]], start: float, end: float, own: set[int]
) -> dict[str, float]:
    """Return the benchmark's figures by name, at 4/4 and 120."""
    every = [note for notes in voices.values() for note in notes]
    return dict(zip(COLUMNS, measure(voices, every, 4.0, 2.0, start, end, own), strict=True))


def test_the_figures_say_what_is_there() -> None:
    """Three pitch classes, a fifth of the time crossed, a fifth in unison, one of them foreign."""
    voices = {
        "melody": [Note(float(k), 1.0, pitch) for k, pitch in enumerate((72, 74, 60, 72, 67))],
        "harmony": [Note(0.0, 3.0, 67), Note(3.0, 1.0, 72)],
        "bass": [Note(0.0, 5.0, 48)],
    }
    got = figures(voices, 0.0, 5.0, {0, 2})
    assert got["below"] == got["unison"] == pytest.approx(0.2)
    assert got["foreign"] == pytest.approx(2 / 8)
    shares = np.array([5, 1, 2]) / 8
    assert got["pc entropy"] == pytest.approx(-(shares * np.log2(shares)).sum())
    assert got["scale"] == got["top 3"] == 1.0
    assert got["silence"] == 0.0
    assert got["onsets/s"] == pytest.approx(8 / 2.5)
    assert (got["chords"], got["basses"], got["stuck"]) == (3, 1, 1)


@pytest.mark.parametrize("name", sorted(path.stem for path in EXAMPLES.glob("*.mid")))
def test_examples_go_on_in_their_own_harmony(name: str) -> None:
    """In key, without sinking into one chord; the melody on top, and not in unison."""
    seed = read_midi(EXAMPLES / f"{name}.mid")
    prompt = Prompt.of(seed)
    notes = [note for track in seed.tracks if not track.is_drums for note in track.notes]
    own = {note.pitch % 12 for note in notes}
    counts = np.bincount([note.pitch % 12 for note in notes], minlength=12) / len(notes)
    entropy = float(-(counts[counts > 0] * np.log2(counts[counts > 0])).sum())
    made = continue_seed(load_weights("tonnetz-lstm"), prompt, ComposeRequest(bars=BARS))
    voices = {role: list(line) for role, line in made.gather().items()}
    ending = prompt.ending
    start = ending.start_beats
    got = figures(voices, start, start + BARS * ending.bar_beats, own)
    assert got["pc entropy"] > entropy - 0.5
    assert got["top 1"] < 0.45
    assert got["foreign"] < 0.05
    assert got["chords"] >= 5
    assert got["basses"] >= 3
    assert got["below"] == got["unison"] == 0
