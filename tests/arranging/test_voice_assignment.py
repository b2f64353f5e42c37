"""Parts and voices: the tune has a pulse, the bass the triangle, and octaves stay as written."""

import itertools

import pytest

from chipgen.arranging import arrange
from chipgen.music.score import Note, Score, Track
from synth.chip.voices import VOICE_BY_NAME
from tests.arranging.pieces import CHORDS, nearest, piano, score_of_lines, share_heard
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


def test_a_tune_in_held_chords_is_not_struck():
    """Of a lead that plays chords the highest notes sound by themselves."""
    arrangement = arrange_tracks(
        Track("Lead", 0, 80, chords((72, 76, 79))),
        Track("Pad", 2, 89, chords((60, 64, 67), 2.0)),
        BASS,
    )
    top = [p for p in arrangement.placements if p.track == 0 and p.pitch == 79]
    assert {(p.status, p.voice) for p in top} == {("kept", "pulse1")}


def test_a_triangle_that_rests_takes_the_root_of_chords():
    """Where the bass is silent, the low note of a chord sounds even if it doubles another."""
    arrangement = arrange_tracks(
        Track("Lead", 0, 80, tune(79)),
        Track("Piano", 2, 0, tuple(Note(k, 1.0, p) for k in range(32) for p in (41, 53))),
        Track("Bass", 1, 33, BASS.notes[16:]),
    )
    low = [p for p in arrangement.placements if p.track == 1 and p.pitch == 41]
    voices = [p.voice for p in low if p.status == "kept"]
    assert voices.count("triangle") >= 14


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


def chorale(parts: int) -> list[list[Note]]:
    """Return a hymn in 3-5 parts, from the top, with passing notes in the inner ones."""
    lines: list[list[Note]] = [[] for _ in range(parts)]
    tops = itertools.cycle([72, 74, 76, 79, 76, 74, 72, 71])
    beat = 0.0
    for bar in range(16):
        chord, length = CHORDS[bar % 8], (1.0, 1.0, 2.0)[bar % 3]
        above = nearest(chord, next(tops))
        pitches = [above]
        for _ in range(parts - 2):
            above = nearest(chord, above - 4, above)
            pitches.append(above)
        pitches.append(nearest(chord, 45 + bar % 4, 50))
        for line, pitch in zip(lines, pitches, strict=True):
            inner = line is not lines[0] and line is not lines[-1]
            if inner and length == 2.0:
                line += [Note(beat, 1.0, pitch), Note(beat + 1.0, 1.0, pitch - 2)]
            else:
                line.append(Note(beat, length, pitch))
        beat += length
    return lines


@pytest.mark.parametrize("one_track", [False, True])
@pytest.mark.parametrize("bpm", [50.0, 100.0, 180.0])
@pytest.mark.parametrize("parts", [3, 4, 5])
def test_a_chorale_keeps_its_parts(parts: int, bpm: float, one_track: bool):
    """Melody and bass are complete, and pulse 2 sings a part of the hymn at every onset."""
    lines = chorale(parts)
    score = score_of_lines(lines, bpm, one_track=one_track)
    arrangement = arrange(score)
    chip = arrangement.chip_score
    assert [n.pitch for n in chip.pulse1] == [n.pitch for n in lines[0]]
    assert [n.pitch for n in chip.triangle] == [n.pitch for n in lines[-1]]
    inner = {(n.onset_beats, n.pitch) for line in lines[1:-1] for n in line}
    second = {
        (round(float(score.seconds_to_beats(note.start_s)), 6), note.pitch) for note in chip.pulse2
    }
    assert second <= inner
    assert len(second) >= 0.95 * len({onset for onset, _ in inner})


def test_a_hymn_in_three_parts_is_whole():
    """Nothing of three parts is lost."""
    lines = chorale(3)
    score = score_of_lines(lines)
    assert share_heard(score, arrange(score), list(itertools.chain(*lines))) == 1.0


@pytest.mark.parametrize("style", ["blocks", "wide", "figure"])
@pytest.mark.parametrize("bpm", [60.0, 160.0])
def test_a_piano_piece_keeps_melody_and_bass(style: str, bpm: float):
    """With wide chords on one staff, melody and bass are complete, and every chord is heard."""
    lines = piano(style)
    score = score_of_lines(lines, bpm, one_track=True)
    arrangement = arrange(score)
    assert share_heard(score, arrangement, lines[0]) == 1.0
    assert share_heard(score, arrangement, lines[2]) == 1.0
    onsets_s = {round(float(score.beats_to_seconds(n.onset_beats)), 6) for n in lines[1]}
    chip = arrangement.chip_score
    struck_s = {round(n.start_s, 6) for v in ("pulse2", "triangle") for n in chip.voice(v)}
    assert len(onsets_s & struck_s) >= 0.95 * len(onsets_s)
    voices = {(p.start_s, p.pitch): p.voice for p in arrangement.placements}
    tune = [voices[float(score.beats_to_seconds(n.onset_beats)), n.pitch] for n in lines[0]]
    assert tune.count("pulse1") >= 0.95 * len(tune)


def test_a_low_note_that_is_held_is_not_cut_by_an_inner_one():
    """Where the bass rests, the triangle plays the lowest line, not what is struck above it."""

    def line(length: float, *pitches: int) -> tuple[Note, ...]:
        return tuple(
            Note(length * k, length, pitches[k % len(pitches)]) for k in range(int(32 / length))
        )

    bass = tuple(Note(32.0 + note.onset_beats, 1.0, note.pitch) for note in line(1.0, 36, 43))
    lines = (line(1.0, 72, 71), line(2.0, 63, 62), line(2.0, 57, 56), line(1.0, 67, 66), bass)
    tracks = tuple(Track("", k, 0, notes) for k, notes in enumerate(lines))
    triangle = arrange(Score(tracks, end_beats=64.0)).chip_score.triangle
    first = [note for note in triangle if note.start_s < 16.0 - 1e-6]
    assert {note.pitch for note in first} == {57, 56}
    assert all(note.end_s - note.start_s == pytest.approx(1.0, abs=0.05) for note in first)
