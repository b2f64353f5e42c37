"""Takes of the shipped row-transformer by the public path: never silent, repeatable, torch-free."""

import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipgen.composing import compose
from chipgen.errors import ChipgenError
from chipgen.music.midi import read_midi
from chipgen.music.score import Meter, Note, Score, Tempo, Track
from chipgen.request import ComposeRequest
from tests.composing.takes import C_MAJOR, composed
from tests.seeds import band, chip, line

MODEL = "row-transformer"


@pytest.fixture(scope="module")
def played():
    """Return eight bars composed on from the band."""
    return compose(band(), ComposeRequest(model=MODEL, bars=8, rng_seed=5))


def test_the_seed_is_kept_and_goes_on_at_its_bar_line(played):
    """Seed notes are untouched; bars, tempo and meter are the seed's; every track goes on."""
    seed = band()
    assert (played.seed_bars, played.generated_bars, played.score.end_beats) == (4, 8, 48.0)
    assert (played.score.tempos, played.score.meters) == (seed.tempos, seed.meters)
    for before, after in zip(seed.tracks, played.score.tracks, strict=True):
        assert after.notes[: len(before.notes)] == before.notes
        assert len(after.notes) > len(before.notes), f"{before.name} goes on"
    assert max(note.end_beats for _, note in composed(played.score, 16)) <= 48.0 + 1e-6


def test_it_stays_in_key_and_on_the_grid(played):
    """Nearly all notes are of the seed's scale, and begin on its eighths or their halves."""
    notes = [note for index, note in composed(played.score, 16) if index < 3]
    assert np.mean([note.pitch % 12 in C_MAJOR for note in notes]) > 0.9
    assert all(abs(note.onset_beats * 4 - round(note.onset_beats * 4)) < 1e-6 for note in notes)


def test_drums_as_asked():
    """The model's own on the seed's kit, a plain kit, or none; a seed's band may have none."""

    def drums(source: Score, kind: str, who: str = "auto") -> set[int]:
        request = ComposeRequest(model=MODEL, bars=2, drums=kind, band=who, rng_seed=0)
        score = compose(source, request).score
        return {n.pitch for index, n in composed(score, 16) if score.tracks[index].is_drums}

    assert drums(band(), "seed") <= {36, 38, 42}
    assert drums(band(), "seed")
    assert drums(band(), "none") == set()
    assert drums(band(), "preset") == {36, 38, 42}
    assert drums(band(drums=False), "seed")
    assert drums(band(drums=False), "seed", "seed") == set()
    assert drums(band(drums=False), "preset") == {36, 38, 42}


def test_chip_voices_go_on_with_volumes_and_timbres():
    """The chip's own tracks go on as themselves; volumes and timbres are ones the chip has."""
    made = compose(chip(), ComposeRequest(model=MODEL, bars=6, rng_seed=1)).score
    assert [track.role for track in made.tracks] == ["p1", "p2", "tr", "no"]
    for track in made.tracks:
        new = [note for note in track.notes if note.onset_beats >= 24 - 1e-6]
        assert new, track.role
        timbres = {c.value for c in track.controls if c.number == 12 and c.beat >= 24}
        assert timbres <= ({0, 1, 2, 3} if track.role in {"p1", "p2"} else {0, 1})
        if track.role == "no":
            assert all(1 <= note.pitch <= 16 for note in new)


def test_a_waltz_stays_a_waltz():
    """A seed in 3/4 at 90 goes on in 3/4 at 90, in whole bars."""
    seed = replace(
        band(3, drums=False), tempos=(Tempo(0.0, 90.0),), meters=(Meter(0.0, 3, 4),), end_beats=12.0
    )
    made = compose(seed, ComposeRequest(model=MODEL, bars=5, rng_seed=0)).score
    assert (made.meters, made.tempos) == (seed.meters, seed.tempos)
    assert made.end_beats == 12.0 + 15.0


@settings(max_examples=6, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.integers(1, 24), st.integers(0, 127)),
        min_size=1,
        max_size=25,
    ),
    st.integers(0, 2**32 - 1),
)
def test_any_seed_goes_on_or_says_why_not(notes, number):
    """Whatever the notes: a full continuation, in range, never silent for a bar; or an error."""
    track = Track(notes=tuple(sorted(Note(on / 4, length / 4, p) for on, length, p in notes)))
    seed = Score((track,), end_beats=max(note.end_beats for note in track.notes))
    try:
        made = compose(seed, ComposeRequest(model=MODEL, bars=2, rng_seed=number))
    except ChipgenError:
        assert max(n.end_beats for n in track.notes) - track.notes[0].onset_beats < 1
        return
    start = made.score.end_beats - 8
    new = [note for _, note in composed(made.score, start)]
    for bar in range(2):
        begin = start + 4 * bar
        heard = [min(n.end_beats, begin + 4) - max(n.onset_beats, begin) for n in new]
        assert max(heard) > 0.01, f"bar {bar + 1} is silent"
    assert all(21 <= note.pitch <= 108 for note in new)
    assert max(n.end_beats for n in new) <= made.score.end_beats + 1e-6


@pytest.mark.parametrize("count", [1, 60])
def test_few_and_many_tracks_go_on(count):
    """From one track to sixty, all sixteen channels, drums among them."""
    tracks = tuple(
        Track(f"t{k}", k % 16, k % 128, line([48 + k % 30, 52 + k % 30, 55 + k % 30], 0.5, 8))
        for k in range(count)
    )
    made = compose(Score(tracks, end_beats=12.0), ComposeRequest(model=MODEL, bars=2, rng_seed=3))
    assert composed(made.score, 12.0)


def test_a_held_last_chord_is_not_silence():
    """A seed that ends on one long chord goes on with notes of its own."""
    chord = tuple(Note(0.0, 32.0, pitch) for pitch in (48, 55, 64))
    held = Score((Track(notes=chord),), end_beats=32.0)
    made = compose(held, ComposeRequest(model=MODEL, bars=4, rng_seed=0))
    assert min(note.onset_beats for _, note in composed(made.score, 32.0)) < 36.0


def test_other_processes_and_processors_give_the_same_notes():
    """Nothing depends on the process, on threads, or on how many processors there are."""
    code = (
        "import hashlib, os, sys\n"
        "os.sched_setaffinity(0, {0})\n"
        "from chipgen.composing import compose\n"
        "from chipgen.request import ComposeRequest\n"
        "from chipgen.music.midi import read_midi\n"
        "request = ComposeRequest(model='row-transformer', bars=4, rng_seed=3)\n"
        "score = compose(read_midi(sys.argv[1]), request).score\n"
        "assert 'torch' not in sys.modules, 'composing loads no torch'\n"
        "print(hashlib.sha256(repr(score).encode()).hexdigest())"
    )
    seed = Path(__file__).parents[2] / "examples" / "seed.mid"
    text = repr(compose(read_midi(seed), ComposeRequest(model=MODEL, bars=4, rng_seed=3)).score)
    there = subprocess.run(
        [sys.executable, "-c", code, str(seed)],
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )
    assert there.stdout.strip() == hashlib.sha256(text.encode()).hexdigest()
