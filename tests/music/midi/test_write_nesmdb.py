"""NES-MDB's dialect is recognised, its levels made audible, and written again as it was."""

import io
import os
import random
from dataclasses import replace
from pathlib import Path

import mido
import pytest

from chipgen.errors import ChipgenError
from chipgen.music.midi import (
    chip_to_midi_level,
    midi_bytes,
    read_midi,
    score_from_midi,
)
from chipgen.music.midi.write_nesmdb import nesmdb_bytes
from chipgen.music.score import NES_TRACKS, Control, Meter, Note, Score, Tempo, Track
from tests import midi_files as smf

DATA = os.environ.get("CHIPGEN_NESMDB")

needs_data = pytest.mark.skipif(not DATA, reason="CHIPGEN_NESMDB names no NES-MDB folder")


def test_the_timbre_begins_at_0() -> None:
    """The form says only where a timbre changes; ours and other MIDI say nothing they do not."""
    late = smf.nes_note(60, 11_025, velocity=15, channel=0) + smf.event(0, 0xB0, 12, 3)
    tune = smf.nes_note(64, 22_050, velocity=9, channel=1)
    voices = (("p1", 0, 80, late + late), ("p2", 1, 81, tune), ("tr", 2, 38, smf.NES_VOICES[2][3]))
    score = score_from_midi(smf.nesmdb(voices, end_tick=66_150))
    p1, p2, tr = score.tracks
    assert p1.controls == (Control(0.0, 12, 0), Control(0.5, 12, 3), Control(1.0, 12, 3))
    assert (p2.controls, tr.controls) == ((Control(0.0, 12, 0),), ())
    again = mido.MidiFile(file=io.BytesIO(nesmdb_bytes(score)))
    assert [m.value for t in again.tracks for m in t if m.is_cc(12)] == [3, 3]
    quiet = replace(score, tracks=(replace(p2, controls=()),))
    assert score_from_midi(midi_bytes(quiet)).tracks[0].controls == ()


def test_the_meter_at_the_end_is_the_end() -> None:
    """It bounds the song, silence included, and makes no bar."""
    score = score_from_midi(smf.NES_SONG)
    assert score.end_beats == 3.0
    assert score.meters == (Meter(0.0, 4, 4),)
    assert score.tempos == (Tempo(0.0, 120.0),)


def test_a_song_without_notes_has_its_length() -> None:
    """Four of the data set have none."""
    empty = [(name, channel, program, b"") for name, channel, program, _ in smf.NES_VOICES]
    score = score_from_midi(smf.nesmdb(empty, end_tick=735))
    assert (score.dialect, score.tracks, score.end_beats) == ("nesmdb", (), 735 / 22050)


@pytest.mark.parametrize("velocity", [1, 8, 15])
def test_our_own_file_is_recognised_and_not_rescaled_again(velocity: int) -> None:
    """Even where all levels of it are so low that they could be the chip's own."""
    voices = [("p1", 0, 80, smf.nes_note(60, 22_050, velocity=velocity, channel=0))]
    score = score_from_midi(smf.nesmdb(voices))
    again = score_from_midi(midi_bytes(score))
    assert again == score
    assert again.tracks[0].notes[0].velocity == chip_to_midi_level(velocity)


def test_ordinary_players_hear_what_we_write() -> None:
    """A song whose velocities were 1–15 is no longer next to silent."""
    loudest = max(
        message.velocity
        for message in mido.MidiFile(file=io.BytesIO(midi_bytes(score_from_midi(smf.NES_SONG))))
        if message.type == "note_on"
    )
    assert loudest == 127


def test_written_in_nesmdb_s_own_form_it_is_the_same_song() -> None:
    """Another reader finds the form of the data set, and we the same score."""
    data = nesmdb_bytes(score_from_midi(smf.NES_SONG))
    theirs, ours = (mido.MidiFile(file=io.BytesIO(song)) for song in (smf.NES_SONG, data))
    assert ours.ticks_per_beat == 22_050
    assert [track.name for track in ours.tracks] == ["", *NES_TRACKS]
    for before, after in zip(theirs.tracks, ours.tracks, strict=True):
        assert _timed(before) == _timed(after)
    assert score_from_midi(data) == score_from_midi(smf.NES_SONG)


def test_its_own_form_has_no_room_for_other_voices() -> None:
    """Tracks without a role, and roles twice, are refused."""
    for tracks in ((Track("lead"),), (Track(role="p1"), Track(role="p1"))):
        with pytest.raises(ChipgenError, match="each once"):
            nesmdb_bytes(Score(tracks))


def test_time_is_seconds_in_its_own_form() -> None:
    """A musical tempo becomes ticks of 1/44,100 s."""
    track = Track("p1", 0, 80, (Note(1.0, 1.0, 60),), role="p1")
    score = Score((track,), tempos=(Tempo(0.0, 60.0),), end_beats=4.0, dialect="nesmdb")
    again = score_from_midi(nesmdb_bytes(score))
    assert again.tracks[0].notes[0].onset_beats == 2.0
    assert again.duration_s == 4.0


@pytest.mark.data
@needs_data
def test_the_data_set_is_as_it_is_known() -> None:
    """A hundred songs of the valid split: dialect, ranges, levels; a quarter written again."""
    files = sorted((Path(str(DATA)) / "valid").glob("*.mid"))
    assert len(files) == 403
    volumes = {chip_to_midi_level(level) for level in range(16)}
    for index, path in enumerate(random.Random(1983).sample(files, 100)):
        score = read_midi(path)
        assert score.dialect == "nesmdb"
        assert score.meters == (Meter(0.0, 4, 4),)
        assert score.tempos == (Tempo(0.0, 120.0),)
        assert 0 < score.duration_s < 1600
        for track in score.tracks:
            low, high = {"p1": (33, 108), "p2": (33, 108), "tr": (21, 108), "no": (1, 16)}[
                track.role
            ]
            assert all(low <= note.pitch <= high for note in track.notes)
            assert {note.velocity for note in track.notes} <= volumes - {0}
            for control in track.controls:
                assert track.role != "tr"
                assert control.number in (11, 12)
                if control.number == 11:
                    assert control.value in volumes
                else:
                    assert control.value <= (1 if track.role == "no" else 3)
        if index % 4:
            continue
        again = score_from_midi(midi_bytes(score))
        assert again.tracks == score.tracks
        assert again.dialect == "nesmdb"
        assert again.end_beats == pytest.approx(score.end_beats, abs=1e-9)


@pytest.mark.data
@needs_data
def test_songs_keep_their_every_event_in_their_own_form() -> None:
    """Read and written again, twelve songs have the notes and controls they had, tick by tick."""
    files = sorted((Path(str(DATA)) / "valid").glob("*.mid"))
    for path in random.Random(1985).sample(files, 12):
        ours = mido.MidiFile(file=io.BytesIO(nesmdb_bytes(read_midi(path))))
        for before, after in zip(mido.MidiFile(path).tracks, ours.tracks, strict=True):
            assert _timed(before) == _timed(after), path.name


def _timed(track: mido.MidiTrack) -> list[tuple[int, str]]:
    """Return a track's messages with absolute ticks, apart from where it says it ends."""
    tick, messages = 0, []
    for message in track:
        tick += message.time
        if message.type != "end_of_track":
            messages.append((tick, str(message.copy(time=0))))
    return sorted(messages)
