"""Drums are found wherever a file has them, and melodies are never taken for drums."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipgen.music.midi import score_from_midi
from chipgen.music.midi.drums import kit_score
from chipgen.music.score import Track
from tests import midi_files as smf

GM_ON, GM2_ON = b"\x7e\x7f\x09\x01\xf7", b"\x7e\x7f\x09\x03\xf7"
GS_ON = b"\x41\x10\x42\x12\x40\x00\x7f\x00\x41\xf7"
XG_ON = b"\x43\x10\x4c\x00\x00\x7e\x00\xf7"


def sysex(data: bytes) -> bytes:
    """Return a system exclusive message."""
    return b"\x00\xf0" + smf.variable_length(len(data)) + data


def gs_rhythm_part(channel: int, value: int) -> bytes:
    """Return "use for rhythm part" for a channel of 0-15."""
    block = 0 if channel == 9 else channel + 1 if channel < 9 else channel
    address = bytes((0x40, 0x10 | block, 0x15, value))
    return sysex(b"\x41\x10\x42\x12" + address + bytes((-sum(address) & 0x7F, 0xF7)))


def struck(hits: list[tuple[int, int]], length: int = 60, channel: int = 0) -> bytes:
    """Return notes at (tick, key)."""
    events = sorted(
        [(tick, 1, 0x90, key) for tick, key in hits]
        + [(tick + length, 0, 0x80, key) for tick, key in hits]
    )
    body, now = b"", 0
    for tick, _, status, key in events:
        body += smf.event(tick - now, status | channel, key, 100)
        now = tick
    return body


def beat(bars: int = 8, kick: int = 36, snare: int = 38, hat: int = 42) -> list[tuple[int, int]]:
    """Return a rock beat: kick on one and three, snare on two and four, eighths on the hat."""
    hits = []
    for bar in range(bars):
        for half in range(8):
            tick = bar * 1920 + half * 240
            hits.append((tick, hat))
            if half % 2 == 0:
                hits.append((tick, snare if half % 4 else kick))
    return hits


SCALE = [60, 62, 64, 65, 67, 69, 71, 72]
TUNE = struck([(k * 240, SCALE[k * 5 % 8]) for k in range(64)], 200)
BEAT = struck(beat())


def drums_of(*bodies: bytes) -> list[bool]:
    """Tell of each track that is read whether it plays drums."""
    return [track.is_drums for track in score_from_midi(smf.midi(*bodies)).tracks]


def tracks_of(*bodies: bytes) -> tuple[Track, ...]:
    """Return the tracks that are read."""
    return score_from_midi(smf.midi(*bodies)).tracks


@pytest.mark.parametrize(
    "name",
    ["Drums", "DRUM KIT", "Perc 2", "Schlagzeug", "Batería", "Batterie", "Bateria", "Percussão",
     "Ударные", "ドラム", "パーカッション", "鼓", "드럼", "Slagverk", "perkusja", "Standard Kit"],
)  # fmt: skip
def test_a_track_named_drums_plays_drums(name: str) -> None:
    """In any of the common languages, whatever its channel; the guess is said and `--map` named."""
    named = smf.meta(0, 3, name.encode()) + struck(beat(2))
    score = score_from_midi(smf.midi(TUNE, named))
    assert [track.is_drums for track in score.tracks] == [False, True]
    (remark,) = score.remarks
    assert "by its name" in remark
    assert "--map pulse2=track:1" in remark


@pytest.mark.parametrize(
    "name",
    [
        "Steel Drums",
        "Percussive Organ",
        "Drum and Bass",
        "Little Drummer Boy",
        "Lead",
        "MIDI Ch. 2",
        "",
    ],
)
def test_names_that_only_sound_like_drums_do_not_make_them(name: str) -> None:
    """A melody so named stays a melody."""
    assert drums_of(smf.meta(0, 3, name.encode()) + TUNE) == [False]


def test_the_name_of_a_song_names_no_player() -> None:
    """In a file of one MIDI track its name is the song's."""
    song = smf.meta(0, 3, b"Drums of War") + struck([(0, 60), (480, 62)] * 8)
    other = struck([(0, 64)], channel=1)
    assert drums_of(song + other) == [False, False]


@pytest.mark.parametrize(
    ("name", "key", "heard"),
    [("Kick", 60, 36), ("Snare 2", 60, 38), ("HiHat closed", 60, 42), ("Clap", 72, 39),
     ("Kick", 35, 35), ("Open Hat", 46, 46), ("Ride", 48, 51)],
)  # fmt: skip
def test_a_track_named_after_one_drum_plays_that(name: str, key: int, heard: int) -> None:
    """Samplers put each drum on one key of a track of its own; what it is, its name says."""
    (track,) = tracks_of(
        smf.meta(0, 3, name.encode()) + struck([(k * 480, key) for k in range(16)])
    )
    assert track.is_drums
    assert {note.pitch for note in track.notes} == {heard}


def test_notes_alone_tell_a_kit() -> None:
    """Without names and channels a beat is told from a bass and a tune by what it plays."""
    bass = struck([(k * 480, (36, 36, 43, 38)[k % 4]) for k in range(64)], 470)
    score = score_from_midi(smf.midi(TUNE, bass, BEAT))
    assert [track.is_drums for track in score.tracks] == [False, False, True]
    assert "track:2 (by its notes)" in score.remarks[0]


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([35, 36]), st.sampled_from([38, 40]), st.sampled_from([42, 44, 46, 51]),
    st.integers(10, 240), st.integers(3, 20), st.integers(0, 999),
)  # fmt: skip
def test_any_beat_of_a_kit_is_told(
    kick: int, snare: int, hat: int, length: int, bars: int, seed: int
) -> None:
    """Kicks and snares that leave out a fifth of their hits, on any keys, of any length."""
    rng = random.Random(seed)
    hits = [hit for hit in beat(bars, kick, snare, hat) if hit[1] == hat or rng.random() < 0.8]
    assert drums_of(struck(sorted(set(hits)), length)) == [True]


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 999), st.integers(28, 76), st.integers(1, 4), st.integers(60, 480))
def test_no_melody_or_chord_is_taken_for_drums(
    seed: int, lowest: int, voices: int, length: int
) -> None:
    """Walks on a scale and chords of thirds, high or low, stay pitches."""
    rng = random.Random(seed)
    degrees, at = [0, 2, 4, 5, 7, 9, 11], rng.randrange(7)
    hits = []
    for k in range(64):
        at = max(0, min(13, at + rng.choice([-2, -1, -1, 0, 1, 1, 2])))
        for voice in range(voices):
            step = at + 2 * voice
            hits.append((k * 240, lowest + 12 * (step // 7) + degrees[step % 7]))
    assert drums_of(struck(hits, length)) == [False]


def test_few_notes_say_nothing() -> None:
    """A handful of notes on the keys of drums is no pattern."""
    assert kit_score([(0, 36, 60), (240, 42, 60), (480, 38, 60)], 480) < 0


def test_channel_10_is_drums_unless_the_file_says_otherwise() -> None:
    """GS's "use for rhythm part" and XG's part mode turn it off; a reset turns it on again."""
    melody = struck([(k * 240, SCALE[k % 8]) for k in range(16)], channel=9)
    xg_normal = sysex(b"\x43\x10\x4c\x08\x09\x07\x00\xf7")
    assert drums_of(melody) == [True]
    assert drums_of(sysex(GS_ON) + gs_rhythm_part(9, 0) + melody) == [False]
    assert drums_of(sysex(XG_ON) + xg_normal + melody) == [False]
    assert drums_of(gs_rhythm_part(9, 0) + sysex(GS_ON) + melody) == [True]


def test_any_channel_is_drums_where_the_file_says_so() -> None:
    """By GS or XG messages, XG's banks 126 and 127, GM2's bank 120; and nothing is guessed."""
    hits = struck(beat(2), channel=4)
    bank = smf.event(0, 0xB4, 0, 127) + smf.event(0, 0xC4, 0)
    gm2_bank = smf.event(0, 0xB4, 0, 120) + smf.event(0, 0xC4, 0)
    xg_drums = sysex(b"\x43\x10\x4c\x08\x04\x07\x02\xf7")
    for setup in (
        sysex(GS_ON) + gs_rhythm_part(4, 1),
        sysex(XG_ON) + xg_drums,
        sysex(XG_ON) + bank,
        sysex(GM2_ON) + gm2_bank,
        gm2_bank,
    ):
        score = score_from_midi(smf.midi(TUNE, setup + hits))
        assert [track.is_drums for track in score.tracks] == [False, True]
        assert score.remarks == ()


def test_bank_127_without_xg_is_no_kit() -> None:
    """In GS it holds the MT-32's sounds, which are melodic."""
    tune = struck([(k * 240, SCALE[k % 8]) for k in range(32)], channel=4)
    bank = smf.event(0, 0xB4, 0, 127) + smf.event(0, 0xC4, 48)
    assert drums_of(bank + tune) == [False]
    assert drums_of(sysex(GS_ON) + bank + tune) == [False]


def test_gm2_s_melodic_bank_frees_channel_10() -> None:
    """Bank 121 on it is a melodic instrument."""
    tune = struck([(k * 240, SCALE[k % 8]) for k in range(32)], channel=9)
    bank = smf.event(0, 0xB9, 0, 121) + smf.event(0, 0xC9, 48)
    assert drums_of(sysex(GM2_ON) + bank + tune) == [False]


def test_xg_keys_become_general_midi_s() -> None:
    """XG's kit has other sounds below the kick: its 29 is GM2's snare roll, its 33 a kick."""
    hits = struck([(0, 29), (480, 30), (960, 31), (1440, 33), (1920, 36), (2400, 82)], channel=9)
    (xg,) = tracks_of(sysex(XG_ON) + hits)
    (gs,) = tracks_of(sysex(GS_ON) + hits)
    assert [note.pitch for note in xg.notes] == [25, 85, 38, 36, 36, 82]
    assert [note.pitch for note in gs.notes] == [29, 30, 31, 33, 36, 82]


def test_tuning_moves_no_drum() -> None:
    """Coarse tuning and the wheel are for pitches."""
    tuned = b"".join(smf.event(0, 0xB9, n, v) for n, v in ((101, 0), (100, 2), (6, 76)))
    (track,) = tracks_of(tuned + smf.event(0, 0xE9, 0, 96) + struck(beat(1), channel=9))
    assert {note.pitch for note in track.notes} == {36, 38, 42}
    assert track.bends == ()
