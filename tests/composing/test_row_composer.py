"""Continuing a score with the row transformer: in its tempo, in four voices, never silent."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from chipgen.composing import compose
from chipgen.composing.row_composer import continue_seed
from chipgen.music.midi import read_midi
from chipgen.music.score import Meter, Note, Score, Tempo, Track
from chipgen.request import ComposeRequest
from chipgen.rows.prompt import Prompt
from tests.row_models import small_model

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def model():
    """Make a small model with random weights."""
    return small_model(0.1)


def line(role, pitches, step_beats=0.5, velocity=100):
    """Return a track with one note after the other."""
    notes = tuple(
        Note(i * step_beats, step_beats * 0.9, pitch, velocity) for i, pitch in enumerate(pitches)
    )
    return Track(name=role, notes=notes, role=role)


def waltz():
    """Return four bars of 3/4 at 140 in three voices."""
    melody = [72, 74, 76, 77, 79, 81] * 4
    return Score(
        tracks=(line("p1", melody), line("p2", [p - 12 for p in melody]), line("tr", [36] * 24)),
        tempos=(Tempo(0.0, 140.0),),
        meters=(Meter(0.0, 3, 4),),
        end_beats=12.0,
    )


def take(model, seed, bars, number=0):
    """Return each role's notes of a continuation."""
    made = continue_seed(model, Prompt.of(seed), ComposeRequest(bars=bars, rng_seed=number))
    return made.gather()


def test_continuation_has_the_seeds_bars_and_voices(model):
    """Eight bars asked for are eight in 3/4, on the seed's own voices, none overlapping itself."""
    made = continue_seed(model, Prompt.of(waltz()), ComposeRequest(bars=8, rng_seed=5))
    assert made.owners == {"melody": 0, "harmony": 1, "bass": 2, "drums": None}
    stretches = list(made.stretches)
    assert (stretches[0].start_beats, stretches[-1].end_beats) == (12.0, 36.0)
    assert any(notes for stretch in stretches for notes in stretch.lines.values())
    for role in ("melody", "harmony", "bass"):
        notes = [note for stretch in stretches for note in stretch.lines[role]]
        for note, following in pairwise(notes):
            assert note.end_beats <= following.onset_beats + 1e-9
            assert 1 <= note.velocity <= 127
        assert not notes or notes[-1].end_beats <= 36.0 + 1e-9


def test_onsets_lie_on_the_seeds_rows(model):
    """A seed in eighths is put on even divisions of the beat, and gone on from in them."""
    prompt = Prompt.of(waltz())
    rows, timing = prompt.rows, prompt.timing
    assert prompt.encoded.folded == 0
    rows_a_beat = len(rows) / 12
    assert rows_a_beat in {2, 3, 4, 6}
    begun = np.nonzero(rows.states[:, 0] > 1)[0]
    assert np.array_equal(begun, np.arange(24) * rows_a_beat / 2)
    for notes in take(model, waltz(), bars=2).values():
        for note in notes:
            assert abs(note.onset_beats * rows_a_beat % 1 - 0.5) > 0.499
    assert timing.rows_in(6.0) == 2 * 3 * rows_a_beat
    edges = timing.edges_beats(0, 2).tolist()
    assert edges == [12.0, 12.0 + 1 / rows_a_beat, 12.0 + 2 / rows_a_beat]


def test_one_number_is_one_take(model):
    """The same number makes the same take, another number another."""
    first, again, other = (take(model, waltz(), 4, number) for number in (1, 1, 2))
    assert first == again
    assert first != other


def test_notes_out_of_range_are_folded_and_said(model):
    """Pitches the chip's voices lack are heard an octave nearer, with a remark."""
    high = waltz().with_tracks((line("p1", [120, 72] * 12),))
    made = continue_seed(model, Prompt.of(high), ComposeRequest(bars=1))
    assert "12 notes" in made.remarks[0]


def test_a_seed_of_the_dialect_is_put_on_inferred_rows(model):
    """NES-MDB's beats are nominal: rows come from the onsets, here 7 frames, and go on so."""
    frame_beats = 2.0 / 60.0988  # at the nominal 120 beats a minute
    notes = tuple(Note(i * 7 * frame_beats, 6 * frame_beats, 60 + i % 12, 100) for i in range(64))
    seed = Score(
        tracks=(Track(name="p1", notes=notes, role="p1"),),
        end_beats=64 * 7 * frame_beats,
        dialect="nesmdb",
    )
    prompt = Prompt.of(seed)
    assert prompt.nominal
    assert np.mean(prompt.rows.frames == 7) > 0.9
    assert set(prompt.timing.frames_of(0, 40).tolist()) == {7}
    begin = prompt.timing.start_beats
    for notes in take(model, seed, bars=4).values():
        assert all(begin - 1e-6 <= note.onset_beats < begin + 16.0 for note in notes)


def test_music_of_the_chip_goes_on_at_once():
    """A whole number of bars is followed by the next one, whatever the file's beats are."""
    seed = read_midi(EXAMPLES / "nes.mid")  # 16 bars of 3.2 nominal beats
    made = compose(seed, ComposeRequest(bars=1)).score
    first = [
        min(note.onset_beats for note in track.notes if note.onset_beats > 51.1)
        for track in made.tracks
    ]
    assert min(first) == pytest.approx(51.2, abs=0.05)


def test_ordinary_midi_is_put_in_voices(model):
    """A piano and drums of ordinary MIDI are continued through their melody, harmony and bass."""
    seed = waltz()
    piano = Track(
        name="piano", notes=tuple(sorted(note for track in seed.tracks for note in track.notes))
    )
    drums = Track(channel=9, notes=tuple(Note(float(beat), 0.2, 36) for beat in range(12)))
    lines = take(model, seed.with_tracks((piano, drums)), bars=2, number=3)
    assert set(lines) == {"melody", "harmony", "bass", "drums"}
    assert all(lines.values())
    for notes in lines.values():
        assert all(12.0 <= note.onset_beats < 18.0 for note in notes)
    assert {note.pitch for note in lines["drums"]} <= {36, 38, 42}


def phrases_again(take):
    """Return how often one four-bar phrase of a take's tunes comes, at most."""
    starts = [*take.score.bar_starts_beats(), take.score.end_beats]
    found = []
    for first in range(take.seed_bars, len(starts) - 4, 4):
        begin, end = starts[first], starts[first + 4]
        found.append(
            {
                (number, note.pitch, round(12 * (note.onset_beats - begin)))
                for number, track in enumerate(take.score.tracks)
                if not track.is_drums
                for note in track.notes
                if begin - 1e-6 <= note.onset_beats < end - 1e-6
            }
        )
    return max(sum(len(a & b) > 0.9 * len(a | b) for b in found) for a in found)


@pytest.mark.parametrize("name", ["seed", "folk"])
def test_takes_go_somewhere(name):
    """Of a take's four phrases of four bars, no three are the same tune."""
    seed = read_midi(EXAMPLES / f"{name}.mid")
    for number in range(2):
        made = compose(seed, ComposeRequest(bars=16, rng_seed=number))
        assert phrases_again(made) <= 2


@pytest.mark.parametrize(("bars", "end"), [(1, "open"), (3, "open"), (4, "cadence")])
def test_a_phrase_ends_with_a_cadence_and_less_stays_open(bars, end):
    """So that a piece can be continued bar by bar."""
    seed = read_midi(EXAMPLES / "seed.mid")
    unasked, asked = (
        compose(seed, ComposeRequest(bars=bars, end=each)).score for each in ("auto", end)
    )
    assert unasked == asked
    assert (unasked == compose(seed, ComposeRequest(bars=bars, end="cadence")).score) == (bars == 4)
