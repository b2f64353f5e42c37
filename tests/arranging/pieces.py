"""Pieces that tests of the arranger share."""

import itertools
from typing import Any

from hypothesis import strategies as st

from chipgen.arranging import Arrangement
from chipgen.music.score import Bend, Control, Note, Score, Tempo, Track


def line(
    start: float, pitches: tuple[int, ...], step: float = 0.5, velocity: int = 90
) -> tuple[Note, ...]:
    """Return notes one after the other, each half as long as the step."""
    return tuple(Note(start + step * k, step / 2, p, velocity) for k, p in enumerate(pitches))


def score_of(*tracks: Track, **fields: Any) -> Score:
    """Return a piece that ends with its last note."""
    end = max((note.end_beats for track in tracks for note in track.notes), default=0.0)
    return Score(tracks=tracks, end_beats=end, **fields)


def bass_line(beats: int) -> Track:
    """Return a bass that says so, a note a beat."""
    return Track(program=43, channel=1, notes=line(0.0, (35, 42) * (beats // 2), 1.0))


FRAME_S = 1.0 / 60.0


CHORDS = ((0, 4, 7), (5, 9, 0), (7, 11, 2), (0, 4, 7), (9, 0, 4), (2, 5, 9), (7, 11, 2), (0, 4, 7))


def nearest(chord: tuple[int, ...], pitch: int, below: int = 128) -> int:
    """Return the chord's note nearest to `pitch` under `below`."""
    allowed = [p for p in range(24, below) if p % 12 in chord]
    return min(allowed, key=lambda p: (abs(p - pitch), p))


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


def score_of_lines(
    lines: list[list[Note]], bpm: float = 120.0, *, one_track: bool = False
) -> Score:
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


beats = st.floats(0, 12, allow_nan=False, width=32) | st.integers(0, 12).map(float)


lengths = st.floats(2**-12, 6, allow_nan=False, width=32) | st.sampled_from([0.25, 0.5, 1.0])


notes = st.builds(Note, beats, lengths, st.integers(0, 127), st.integers(1, 127))


controls = st.builds(Control, beats, st.sampled_from([1, 7, 11, 12, 64]), st.integers(0, 127))


bends = st.builds(Bend, beats, st.floats(-24, 24, allow_nan=False))


tracks = st.builds(
    lambda notes, controls, bends, channel, program, role: Track(
        channel=channel,
        program=program,
        notes=tuple(sorted(notes)),
        controls=tuple(sorted(controls, key=lambda c: c.beat)),
        bends=tuple(sorted(bends, key=lambda b: b.beat)),
        role=role,
    ),
    st.lists(notes, max_size=24),
    st.lists(controls, max_size=6),
    st.lists(bends, max_size=4),
    st.integers(0, 15),
    st.integers(0, 127),
    st.sampled_from(["", "", "", "p1", "p2", "tr", "no"]),
)


scores = st.builds(
    lambda tracks, bpm: Score(
        tracks=tuple(tracks),
        tempos=(Tempo(0.0, bpm), Tempo(4.0, 90.0)),
        end_beats=max((n.end_beats for t in tracks for n in t.notes), default=0.0),
    ),
    st.lists(tracks, max_size=5),
    st.floats(20, 400),
)
