"""Small made-up NES-MDB files, for tests of training on rows."""

import struct
from pathlib import Path

import numpy as np

TICKS_A_FRAME = 44_100 / 60.0988


def write_song(path: Path, seed: int, rows: int = 96, late_ticks: int = 0) -> None:
    """Write an NES-MDB file: four voices that repeat a phrase of 16 rows of 7 frames.

    All notes are `late_ticks` late.
    """
    rng = np.random.default_rng(seed)
    tracks = []
    for voice, (name, low) in enumerate([(b"p1", 60), (b"p2", 52), (b"tr", 40), (b"no", 2)]):
        phrase = rng.integers(0, 8, 16)
        events = []
        for row in range(rows):
            if phrase[row % 16] < 5:
                pitch = low + int(phrase[row % 16])
                begin = round(row * 7 * TICKS_A_FRAME) + late_ticks
                events.append((begin, bytes([0x90 | voice, pitch, 10])))
                events.append((begin + round(6 * TICKS_A_FRAME), bytes([0x90 | voice, pitch, 0])))
        body, now = b"\x00\xff\x03\x02" + name, 0
        for tick, data in sorted(events):
            delta = tick - now
            number = [delta & 0x7F]
            while delta := delta >> 7:
                number.append(delta & 0x7F | 0x80)
            body += bytes(reversed(number)) + data
            now = tick
        body += b"\x00\xff\x2f\x00"
        tracks.append(b"MTrk" + struct.pack(">I", len(body)) + body)
    path.write_bytes(b"MThd" + struct.pack(">IHHH", 6, 1, len(tracks), 22050) + b"".join(tracks))


def write_songs(folder: Path, train: int = 6, valid: int = 2) -> Path:
    """Write a folder with made-up songs in train/ and valid/, and return it."""
    for split, seeds in (("train", range(train)), ("valid", range(100, 100 + valid))):
        (folder / split).mkdir(parents=True)
        for seed in seeds:
            write_song(folder / split / f"song{seed}.mid", seed)
    return folder
