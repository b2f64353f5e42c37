"""Continues seeds of NES-MDB and prints how the continuations compare with real music.

    python benchmarks/sample_rows.py row-transformer nesmdb_midi --takes 60

A seed is the first 8 s of a song of the split; its continuation is 16 s long. Figures are mean and
standard deviation over continuations, and over whole songs of the split for comparison.
"""

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from chipgen.compose.rows import continue_score
from chipgen.dataset.nesmdb import split_files
from chipgen.models.checkpoint import load_model
from chipgen.models.sample_rows import RowSampling
from chipgen.music.midi import read_midi
from chipgen.music.score import Score
from chipgen.training.rows_data import load_rows

SEED_S, MADE_S, BEAT_S = 8.0, 16.0, 0.5  # NES-MDB's nominal beat
NAMES = (
    "pitch-class entropy (bits)",
    "scale consistency",
    "melodic onsets a second",
    "noise onsets a second",
    "sounding polyphony",
    "silence",
    "largest pitch class",
)
MAJOR = (0, 2, 4, 5, 7, 9, 11)
RUNS = (16, 32, 64, 96, 128, 192, 256)  # rows whose copying is looked for


def main() -> None:
    """Make takes, measure them, and print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("data", type=Path)
    parser.add_argument("--split", default="valid")
    parser.add_argument("--takes", type=int, default=60)
    parser.add_argument("--temperature", type=float, default=RowSampling().temperature)
    parser.add_argument("--top-p", type=float, default=RowSampling().top_p)
    parser.add_argument("--cache", type=Path, help="rows of train, kept for the next time")
    wanted = parser.parse_args()
    model = load_model(wanted.model)
    files = split_files(wanted.data)
    sampling = RowSampling(wanted.temperature, wanted.top_p)
    made, real, rows, tries, seconds = [], [], [], 0, 0.0
    for path in np.random.default_rng(0).permutation(files[wanted.split]):
        song = read_midi(path)
        if len(made) == wanted.takes:
            break
        if song.duration_s < SEED_S:
            continue
        real.append(measure(song))
        seed = first(song, SEED_S / BEAT_S)
        melodic = [n for t in seed.tracks if t.role != "no" for n in t.notes]
        if len(melodic) < 16:
            continue
        began = time.perf_counter()
        take = continue_score(model, seed, round(MADE_S / BEAT_S / 4), sampling, len(made))
        seconds += time.perf_counter() - began
        tries += take.tries
        made.append(measure(take.score))
        rows.append(take.rows)
    print(f"{len(made)} takes, {tries / len(made):.2f} drafts and {seconds / len(made):.2f} s each")
    got, target = np.array(made), np.array(real)
    for index, name in enumerate(NAMES):
        a, b = got[:, index], target[:, index]
        print(
            f"{name:28}{a.mean():7.2f} ± {a.std():.2f}   real {b.mean():7.2f} ± {b.std():.2f}   "
            f"off by {(a.mean() - b.mean()) / b.std():+.2f} real standard deviations"
        )
    print(f"empty: {sum(m[2] == 0 for m in made)}, drones: {sum(m[6] > 0.5 for m in made)}")
    train = load_rows(files["train"], wanted.cache)
    longest = [longest_copy(take, train.states) for take in rows]
    print("longest run of rows also in a training song (three melodic voices):")
    print("  " + ", ".join(f"{r}: {sum(n >= r for n in longest)} takes" for r in RUNS))


def first(song: Score, beats: float) -> Score:
    """Return the beginning of a song."""
    tracks = tuple(
        replace(
            track,
            notes=tuple(
                replace(note, duration_beats=min(note.duration_beats, beats - note.onset_beats))
                for note in track.notes
                if note.onset_beats < beats
            ),
            controls=tuple(c for c in track.controls if c.beat < beats),
            bends=(),
        )
        for track in song.tracks
    )
    return replace(song, tracks=tracks, end_beats=beats, markers=())


def measure(song: Score) -> list[float]:
    """Return the figures of `NAMES` for a piece."""
    melodic = [n for t in song.tracks if t.role in {"p1", "p2", "tr"} for n in t.notes]
    noise = [n for t in song.tracks if t.role == "no" for n in t.notes]
    classes = np.bincount([n.pitch % 12 for n in melodic], minlength=12).astype(float)
    share = classes / max(1.0, classes.sum())
    lasting = np.zeros(12)
    times = np.arange(0, song.end_beats, 1 / 16)
    sounding, noisy = np.zeros(len(times)), np.zeros(len(times))
    for note in melodic:
        lasting[note.pitch % 12] += note.duration_beats
    for notes, count in ((melodic, sounding), (noise, noisy)):
        for note in notes:
            a, b = np.searchsorted(times, [note.onset_beats, note.end_beats])
            count[a : max(b, a + 1)] += 1
    return [
        float(-sum(p * np.log2(p) for p in share if p > 0)),
        max(float(share[[(key + step) % 12 for step in MAJOR]].sum()) for key in range(12)),
        len(melodic) / max(song.duration_s, 1e-9),
        len(noise) / max(song.duration_s, 1e-9),
        float(sounding[sounding > 0].mean()) if sounding.any() else 0.0,
        float((sounding + noisy == 0).mean()),
        float(lasting.max() / max(lasting.sum(), 1e-9)),
    ]


def longest_copy(take: np.ndarray, train: np.ndarray) -> int:
    """Return the largest of `RUNS` whose number of rows somewhere equals rows of train."""
    found = 0
    a, b = (pack(states) for states in (take, train))
    for run in RUNS:
        if len(a) < run:
            break
        mine, theirs = windows(a, run), windows(b, run)
        # A run with few onsets (a held chord, silence) is no copying.
        busy = np.convolve((take[:, :3] > 1).sum(axis=1), np.ones(run), "valid") >= run / 4
        if not np.isin(mine[busy], theirs).any():
            break
        found = run
    return found


def pack(states: np.ndarray) -> np.ndarray:
    """Return one number for each row's three melodic voices."""
    s = states.astype(np.uint64)
    return (s[:, 0] << np.uint64(14)) | (s[:, 1] << np.uint64(7)) | s[:, 2]


def windows(rows: np.ndarray, run: int) -> np.ndarray:
    """Return a rolling hash of each stretch of `run` rows (wrapping 64-bit arithmetic)."""
    factor = np.uint64(0x9E3779B97F4A7C15)
    result = np.zeros(len(rows) - run + 1, dtype=np.uint64)
    with np.errstate(over="ignore"):
        for offset in range(run):
            result = result * factor + rows[offset : offset + len(result)] + np.uint64(1)
    return result


if __name__ == "__main__":
    main()
