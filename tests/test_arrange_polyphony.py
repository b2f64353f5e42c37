"""Polyphony of every kind keeps its melody, its bass and its attacks."""

import itertools

import pytest

from chipgen.arrange import POLY_CHOICES, ArrangeConfig, Arrangement, arrange
from chipgen.music.score import Note, Score, Tempo, Track
from tests.work import count_lines

FRAME_S = 1.0 / 60.0
CHORDS = ((0, 4, 7), (5, 9, 0), (7, 11, 2), (0, 4, 7), (9, 0, 4), (2, 5, 9), (7, 11, 2), (0, 4, 7))


def nearest(chord: tuple[int, ...], pitch: int, below: int = 128) -> int:
    """Return the chord's note nearest to `pitch` under `below`."""
    allowed = [p for p in range(24, below) if p % 12 in chord]
    return min(allowed, key=lambda p: (abs(p - pitch), p))


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


def piano(style: str) -> list[list[Note]]:
    """Return melody, wide accompaniment of the given style, and bass."""
    melody: list[Note] = []
    inner: list[Note] = []
    bass: list[Note] = []
    for bar in range(16):
        chord, start = CHORDS[bar % 8], 4.0 * bar
        bass.append(Note(start, 4.0, nearest(chord, 36, 42)))
        tune = [nearest(chord, 76 + k) for k in (0, 3, 5, 3)]
        melody += [Note(start + k, 1.0, pitch) for k, pitch in enumerate(tune)]
        middle = [nearest(chord, p) for p in (48, 52, 55, 60, 64)]
        if style == "blocks":
            inner += [Note(start + k, 0.9, p) for k in range(4) for p in middle[1:4]]
        elif style == "wide":
            inner += [Note(start + k, 2.0, p) for k in (0, 2) for p in middle]
        else:
            figure = [middle[k] for k in (1, 3, 2, 3)] * 4
            inner += [Note(start + k / 4, 0.25, p) for k, p in enumerate(figure)]
    return [melody, sorted(set(inner)), bass]


def score_of(lines: list[list[Note]], bpm: float = 120.0, *, one_track: bool = False) -> Score:
    """Return a piece with a track for each line, or all in one."""
    groups = [sorted(itertools.chain(*lines))] if one_track else lines
    tracks = tuple(Track(channel=k, notes=tuple(sorted(g))) for k, g in enumerate(groups))
    end = max(note.end_beats for line in lines for note in line)
    return Score(tracks=tracks, tempos=(Tempo(0.0, bpm),), end_beats=end)


def share_heard(score: Score, arrangement: Arrangement, notes: list[Note]) -> float:
    """Return the share of notes whose own pitch begins within a frame of their onset."""
    chip = arrangement.chip_score
    attacks = [
        (note.start_s, {note.pitch + offset for offset in (0, *note.arpeggio)})
        for voice in ("pulse1", "pulse2", "triangle")
        for note in chip.voice(voice)
    ]
    heard = 0
    for note in notes:
        at_s = float(score.beats_to_seconds(note.onset_beats))
        heard += any(abs(at_s - s) <= FRAME_S and note.pitch in p for s, p in attacks)
    return heard / len(notes)


@pytest.mark.parametrize("one_track", [False, True])
@pytest.mark.parametrize("bpm", [50.0, 100.0, 180.0])
@pytest.mark.parametrize("parts", [3, 4, 5])
def test_a_chorale_keeps_its_parts(parts: int, bpm: float, one_track: bool):
    """Melody and bass are complete, and pulse 2 sings a part of the hymn at every onset."""
    lines = chorale(parts)
    score = score_of(lines, bpm, one_track=one_track)
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
    score = score_of(lines)
    assert share_heard(score, arrange(score), list(itertools.chain(*lines))) == 1.0


@pytest.mark.parametrize("style", ["blocks", "wide", "figure"])
@pytest.mark.parametrize("bpm", [60.0, 160.0])
def test_a_piano_piece_keeps_melody_and_bass(style: str, bpm: float):
    """With wide chords on one staff, melody and bass are complete, and every chord is heard."""
    lines = piano(style)
    score = score_of(lines, bpm, one_track=True)
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


def test_slow_chords_are_struck_and_fast_ones_are_single_notes():
    """A slow chord begins as an arpeggio, then rests; a short one is one note."""
    lines = piano("wide")
    slow = arrange(score_of(lines, 60.0)).chip_score.pulse2
    assert any(note.arpeggio for note in slow)
    assert all(note.arpeggio_s is not None for note in slow if note.arpeggio)
    fast = arrange(score_of(lines, 300.0)).chip_score.pulse2
    assert fast
    assert not any(note.arpeggio for note in fast)


@pytest.mark.parametrize("poly", POLY_CHOICES)
def test_every_choice_of_poly_keeps_the_outer_voices(poly: str):
    """Whatever becomes of chords, melody and bass are theirs alone."""
    lines = piano("blocks")
    score = score_of(lines)
    arrangement = arrange(score, ArrangeConfig(poly=poly))
    assert share_heard(score, arrangement, lines[0]) == 1.0
    assert share_heard(score, arrangement, lines[2]) == 1.0
    arpeggios = [note for note in arrangement.chip_score.pulse2 if note.arpeggio]
    assert bool(arpeggios) == (poly == "arp")


def test_broken_chords_sound_every_note_in_turn():
    """`split` plays the three notes of a chord one after the other within its time."""
    lines = piano("blocks")
    chip = arrange(score_of(lines), ArrangeConfig(poly="split")).chip_score
    first = [note for note in chip.pulse2 if note.start_s < 0.5]
    assert sorted(n.pitch for n in first) == sorted(n.pitch for n in lines[1] if n.onset_beats < 1)
    assert [n.pitch for n in first] == sorted(n.pitch for n in first)


def test_a_phrase_is_folded_whole():
    """A melody that leaves the range by a note is moved with its phrase, not broken in it."""
    pitches = [36, 34, 32, 34, 36]
    track = Track(notes=tuple(Note(k, 1.0, p) for k, p in enumerate(pitches)))
    far = [Note(8.0 + k, 1.0, 60) for k in range(8)]
    score = score_of([[*track.notes, *far]])
    arrangement = arrange(score)
    assert [n.pitch for n in arrangement.chip_score.pulse1] == [48, 46, 44, 46, 48] + 8 * [60]
    assert arrangement.counts()["folded"] == 5


def test_high_pulses_are_named_out_of_tune():
    """A pulse off by over 20 cents is in the remarks, a low one is not."""
    low = arrange(score_of([[Note(0, 1, 69)]]))
    high = arrange(score_of([[Note(k, 1, p) for k, p in enumerate(range(108, 120))]]))
    assert low.remarks == ()
    assert len(high.remarks) == 1
    assert "cents" in high.remarks[0]


def test_colliding_drums_go_by_priority():
    """A kick wins over a hi-hat of the same moment, whichever is written first."""
    track = Track(channel=9, notes=(Note(0, 0.25, 36), Note(0, 0.25, 42), Note(1, 0.25, 42)))
    arrangement = arrange(score_of([[Note(0, 2, 40)]]).with_tracks((track,)))
    assert [p.status for p in arrangement.placements] == ["kept", "dropped", "kept"]
    assert len(arrangement.chip_score.noise) == 2


def test_notes_too_short_to_hear_share_no_moment_of_a_voice():
    """Of notes that begin together each has a voice of its own, or is told of as lost."""
    lengths = [(0.0, 1.5e-5), (0.0, 1.0), (0.0, 1.0), (0.0, 1.0), (1.0, 1.5e-5), (1.0, 1.0)]
    notes = tuple(Note(onset, length, 0) for onset, length in lengths)
    arrangement = arrange(Score(tracks=(Track(notes=notes),), end_beats=2.0))
    assert len(arrangement.placements) == len(notes)
    for voice in (arrangement.chip_score.pulse1, arrangement.chip_score.pulse2):
        assert all(a.start_s < b.start_s for a, b in itertools.pairwise(voice))


def test_a_kick_borrows_a_triangle_that_rests():
    """The pitch drop is there when the bass rests and never cuts a bass note."""
    drums = Track(channel=9, notes=(Note(0, 0.25, 36), Note(2, 0.25, 36)))
    tune = Track(channel=0, notes=(Note(0, 4, 72),))
    bass = Track(channel=1, program=33, notes=(Note(1, 2, 40),))
    score = Score(tracks=(tune, bass, drums), end_beats=4.0)
    triangle = arrange(score).chip_score.triangle
    assert [n.pitch for n in triangle][1:] == [40]
    assert triangle[0].bend[-1][1] < 0
    without = arrange(score, ArrangeConfig(drum_drop=False)).chip_score.triangle
    assert [n.pitch for n in without] == [40]


def test_arranging_takes_work_in_proportion_to_the_notes():
    """Dense four-part music four times as long is four times the work."""

    def music_of(n_chords: int) -> Score:
        notes = tuple(
            Note(k * 0.25, 0.25, p + (5 * k) % 11)
            for k in range(n_chords)
            for p in (36, 52, 60, 72)
        )
        return Score(tracks=(Track(notes=notes),), end_beats=n_chords / 4 + 1)

    some, more = music_of(300), music_of(1200)
    assert arrange(more).counts()["kept"] >= 3 * 1000
    lines = count_lines(lambda: arrange(some))
    assert lines < 1000 * 4 * 300
    assert count_lines(lambda: arrange(more)) < 4.2 * lines
