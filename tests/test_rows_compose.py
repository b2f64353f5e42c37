"""Continuing a score with the row transformer: in its tempo, in four voices, never silent."""

import numpy as np
import pytest
import torch

from chipgen.compose.rows import continue_score, continue_seed
from chipgen.errors import ChipgenError
from chipgen.models.generation import GenerationConfig
from chipgen.models.row_transformer.network import RowTransformer, RowTransformerConfig
from chipgen.music.score import Meter, Note, Score, Tempo, Track
from chipgen.rows.encode import encode_seed
from chipgen.understand.ending import find_ending

SMALL = RowTransformerConfig(
    dim=32, layers=2, heads=2, head_dim=16, mlp=64, voice_dim=32, context=64, window=16
)


@pytest.fixture(scope="module")
def model():
    """Make a small model with random weights."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = RowTransformer(SMALL)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    return model.eval()


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


def test_continuation_has_the_seeds_bars_tempo_and_voices(model):
    """Eight bars asked for are eight in 3/4 at 140, in four voices, none overlapping itself."""
    made = continue_score(model, waltz(), bars=8, rng_seed=5).score
    assert made.end_beats == 24.0
    assert made.tempos == (Tempo(0.0, 140.0),)
    assert made.meters == (Meter(0.0, 3, 4),)
    assert [track.role for track in made.tracks] == ["p1", "p2", "tr", "no"]
    assert any(track.notes for track in made.tracks)
    for track in made.tracks:
        for note, following in zip(track.notes, track.notes[1:], strict=False):
            assert note.end_beats <= following.onset_beats + 1e-9
            assert 1 <= note.velocity <= 127
        if track.notes:
            assert track.notes[-1].end_beats <= 24.0 + 1e-9


def test_onsets_lie_on_the_seeds_rows(model):
    """A seed in eighths is heard in even divisions of the beat, and gone on from in them."""
    seed = waltz()
    history, timing, folded = encode_seed(seed, find_ending(seed))
    assert folded == 0
    rows_a_beat = len(history) / 12
    assert rows_a_beat in {2, 3, 4, 6}
    begun = np.nonzero(history.states[:, 0] > 1)[0]
    assert np.array_equal(begun, np.arange(24) * rows_a_beat / 2)
    made = continue_score(model, seed, bars=2).score
    for track in made.tracks:
        for note in track.notes:
            assert abs(note.onset_beats * rows_a_beat % 1 - 0.5) > 0.499
    assert timing.rows_in(6.0) == 2 * 3 * rows_a_beat
    assert timing.edges_beats(0, 2).tolist() == [
        12.0,
        12.0 + 1 / rows_a_beat,
        12.0 + 2 / rows_a_beat,
    ]


def test_one_number_is_one_take(model):
    """The same number makes the same take, another number another."""
    first, again, other = (continue_score(model, waltz(), 4, rng_seed=n).score for n in (1, 1, 2))
    assert first == again
    assert first.tracks != other.tracks


def test_notes_out_of_range_are_folded_and_said(model):
    """Pitches the chip's voices lack are heard an octave nearer, with a remark."""
    seed = waltz()
    high = seed.with_tracks((line("p1", [120, 72] * 12),))
    made = continue_score(model, high, bars=1)
    assert "12 notes" in made.remarks[0]


def test_a_seed_of_the_dialect_is_heard_on_inferred_rows(model):
    """NES-MDB's beats are nominal: rows come from the onsets, here 7 frames, and go on so."""
    frame_beats = 2.0 / 60.0988  # at the nominal 120 beats a minute
    notes = tuple(Note(i * 7 * frame_beats, 6 * frame_beats, 60 + i % 12, 100) for i in range(64))
    seed = Score(
        tracks=(Track(name="p1", notes=notes, role="p1"),),
        end_beats=64 * 7 * frame_beats,
        dialect="nesmdb",
    )
    history, timing, _ = encode_seed(seed, find_ending(seed))
    assert np.mean(history.frames == 7) > 0.9
    assert set(timing.frames_of(0, 40).tolist()) == {7}
    made = continue_score(model, seed, bars=4).score
    assert made.end_beats == 16.0


def test_a_draft_that_drones_or_is_silent_is_drawn_again(model):
    """A model that would rather be silent is asked again, and answers with notes."""
    quiet = RowTransformer.from_description(model.describe())
    quiet.load_state_dict(model.state_dict())
    with torch.no_grad():
        for head in quiet.voices:
            head.to_logits.bias[0] += 6.0
    made = continue_score(quiet.eval(), waltz(), bars=4)
    assert made.tries > 1
    assert any(track.notes for track in made.score.tracks)


def test_ordinary_midi_is_heard_as_voices(model):
    """A piano and drums of ordinary MIDI are continued through their melody, harmony and bass."""
    seed = waltz()
    piano = Track(
        name="piano", notes=tuple(sorted(note for track in seed.tracks for note in track.notes))
    )
    drums = Track(channel=9, notes=tuple(Note(float(beat), 0.2, 36) for beat in range(12)))
    gm = seed.with_tracks((piano, drums))
    ending = find_ending(gm)
    made = continue_seed(model, gm, ending, GenerationConfig(bars=2), 3)
    lines = made.gather()
    assert set(lines) == {"melody", "harmony", "bass", "drums"}
    assert all(lines.values())
    for notes in lines.values():
        assert all(12.0 <= note.onset_beats < 18.0 for note in notes)
    assert {note.pitch for note in lines["drums"]} <= {36, 38, 42}


def test_a_seed_without_voices_is_refused(model):
    """The error says what to do."""
    with pytest.raises(ChipgenError, match="arrange it"):
        continue_score(model, waltz().with_tracks((Track(notes=(Note(0.0, 2.0, 60),)),)))
