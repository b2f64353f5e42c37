"""Continues seeds with a model of slices and prints how the continuations compare with the seeds.

    python -m benchmarks.sample_slices tonnetz-lstm --data nesmdb_midi

Seeds are the files of examples/ and, with --data, the first 16 beats (8 s) of random songs of
NES-MDB's valid split. Each is continued by 16 bars in several takes, without drums.
"""

import argparse
import time
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.sample_rows import first
from chipgen.composing.slice_composer import continue_seed
from chipgen.dataset.splits import split_files
from chipgen.models.tonnetz_lstm.inference import load_weights
from chipgen.music.midi import read_midi
from chipgen.music.score import Note, Score
from chipgen.request.compose_fields import USUAL, ComposeRequest
from chipgen.rows.prompt import Prompt

EXAMPLES: Final = Path(__file__).parents[1] / "examples"
BARS: Final = 16
SEED_BEATS: Final = 16.0
MAJOR: Final = (0, 2, 4, 5, 7, 9, 11)
GRID: Final = 16  # moments a beat that are looked at
Voices = dict[str, list[Note]]
COLUMNS: Final = {
    "pc entropy": "pitch-class entropy of notes, bits",
    "top 3": "share of sounding time that the three commonest pitch classes have",
    "top 1": "the same for one",
    "scale": "scale consistency: share of notes in the best major scale",
    "foreign": "share of notes whose pitch class the seed does not have",
    "onsets/s": "melodic onsets a second",
    "voices": "sounding polyphony",
    "silence": "share of time",
    "chords": "different sets of pitch classes, of beats, in four bars",
    "basses": "different lowest pitch classes, of beats, in four bars",
    "stuck": "most beats on end with the same set of pitch classes",
    "below": "share of the melody's time that it lies below the harmony",
    "unison": "share of the melody's time that the harmony has the same pitch",
    "leaps": "bass intervals over a fifth that are no octave, of all its intervals",
}


def main() -> None:
    """Make takes, measure them, and print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--songs", type=int, default=30)
    parser.add_argument("--takes", type=int, default=3)
    parser.add_argument("--temperature", type=float, default=USUAL.temperature)
    parser.add_argument("--top-p", type=float, default=USUAL.top_p)
    parser.add_argument("--key-bias", type=float, default=USUAL.key_bias)
    wanted = parser.parse_args()
    model = load_weights(wanted.model)
    request = ComposeRequest(
        bars=BARS,
        temperature=wanted.temperature,
        top_p=wanted.top_p,
        key_bias=wanted.key_bias,
    )
    print("".join([" " * 16, *(f"{name:>11}" for name in COLUMNS)]))
    seconds: list[float] = []
    rows: list[list[float]] = []
    for name, seed in find_seeds(wanted.data, wanted.songs):
        prompt = Prompt.of(seed)
        ending = prompt.ending
        bar_s = float(np.diff(seed.beats_to_seconds([0.0, ending.bar_beats]))[0])
        whole = [n for t in seed.tracks if not t.is_drums and t.role != "no" for n in t.notes]
        classes = {note.pitch % 12 for note in whole}
        own = measure(
            {role: list(part.notes) for role, part in prompt.parts.lines.items()}, whole,
            ending.bar_beats, bar_s, 0.0, ending.start_beats, classes,
        )  # fmt: skip
        takes = []
        for number in range(wanted.takes if not name.startswith("NES") else 1):
            began = time.perf_counter()
            each = request.model_copy(update={"rng_seed": number})
            made = continue_seed(model, prompt, each).gather()
            seconds.append(time.perf_counter() - began)
            voices = {role: list(notes) for role, notes in made.items()}
            every = [note for notes in voices.values() for note in notes]
            takes.append(
                measure(
                    voices, every, ending.bar_beats, bar_s, ending.start_beats,
                    ending.start_beats + BARS * ending.bar_beats, classes,
                )
            )  # fmt: skip
        if name.startswith("NES"):
            rows.append([*own, *takes[0]])
        else:
            _print(name, own)
            _print("  continued", np.mean(takes, axis=0))
    if rows:
        split = np.hsplit(np.array(rows), 2)
        _print(f"{len(rows)} of NES-MDB", split[0].mean(axis=0))
        _print("    deviation", split[0].std(axis=0))
        _print("  continued", split[1].mean(axis=0))
        _print("    deviation", split[1].std(axis=0))
    print(f"{np.median(seconds):.2f} s a take (median), {max(seconds):.2f} s at most")
    for name, meaning in COLUMNS.items():
        print(f"{name:>11}: {meaning}")


def find_seeds(data: Path | None, songs: int) -> list[tuple[str, Score]]:
    """Return the examples and, of the valid split, so many beginnings, with names."""
    seeds = [(path.stem, read_midi(path)) for path in sorted(EXAMPLES.glob("*.mid"))]
    found = 0
    if data is None:
        return seeds
    for path in np.random.default_rng(0).permutation(split_files(data)["valid"]):
        song = read_midi(path)
        start = first(song, SEED_BEATS)
        melodic = [n for t in start.tracks if t.role != "no" for n in t.notes]
        if song.duration_s < SEED_BEATS / 2 or len(melodic) < 16:
            continue
        found += 1
        seeds.append((f"NES {found}", start))
        if found == songs:
            break
    return seeds


def measure(
    voices: Voices,
    notes: list[Note],
    bar_beats: float,
    bar_s: float,
    start: float,
    end: float,
    classes: set[int],
) -> list[float]:
    """Return the figures of `COLUMNS` for the notes between two beats.

    Parameters
    ----------
    voices
        Melody, harmony and bass, one note at a time each.
    notes
        All pitched notes.
    bar_beats, bar_s
        Length of a bar, in quarter notes and in seconds.
    start, end
        Beats.
    classes
        The seed's pitch classes.
    """
    begun = [note for note in notes if start - 1e-6 <= note.onset_beats < end]
    counts = np.bincount([n.pitch % 12 for n in begun], minlength=12) / max(1, len(begun))
    lasting = np.zeros(12)
    for note in begun:
        lasting[note.pitch % 12] += note.duration_beats
    shares = np.sort(lasting / lasting.sum())[::-1]
    roll = _roll(begun, start, end)
    sounding = roll.sum(axis=1)
    chords, basses, stuck = _harmony(roll, max(1, round(4 * bar_beats)))
    tune, second = (_line(voices[role], start, end) for role in ("melody", "harmony"))
    both = (tune > 0) & (second > 0)
    sung = max(1, int((tune > 0).sum()))
    steps = [abs(b.pitch - a.pitch) for a, b in pairwise(voices["bass"])]
    return [
        float(-sum(p * np.log2(p) for p in counts if p > 0)),
        float(shares[:3].sum()),
        float(shares[0]),
        max(float(counts[[(key + step) % 12 for step in MAJOR]].sum()) for key in range(12)),
        float(np.mean([note.pitch % 12 not in classes for note in begun])),
        len(begun) / max((end - start) / bar_beats * bar_s, 1e-9),
        float(sounding[sounding > 0].mean()),
        float((sounding == 0).mean()),
        chords,
        basses,
        stuck,
        float((both & (tune < second)).sum() / sung),
        float((both & (tune == second)).sum() / sung),
        float(np.mean([step > 7 and step % 12 != 0 for step in steps])) if steps else 0.0,
    ]


def _roll(notes: list[Note], start: float, end: float) -> np.ndarray:
    """Return which pitch sounds when: (moments, 128)."""
    roll = np.zeros((round((end - start) * GRID), 128), dtype=bool)
    for note in notes:
        first, last = ((beat - start) * GRID for beat in (note.onset_beats, note.end_beats))
        roll[max(0, round(first)) : max(round(first) + 1, round(last)), note.pitch] = True
    return roll


def _line(notes: list[Note], start: float, end: float) -> np.ndarray:
    """Return a voice's pitch at every moment, 0 where it rests."""
    roll = _roll([note for note in notes if note.end_beats > start], start, end)
    return np.where(roll.any(axis=1), roll.shape[1] - 1 - roll[:, ::-1].argmax(axis=1), 0)


def _harmony(roll: np.ndarray, span: int) -> tuple[float, float, float]:
    """Return different chords and basses in stretches of `span` beats, and the longest sameness."""
    chords: list[frozenset[int]] = []
    basses: list[int] = []
    for beat in range(len(roll) // GRID):
        heard = np.flatnonzero(roll[beat * GRID : (beat + 1) * GRID].sum(axis=0) >= GRID / 8)
        chords.append(frozenset(int(pitch) % 12 for pitch in heard))
        basses.append(int(heard[0]) % 12 if len(heard) else -1)
    longest = run = 1
    for a, b in pairwise(chords):
        run = run + 1 if a == b else 1
        longest = max(longest, run)
    starts = range(0, max(1, len(chords) - span + 1), span)
    return (
        float(np.mean([len(set(chords[at : at + span])) for at in starts])),
        float(np.mean([len(set(basses[at : at + span])) for at in starts])),
        float(longest),
    )


def _print(name: str, figures: "list[float] | np.ndarray") -> None:
    print(f"{name:16}" + "".join(f"{figure:11.2f}" for figure in figures))


if __name__ == "__main__":
    main()
