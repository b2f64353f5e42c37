"""Greensleeves, for flute, lute and bass, in 6/8 with its upbeat."""

from notation import music

from chipgen.music.score import Meter, Note, Score, Tempo, Track

TITLE = "Greensleeves"
SOURCE = (
    "English ballad, registered in London in 1580, composer unknown: public domain by age. "
    "Setting: our own, CC0."
)
UPBEAT_BEATS = 0.5
BARS = 16

UPBEAT = "A4:8"
MELODY = """
    C5:4 D5:8 E5:8. F5:16 E5:8         | D5:4 B4:8 G4:8. A4:16 B4:8
  | C5:4 A4:8 A4:8. G#4:16 A4:8        | B4:4 G#4:8 E4:4 A4:8
  | C5:4 D5:8 E5:8. F5:16 E5:8         | D5:4 B4:8 G4:8. A4:16 B4:8
  | C5:8. B4:16 A4:8 G#4:8. F#4:16 G#4:8 | A4:4. A4:4 r:8
  | G5:4.! G5:8. F#5:16 E5:8           | D5:4 B4:8 G4:8. A4:16 B4:8
  | C5:4 A4:8 A4:8. G#4:16 A4:8        | B4:4 G#4:8 E4:4.
  | G5:4.! G5:8. F#5:16 E5:8           | D5:4 B4:8 G4:8. A4:16 B4:8
  | C5:8. B4:16 A4:8 G#4:8. F#4:16 G#4:8 | A4:2.
"""

AM = "A3:8 C4 E4 A4 E4 C4"
G = "G3:8 B3 D4 G4 D4 B3"
E = "E3:8 G#3 B3 E4 B3 G#3"
C = "C4:8 E4 G4 C4 G4 E4"
AM_E = "A3:8 C4 E4 E3 G#3 B3"
LUTE = " | ".join(
    [AM, G, AM, E, AM, G, AM_E, AM, C, G, AM, E, C, G, AM_E, "A3:8 C4 E4 A3+C4+E4+A4:4."]
)

BASS = """
    A2:4. A2     | G2 G2   | A2 F2 | E2 E2
  | A2 A2        | G2 G2   | A2 E2 | A2 E2
  | C3 C3        | G2 G2   | A2 F2 | E2 E2
  | C3 C3        | G2 G2   | A2 E2 | A2:2.
"""


def score() -> Score:
    """Return the piece."""
    upbeat = music(UPBEAT, bar_beats=UPBEAT_BEATS, velocity=100)
    return Score(
        tracks=(
            Track("flute", 0, 73, upbeat + _after_upbeat(MELODY, velocity=100)),
            Track("lute", 1, 24, _after_upbeat(LUTE, velocity=66, gate=1.0)),
            Track("bass", 2, 32, _after_upbeat(BASS, velocity=80, gate=0.9)),
        ),
        tempos=(Tempo(0.0, 105.0),),
        meters=(Meter(0.0, 1, 8), Meter(UPBEAT_BEATS, 6, 8)),
        end_beats=UPBEAT_BEATS + BARS * 3.0,
        key="Am",
    )


def _after_upbeat(text: str, *, velocity: int, gate: float = 0.95) -> tuple[Note, ...]:
    return music(text, bar_beats=3.0, start_beat=UPBEAT_BEATS, velocity=velocity, gate=gate)
