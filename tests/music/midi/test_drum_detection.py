"""Drums are found wherever a file has them, and melodies are never taken for drums."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from chipgen.music.midi import score_from_midi
from chipgen.music.midi.drum_detection import kit_score
from chipgen.music.score import Track
from tests import midi_files as smf
from tests.music.midi.drum_tracks import beat, gs_rhythm_part, struck, sysex

GS_ON = b"\x41\x10\x42\x12\x40\x00\x7f\x00\x41\xf7"

XG_ON = b"\x43\x10\x4c\x00\x00\x7e\x00\xf7"


SCALE = [60, 62, 64, 65, 67, 69, 71, 72]

TUNE = struck([(k * 240, SCALE[k * 5 % 8]) for k in range(64)], 200)

BEAT = struck(beat())


def drums_of(*bodies: bytes) -> list[bool]:
    """Tell of each track that is read whether it plays drums."""
    return [track.is_drums for track in score_from_midi(smf.midi(*bodies)).tracks]


def tracks_of(*bodies: bytes) -> tuple[Track, ...]:
    """Return the tracks that are read."""
    return score_from_midi(smf.midi(*bodies)).tracks


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


def test_tuning_moves_no_drum() -> None:
    """Coarse tuning and the wheel are for pitches."""
    tuned = b"".join(smf.event(0, 0xB9, n, v) for n, v in ((101, 0), (100, 2), (6, 76)))
    (track,) = tracks_of(tuned + smf.event(0, 0xE9, 0, 96) + struck(beat(1), channel=9))
    assert {note.pitch for note in track.notes} == {36, 38, 42}
    assert track.bends == ()


def test_a_kit_that_is_split_by_drum_is_told() -> None:
    """A track for each of kick, snare and hat, all nameless and on one channel."""
    hits = beat()
    split = [struck([hit for hit in hits if hit[1] == key]) for key in (36, 38, 42)]
    assert drums_of(TUNE, *split) == [False, True, True, True]


def test_two_pedal_points_are_no_kit() -> None:
    """Tracks of one pitch each that no kit has together stay melodic."""
    low = struck([(k * 480, 48) for k in range(64)], 400)
    high = struck([(k * 960, 55) for k in range(32)], 400)
    assert drums_of(TUNE, low, high) == [False, False, False]


def test_kick_and_snare_or_a_hat_alone_are_drums() -> None:
    """Two drums that alternate, or a hi-hat that goes on and on."""
    two = struck([(k * 480, (36, 38)[k % 2]) for k in range(32)])
    hat = struck([(k * 240, 46 if k % 8 == 7 else 42) for k in range(64)])
    assert drums_of(TUNE, two) == drums_of(TUNE, hat) == [False, True]


def test_a_riff_on_the_keys_of_drums_is_melodic() -> None:
    """One note at a time with hardly a cymbal is a bass line, and a hand's name says it plays."""
    riff = struck([(k * 240, (36, 36, 38, 36, 43, 36, 41, 42)[k % 8]) for k in range(128)], 160)
    assert drums_of(TUNE, riff) == [False, False]
    assert drums_of(TUNE, smf.meta(0, 3, b"Piano LH") + BEAT) == [False, True]
    two = struck([(k * 240, (35, 37)[k % 2]) for k in range(64)], 120)
    assert drums_of(TUNE, smf.meta(0, 3, b"Left Hand") + two) == [False, False]


def test_the_drum_banks_of_xg_need_no_reset_if_the_notes_are_a_kit() -> None:
    """Bank 127 names a kit even where the notes by themselves would be doubted."""
    bank = smf.event(0, 0xB0, 0, 127) + smf.event(0, 0xC0, 25)
    assert drums_of(TUNE, bank + BEAT) == [False, True]
    assert drums_of(TUNE, bank + TUNE) == [False, False]
