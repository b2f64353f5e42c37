"""Titles come back from a GD3 tag and cannot harm a terminal."""

import dataclasses

import numpy as np

from synth.chip.register_log import RegisterLog
from synth.formats.chipfile import Titles
from synth.formats.vgm_read import read_vgm
from synth.formats.vgm_write import write_vgm


def test_titles_come_back_and_cannot_harm_a_terminal() -> None:
    """GD3 keeps titles in any script; control characters are taken out on reading."""
    log = RegisterLog(np.zeros(1), np.array([0x4015]), np.zeros(1), end_cycle=1000)
    titles = Titles("Ночь \x1b[31m", "作曲家", "", "2024")
    file = read_vgm(write_vgm(log, titles), "x.vgm")
    assert file.titles == Titles("Ночь [31m", "作曲家", "", "2024")
    # Persian and Hindi need joiners that have no shape; a half of a pair is no character at all.
    scripts = Titles("می\u200cروم", "क्\u200dष", "🎵 émoji", "\ud800?")
    assert read_vgm(write_vgm(log, scripts), "x.vgm").titles == dataclasses.replace(
        scripts, copyright="??"
    )
