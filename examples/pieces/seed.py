"""Korobeiniki, for melody, second voice, bass and drums: what the demo composes on from."""

from notation import drums, music

from chipgen.music.score import Score, Tempo, Track

TITLE = "Korobeiniki (The Peddlers)"
SOURCE = (
    "Russian folk song of the 1860s, composer unknown (words by Nikolai Nekrasov, 1861): "
    "public domain by age. Setting: our own, CC0."
)
BARS = 8

MELODY = """
    E5:4! B4:8 C5 D5:4 C5:8 B4    | A4:4 A4:8 C5 E5:4! D5:8 C5
  | B4:4. C5:8 D5:4 E5:4!         | C5:4 A4 A4:2
  | D5:4.! F5:8 A5:4! G5:8 F5     | E5:4. C5:8 E5:4! D5:8 C5
  | B4:4 B4:8 C5 D5:4 E5:4!       | C5:4 A4 A4:2
"""

# Broken chords under the first half; then the melody's own shape, a sixth below.
SECOND = """
    B3:8' E4' G#4 E4' B3' D4' G#4 D4' | A3' C4' E4 C4' A3' C4' E4 C4'
  | B3' E4' G#4 E4' B3' D4' G#4 D4'   | E4:4 C4 A3:8' B3' C4' E4'
  | F4:4. A4:8 C5:4 B4:8 A4           | G4:4. E4:8 G4:4 F4:8 E4
  | G#4:4 G#4:8 A4 B4:4 G#4:4         | A4:4 E4 C4:8' E4' C4:4
"""

BASS = """
    E2:4' B2:8 E2 G#2:4' B2'    | A2:4' E3:8 A2 C3:4' E3'
  | E3:4' B2:8 E3 G#2:4' E2'    | A2:4' E3' A2:8 B2 C3 C#3
  | D3:4' A2:8 D3 F3:4' D3'     | C3:4' G2:8 C3 E3:4' C3'
  | E2:4' B2:8 E2 G#2:4' E3'    | A2:4' E3:8 E2 A2:4' r
"""

# One stroke at a time, as the chip's noise will play them.
DRUMS = {
    "crash": "X............... - - - X............... - - -",
    "kick": """
        ......x.x....... x.....x.x....... X.....x.x....... x.....x.x.......
        ......x.x.....x. x.....x.x....... X.....x.x.....x. X...............""",
    "snare": """
        ....X.......X... ....X.......X..g ....X.......X... ....X.......XoxX
        ....X..g....X... ....X..g....X..g ....X..g....X... ....X...X.xxX...""",
    "closed hat": """
        ..x.......x...x. ..x.......x...x. ..x.......x...x. ..x.......x.....
        ..x.......x..... ..x.......x...x. ..x.......x..... ..x...x.........""",
}


def score() -> Score:
    """Return the piece."""
    return Score(
        tracks=(
            Track("melody", 0, 80, music(MELODY, velocity=104, gate=0.9)),
            Track("second voice", 1, 81, music(SECOND, velocity=72, gate=0.9)),
            Track("bass", 2, 38, music(BASS, velocity=96)),
            Track("drums", 9, 0, drums(DRUMS)),
        ),
        tempos=(Tempo(0.0, 144.0),),
        end_beats=BARS * 4.0,
        key="Am",
    )
