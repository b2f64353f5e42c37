"""A score to a plain table of notes in beats, cut, moved and folded as the measures need it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.music.score import Meter, Note, Score, Tempo, Track

TINY: Final = 1e-6
SHORTEST_S: Final = 1 / 16  # what is shorter is an ornament
CHIP_VOICES: Final = ("p1", "p2", "tr", "no")


@dataclass(frozen=True, slots=True)
class Voice:
    """Who plays: a name, and whether it strikes drums instead of pitches."""

    name: str
    drums: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A piece as a table of notes, sorted by start.

    Attributes
    ----------
    voices
        Who plays; `voice` counts in it.
    voice, start, end, pitch, velocity
        Columns, shape (notes,); start and end in beats (quarter notes).
    length
        Beats.
    bar_beats
        Length of a bar; bars begin at 0.
    beat_s
        Seconds a beat.
    levels
        Steps of volume and of timbre that a voice's controllers make, for each voice.
    """

    voices: tuple[Voice, ...]
    voice: NDArray[np.int64]
    start: NDArray[np.float64]
    end: NDArray[np.float64]
    pitch: NDArray[np.int64]
    velocity: NDArray[np.int64]
    length: float
    bar_beats: float = 4.0
    beat_s: float = 0.5
    levels: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, score: Score) -> "Piece":
        """Read a score; its tempo is the first, and its bars those of its first meter."""
        notes = sorted(
            (note.onset_beats, index, note.pitch, note.end_beats, note.velocity)
            for index, track in enumerate(score.tracks)
            for note in track.notes
        )
        levels = tuple(
            (
                sum(c.number == 11 for c in track.controls),
                sum(c.number == 12 for c in track.controls),
            )
            for track in score.tracks
        )
        voices = tuple(Voice(track.role or track.name, track.plays_drums) for track in score.tracks)
        table = table_of([(i, a, b, p, v) for a, i, p, b, v in notes])
        return cls(
            voices, *table, score.end_beats, score.meters[0].bar_beats,
            60.0 / score.tempos[0].bpm, levels,
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.start)

    @property
    def bars(self) -> int:
        """How many bars there are, the last possibly begun only."""
        return int(np.ceil(self.length / self.bar_beats - 1e-3))

    @property
    def drums(self) -> NDArray[np.bool_]:
        """Which notes are drums, shape (notes,)."""
        flags = np.array([voice.drums for voice in self.voices] or [False])
        return flags[self.voice] if len(self) else np.zeros(0, dtype=np.bool_)

    def take(self, which: NDArray[np.bool_] | NDArray[np.int64]) -> "Piece":
        """Return the piece with some of its notes."""
        return replace(
            self, voice=self.voice[which], start=self.start[which], end=self.end[which],
            pitch=self.pitch[which], velocity=self.velocity[which],
        )  # fmt: skip

    def take_voice(self, name: str) -> "Piece":
        """Return the piece with one voice alone."""
        index = [voice.name for voice in self.voices].index(name)
        mine = self.take(self.voice == index)
        return replace(mine, voices=(self.voices[index],), voice=np.zeros_like(mine.voice))

    def between(self, first: float, last: float) -> "Piece":
        """Return what begins in a stretch of beats, cut at its end, counted from its beginning."""
        inside = self.take((self.start >= first - TINY) & (self.start < last - TINY))
        return replace(
            inside, start=inside.start - first, end=np.minimum(inside.end, last) - first,
            length=last - first,
        )  # fmt: skip

    def bars_between(self, first: int, last: int) -> "Piece":
        """Return bars from `first` to before `last`, counted from 0."""
        return self.between(first * self.bar_beats, last * self.bar_beats)

    def then(self, other: "Piece") -> "Piece":
        """Return the piece with another behind it, voice by voice of the same name."""
        voices = list(self.voices)
        known = {voice.name: index for index, voice in enumerate(voices)}
        numbers = []
        for voice in other.voices:
            if voice.name not in known:
                known[voice.name] = len(voices)
                voices.append(voice)
            numbers.append(known[voice.name])
        moved = np.array(numbers or [0])[other.voice]
        return replace(
            self,
            voices=tuple(voices),
            voice=np.concatenate([self.voice, moved]),
            start=np.concatenate([self.start, other.start + self.length]),
            end=np.concatenate([self.end, other.end + self.length]),
            pitch=np.concatenate([self.pitch, other.pitch]),
            velocity=np.concatenate([self.velocity, other.velocity]),
            length=self.length + other.length,
            levels=(),
        )

    def in_order(self, bars: Sequence[int]) -> "Piece":
        """Return the piece with its bars in another order."""
        pieces = [self.bars_between(bar, bar + 1) for bar in bars]
        result = pieces[0]
        for piece in pieces[1:]:
            result = result.then(piece)
        return result

    def on_beats(self, zero: float, beat: float, bar_beats: float) -> "Piece":
        """Count in other beats: what lay at `zero` is 0, and `beat` of today's beats are one."""
        return replace(
            self, start=(self.start - zero) / beat, end=(self.end - zero) / beat,
            length=(self.length - zero) / beat, bar_beats=bar_beats, beat_s=self.beat_s * beat,
        )  # fmt: skip


def table_of(notes: Sequence[tuple[float, ...]]) -> tuple[NDArray[np.int64], ...]:
    """Return the columns of rows (voice, start, end, pitch, velocity), sorted by start."""
    rows = np.array(notes, dtype=np.float64).reshape(-1, 5)
    rows = rows[np.lexsort((rows[:, 3], rows[:, 1]))]
    whole = rows.astype(np.int64)
    return whole[:, 0], rows[:, 1], rows[:, 2], whole[:, 3], whole[:, 4]


def make_piece_of(
    lines: dict[str, Sequence[tuple[float, float, int]]],
    *,
    bar_beats: float = 4.0,
    beat_s: float = 0.5,
    length: float | None = None,
) -> Piece:
    """Return a piece of named voices' (start, beats, pitch); "no" and "drums" strike drums."""
    voices = tuple(Voice(name, name in ("no", "drums")) for name in lines)
    rows = [
        (index, at, at + lasts, pitch, 100)
        for index, notes in enumerate(lines.values())
        for at, lasts, pitch in notes
    ]
    if length is None:
        end = max((row[2] for row in rows), default=0.0)
        length = float(np.ceil(end / bar_beats - 1e-3) * bar_beats)
    return Piece(voices, *table_of(rows), length, bar_beats, beat_s)


def score_of(piece: Piece, meter: tuple[int, int] = (4, 4)) -> Score:
    """Return an ordinary MIDI score of a piece: its voices are tracks, its drums on channel 10."""
    tracks = []
    for index, voice in enumerate(piece.voices):
        mine = piece.take(piece.voice == index)
        rows = zip(mine.start, mine.end, mine.pitch, mine.velocity, strict=True)
        notes = tuple(
            Note(float(a), max(float(b - a), 1 / 48), int(p), int(np.clip(v, 1, 127)))
            for a, b, p, v in rows
        )
        channel = 9 if voice.drums else index if index < 9 else index + 1
        tracks.append(Track(voice.name, channel, notes=notes))
    return Score(
        tuple(tracks), (Tempo(0.0, 60.0 / piece.beat_s),), (Meter(0.0, *meter),), piece.length
    )


def without_ornaments(piece: Piece, row: float) -> Piece:
    """Return plain notes: on a grid of rows, one to a voice and row, which is the longest there.

    Parameters
    ----------
    row
        Beats.
    """
    steps = np.rint(piece.start / row).astype(np.int64)
    lasts = piece.end - piece.start
    keep = np.zeros(len(piece), dtype=np.bool_)
    # Of a chip's voice one note sounds at a time; where a part plays chords, each pitch is one.
    alone = np.array([voice.name in CHIP_VOICES for voice in piece.voices] or [False])
    which = np.where(alone[piece.voice], 0, piece.pitch) if len(piece) else piece.pitch
    order = np.lexsort((-lasts, which, steps, piece.voice))
    keys = np.stack([piece.voice[order], steps[order], which[order]])
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = (np.diff(keys, axis=1) != 0).any(axis=0)
    keep[order[first]] = True
    plain = piece.take(keep)
    start = np.rint(plain.start / row) * row
    end = np.maximum(start + row, np.rint(plain.end / row) * row)
    plain = replace(plain, start=start, end=end)
    return plain.take(np.argsort(start, kind="stable"))
