"""A score with everything that MIDI can say."""

import numpy as np

from chipgen.music.score import Bend, Control, Marker, Meter, Note, Score, Tempo, Track

RICH = Score(
    tracks=(
        Track(
            "Flöte",
            3,
            73,
            (Note(0.0, 1.5, 72, 90), Note(1 / 3, 1 / 3, 60, 1), Note(4.0, 0.25, 72, 127)),
            (Control(0.0, 7, 100), Control(2.0, 64, 127)),
            (Bend(0.5, 3.0), Bend(1.0, -6.0), Bend(2.0, 0.0)),
        ),
        Track("", 9, 0, (Note(0.0, 0.25, 36, 100),)),
    ),
    tempos=(Tempo(0.0, 140.0), Tempo(2.0, 97.5), Tempo(3.0, 60.0)),
    meters=(Meter(0.0, 3, 4), Meter(3.0, 7, 8)),
    end_beats=10.0,
    key="F#m",
    markers=(Marker(0.0, "loopStart"), Marker(10.0, "loopEnd")),
)


def assert_same(
    theirs: list[tuple[float, ...]], ours: list[tuple[float, ...]], tolerance_s: float = 1e-4
) -> None:
    """Compare rows whose order may differ where times are within rounding of each other.

    A tempo of 144 is read as 144 where the file has the nearest whole number of microseconds, which
    is a few millionths off.
    """
    assert len(theirs) == len(ours)
    assert ours

    def ordered(rows: list[tuple[float, ...]]) -> list[tuple[float, ...]]:
        return sorted(rows, key=lambda row: (round(float(row[0]), 3), *row[2:], row[1]))

    np.testing.assert_allclose(
        np.array(ordered(theirs), dtype=float),
        np.array(ordered(ours), dtype=float),
        rtol=0,
        atol=tolerance_s,
    )
