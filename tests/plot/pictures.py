"""A picture that several tests look at."""

import numpy as np
from numpy.typing import NDArray

from chipgen.arranging import Arrangement, Placement
from chipgen.music.score import Meter, Note, Score, Tempo, Track
from chipgen.plot.picture import Picture
from synth.instrument.chip_score import ChipNote, ChipScore

RATE_HZ = 44_100


def sound(seconds: float = 4.0) -> NDArray[np.float32]:
    """Return a 1 kHz tone that stops half-way, shape (frames,)."""
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    tone = np.sin(2 * np.pi * 1000 * time_s) * (time_s < seconds / 2)
    return (0.3 * tone).astype(np.float32)


def picture(**changes: object) -> Picture:
    """Return four seconds of four voices in 3/4, with a chord, a bend and two dropped notes."""
    score = Score(
        tracks=(
            Track(name="melody", notes=(Note(0.0, 1.0, 72), Note(1.0, 1.0, 50))),
            Track(name="drums", channel=9, notes=(Note(0.0, 0.5, 36), Note(0.0, 0.5, 38))),
        ),
        tempos=(Tempo(0.0, 120.0),),
        meters=(Meter(0.0, 3, 4),),
        end_beats=8.0,
    )
    voices = ChipScore(
        pulse1=(ChipNote(0.0, 0.5, 72), ChipNote(1.0, 2.0, 76, bend=((0.0, 0.0), (0.5, 200.0)))),
        pulse2=(ChipNote(0.0, 1.0, 60, arpeggio=(0, 4, 7), volume=8),),
        triangle=(ChipNote(0.0, 4.0, 36),),
        noise=(ChipNote(0.0, 0.1, 12), ChipNote(0.5, 0.501, 3, volume_changes=((0.0, 4),))),
        end_s=4.0,
    )
    placements = (
        Placement(0, 0, 0.0, 72, "kept", "pulse1"),
        Placement(0, 1, 0.5, 50, "dropped"),
        Placement(1, 0, 0.0, 36, "kept", "noise"),
        Placement(1, 1, 0.0, 38, "dropped"),
    )
    arrangement = Arrangement(voices, placements, "gm")
    values: dict[str, object] = {"title": "Tune", "samples": sound(), "rate_hz": RATE_HZ}
    return Picture(score=score, arrangement=arrangement, **(values | changes))  # type: ignore[arg-type]
