"""Puts songs of NES-MDB on grids of several kinds and prints how they fit.

python -m benchmarks.row_grids nesmdb_midi valid
"""

import sys
from pathlib import Path

from chipgen.dataset.grid_baselines import constant_rows
from chipgen.dataset.nesmdb import read_voice_notes
from chipgen.dataset.splits import split_files
from chipgen.rows.quantise import FEWEST_ONSETS, count_onset_times, fit_of
from chipgen.rows.row_fit import GridFit, describe_rows
from chipgen.rows.row_inference import RowGrid, TempoConfig, infer_rows
from chipgen.rows.voice_notes import TICKS_A_SECOND, VoiceNotes

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
        notes for notes in map(read_voice_notes, files) if count_onset_times(notes) >= FEWEST_ONSETS
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


def show(name: str, grids: list[RowGrid], songs: list[VoiceNotes]) -> None:
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


if __name__ == "__main__":
    main()
