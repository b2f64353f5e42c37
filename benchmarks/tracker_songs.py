"""Tells how many frames of arranged songs a tracker's text leaves as they were.

    python -m benchmarks.tracker_songs songs [--most 100] [--preset default]

Each MIDI file under the folder is arranged and driven, which is what its NSF plays; written as the
text of each tracker, read again and driven. A frame is kept if all sixteen registers hold the same
in both at its end.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from chipgen.app.pipeline import make_sound
from chipgen.request import Request
from synth.chip.register_log import RegisterLog
from synth.errors import SynthError
from synth.formats.chipfile import Titles
from synth.formats.log_frames import to_frames
from synth.instrument.chip_score import ChipScore
from synth.instrument.driver import drive
from synth.instrument.preset_loader import Preset, load_preset
from synth.tracker.famistudio import write_famistudio
from synth.tracker.famistudio_read import read_famistudio
from synth.tracker.famitracker import write_famitracker
from synth.tracker.famitracker_read import read_famitracker

REGISTERS: Final = 16
TRACKERS: Final[dict[str, tuple[Callable[..., Any], Callable[..., Any]]]] = {
    "FamiStudio": (write_famistudio, read_famistudio),
    "FamiTracker": (write_famitracker, read_famitracker),
}


def registers(log: RegisterLog) -> NDArray[np.uint8]:
    """Return what $4000-$400F hold at the end of each frame, shape (frames, 16)."""
    held = bytearray(24)
    rows = []
    for frame in to_frames(log)[0]:
        for register, value in frame:
            held[register] = value
        rows.append(bytes(held[:REGISTERS]))
    return np.frombuffer(b"".join(rows), dtype=np.uint8).reshape(-1, REGISTERS)


def kept_share(score: ChipScore, preset: Preset, tracker: str) -> float:
    """Return the share of a score's frames that one of `TRACKERS` leaves as they were."""
    write, read = TRACKERS[tracker]
    data, _ = write(score, preset, Titles("Song"))
    again, instruments = read(data, "song.txt", 1)
    before, after = registers(drive(score, preset)), registers(drive(again, instruments))
    count = min(len(before), len(after))
    same = (before[:count] == after[:count]).all(axis=1).sum()
    return float(same) / max(len(before), len(after))


def main() -> None:
    """Print a line a tracker."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("songs", type=Path)
    parser.add_argument("--most", type=int, default=100)
    parser.add_argument("--preset", default="default")
    options = parser.parse_args()
    preset = load_preset(options.preset)
    paths = sorted(options.songs.rglob("*.mid"))
    shares: dict[str, list[float]] = {tracker: [] for tracker in TRACKERS}
    failed = 0
    for path in paths[:: max(1, len(paths) // options.most)][: options.most]:
        try:
            sound = make_sound(path, Request(bars=0), preset)
            assert sound.chip_score is not None
            for tracker, found in shares.items():
                found.append(kept_share(sound.chip_score, preset, tracker))
        except SynthError as error:
            failed += 1
            print(f"{path.name}: {error}")
    print("tracker       songs  worst   median  songs with 95 % and more")
    for tracker, found in shares.items():
        kept = np.array(found)
        print(
            f"{tracker:12} {len(kept):6} {kept.min():7.2%} {np.median(kept):7.2%} "
            f"{int((kept >= 0.95).sum()):6}"
        )
    if failed:
        print(f"{failed} songs could not be written")


if __name__ == "__main__":
    main()
