"""Old Hundredth in four parts, harmonised by us after the rules of the chorale."""

from notation import music

from chipgen.music.score import Score, Tempo, Track

TITLE = "Old Hundredth"
SOURCE = (
    "Tune by Louis Bourgeois, Genevan Psalter, 1551: public domain by age. "
    "Harmony in the style of a chorale: our own, CC0."
)
BARS = 12

SOPRANO = """
    G4:2 G4:4 F#4 | E4 D4 G4 A4   | B4:1
  | B4:2 B4:4 B4  | A4 G4 C5 B4   | A4:1
  | G4:2 A4:4 B4  | A4 G4 E4 F#4  | G4:1
  | D5:2 B4:4 G4  | A4 C5 B4 A4   | G4:1
"""
ALTO = """
    D4:2 E4:4 D4  | C4 B3 D4 D4   | D4:1
  | G4:2 G4:4 F#4 | F#4 E4 E4 D4  | D4:1
  | D4:2 D4:4 D4  | C4 B3 C4 C4   | B3:1
  | G4:2 G4:4 D4  | E4 G4 G4 F#4  | D4:1
"""
TENOR = """
    B3:2 B3:4 B3  | G3 G3 G3 F#3  | G3:1
  | D4:2 E4:4 D4  | D4 G3 G3 G3   | F#3:1
  | B3:2 A3:4 G3  | F#3 G3 A3 A3  | G3:1
  | B3:2 D4:4 G3  | C4 C4 D4 C4   | B3:1
"""
BASS = """
    G3:2 E3:4 B2  | C3 G2 B2 D3   | G2:1
  | G3:2 E3:4 B2  | D3 E3 C3 G2   | D3:1
  | G3:2 F#3:4 G3 | D3 E3 C3 D3   | G2:1
  | G3:2 G3:4 B2  | A2 E3 D3 D3   | G2:1
"""


def score() -> Score:
    """Return the piece."""
    parts = {"soprano": SOPRANO, "alto": ALTO, "tenor": TENOR, "bass": BASS}
    return Score(
        tracks=tuple(
            Track(name, channel, 52, music(text, velocity=84, gate=1.0))
            for channel, (name, text) in enumerate(parts.items())
        ),
        tempos=(Tempo(0.0, 88.0),),
        end_beats=BARS * 4.0,
        key="G",
    )
