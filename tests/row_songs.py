"""Invented songs on rows whose bars, upbeat, introduction and loop are known, and plain rows."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chipgen.music.score import Note, Score, Track
from chipgen.rows.row_inference import NES_FRAME_HZ
from chipgen.rows.row_states import Rows
from chipgen.rows.voice_notes import TICKS_A_SECOND, VoiceNotes

Event = tuple[int, int, int, int, int]  # row, voice, rows, pitch, volume


@dataclass(frozen=True)
class Meter:
    """Beats a bar, rows a beat and parts a beat."""

    beats: int
    beat_rows: int
    parts: int = 2

    @property
    def bar_rows(self) -> int:
        """Rows a bar."""
        return self.beats * self.beat_rows


def compose_bars(meter: Meter, bars: int, rng: np.random.Generator) -> list[Event]:
    """Invent bars: a bass that moves with the bar, drums on beats, a melody of mixed lengths."""
    events: list[Event] = []
    scale = np.array([0, 2, 4, 5, 7, 9, 11])
    chord = 0
    half = meter.beat_rows // 2 if meter.parts == 2 else 2 * meter.beat_rows // 3
    for bar in range(bars):
        at = bar * meter.bar_rows
        chord = int((chord + rng.choice([1, 2, 3, 4])) % 7)
        root = 36 + int(scale[chord])
        events.append((at, 2, meter.beat_rows, root, 1))
        run = int(rng.integers(0, meter.beats))  # the beat in which the second voice runs
        for step in range(meter.beat_rows):
            note = 72 + int(scale[(chord + step) % 7])
            events.append((at + run * meter.beat_rows + step, 1, 1, note, 8))
        melody_from = 0
        for beat in range(meter.beats):
            row = at + beat * meter.beat_rows
            if beat:
                fifth = root + (7 if beat % 2 else 0)
                events.append((row, 2, half, fifth, 1))
            is_kick = beat == 0 or (meter.beats == 4 and beat == 2)
            events.append((row, 3, 1, 4 if is_kick else 10, 12 if beat == 0 else 8))
            if rng.random() < 0.6:
                events.append((row + half, 3, 1, 14, 4))
            if beat < melody_from:
                continue
            pitch = 60 + int(scale[(chord + 2 * int(rng.integers(0, 3))) % 7])
            if beat and rng.random() < 0.5:
                second = 60 + int(scale[int(rng.integers(0, 7))])
                events.append((row, 0, half, pitch, 12))
                events.append((row + half, 0, meter.beat_rows - half, second, 10))
            elif beat == 0 or rng.random() < 0.7:
                long = beat == 0 and rng.random() < 0.4
                events.append((row, 0, meter.beat_rows * (1 + long), pitch, 12))
                melody_from = 1 + long
    return events


def shift(events: list[Event], rows: int) -> list[Event]:
    """Move events by some rows."""
    return [(row + rows, *rest) for row, *rest in events]  # type: ignore[misc]


def play(
    events: list[Event], rows: int, pattern: tuple[int, ...] = (6,), lead_s: float = 0.0
) -> VoiceNotes:
    """Sound the events that begin before `rows`, on rows whose lengths take turns."""
    frames = np.resize(np.array(pattern), rows + 64)
    return play_on(events, rows, np.concatenate([[0], np.cumsum(frames)]), lead_s)


def play_on(
    events: list[Event], rows: int, boundaries: NDArray[np.int64], lead_s: float = 0.0
) -> VoiceNotes:
    """Sound the events that begin before `rows`, on rows that begin at given frames."""
    ticks = TICKS_A_SECOND / NES_FRAME_HZ
    heard = sorted(event for event in events if 0 <= event[0] < rows)
    start = np.array([boundaries[row] for row, *_ in heard]) * ticks + lead_s * TICKS_A_SECOND
    ends = [boundaries[min(row + length, rows)] - 1 for row, _, length, *_ in heard]
    end = np.maximum(np.array(ends) * ticks + lead_s * TICKS_A_SECOND, start + ticks)
    table = np.array(heard)
    return VoiceNotes(
        voice=table[:, 1].astype(np.int8),
        start=np.rint(start).astype(np.int64),
        end=np.rint(end).astype(np.int64),
        pitch=table[:, 3].astype(np.int16),
        volume=table[:, 4].astype(np.int8),
        timbre=np.zeros(len(heard), dtype=np.int8),
        length=round(boundaries[rows] * ticks + lead_s * TICKS_A_SECOND),
    )


SCALE = [60, 62, 64, 65, 67, 69, 71, 72]


def plain_rows(states):
    """Return rows with these states, shape (n, 4)."""
    states = np.asarray(states, dtype=np.uint8)
    return Rows(states, states * 0, states * 0, np.full(len(states), 6))


def scales(times=8, root=0):
    """Return a piece in which every voice plays a major scale up, a note a row."""
    line = np.array(SCALE * times) + root
    return plain_rows(np.stack([line, line, line - 24, 0 * line], axis=1))


def score_of(notes_or_song: object) -> Score:
    """Return raw notes as a score in NES-MDB's dialect, at their own times."""
    notes = notes_or_song
    voices = {}
    for voice, role in enumerate(("p1", "p2", "tr", "no")):
        mine = np.nonzero(notes.voice == voice)[0]  # type: ignore[attr-defined]
        voices[role] = tuple(
            Note(
                float(notes.start[i]) / 22050,  # type: ignore[attr-defined]
                float(notes.end[i] - notes.start[i]) / 22050,  # type: ignore[attr-defined]
                int(notes.pitch[i]),  # type: ignore[attr-defined]
                102,
            )
            for i in mine
        )
    tracks = tuple(
        Track(role, channel, 80, voices[role], role=role)
        for role, channel in (("p1", 0), ("p2", 1), ("tr", 2), ("no", 9))
    )
    end = notes.length / 22050  # type: ignore[attr-defined]
    return Score(tracks, end_beats=end, dialect="nesmdb")


def onsets_s(score: Score) -> list[list[float]]:
    """Return every track's onsets in seconds."""
    return [
        score.beats_to_seconds([note.onset_beats for note in track.notes]).tolist()
        for track in score.tracks
    ]


def invent(rows=150, seed=0):
    """Rows of a piece that repeats itself every 16 rows, with mistakes."""
    rng = np.random.default_rng(seed)
    bar = rng.integers(0, 2, (16, 4))
    begun = rng.random(bar.shape) < 0.4
    bar[begun] = rng.integers(50, 70, begun.sum())
    bar[:, 3] = np.where(bar[:, 3] > 1, 17 + bar[:, 3] % 16, bar[:, 3])
    states = np.tile(bar, (rows // 16 + 1, 1))[:rows].astype(np.uint8)
    changed = rng.random(rows) < 0.1
    states[changed, 0] = 60
    volume = np.where(states > 1, 9, 0).astype(np.uint8)
    return Rows(states, volume, volume // 5, rng.integers(5, 8, rows))
