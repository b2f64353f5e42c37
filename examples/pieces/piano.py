"""The opening of Satie's first Gymnopédie: wide chords held by the pedal."""

from notation import music

from chipgen.music.score import Control, Meter, Score, Tempo, Track

TITLE = "Gymnopédie No. 1, opening"
SOURCE = (
    "Erik Satie (1866-1925), published 1888: public domain by age. "
    "Written down from the score by us, CC0."
)
BARS = 16

MELODY = """
    r:2. | r:2. | r:2. | r:2.
  | r:4 F#5 A5 | G5 F#5 C#5 | B4 C#5 D5 | A4:2.
  | F#4:2.~ | F#4:2.~ | F#4:2.~ | F#4:2.
  | r:4 F#5 A5 | G5 F#5 C#5 | B4 C#5 D5 | A4:2.
"""

# The hand strikes the bass, leaves it to the pedal and leaps to the chord.
LEFT_BARS = ("G2:4 B3+D4+F#4:2", "D2:4 A3+C#4+F#4:2")
LEFT = " | ".join(LEFT_BARS[bar % 2] for bar in range(BARS))

PEDAL_DOWN, PEDAL_UP, PEDAL = 127, 0, 64


def score() -> Score:
    """Return the piece."""
    pedal = tuple(
        Control(3.0 * bar + beat, PEDAL, value)
        for bar in range(BARS)
        for beat, value in ((0.0, PEDAL_DOWN), (2.875, PEDAL_UP))
    )
    right = music(MELODY, bar_beats=3.0, velocity=78, gate=1.0)
    left = music(LEFT, bar_beats=3.0, velocity=54, gate=0.9)
    return Score(
        tracks=(
            Track("right hand", 0, 0, right, pedal),
            Track("left hand", 1, 0, left, pedal),
        ),
        tempos=(Tempo(0.0, 76.0),),
        meters=(Meter(0.0, 3, 4),),
        end_beats=BARS * 3.0,
        key="D",
    )
