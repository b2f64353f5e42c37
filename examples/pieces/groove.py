"""A drum groove of our own with ghost notes, toms and crashes over a bass line."""

from notation import drums, music

from chipgen.music.score import Marker, Score, Tempo, Track

TITLE = "Groove in E"
SOURCE = "Original: our own, CC0."
BARS = 12

# Three times four bars: on the hats, on the hats with more around them, on the ride. Each four end
# in a fill.
DRUMS = {
    "crash": "X............... - - - X............... - - - X............... - - -",
    "splash": "- - - - - ........X....... - - - ........X....... - ............X...",
    "kick": """
        X..x..x...x..... X..x..x...x...x. X..x..x...x..... X..x..x.........
        X..x..x...x...x. X..x.xx...x..... X..x..x...x...x. X..x..x...x.....
        X.x...x..xx..... X.x...x..xx...x. X.x...x..xx..... X.....X.....X...""",
    "snare": """
        ....X..g.g..X..g ....X..g.g..X.g. ....X..g.g..X..g ....X..gxoxX....
        ....X..g.g..X..g ....X..g.g..X.gg ....X..g.g..X..g ....X..g........
        ....X..g.g..X..g ....X..g.g..X.gg ....X..g.g..X..g xoxoX.......X...""",
    "closed hat": """
        x.o.x.o.x.o.x.o. x.o.x.o.x.o.x... x.o.x.o.x.o.x.o. x.o.x.o.........
        xoxoxoxoxoxoxoxo xoxoxoxoxoxoxo.. xoxoxoxoxoxoxoxo xoxoxo..........
        - - - -""",
    "open hat": "- ..............x. - - - ..............x. - - - - - -",
    "pedal hat": """
        - - - ........x...x... - - - -
        ....x.......x... ....x.......x... ....x.......x... -""",
    "ride": """
        - - - - - - - -
        X.o.x.oox.o.x.o. X.o.x.oox.o.x.o. X.o.x.oox.o.x.o. -""",
    "tambourine": """
        - - - - ....x.......x... ....x.......x... ....x.......x... -
        - - - -""",
    "cowbell": """
        - - - - x...x...x...x... x...x...x...x... x...x...x...x... -
        - - - -""",
    "clap": """
        - - - - - - - -
        ....x.......x... ....x.......x... ....x.......x... -""",
    "side stick": "- - - - - - - x..x............ - - - -",
    "high tom": "- - - ............X.x. - - - ........xx...... - - - ......x.........",
    "mid tom": "- - - ..............x. - - - ..........xx.... - - - .......xx.......",
    "low tom": "- - - - - - - ............xx.. - - - .........xx.....",
    "floor tom": "- - - ...............x - - - ..............XX - - - ...........X....",
}

BASS = """
    E2:8! E2:16' G2 r:8 A2:16 B2' r:8 D3' E3:16 D3 B2:8'
  | E2:8! E2:16' G2 r:8 A2:16 A#2 B2:8' A2' G2:16 E2 D2:8'
  | E2:8! E2:16' G2 r:8 A2:16 B2' r:8 D3' E3:16 D3 B2:8'
  | A2:8! A2:16' A2 r:8 G2' F#2:4 B2

  | E2:8! E2:16' G2 r:8 A2:16 B2' r:8 D3' E3:16 D3 B2:8'
  | G2:8! G2:16' B2 r:8 D3:16 E3' r:8 D3' B2:16 A2 G2:8'
  | A2:8! A2:16' C3 r:8 E3:16 A3' r:8 G3' E3:16 D3 C3:8'
  | B2:8! B2:16' B2 r:8 A2' B2:4 D#3

  | E2:8! E3:16' E2 r:8 D3:16 B2' E2:8 G2' A2:16 A#2 B2:8'
  | E2:8! E3:16' E2 r:8 D3:16 B2' E2:8 G2' A2:16 G2 D2:8'
  | C2:8! C3:16' C2 r:8 E2:16 G2' D2:8 F#2' A2:16 D3 D#3:8'
  | E3:8! D3 B2 A2 G2 F#2 E2:4!
"""


def score() -> Score:
    """Return the piece."""
    return Score(
        tracks=(
            Track("bass", 0, 33, music(BASS, velocity=94, gate=0.9)),
            Track("drums", 9, 0, drums(DRUMS)),
        ),
        tempos=(Tempo(0.0, 104.0),),
        end_beats=BARS * 4.0,
        key="Em",
        markers=(Marker(0.0, "loopStart"), Marker(BARS * 4.0, "loopEnd")),
    )
