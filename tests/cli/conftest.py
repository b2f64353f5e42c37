"""Files that tests of the commands share."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from chipgen.music.formats import write_score
from chipgen.music.score import Note, Score, Track
from synth.chip.hardware import PAL
from synth.chip.register_log import RegisterLog
from synth.formats.chip_formats import write_chip_file
from tests.soundserver import SoundServer
from tests.terminals import Terminal


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with three train songs and two test songs of 40 beats."""
    for split, pitches in {"train": (50, 60, 70), "test": (55, 65)}.items():
        (tmp_path / "midi" / split).mkdir(parents=True)
        for pitch in pitches:
            notes = tuple(Note(float(k), 1.0, pitch + k % 4) for k in range(40))
            path = tmp_path / "midi" / split / f"{pitch}.mid"
            write_score(Score((Track(notes=notes),), end_beats=40.0), path, overwrite=False)
    return tmp_path / "midi"


@pytest.fixture
def song(tmp_path: Path) -> Path:
    """Write a looping VGM of two seconds, for PAL."""
    cycles = np.array([PAL.frame_cycle(frame) for frame in range(100)])
    log = RegisterLog(
        cycles, np.full(100, 0x4002), np.arange(100), end_cycle=PAL.frame_cycle(100), region=PAL,
        loop_cycle=PAL.frame_cycle(25), memory=((0xC000, bytes(17)),),
    )  # fmt: skip
    path = tmp_path / "song.vgm"
    write_chip_file(path, log, title="A Song", artist="Somebody", copyright="1989")
    return path


@pytest.fixture
def open_terminal(sound_server: SoundServer, tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    """Open terminals that close after the test."""
    opened: list[Terminal] = []

    def open_one(*arguments: str | Path) -> Terminal:
        opened.append(Terminal(sound_server, tmp_path, *arguments))
        return opened[-1]

    yield open_one
    for terminal in opened:
        terminal.close()
