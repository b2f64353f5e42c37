"""Counts how often loops of NES-MDB are whole bars, where bars are found without the loops.

    python -m benchmarks.bar_checks nesmdb_midi [--every 5]

Reads all of valid and every so many-th song of train. Chance is the share of loops that the bars of
the other songs would divide as well.
"""

import argparse
from pathlib import Path
from typing import Final

import numpy as np

from chipgen.dataset.nesmdb import read_voice_notes
from chipgen.dataset.splits import split_files
from chipgen.rows.meter_inference import RowMeter, infer_meter
from chipgen.rows.quantise import FEWEST_ONSETS, count_onset_times, rows_of
from chipgen.rows.row_loops import RowLoop, find_row_loop

LEVELS: Final = ((0.5, 0.0), (0.8, 0.0), (0.9, 0.0), (0.9, 0.7), (0.9, 0.9))
SHORTEST_S: Final = 8.0


def main() -> None:
    """Print a line a level of confidence."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--every", type=int, default=5)
    options = parser.parse_args()
    files = split_files(options.data)
    pairs: list[tuple[RowLoop, RowMeter]] = []
    on_line, by_chance, without = 0, 0.0, 0
    for path in [*files.get("valid", []), *files.get("train", [])[:: options.every]]:
        notes = read_voice_notes(path)
        if count_onset_times(notes) < FEWEST_ONSETS:
            continue
        song = rows_of(notes)
        loop, meter = find_row_loop(song), infer_meter(song)
        if meter is None:
            continue
        if loop is not None and loop.confidence > LEVELS[0][0]:
            pairs.append((loop, meter))
        elif notes.seconds >= SHORTEST_S:
            without += 1
            on_line += (len(song) - meter.first_bar) % meter.bar_rows == 0
            by_chance += 1 / meter.bar_rows
    print("loop  length  songs  whole beats  whole bars  by chance  begins with a bar")
    for sure_loop, sure_meter in LEVELS:
        chosen = [
            p for p in pairs if p[0].confidence > sure_loop and p[1].length_confidence >= sure_meter
        ]
        if chosen:
            print(f"{sure_loop:4g}{sure_meter:8g}{_tell(chosen)}")
    if without:
        print(
            f"{without} songs of {SHORTEST_S:g} s and more without such a loop: "
            f"{on_line / without:.1%} end with a bar, {by_chance / without:.1%} would by chance"
        )


def _tell(pairs: list[tuple[RowLoop, RowMeter]]) -> str:
    loops = np.array([loop.rows for loop, _ in pairs])
    bars = np.array([meter.bar_rows for _, meter in pairs])
    beats = np.array([meter.beat_rows for _, meter in pairs])
    starts = np.array([loop.start - meter.first_bar for loop, meter in pairs])
    chance = np.mean(loops[:, None] % bars == 0)
    return (
        f"{len(pairs):7}{np.mean(loops % beats == 0):13.1%}{np.mean(loops % bars == 0):12.1%}"
        f"{chance:11.1%}{np.mean(starts % bars == 0):19.1%}"
    )


if __name__ == "__main__":
    main()
