"""Tells in how many frames a tracker's song plays what our driver does."""

from synth.instrument.driver import PlayedScore, play_score
from synth.instrument.register_writes import frame_table
from synth.tracker.song import TrackerSong
from synth.tracker.to_score import chip_score


def kept_share(song: TrackerSong, played: PlayedScore) -> float:
    """Return the share of frames in which all sixteen registers are to hold the same.

    Parameters
    ----------
    song
        As it was read.
    played
        What the driver does.
    """
    score, preset = chip_score(song)
    made = frame_table(play_score(score, preset, song.region).frames)[0]
    true = frame_table(played.frames)[0]
    count = min(len(made), len(true))
    same = (made[:count] == true[:count]).all(axis=1).sum()
    return float(same) / max(len(made), len(true))
