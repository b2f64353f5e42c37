"""Tells in how many frames a tracker's song plays what our driver does."""

import numpy as np

from synth.chip.voices import VOICES
from synth.instrument.driver import PlayedScore
from synth.tracker.player import play_channel
from synth.tracker.song import TrackerSong


def kept_share(song: TrackerSong, played: PlayedScore) -> float:
    """Return the share of frames in which all four voices are as the driver plays them.

    Parameters
    ----------
    song
        As it was read.
    played
        What the driver does.
    """
    count = min(song.frames, played.rows)
    same = np.ones(count, dtype=np.bool_)
    for voice in VOICES:
        made, true = play_channel(song, voice), played.frames[voice]
        level, wanted = made.level[:count], true.level[:count]
        silent = (level == 0) & (wanted == 0)
        alike = made.period[:count] == true.period[:count]
        if voice == "triangle":
            alike &= (level > 0) == (wanted > 0)
        else:
            alike &= (level == wanted) & (made.timbre[:count] == true.timbre[:count])
        same &= silent | alike
    return float(same.mean())
