"""Measures how well the arranger finds the voices of NES-MDB songs again.

Of every song with at least 32 melodic notes and all of p1, p2 and tr the notes are put into one
track; of each the arranger sees onset, duration and pitch, nothing else. Voice accuracy is the
share of notes that are given their own voice, the two pulses interchangeable once a song, pooled
over all notes; a note that is dropped is wrong.

Onsets are taken in two ways. ``"logged"`` is the file as it is, timed to 1/44,100 s, in which the
order of a driver's register writes and the chip's own clocks show through; ``"frames"`` rounds to
1/60 s, so that only the music is left.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from chipgen.arranging import ArrangeConfig, arrange
from chipgen.dataset.splits import split_files
from chipgen.errors import ChipgenError
from chipgen.music.score import Note, Score, Track
from chipgen.training.separator_data import VoicedSong, read_voiced_songs, round_to_frames
from chipgen.training.voice_baselines import Voices, assign_nearest, assign_newest
from synth.chip.voices import PITCHED

TIMINGS: Final = ("logged", "frames")
RANDOM_SEED: Final = 0
_BEATS_A_SECOND: Final = 2.0  # a score's default tempo

Method = Callable[[VoicedSong], Voices]


@dataclass(frozen=True, slots=True)
class ArrangeResult:
    """How well one method finds the voices.

    Attributes
    ----------
    name, timing
        The method, and how onsets were taken.
    accuracy, triangle
        Share of notes given their own voice; the same with the pulses taken as one voice.
    kept
        Share of notes that are heard with an attack of their own.
    crossings
        Crossings of voices for every hundred notes: onsets at which a voice sounds above one that
        lies higher on the whole.
    songs, notes, seconds
        How much was scored, and how long it took.
    """

    name: str
    timing: str
    accuracy: float
    triangle: float
    kept: float
    crossings: float
    songs: int
    notes: int
    seconds: float


def evaluate_arrange(
    data_dir: Path,
    split: str = "valid",
    *,
    timings: Sequence[str] = TIMINGS,
    songs: Sequence[VoicedSong] | None = None,
    config: ArrangeConfig | None = None,
) -> list[ArrangeResult]:
    """Measure the arranger and its baselines on one split.

    Parameters
    ----------
    data_dir
        Folder with train/, valid/ or test/.
    split
        Which of them.
    timings
        Some of `TIMINGS`.
    songs
        Songs read before, in place of the split's files.
    config
        Settings of the arranger; its defaults if None.

    Returns
    -------
    list of ArrangeResult
        For each timing: the arranger, the three baselines, and the composer's own voices.

    Raises
    ------
    ChipgenError
        If the folder has no such split, or none of its songs qualifies.
    """
    if songs is None:
        splits = split_files(data_dir)
        if split not in splits:
            raise ChipgenError(f"{data_dir} has no {split}/; choose one of {', '.join(splits)}")
        songs = list(read_voiced_songs(splits[split]))
    if not songs:
        raise ChipgenError(
            f"{data_dir}: no song of {split} has 32 melodic notes and all of p1, p2 and tr"
        )
    chosen = config or ArrangeConfig()
    rng = np.random.default_rng(RANDOM_SEED)
    methods: dict[str, Method] = {
        "arranger": lambda song: arrange_nameless(song, chosen),
        "greedy nearest pitch": lambda song: assign_nearest(
            song.start_s.tolist(), song.end_s.tolist(), song.pitch.tolist()
        ),
        "newest note wins": lambda song: assign_newest(len(song)),
        "random": lambda song: rng.integers(0, 3, len(song)),
        "the composer": lambda song: song.voice,
    }
    results = []
    for timing in timings:
        timed = songs if timing == "logged" else [round_to_frames(song) for song in songs]
        results += [_measure(name, timing, timed, method) for name, method in methods.items()]
    return results


def format_arrange_table(results: Sequence[ArrangeResult]) -> str:
    """Lay results out for reading."""
    head = f"{'method':<22}{'onsets':<8}{'accuracy':>9}{'triangle':>9}{'kept':>8}{'crossings':>11}"
    lines = [f"{head}{'seconds':>9}"]
    lines += [
        f"{r.name:<22}{r.timing:<8}{r.accuracy:>9.1%}{r.triangle:>9.1%}{r.kept:>8.1%}"
        f"{r.crossings:>11.1f}{r.seconds:>9.1f}"
        for r in results
    ]
    lines.append(
        f"{results[0].songs} songs, {results[0].notes:,} notes; crossings for every hundred notes"
    )
    return "\n".join(lines)


def arrange_nameless(song: VoicedSong, config: ArrangeConfig) -> Voices:
    """Arrange a song's bare notes; return the voice of each, −1 where it has no attack."""
    notes = tuple(
        Note(start_s * _BEATS_A_SECOND, (end_s - start_s) * _BEATS_A_SECOND, int(pitch))
        for start_s, end_s, pitch in zip(song.start_s, song.end_s, song.pitch, strict=True)
    )
    end_beats = max(note.end_beats for note in notes)
    score = Score(tracks=(Track(notes=notes),), end_beats=end_beats)
    voices = np.full(len(notes), -1, dtype=np.int64)
    for placement in arrange(score, config).placements:
        if placement.status == "kept":
            voices[placement.index] = PITCHED.index(placement.voice)
    return voices


def count_right(found: Voices, own: Voices) -> tuple[int, int]:
    """Return how many notes have their own voice, and how many if the pulses are one voice.

    Examples
    --------
    >>> count_right(np.array([1, 0, 2, -1]), np.array([0, 1, 2, 0]))
    (3, 3)
    """
    swapped = np.where((found == 0) | (found == 1), 1 - found, found)
    right = max(int((found == own).sum()), int((swapped == own).sum()))
    as_one = int(((found == 2) == (own == 2))[found >= 0].sum())
    return right, as_one


def count_crossings(song: VoicedSong, voice: Voices) -> int:
    """Count onsets at which a voice sounds above one that lies higher on the whole."""
    means = [song.pitch[voice == k].mean() if (voice == k).any() else 0.0 for k in range(3)]
    until_s, sounding = [0.0] * 3, [0.0] * 3
    crossings = 0
    for start_s, end_s, pitch, k in zip(
        song.start_s.tolist(), song.end_s.tolist(), song.pitch.tolist(), voice.tolist(), strict=True
    ):
        if k < 0:
            continue
        until_s[k], sounding[k] = end_s, pitch
        others = [m for m in range(3) if m != k and until_s[m] > start_s + 1e-3]
        crossings += any((means[k] - means[m]) * (pitch - sounding[m]) < 0 for m in others)
    return crossings


def _measure(name: str, timing: str, songs: Sequence[VoicedSong], method: Method) -> ArrangeResult:
    began = time.perf_counter()
    right = as_one = kept = crossings = notes = 0
    for song in songs:
        if len(song) == 0:
            continue
        found = method(song)
        own, one = count_right(found, song.voice)
        right, as_one, notes = right + own, as_one + one, notes + len(song)
        kept += int((found >= 0).sum())
        crossings += count_crossings(song, found)
    seconds = time.perf_counter() - began
    return ArrangeResult(
        name, timing, right / notes, as_one / notes, kept / notes, 100.0 * crossings / notes,
        len(songs), notes, seconds,
    )  # fmt: skip
