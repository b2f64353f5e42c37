"""Puts songs of NES-MDB on grids of several kinds and prints how they fit.

python benchmarks/row_grids.py nesmdb_midi valid
"""

import sys
from pathlib import Path

import numpy as np

from chipgen.dataset.nesmdb import split_files
from chipgen.dataset.rawnotes import TICKS_A_SECOND, RawNotes, read_raw_notes
from chipgen.dataset.rows import FEWEST_ONSETS, count_onset_times
from chipgen.dataset.tempo import (
    NES_FRAME_HZ,
    GridFit,
    RowGrid,
    TempoConfig,
    describe_rows,
    infer_rows,
    measure_fit,
)

CONFIGS = {
    "rows as shipped": TempoConfig(),
    "rows cost 0.3": TempoConfig(row=0.3),
    "rows cost 0.8": TempoConfig(row=0.8),
    "slips cost 10, changes 40": TempoConfig(slip=10.0, change=40.0),
}


def main() -> None:
    """Print a line a grid."""
    files = split_files(Path(sys.argv[1]))[sys.argv[2]]
    songs = [
        notes for notes in map(read_raw_notes, files) if count_onset_times(notes) >= FEWEST_ONSETS
    ]
    print(f"{'':32}{'rows/s':>8}{'kept':>9}{'near':>9}{'grid nats/s':>12}")
    show("one constant row a song", [constant_rows(notes) for notes in songs], songs)
    for name, config in CONFIGS.items():
        grids = [
            infer_rows(
                notes.start / TICKS_A_SECOND,
                (notes.end - notes.start) / TICKS_A_SECOND,
                notes.seconds,
                config,
            )
            for notes in songs
        ]
        show(name, grids, songs)


def show(name: str, grids: list[RowGrid], songs: list[RawNotes]) -> None:
    """Print how grids fit."""
    fit, nats = GridFit(), 0.0
    for grid, notes in zip(grids, songs, strict=True):
        fit += fit_of(grid, notes)
        nats += describe_rows(grid.frames)
    print(
        f"{name:32}{fit.rows_a_second:8.2f}{fit.kept_share:9.2%}{fit.near_share:9.2%}"
        f"{nats / fit.seconds:12.2f}",
        flush=True,
    )


def fit_of(grid: RowGrid, notes: RawNotes) -> GridFit:
    """Return how a grid fits a song."""
    return measure_fit(
        grid,
        notes.voice,
        notes.start / TICKS_A_SECOND,
        (notes.end - notes.start) / TICKS_A_SECOND,
        notes.seconds,
    )


def constant_rows(notes: RawNotes) -> RowGrid:
    """Return the best of all constant rows of 3 to 20 frames in steps of a half."""
    onsets = notes.start / TICKS_A_SECOND * NES_FRAME_HZ
    best, least = None, np.inf
    for period in np.arange(3.0, 20.5, 0.5):
        turn = np.exp(2j * np.pi * onsets / period).mean()
        phase = float(np.angle(turn)) / (2 * np.pi) * period
        count = int(np.ceil((notes.seconds * NES_FRAME_HZ - phase) / period)) + 2
        times_s = (phase + period * np.arange(-1, count)) / NES_FRAME_HZ
        grid = RowGrid(times_s, np.full(len(times_s) - 1, round(period), dtype=np.int16), 0.0)
        fit = fit_of(grid, notes)
        cost = (
            0.7 * fit.rows
            + (fit.onsets - fit.near_onsets)
            + 3.0 * (fit.long_notes - fit.kept_notes)
        )
        if cost < least:
            best, least = grid, cost
    assert best is not None
    return best


if __name__ == "__main__":
    main()
