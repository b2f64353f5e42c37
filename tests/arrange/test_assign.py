"""Parts and voices: the tune has a pulse, the bass the triangle, and octaves stay as written."""

import pytest

from chipgen.arrange import arrange
from chipgen.music.score import Note, Score, Track
from synth.chip.voices import VOICE_BY_NAME
from tests.understand.test_roles import BASS, chords, figure, tune


def arrange_tracks(*tracks: Track):
    """Arrange tracks of eight bars."""
    return arrange(Score(tracks=tracks, end_beats=32.0))


def heard(arrangement, track: int, voice: str) -> float:
    """Return the share of a track's notes that have an attack of their own in a voice."""
    own = [p for p in arrangement.placements if p.track == track]
    return sum(p.status == "kept" and p.voice == voice for p in own) / len(own)


def test_tune_and_bass_have_their_voices():
    """A named melody under an arpeggio is all on pulse 1, the bass all on the triangle."""
    arrangement = arrange_tracks(
        Track("Melody", 0, 0, tune(60, velocity=120)),
        Track("Arp", 2, 0, figure(84, (0, 4, 7, 12), velocity=60)),
        BASS,
    )
    assert heard(arrangement, 0, "pulse1") == 1.0
    assert heard(arrangement, 1, "pulse2") == 1.0
    assert heard(arrangement, 2, "triangle") == 1.0


def test_a_second_voice_comes_before_a_pad():
    """Beside a counter-melody a pad is left out, and nothing is arpeggiated all the time."""
    arrangement = arrange_tracks(
        Track("Lead", 0, 80, tune()),
        Track("Pad", 2, 89, chords((60, 64, 67))),
        Track("Counter", 3, 73, figure(64, (0, 1, 3, 1))),
        BASS,
    )
    assert heard(arrangement, 2, "pulse2") == 1.0
    assert not any(note.arpeggio for note in arrangement.chip_score.pulse1)
    assert not any(note.arpeggio for note in arrangement.chip_score.pulse2)


def test_one_note_of_a_chord_is_its_third():
    """Beside a tune on the root and a bass on the root a chord's one note is the third."""
    arrangement = arrange_tracks(
        Track("Lead", 0, 80, tuple(Note(k, 1.0, 72) for k in range(32))),
        Track("Comp", 2, 4, tuple(Note(k, 0.5, p) for k in range(32) for p in (60, 64, 67))),
        Track("Bass", 1, 33, tuple(Note(k, 1.0, 36) for k in range(32))),
    )
    assert {note.pitch for note in arrangement.chip_score.pulse2} == {64}


def test_held_chords_are_struck_then_rest():
    """A pad's chord begins as an arpeggio of all its notes and comes to rest on one."""
    arrangement = arrange_tracks(
        Track("Lead", 0, 80, tune()), Track("Pad", 2, 89, chords((60, 64, 67))), BASS
    )
    pads = arrangement.chip_score.pulse2
    assert all(len(set(note.arpeggio)) == 3 for note in pads)
    arpeggio_s = sum(note.arpeggio_s or note.end_s - note.start_s for note in pads)
    assert arpeggio_s <= 0.15 * arrangement.chip_score.end_s


def test_doubles_are_heard_in_what_they_double():
    """A violin an octave under the flute is not played again; the report says where it sounds."""
    arrangement = arrange_tracks(
        Track("Flute", 0, 73, tune(84)), Track("Violin", 2, 40, tune(72)),
        Track("Viola", 3, 41, figure(64, (0, 3), 0.5)), BASS,
    )  # fmt: skip
    statuses = {p.track: set() for p in arrangement.placements}
    for p in arrangement.placements:
        statuses[p.track].add((p.status, p.voice))
    assert ("doubled", "pulse1") in statuses[0] | statuses[1]
    assert statuses[2] == {("kept", "pulse2")}


def test_one_low_note_of_another_track_moves_no_lead():
    """Octaves are chosen for each track by itself, so a second bass leaves the tune alone."""
    arrangement = arrange_tracks(
        Track("Synth Strings", 0, 50, tuple(Note(4.0 * k, 4.0, 24) for k in range(8))),
        Track("Slap Bass", 1, 36, tuple(Note(0.25 + k / 2, 0.25, 31) for k in range(64))),
        Track("Square Lead", 2, 80, figure(60, (0, 4, 7, 12), 0.5)),
        Track("Organ", 3, 17, tune()),
    )
    lowest, _ = VOICE_BY_NAME["pulse1"].pitch_range
    for p in arrangement.placements:
        assert p.folded_semitones == 0 or p.pitch < lowest
    assert heard(arrangement, 2, "pulse1") + heard(arrangement, 2, "pulse2") == 1.0


@pytest.mark.parametrize(
    ("program", "voice"), [(116, "noise"), (119, "noise"), (122, ""), (126, "")]
)
def test_effects_go_to_the_noise_or_are_left_out(program: int, voice: str):
    """An effect that sounds like a drum is one; seashore and applause are left out, and said."""
    arrangement = arrange_tracks(
        Track("", 2, program, (Note(0.0, 2.0, 90), Note(8.0, 2.0, 90))),
        Track("Lead", 0, 80, tune()),
        BASS,
    )
    own = [p for p in arrangement.placements if p.track == 0]
    assert {p.voice for p in own} == {voice}
    assert all(p.pitch == 90 for p in own)
    assert voice or all("effect" in p.reason for p in own)
    assert heard(arrangement, 1, "pulse1") == 1.0


def test_power_chords_are_one_note():
    """Root, fifth and octave of a guitar are heard as one note of pulse 2, without arpeggio."""
    guitar = tuple(
        Note(k / 2, 0.5, root + p)
        for k, root in enumerate([40, 40, 43, 45] * 16)
        for p in (0, 7, 12)
    )
    arrangement = arrange_tracks(
        Track("Rhythm Guitar", 0, 30, guitar),
        Track(
            "Bass", 1, 34, tuple(Note(k / 2, 0.5, p) for k, p in enumerate([28, 28, 31, 33] * 16))
        ),
        Track("Lead", 2, 29, tune()),
    )
    assert heard(arrangement, 2, "pulse1") == 1.0
    assert heard(arrangement, 1, "triangle") == 1.0
    assert len(arrangement.chip_score.pulse2) == 64
    assert not any(note.arpeggio for note in arrangement.chip_score.pulse2)
