"""NES-MDB to voices with their decisions: what the performer learns from."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.dataset.parallel import map_songs
from chipgen.errors import ChipgenError
from chipgen.music.formats import read_score
from chipgen.performer.note_features import (
    HEADS,
    NOTE_FEATURES,
    PAIR_FEATURES,
    Classes,
    Described,
    compare_notes,
    describe_notes,
)
from chipgen.performer.performed_notes import read_performance
from chipgen.rows.row_inference import infer_rows
from chipgen.rows.score_conversion import voice_notes_of
from chipgen.rows.voice_notes import TICKS_A_SECOND

FEWEST: Final = 24  # notes of a voice that is learned from
_LONGEST_S: Final = 90.0  # of a song; most have been heard by then
_LEAST_CONFIDENCE: Final = 0.5  # in a song's rows


@dataclass(frozen=True, slots=True, eq=False)
class PlayedVoice:
    """One voice of a song.

    Attributes
    ----------
    voice
        As an index into `NES_TRACKS`.
    notes
        As they are described to the network.
    classes
        What was decided of them.
    """

    voice: int
    notes: Described
    classes: Classes

    def __len__(self) -> int:
        return len(self.classes)


@dataclass(frozen=True, slots=True)
class Passage:
    """Notes to be played after others: those up to `last` after those from `first` to `cut`."""

    song: int
    first: int
    cut: int
    last: int


def read_played_song(path: Path) -> list[PlayedVoice]:
    """Read the voices of a song of NES-MDB; none of one whose rows cannot be told."""
    try:
        score = read_score(path)
        notes = voice_notes_of(score)
    except ChipgenError:
        return []
    onsets_s = notes.start / TICKS_A_SECOND
    kept = onsets_s < _LONGEST_S
    if len(np.unique(onsets_s[kept])) < FEWEST:
        return []
    end_s = min(notes.seconds, _LONGEST_S)
    lasts_s = (notes.end - notes.start)[kept] / TICKS_A_SECOND
    grid = infer_rows(onsets_s[kept], lasts_s, end_s)
    if grid.confidence < _LEAST_CONFIDENCE:
        return []
    voices = []
    numbers: dict[tuple[tuple[int, ...], ...], int] = {}
    for voice, played in read_performance(score, grid.times_s).items():
        if len(played) >= FEWEST:
            notes_of = Described.of(played.written, voice)
            voices.append(PlayedVoice(voice, notes_of, Classes.of(played, numbers)))
    return voices


def read_played_songs(paths: Sequence[Path], *, progress: bool = False) -> list[PlayedVoice]:
    """Read the voices of songs, in the order of `paths`."""
    songs = map_songs(read_played_song, paths, "reading", progress=progress)
    return [voice for voices in songs for voice in voices]


def draw_passage(
    index: int, count: int, rng: np.random.Generator, seed_notes: int, new_notes: int
) -> Passage:
    """Cut a voice of so many notes somewhere: what lies before is known, what follows is played."""
    known = int(rng.choice([seed_notes // 4, seed_notes // 2, seed_notes]))
    cut = int(rng.integers(FEWEST // 2, count - 3))
    return Passage(index, max(0, cut - known), cut, min(count, cut + new_notes))


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Passages as arrays, padded to one size.

    Attributes
    ----------
    pairs
        From `compare_notes`, shape (passages, notes, played, PAIR_FEATURES).
    notes
        From `describe_notes`, shape (passages, notes, NOTE_FEATURES).
    voice
        Shape (passages,).
    equal
        Whether a decision is that of a played note, shape (passages, heads, notes, played).
    followed
        The same of the notes before each.
    played
        Which of the played notes there are, shape (passages, played).
    anew
        The decision's number among those made anew, -1 where it is not among them, shape
        (passages, notes, heads).
    counted
        Which of the notes there are, shape (passages, notes).
    """

    pairs: NDArray[np.float32]
    notes: NDArray[np.float32]
    voice: NDArray[np.int64]
    equal: NDArray[np.bool_]
    followed: NDArray[np.bool_]
    played: NDArray[np.bool_]
    anew: NDArray[np.int64]
    counted: NDArray[np.bool_]


def build_examples(
    songs: Sequence[PlayedVoice], passages: Sequence[Passage], seed_notes: int, new_notes: int
) -> Examples:
    """Return passages as arrays."""
    count, heads = len(passages), len(HEADS)
    made = Examples(
        np.zeros((count, new_notes, seed_notes, PAIR_FEATURES), dtype=np.float32),
        np.zeros((count, new_notes, NOTE_FEATURES), dtype=np.float32),
        np.zeros(count, dtype=np.int64),
        np.zeros((count, heads, new_notes, seed_notes), dtype=np.bool_),
        np.zeros((count, heads, new_notes, seed_notes), dtype=np.bool_),
        np.zeros((count, seed_notes), dtype=np.bool_),
        np.full((count, new_notes, heads), -1, dtype=np.int64),
        np.zeros((count, new_notes), dtype=np.bool_),
    )
    for index, passage in enumerate(passages):
        song = songs[passage.song]
        old, new = slice(passage.first, passage.cut), slice(passage.cut, passage.last)
        played, fresh = song.notes.take(old), song.notes.take(new)
        known, decided = song.classes.take(old), song.classes.take(new)
        n, m = len(decided), len(known)
        made.pairs[index, :n, :m] = compare_notes(fresh, played)
        made.notes[index, :n] = describe_notes(fresh, known.usual(), song.voice)
        made.voice[index] = song.voice
        equal = decided.matches(known)
        made.equal[index, :, :n, :m] = equal
        before = song.classes.take(slice(passage.cut - 1, passage.last - 1))
        made.followed[index, :, :n, 1:m] = before.matches(known)[:, :, :-1]
        made.played[index, :m] = True
        made.anew[index, :n] = decided.anew(fresh)
        made.counted[index, :n] = True
    return made
