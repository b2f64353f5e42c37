"""Measures long and large jobs at growing sizes: time, memory and open files should not run away.

Run as ``python -m benchmarks.long_and_large``, with ``--only`` for some of the jobs and
``--scale 0.1`` for smaller ones. Each size is a process of its own.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.processes import Run, run_program
from chipgen.music.formats import read_score, write_score
from chipgen.music.score import Note, Score, Track
from chipgen.request import ComposeRequest

CHIPGEN: Final = ("-m", "chipgen")
PLAYER: Final = ("-c", "from benchmarks.long_and_large import main; main()")
BEATS_S: Final = 2.0  # quarter notes a second at 120 bpm
RATE_HZ: Final = 8_000
SEED: Final = Path(__file__).parents[1] / "examples" / "seed.mid"


@dataclass(frozen=True, slots=True)
class Job:
    """A job that has a size.

    Attributes
    ----------
    name, unit
        What is done, and what its size counts.
    sizes
        Growing.
    prepare
        Writes what a size needs into an empty folder, and returns the command's words.
    """

    name: str
    unit: str
    sizes: tuple[float, ...]
    prepare: Callable[[Path, float], list[str]]


def a_long_piece(folder: Path, hours: float) -> list[str]:
    """Write quarter notes for so many hours, to be rendered."""
    count = round(hours * 3600 * BEATS_S)
    notes = tuple(Note(float(k), 0.9, 48 + (7 * k) % 30) for k in range(count))
    score = Score((Track(notes=notes),), end_beats=float(count))
    write_score(score, folder / "long.mid", overwrite=False)
    return ["render", "long.mid", "-o", "long.wav", "--as-is", "--rate", str(RATE_HZ)]


def many_notes(folder: Path, notes: float) -> list[str]:
    """Write an hour of dense music, to be arranged."""
    each = round(notes) // 8
    step = 3600 * BEATS_S / each
    tracks = tuple(
        Track(
            f"part {part}", part, 8 * part,
            tuple(Note(k * step, 0.8 * step, 36 + 6 * part + k % 7) for k in range(each)),
        )
        for part in range(8)
    )  # fmt: skip
    score = Score(tracks, end_beats=3600 * BEATS_S)
    write_score(score, folder / "dense.mid", overwrite=False)
    return ["arrange", "dense.mid", "-o", "four.mid"]


def many_bars(folder: Path, bars: float) -> list[str]:
    """Ask for so many bars behind a seed."""
    return ["generate", str(SEED), "-o", str(folder / "take.mid"), "--bars", str(round(bars))]


def many_files(folder: Path, files: float) -> list[str]:
    """Write songs of three seconds, to be rendered as a batch."""
    (folder / "songs").mkdir()
    for number in range(round(files)):
        notes = tuple(Note(k / 2, 0.5, 48 + (number * 5 + k * 7) % 36) for k in range(6))
        score = Score((Track(notes=notes),), end_beats=3.0)
        write_score(score, folder / "songs" / f"{number:05}.mid", overwrite=False)
    return ["batch", "songs", "-o", "out", "--as-is", "--rate", str(RATE_HZ), "--jobs", "1"]


def no_end(_: Path, hours: float) -> list[str]:
    """Ask for a piece that is composed on, and played into nothing as fast as it comes."""
    return ["--play", str(hours)]


JOBS: Final = (
    Job("render a long MIDI file", "hours", (1.5, 3, 6), a_long_piece),
    Job("arrange many notes", "notes", (250_000, 500_000, 1_000_000), many_notes),
    Job("compose many bars", "bars", (250, 500, 1_000), many_bars),
    Job("render many files", "files", (500, 1_000, 2_000), many_files),
    Job("play --continue", "hours", (0.25, 0.5, 1), no_end),
)


def measure(words: list[str], folder: Path) -> Run:
    """Run a command of chipgen's, or of this module, in a folder."""
    program = PLAYER if words[0] == "--play" else CHIPGEN
    return run_program([sys.executable, *program, *words], folder)


def play_into_nothing(hours: float) -> None:
    """Compose on from the seed, and take the sound as fast as it comes."""
    from chipgen.arranging import ArrangeConfig, arrange
    from chipgen.playing.endless import Endless
    from chipgen.playing.growing import GrowingPiece, GrowingTune
    from chipgen.playing.prefetch import Prefetcher, Selection
    from synth.instrument.preset_loader import load_preset

    seed = read_score(SEED)
    endless = Endless(seed, ComposeRequest(bars=None))
    config = ArrangeConfig(gains=arrange(seed).gains, excerpt=True)
    tune = GrowingTune(
        GrowingPiece(seed, endless.ending),
        lambda score, preset: arrange(score, config, preset).chip_score,
    )
    endless.start()
    prefetcher = Prefetcher(
        lambda name: tune.voice(load_preset(name), endless.take(), endless.heard_s),
        Selection("default"), [], RATE_HZ,
    )  # fmt: skip
    transport = prefetcher.transport
    out = np.zeros((1024, 1), np.float32)
    with transport.running():
        while transport.position_s < hours * 3600:
            if (failure := endless.failure or prefetcher.failure or transport.failure) is not None:
                raise failure
            endless.listen(transport.position_s)
            prefetcher.grow(endless.version)
            if transport.waiting or transport.queued_frames < len(out):
                time.sleep(0.002)
            else:
                transport.fill(out, len(out))
    prefetcher.close()
    endless.stop()


def main() -> None:
    """Print a table of all sizes of the jobs that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="part of a job's name")
    parser.add_argument("--scale", type=float, default=1.0, help="multiplies all sizes")
    parser.add_argument("--play", type=float, help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.play is not None:
        play_into_nothing(wanted.play)
        return
    print("| job | size | processor s | of the size before, a unit | peak MB | files open |")
    print("| --- | --- | --- | --- | --- | --- |")
    for job in JOBS:
        if wanted.only not in job.name:
            continue
        before = None
        for size in job.sizes:
            with tempfile.TemporaryDirectory(prefix="long-") as name:
                amount = size * wanted.scale
                cost = measure(job.prepare(Path(name), amount), Path(name))
            each = cost.cpu_s / amount
            ratio = "" if before is None else f"{each / before:.2f}"
            before = each
            print(
                f"| {job.name} | {amount:,g} {job.unit} | {cost.cpu_s:.1f} | {ratio} | "
                f"{cost.peak_mb:.0f} | {cost.open_files} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
