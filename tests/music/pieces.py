"""A piece with everything that a score can hold."""

from chipgen.music.score import Bend, Control, Marker, Meter, Note, Score, Tempo, Track

PIECE = Score(
    tracks=(
        Track(
            "lead",
            0,
            80,
            tuple(Note(float(beat), 1.0, 60 + beat) for beat in range(12)),
            (Control(0.0, 7, 50), Control(1.0, 7, 60), Control(1.0, 64, 0), Control(5.0, 7, 70)),
            (Bend(1.5, 1.0), Bend(6.0, 0.0)),
        ),
        Track("pad", 1, 90, (Note(0.0, 12.0, 48),)),
    ),
    tempos=(Tempo(0.0, 120.0), Tempo(3.0, 60.0), Tempo(9.0, 240.0)),
    meters=(Meter(0.0, 3, 4), Meter(6.0, 6, 8)),
    end_beats=12.0,
    key="G",
    markers=(Marker(0.0, "a"), Marker(6.0, "b")),
)
