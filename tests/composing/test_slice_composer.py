"""A continuation keeps the seed's bars, tempo and tracks, stays music, and can be made again."""

import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipgen.composing import Composition, compose
from chipgen.composing.slice_composer import key_bias, scale_of, seed_slices
from chipgen.errors import ChipgenError
from chipgen.models.tonnetz_lstm.sampling import (
    typical_motion,
)
from chipgen.music.score import Meter, Note, Score, Track
from chipgen.request import ComposeRequest
from chipgen.understand import understand
from tests.composing.takes import C_MAJOR, composed
from tests.seeds import band, chip, line

MODEL = "tonnetz-lstm"


@pytest.fixture(scope="module")
def played() -> Composition:
    """Return eight bars composed on from the band."""
    return compose(band(), ComposeRequest(model=MODEL, bars=8, rng_seed=5))


def test_the_seed_is_kept_and_goes_on_at_its_bar_line(played: Composition) -> None:
    """Seed notes are untouched; bars, tempo, meter, key, names and programs are the seed's."""
    seed = band()
    assert (played.seed_bars, played.generated_bars) == (4, 8)
    assert played.score.end_beats == 48.0
    assert len(played.score.bar_starts_beats()) == 12
    assert played.score.tempos == seed.tempos
    assert played.score.meters == seed.meters
    assert played.score.key == "C"
    for before, after in zip(seed.tracks, played.score.tracks, strict=True):
        assert (after.name, after.program, after.channel) == (
            before.name,
            before.program,
            before.channel,
        )
        assert after.notes[: len(before.notes)] == before.notes
        assert len(after.notes) > len(before.notes), f"{before.name} goes on"
    assert max(note.end_beats for _, note in composed(played.score, 16)) <= 48.0 + 1e-6


def test_the_rhythm_is_the_seeds(played: Composition) -> None:
    """Each part's onsets are those of its own bars in the seed, again and again."""
    for track in played.score.tracks:
        seed = sorted(n.onset_beats for n in track.notes if n.onset_beats < 16)
        for cycle in (1, 2):
            ours = [
                n.onset_beats for n in track.notes if 16 * cycle <= n.onset_beats < 16 * cycle + 16
            ]
            assert sorted(set(ours)) == pytest.approx(sorted({t + 16 * cycle for t in seed}))


def test_it_stays_in_key_and_is_no_drone(played: Composition) -> None:
    """Nearly all notes are of the seed's scale; no pitch class sounds half the time."""
    notes = [note for index, note in composed(played.score, 16) if index < 3]
    inside = [note.pitch % 12 in C_MAJOR for note in notes]
    assert np.mean(inside) > 0.9
    shares = np.zeros(12)
    for note in notes:
        shares[note.pitch % 12] += note.duration_beats
    assert shares.max() / shares.sum() < 0.5
    assert len({note.pitch for note in notes}) >= 8


@pytest.mark.parametrize(
    ("meter", "bar_beats"), [((3, 4), 3.0), ((6, 8), 3.0), ((7, 8), 3.5), ((5, 4), 5.0)]
)
def test_any_meter_goes_on(meter: tuple[int, int], bar_beats: float) -> None:
    """A seed in 3/4 stays in 3/4, and bars that no beat divides come out whole."""
    seed = replace(
        band(drums=False),
        meters=(Meter(0.0, *meter),),
        end_beats=np.ceil(16 / bar_beats) * bar_beats,
    )
    made = compose(seed, ComposeRequest(model=MODEL, bars=5, drums="preset", rng_seed=0))
    start = np.ceil(16 / bar_beats - 1e-9) * bar_beats
    assert made.score.end_beats == pytest.approx(start + 5 * bar_beats)
    assert made.score.meters == seed.meters
    assert composed(made.score, start)


def test_chip_voices_go_on_as_chip_voices() -> None:
    """NES-MDB's tracks keep their roles; a fade at the end does not mute what follows."""
    seed = chip()
    made = compose(seed, ComposeRequest(model=MODEL, bars=6, rng_seed=1))
    assert [track.role for track in made.score.tracks] == ["p1", "p2", "tr", "no"]
    start = 24.0
    for track in made.score.tracks:
        assert [n for n in track.notes if n.onset_beats >= start], track.role
    levels = [c for c in made.score.tracks[0].controls if c.beat >= start and c.number == 11]
    assert levels[0].beat == start
    assert levels[0].value == 100


def test_nominal_bars_leave_no_gap() -> None:
    """A chip file that ends inside a nominal bar goes on at its end, to an eighth of a beat."""
    seed = chip()
    pace = 0.997  # the music's own tempo is a little faster than the file's
    cut = tuple(
        replace(
            track,
            notes=tuple(
                replace(n, onset_beats=n.onset_beats * pace)
                for n in track.notes
                if n.end_beats < 21.3
            ),
            controls=(),
        )
        for track in seed.tracks
    )
    made = compose(
        replace(seed, tracks=cut, end_beats=21.3), ComposeRequest(model=MODEL, bars=2, rng_seed=1)
    )
    assert made.score.meters == (Meter(0.0, 4, 4), Meter(20.0, 9, 32), Meter(21.125, 4, 4))
    assert (made.seed_bars, made.score.end_beats) == (6, 29.125)
    assert len(made.score.bar_starts_beats()) == 8
    assert min(n.onset_beats for _, n in composed(made.score, 21.125)) < 22.125


def test_drums_as_asked() -> None:
    """The seed's pattern, a plain kit, or none; a seed without drums has none to carry on."""
    seed = band()

    def drums(source: Score, kind: str) -> list[tuple[float, int]]:
        score = compose(source, ComposeRequest(model=MODEL, bars=2, drums=kind, rng_seed=0)).score
        return [
            (note.onset_beats - 16, note.pitch)
            for index, note in composed(score, 16)
            if score.tracks[index].is_drums
        ]

    pattern = [(n.onset_beats, n.pitch) for n in seed.tracks[3].notes if n.onset_beats < 8]
    assert drums(seed, "seed") == pattern
    assert drums(seed, "none") == []
    assert {pitch for _, pitch in drums(seed, "preset")} == {36, 38, 42}
    assert drums(band(drums=False), "seed") == []
    assert {pitch for _, pitch in drums(band(drums=False), "preset")} == {36, 38, 42}
    request = ComposeRequest(model=MODEL, bars=2, drums="preset")
    noise = compose(chip(), request).score.tracks[3]
    assert all(1 <= note.pitch <= 16 for note in noise.notes)


def test_a_single_melody_gets_company() -> None:
    """A lone voice is gone on with by its own track; harmony and bass come on new ones."""
    seed = Score((Track("tune", 0, 79, line([60, 62, 64, 65], 1.0, 4)),), end_beats=16.0)
    score = compose(seed, ComposeRequest(model=MODEL, bars=4, rng_seed=0)).score
    assert [track.name for track in score.tracks] == ["tune", "harmony", "bass"]
    assert len({track.channel for track in score.tracks}) == 3
    assert all(track.notes[-1].onset_beats > 16 for track in score.tracks)


def test_bars_of_rest_are_not_carried_on() -> None:
    """A seed that rests for a bar goes on without the rest."""
    notes = tuple(note for note in line([60, 62, 64, 67], 1.0, 4) if not 4 <= note.onset_beats < 8)
    seed = Score((Track("tune", 0, 79, notes),), end_beats=16.0)
    score = compose(seed, ComposeRequest(model=MODEL, bars=8, rng_seed=0)).score
    for bar in range(8):
        inside = [n for _, n in composed(score, 16 + 4 * bar) if n.onset_beats < 20 + 4 * bar]
        assert inside, f"bar {bar + 1} is silent"


def test_a_note_that_rings_on_from_before_is_no_sound_to_carry_on() -> None:
    """A bar that was only rung through has nothing to lend; the continuation still sounds."""
    tune = tuple(Note(on, length, 60) for on, length in ((0.0, 4.75), (8.0, 0.25)))
    seed = Score((Track("tune", 0, 79, tune),), end_beats=8.25)
    score = compose(seed, ComposeRequest(model=MODEL, bars=2, rng_seed=0)).score
    assert any(note.onset_beats < 16 for _, note in composed(score, 12))


def test_notes_beyond_the_range_are_folded_and_said() -> None:
    """Pitches under 21 and over 108 are heard an octave nearer, and counted."""
    seed = Score((Track("wide", 0, 0, line([12, 60, 64, 120], 1.0, 4)),), end_beats=16.0)
    made = compose(seed, ComposeRequest(model=MODEL, bars=1, rng_seed=0))
    assert made.remarks[0].startswith("8 notes")
    slices, folded = seed_slices(seed, understand(seed).ending)
    assert folded == 8
    assert slices[0, 24 - 21]
    assert slices[3, 108 - 21]


@pytest.mark.parametrize(
    ("seed", "words"),
    [
        (Score(), "no pitched notes"),
        (Score((Track(channel=9, notes=line([38] * 8)),), end_beats=4.0), "--keep noise"),
        (Score((Track(notes=(Note(0, 0.5, 60),)),), end_beats=4.0), "0.50 beats.*at least 1"),
        (
            Score(
                (Track(notes=(Note(0, 0.5, 60),)), Track(channel=9, notes=line([38] * 8))),
                end_beats=4.0,
            ),
            "0.50 beats",
        ),
    ],
)
def test_seeds_that_say_too_little_are_refused(seed: Score, words: str) -> None:
    """Empty, only drums, under a beat: one line that says what is needed."""
    with pytest.raises(ChipgenError, match=words):
        compose(seed, ComposeRequest(model=MODEL))


@pytest.mark.parametrize(
    "values",
    [
        {"bars": 0},
        {"bars": None},
        {"bars": 5000},
        {"temperature": 0},
        {"top_p": 0},
        {"top_p": 1.1},
        {"drums": "x"},
        {"rng_seed": -1},
    ],
)
def test_impossible_wishes_are_refused(values: dict[str, Any]) -> None:
    """Each value has its range, and the message names it."""
    with pytest.raises(ChipgenError):
        compose(band(), ComposeRequest(**values))


@settings(max_examples=8, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.integers(1, 24), st.integers(0, 127)),
        min_size=1,
        max_size=25,
    ),
    st.integers(0, 2**32 - 1),
)
def test_any_seed_goes_on_or_says_why_not(notes: list[tuple[int, int, int]], number: int) -> None:
    """Whatever the notes: a full continuation, in range, never silent for a bar; or an error."""
    track = Track(notes=tuple(sorted(Note(on / 4, length / 4, p) for on, length, p in notes)))
    seed = Score((track,), end_beats=max(note.end_beats for note in track.notes))
    try:
        made = compose(seed, ComposeRequest(model=MODEL, bars=2, rng_seed=number))
    except ChipgenError:
        assert max(n.end_beats for n in track.notes) - track.notes[0].onset_beats < 1
        return
    start = made.score.end_beats - 8
    sounding = [note for track in made.score.tracks for note in track.notes]
    for bar in range(2):
        begin = start + 4 * bar
        heard = [min(n.end_beats, begin + 4) - max(n.onset_beats, begin) for n in sounding]
        assert max(heard) > 0.01, f"bar {bar + 1} is silent"
    assert all(21 <= note.pitch <= 108 for _, note in composed(made.score, start))
    assert max(n.end_beats for _, n in composed(made.score, start)) <= made.score.end_beats + 1e-6


def test_key_and_scale_are_read_from_the_seed() -> None:
    """Only pitch classes that the seed never uses are held back; its own form the scale."""
    seed = band()
    slices, _ = seed_slices(seed, understand(seed).ending)
    bias = key_bias(slices)
    classes = np.arange(21, 109) % 12
    own = np.isin(classes, list({n.pitch % 12 for t in seed.tracks[:3] for n in t.notes}))
    assert (bias[own] == 0).all()
    assert (bias[~own] < -1).all()
    assert scale_of(slices) <= C_MAJOR


def test_the_music_does_not_sink_into_one_chord(played: Composition) -> None:
    """Its pitch classes are about as various as the seed's, and as many chords come in 4 bars."""

    def various(notes: list[Note]) -> float:
        shares = np.bincount([note.pitch % 12 for note in notes], minlength=12) / len(notes)
        return float(-(shares[shares > 0] * np.log2(shares[shares > 0])).sum())

    before = [note for track in band().tracks[:3] for note in track.notes]
    after = [note for index, note in composed(played.score, 16) if index < 3]
    assert various(after) > various(before) - 0.4
    seed = band()
    wished = typical_motion(seed_slices(seed, understand(seed).ending)[0], 16)
    for start in (16, 32):
        heard = {
            frozenset(
                n.pitch % 12 for n in after if n.onset_beats < beat + 1 and n.end_beats > beat
            )
            for beat in range(start, start + 16)
        }
        assert len(heard) >= wished.chords


def test_torch_stays_away_until_a_model_is_used() -> None:
    """Importing the composer and the commands loads no torch."""
    code = (
        "import sys, chipgen.composing\n"
        "import chipgen.cli.dataset, chipgen.cli.train, chipgen.cli.evaluate\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
