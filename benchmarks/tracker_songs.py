"""Tells what songs look like in a tracker, and how many of their frames it plays as our NSF.

    python -m benchmarks.tracker_songs songs [--most 100] [--preset default]

Each MIDI file under the folder is arranged and driven, which is what its NSF plays; written as the
text of each tracker, read again and driven. A frame is kept if all sixteen registers are meant to
hold the same in both.
"""

import argparse
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from chipgen.app.pipeline import make_sound
from chipgen.request import Request
from synth.errors import SynthError
from synth.formats.chipfile import Titles
from synth.instrument.chip_score import ChipScore
from synth.instrument.driver import play_score
from synth.instrument.preset_loader import Preset, load_preset
from synth.instrument.preset_score import with_preset_notes
from synth.instrument.register_writes import frame_table
from synth.tracker.famistudio import write_famistudio
from synth.tracker.famistudio_read import read_famistudio
from synth.tracker.famistudio_text import parse_project
from synth.tracker.famitracker import write_famitracker
from synth.tracker.famitracker_read import read_famitracker
from synth.tracker.famitracker_text import parse_module

TRACKERS: Final[dict[str, tuple[Callable[..., Any], Callable[..., Any]]]] = {
    "FamiStudio": (write_famistudio, read_famistudio),
    "FamiTracker": (write_famitracker, read_famitracker),
}
FLOW: Final = "BCDF"  # effects that time a song and are no channel's own


@dataclass(frozen=True, slots=True)
class Look:
    """What a musician sees of a song.

    Attributes
    ----------
    kept
        Share of frames that are as in the NSF.
    instruments
        How many it has.
    bar_columns
        Columns of patterns a bar.
    beat_rows
        Rows a beat, of most columns.
    effect_rows
        Share of rows with an effect other than the song's tempo and flow.
    tempo_rows
        Share of rows, in FamiStudio of columns, with a tempo of their own.
    """

    kept: float
    instruments: int
    bar_columns: float
    beat_rows: float
    effect_rows: float
    tempo_rows: float


def registers(score: ChipScore, preset: Preset) -> NDArray[np.uint8]:
    """Return what $4000-$400F are to hold in each frame, shape (frames, 16)."""
    played = play_score(with_preset_notes(score, preset), preset)
    return frame_table(played.frames)[0]


def kept_share(score: ChipScore, preset: Preset, tracker: str) -> float:
    """Return the share of a score's frames that one of `TRACKERS` leaves as they were."""
    data = TRACKERS[tracker][0](score, preset, Titles("Song"))[0]
    return _kept(registers(score, preset), data, tracker)


def _kept(before: NDArray[np.uint8], data: bytes, tracker: str) -> float:
    after = registers(*TRACKERS[tracker][1](data, "song.txt", 1))
    count = min(len(before), len(after))
    same = (before[:count] == after[:count]).all(axis=1).sum()
    return float(same) / max(len(before), len(after))


def look_at(score: ChipScore, preset: Preset, tracker: str) -> Look:
    """Return what a score looks like as a text of one of `TRACKERS`."""
    data, _ = TRACKERS[tracker][0](score, preset, Titles("Song"))
    seen = _famistudio(data) if tracker == "FamiStudio" else _famitracker(data)
    instruments, columns, beat_rows, effects, tempi = seen
    bars = max(len(score.bars), 1)
    kept = _kept(registers(score, preset), data, tracker)
    return Look(kept, instruments, columns / bars, beat_rows, effects, tempi)


def _famistudio(data: bytes) -> tuple[int, int, float, float, float]:
    project = parse_project(data, "song.txt")
    song = project.songs[0]
    moving = ("FinePitch", "VibratoDepth", "SlideTarget", "DutyCycle", "NoteDelay", "CutDelay")
    rows = sum(song.custom.get(column, song.tempo).notes for column in range(song.length))
    marked = {
        (column, note.time // max(min(song.custom.get(column, song.tempo).groove), 1))
        for (channel, column), pattern in song.instances.items()
        for note in song.patterns[channel, pattern]
        if any(name in note.given for name in moving)
    }
    return (
        len(project.instruments), song.length, float(song.tempo.beat), len(marked) / rows,
        len(song.custom) / song.length,
    )  # fmt: skip


def _famitracker(data: bytes) -> tuple[int, int, float, float, float]:
    module = parse_module(data, "song.txt")
    song = module.songs[0]
    marked = timed = rows = 0
    lengths: Counter[int] = Counter()
    for order in song.orders.values():
        patterns = [song.patterns[number] for number in order]
        length = song.rows
        for row in range(song.rows):
            cells = [patterns[channel][row][channel] for channel in range(len(order))]
            effects = [effect for cell in cells for effect, _ in cell.effects]
            rows += 1
            marked += any(effect not in FLOW for effect in effects)
            timed += "F" in effects
            if "D" in effects or "C" in effects:
                length = row + 1
                break
        lengths[length] += 1
    said = re.search(rb"COMMENT \"(\d+) rows a beat", data)
    assert said is not None
    return len(module.instruments), len(song.orders), float(said[1]), marked / rows, timed / rows


def main() -> None:
    """Print a line a tracker."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("songs", type=Path)
    parser.add_argument("--most", type=int, default=100)
    parser.add_argument("--preset", default="default")
    options = parser.parse_args()
    preset = load_preset(options.preset)
    paths = sorted(options.songs.rglob("*.mid"))
    looks: dict[str, list[Look]] = {tracker: [] for tracker in TRACKERS}
    failed = 0
    for path in paths[:: max(1, len(paths) // options.most)][: options.most]:
        try:
            sound = make_sound(path, Request(bars=0), preset)
            assert sound.chip_score is not None
            for tracker, found in looks.items():
                found.append(look_at(sound.chip_score, preset, tracker))
        except SynthError as error:
            failed += 1
            print(f"{path.name}: {error}")
    print(
        "tracker       songs   worst  median  95 %+  instruments  columns/bar  rows/beat  effects"
    )
    for tracker, found in looks.items():
        kept = np.array([look.kept for look in found])
        middle = {
            name: float(np.median([getattr(look, name) for look in found]))
            for name in ("instruments", "bar_columns", "beat_rows", "effect_rows", "tempo_rows")
        }
        print(
            f"{tracker:12} {len(kept):6} {kept.min():7.2%} {np.median(kept):7.2%} "
            f"{int((kept >= 0.95).sum()):6} {middle['instruments']:12.0f} "
            f"{middle['bar_columns']:12.2f} {middle['beat_rows']:10.0f} "
            f"{middle['effect_rows']:8.1%}"
        )
        print(f"  tempo set in {middle['tempo_rows']:.1%} of rows (FamiStudio: columns)")
    if failed:
        print(f"{failed} songs could not be written")


if __name__ == "__main__":
    main()
