"""Continues seeds as `chipgen generate` does and prints how the continuations compare with music.

    python -m benchmarks.sample_rows row-transformer nesmdb_midi --takes 60
    python -m benchmarks.sample_rows row-transformer

With a folder of NES-MDB a seed is the first 8 s of a song of the split, its continuation is 16 s
long, and figures are mean and standard deviation over continuations, and over whole songs of the
split for comparison. Without one, the examples are continued by 16 bars, three times each.
"""

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from chipgen.composing import compose
from chipgen.dataset.splits import split_files
from chipgen.errors import ChipgenError
from chipgen.music.midi import read_midi
from chipgen.music.score import Score
from chipgen.request import ComposeRequest
from chipgen.rows.prompt import Prompt

SEED_S, MADE_S, BEAT_S = 8.0, 16.0, 0.5  # NES-MDB's nominal beat
EXAMPLES = Path(__file__).parents[1] / "examples"
EXAMPLE_BARS, EXAMPLE_TAKES = 16, 3
NAMES = (
    "pitch-class entropy (bits)",
    "scale consistency",
    "melodic onsets a second",
    "noise onsets a second",
    "sounding polyphony",
    "silence",
    "largest pitch class",
    "foreign to the seed",
)
MAJOR = (0, 2, 4, 5, 7, 9, 11)
RUNS = (16, 32, 64, 96, 128, 192, 256)  # rows whose copying is looked for


def main() -> None:
    """Make takes, measure them, and print a table."""
    usual = ComposeRequest()
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--split", default="valid")
    parser.add_argument("--takes", type=int, default=60)
    parser.add_argument("--temperature", type=float, default=usual.temperature)
    parser.add_argument("--top-p", type=float, default=usual.top_p)
    parser.add_argument("--key-bias", type=float, default=usual.key_bias)
    parser.add_argument("--cache", type=Path, help="rows of train, kept for the next time")
    wanted = parser.parse_args()
    request = ComposeRequest(
        model=wanted.model,
        bars=EXAMPLE_BARS if wanted.data is None else round(MADE_S / BEAT_S / 4),
        temperature=wanted.temperature,
        top_p=wanted.top_p,
        key_bias=wanted.key_bias,
        without_seed=True,
    )
    if wanted.data is None:
        compare_examples(request)
    else:
        compare_songs(request, wanted.data, wanted.split, wanted.takes, wanted.cache)


def compare_examples(request: ComposeRequest) -> None:
    """Print each example's figures and those of its continuations."""
    print("".join([" " * 14, *(f"{name.split(' (')[0]:>25}" for name in NAMES)]))
    for path in sorted(EXAMPLES.glob("*.mid")):
        seed = read_midi(path)
        numbered = [request.model_copy(update={"rng_seed": n}) for n in range(EXAMPLE_TAKES)]
        made = [compose(seed, each).score for each in numbered]
        own = measure(seed, seed)
        continued = np.mean([measure(score, seed) for score in made], axis=0)
        for name, values in ((path.stem, own), ("  continued", continued)):
            print("".join([f"{name:14}", *(f"{value:25.2f}" for value in values)]))


def compare_songs(
    request: ComposeRequest, data: Path, split: str, takes: int, cache: Path | None
) -> None:
    """Print figures of continuations of NES-MDB's songs, and of the songs."""
    files = split_files(data)
    made, real, rows, seconds = [], [], [], 0.0
    for path in np.random.default_rng(0).permutation(files[split]):
        song = read_midi(path)
        if len(made) == takes:
            break
        if song.duration_s < SEED_S:
            continue
        real.append(measure(song, song))
        seed = first(song, SEED_S / BEAT_S)
        melodic = [n for t in seed.tracks if t.role != "no" for n in t.notes]
        if len(melodic) < 16:
            continue
        began = time.perf_counter()
        take = compose(seed, request.model_copy(update={"rng_seed": len(made)})).score
        seconds += time.perf_counter() - began
        made.append(measure(take, seed))
        rows.append(heard(take))
    print(f"{len(made)} takes, {seconds / len(made):.2f} s each with loading the model")
    got, target = np.array(made), np.array(real)
    for index, name in enumerate(NAMES):
        a, b = got[:, index], target[:, index]
        line = f"{name:28}{a.mean():7.2f} ± {a.std():.2f}   real {b.mean():7.2f} ± {b.std():.2f}   "
        if b.std():
            line += f"off by {(a.mean() - b.mean()) / b.std():+.2f} real standard deviations"
        print(line)
    print(f"empty: {sum(m[2] == 0 for m in made)}, drones: {sum(m[6] > 0.5 for m in made)}")
    if cache is None:
        return
    from chipgen.training.rows_cache import load_rows

    train = Corpus(load_rows(files["train"], cache).rows.states)
    longest = [longest_copy(take, train) for take in rows]
    print("longest run of rows also in a training song (three melodic voices):")
    print("  " + ", ".join(f"{r}: {sum(n >= r for n in longest)} takes" for r in RUNS))


def heard(take: Score) -> np.ndarray:
    """Return the rows that a continuation is heard as; none if it has no notes."""
    try:
        return Prompt.of(take).encoded.rows.states
    except ChipgenError:
        return np.zeros((0, 4), dtype=np.uint8)


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


def measure(song: Score, seed: Score) -> list[float]:
    """Return the figures of `NAMES` for a piece."""
    melodic = [n for t in song.tracks if not t.plays_drums for n in t.notes]
    noise = [n for t in song.tracks if t.plays_drums for n in t.notes]
    home = {n.pitch % 12 for t in seed.tracks if not t.plays_drums for n in t.notes}
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
        float(sum(share[c] for c in range(12) if c not in home)),
    ]


class Corpus:
    """Rows of training songs, in which copies are looked for."""

    def __init__(self, states: np.ndarray) -> None:
        self._rows = pack(states)
        self._sorted: dict[int, np.ndarray] = {}

    def has(self, hashes: np.ndarray, run: int) -> np.ndarray:
        """Tell of each stretch's hash whether a training song has that stretch."""
        if run not in self._sorted:
            self._sorted[run] = np.sort(windows(self._rows, run))
        known = self._sorted[run]
        return known[np.minimum(np.searchsorted(known, hashes), len(known) - 1)] == hashes


def longest_copy(take: np.ndarray, train: Corpus) -> int:
    """Return the largest of `RUNS` whose number of rows somewhere equals rows of train."""
    found = 0
    rows = pack(take)
    for run in RUNS:
        if len(rows) < run:
            break
        # A run with few onsets (a held chord, silence) is no copying.
        busy = np.convolve((take[:, :3] > 1).sum(axis=1), np.ones(run), "valid") >= run / 4
        if not train.has(windows(rows, run)[busy], run).any():
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
