"""What is written reads back as it was, by us and by libraries that are not ours."""

import io
from dataclasses import replace
from pathlib import Path

import mido
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipgen.errors import ChipgenError
from chipgen.music.formats import write_score
from chipgen.music.midi import (
    midi_bytes,
    read_midi,
    score_from_midi,
)
from chipgen.music.midi.write import choose_resolution
from chipgen.music.score import Control, Meter, Note, Score, Tempo, Track
from synth.errors import SynthError
from tests.music.midi.rich_score import RICH, assert_same

EXAMPLES = sorted((Path(__file__).parents[3] / "examples").glob("*.mid"))


@st.composite
def scores(draw: st.DrawFn) -> Score:
    """Scores on a grid of 1–2000 ticks a beat in which no note ends inside another of its pitch."""
    resolution = draw(st.integers(1, 2000))
    tracks = []
    for channel in range(draw(st.integers(0, 3))):
        notes = []
        for pitch in draw(st.lists(st.integers(0, 127), max_size=6, unique=True)):
            tick = 0
            for _ in range(draw(st.integers(1, 6))):
                tick += draw(st.integers(0, 5 * resolution))
                length = draw(st.integers(1, 5 * resolution))
                velocity = draw(st.integers(1, 127))
                notes.append(Note(tick / resolution, length / resolution, pitch, velocity))
                tick += length
        if notes:
            notes.sort(key=lambda note: (note.onset_beats, note.pitch))
            program = draw(st.integers(0, 127))
            tracks.append(Track(f"part {channel}", channel, program, tuple(notes)))
    beats = sorted(draw(st.sets(st.integers(1, 50 * resolution), max_size=3)))
    tempos = [Tempo(0.0, draw(st.sampled_from([60.0, 120.0, 143.0, 97.5])))]
    for beat in beats:
        bpm = draw(st.sampled_from([b for b in (61.0, 122.0, 200.25) if b != tempos[-1].bpm]))
        tempos.append(Tempo(beat / resolution, bpm))
    end = max([0.0, *(note.end_beats for track in tracks for note in track.notes)])
    return Score(
        tracks=tuple(tracks),
        tempos=tuple(tempos),
        meters=(Meter(0.0, draw(st.integers(1, 13)), draw(st.sampled_from([1, 2, 4, 8, 16]))),),
        end_beats=max(end, beats[-1] / resolution if beats else 0.0),
    )


@settings(max_examples=150, deadline=None)
@given(scores())
def test_notes_tempo_and_bars_come_back_to_the_bit(score: Score) -> None:
    """On any grid that MIDI can express, reading what was written changes nothing."""
    again = score_from_midi(midi_bytes(score), keep_silence=True)
    assert again.tracks == score.tracks
    assert again.tempos == score.tempos
    assert again.meters == score.meters
    assert again.end_beats == pytest.approx(score.end_beats, abs=1e-9)
    assert midi_bytes(again) == midi_bytes(score)


def test_everything_else_comes_back_too() -> None:
    """Names, programs, controls, bends, key, markers, several tempos and meters."""
    assert score_from_midi(midi_bytes(RICH)) == RICH


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0, 100, allow_nan=False), st.floats(1e-3, 10), st.integers(58, 62)),
        max_size=20,
    )
)
def test_notes_on_no_grid_move_by_less_than_a_tick(played: list[tuple[float, float, int]]) -> None:
    """Freely played music keeps every onset and end, to 1/30720 of a beat."""
    notes = tuple(Note(onset, length, pitch) for onset, length, pitch in sorted(played))
    score = Score((Track(notes=notes),), end_beats=120.0)
    again = score_from_midi(midi_bytes(score))
    found = [note for track in again.tracks for note in track.notes]
    for pitch in range(58, 63):
        ours = [note for note in notes if note.pitch == pitch]
        theirs = [note for note in found if note.pitch == pitch]
        for side in ("onset_beats", "end_beats"):
            np.testing.assert_allclose(
                sorted(getattr(note, side) for note in theirs),
                sorted(getattr(note, side) for note in ours),
                atol=1.01 / 30720,
            )


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_come_back(path: Path) -> None:
    """All the example seeds survive reading, writing and reading."""
    score = read_midi(path)
    again = score_from_midi(midi_bytes(score))
    assert replace(again, end_beats=0) == replace(score, end_beats=0)
    assert again.end_beats == pytest.approx(score.end_beats, abs=1e-9)


@pytest.mark.parametrize(
    ("denominator", "resolution"), [(1, 480), (32, 480), (64, 960), (7, 483), (22050, 22050)]
)
def test_the_resolution_fits_the_music(denominator: int, resolution: int) -> None:
    """480 or 960 ticks where they do, else the smallest multiple beyond."""
    score = Score((Track(notes=(Note(1 / denominator, 1.0, 60),)),))
    assert choose_resolution(score) == resolution


def test_a_silence_of_more_than_four_bytes_of_ticks_is_bridged() -> None:
    """A file's times have 28 bits; longer silences are written in two."""
    score = Score((Track(notes=(Note(0.0, 1 / 29, 60), Note(20_000.0, 1 / 1009, 60))),))
    again = score_from_midi(midi_bytes(score))
    assert [note.onset_beats for note in again.tracks[0].notes] == [0.0, 20_000.0]


def test_a_comment_is_a_text_and_no_marker() -> None:
    """Where the music comes from can be read in any editor."""
    data = midi_bytes(RICH, comment="Composed in 1875")
    texts = [m.text for m in mido.MidiFile(file=io.BytesIO(data)).tracks[0] if m.type == "text"]
    assert texts == ["Composed in 1875"]
    assert score_from_midi(data) == RICH


def test_files_are_written_whole_and_never_over_another(tmp_path: Path) -> None:
    """As all files of ours."""
    path = tmp_path / "out.mid"
    write_score(RICH, path, overwrite=False)
    assert read_midi(path) == RICH
    with pytest.raises(SynthError, match="exists"):
        write_score(Score(), path, overwrite=False)
    with pytest.raises(ChipgenError):
        write_score(replace(RICH, key="H"), path, overwrite=True)
    assert read_midi(path) == RICH
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("score", "message"),
    [
        (replace(RICH, key="H"), "key 'H'"),
        (replace(RICH, tempos=(Tempo(0.0, 2.0),)), "tempo of 2 "),
        (replace(RICH, meters=(Meter(0.0, 4, 3),)), "meter of 4/3"),
        (replace(RICH, meters=(Meter(0.0, 300, 4),)), "meter of 300/4"),
        (Score((Track(notes=(Note(0.0, 1.0, 128),)),)), "pitch 128 is not in 0-127"),
        (Score((Track(notes=(Note(0.0, 1.0, 60, 0),)),)), "velocity 0 is not in 1-127"),
        (Score((Track(notes=(Note(0.0, 0.0, 60),)),)), "lasts 0"),
        (Score((Track(notes=(Note(-1.0, 2.0, 60),)),)), "beat -1"),
        (Score((Track(notes=(Note(float("nan"), 2.0, 60),)),)), "beat nan"),
        (Score((Track(channel=16),)), "channel 16"),
        (Score((Track(program=128),)), "program 128"),
        (Score((Track(controls=(Control(0.0, 7, 200),)),)), "control 7 200"),
    ],
)
def test_what_midi_cannot_say_is_refused(score: Score, message: str) -> None:
    """One line names the value and what is allowed."""
    with pytest.raises(ChipgenError, match=message) as caught:
        midi_bytes(score)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_mido_finds_the_same_notes_in_seconds(path: Path) -> None:
    """An independent reader, playing our file, meets every note when we say."""
    score = read_midi(path)
    now_s, heard = 0.0, []
    for message in mido.MidiFile(file=io.BytesIO(midi_bytes(score))):
        now_s += message.time
        if message.type == "note_on" and message.velocity:
            heard.append((now_s, message.channel, message.note, message.velocity))
    ours = [
        (float(score.beats_to_seconds(note.onset_beats)), t.channel, note.pitch, note.velocity)
        for t in score.tracks
        for note in t.notes
    ]
    assert_same(heard, ours)
