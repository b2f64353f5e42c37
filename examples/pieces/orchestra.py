"""In the Hall of the Mountain King, for orchestra: it hurries, slows down, and slides."""

from dataclasses import replace

from notation import drums, music

from chipgen.music.score import Bend, Note, Score, Tempo, Track

TITLE = "In the Hall of the Mountain King"
SOURCE = "Edvard Grieg (1843-1907), Peer Gynt, 1875: public domain by age. Setting: our own, CC0."
BARS = 20

FIRST = """
    B2:8' C#3' D3' E3' F#3' D3' F#3:4!    | F3:8' C#3' F3:4! E3:8' C3' E3:4!
  | B2:8' C#3' D3' E3' F#3' D3' F#3' B3'  | A3:8' F#3' D3' F#3' A3:2!
"""
SECOND = """
    F#3:8' G#3' A#3' B3' C#4' A#3' C#4:4! | D4:8' A#3' D4:4! C#4:8' A#3' C#4:4!
  | F#3:8' G#3' A#3' B3' C#4' A#3' C#4:4! | D4:8' A#3' D4:4! C#4:2!
"""
LAST = """
    B2:8' C#3' D3' E3' F#3' D3' F#3:4!    | B2:8' C#3' D3' E3' F#3' D3' F#3:4!
  | B3:4'! r A#3:4'! r                    | B3:1!
"""

FIRST_BASS = """
    B1:4' F#2' B1' F#2' | C#2' G#1' C2' G1' | B1' F#2' B1' F#2' | D2' A1' D2' A1'
"""
SECOND_BASS = """
    F#1:4' C#2' F#1' C#2' | F#1' D2' F#1' C#2' | F#1' C#2' F#1' C#2' | F#1' D2' F#1:2
"""
LAST_BASS = "B1:4' F#2' B1' F#2' | B1:4' F#2' B1' F#2' | B1:4'! r F#1'! r | B1:1!"

# Chords after the beat, two a bar.
FIRST_CHORDS = ("B3+D4+F#4", "B3+D4+F#4", "C#4+F4+G#4", "C4+E4+G4")
FIRST_CHORDS += ("B3+D4+F#4", "B3+D4+F#4", "D4+F#4+A4", "D4+F#4+A4")
SECOND_CHORDS = ("A#3+C#4+F#4", "A#3+C#4+F#4", "A#3+D4+F#4", "A#3+C#4+F#4") * 2
LAST_CHORDS = ("B3+D4+F#4",) * 4
HITS = "B4+D5+F#5:4'! r A#4+C#5+E5:4'! r | B4+D5+F#5:1!"

TIMPANI = """
    B2:4 r B2:8 B2 F#2:4 | r:1 | B2:4 r B2:8 B2 F#2:4 | r:2 A2:4 A2
  | F#2:4 r F#2:8 F#2 F#2:4 | r:1 | F#2:4 r F#2:8 F#2 F#2:4 | F#2:16 F#2 F#2 F#2 F#2:4 F#2:2
  | B2:4 F#2 B2 F#2 | B2:4 F#2 B2:16 B2 B2 B2 B2 B2 B2 B2 | B2:4! r F#2! r
  | B2:16 B2 B2 B2 B2 B2 B2 B2 B2:2!
"""

DRUMS = {
    "crash": """
        X............... - - - X............... - - -
        X............... - X.......X....... X...............""",
    "kick": """
        X.......X....... X.......X....... X.......X....... X.......X.......
        X.......X....... X.......X....... X.......X....... X...X...X.......
        X...X...X...X... X...X...X...X... X.......X....... X...............""",
    "snare": """
        ....x.......x.o. ....x.......x... ....x.......x.o. ....x.......xoxo
        ....x.......x.o. ....x.......x... ....x.......x.o. ....x...xoxoX...
        ....x..o....x..o ....x..oxoxoxxxx X.......X....... ooooxxxx........""",
}

# The clarinet's last note glides up an octave into the tutti; its synthesizer is told so (RPN 0).
GLIDE_BEATS = (30.0, 32.0)
GLIDE_STEPS, GLIDE_SEMITONES = 32, 12.0


def score() -> Score:
    """Return the piece."""
    melody = music(FIRST) + _later(music(SECOND), 16.0)
    loud_melody = _later(melody, 32.0) + _later(music(LAST, velocity=104), 64.0)
    offbeats = _offbeats(FIRST_CHORDS) + " | " + _offbeats(SECOND_CHORDS)
    bass = music(f"{FIRST_BASS} | {SECOND_BASS}")
    whole_bass = bass + _later(bass, 32.0) + _later(music(LAST_BASS), 64.0)
    end = f"{_offbeats(LAST_CHORDS)} | {HITS}"
    trombone = _later(music(f"{FIRST_BASS} | {SECOND_BASS}", gate=0.8), 32.0)
    trombone = _up(trombone, 12) + _later(
        music("B2:4 r F#2:2 | B2:1 | B3:4'! r F#3'! r | B2:1!"), 64.0
    )
    return Score(
        tracks=(
            Track("bassoon", 0, 70, _loud(_before(melody, 16.0), 72)),
            Track("cellos", 1, 45, _loud(melody, 68) + _loud(loud_melody, 96)),
            Track("double basses", 2, 43, _loud(whole_bass, 84)),
            Track("clarinet", 3, 71, _loud(_up(_from(melody, 16.0), 12), 80), bends=_glide()),
            Track("violas", 4, 45, _loud(_later(music(_offbeats(SECOND_CHORDS)), 16.0), 60)),
            Track("violins", 5, 48, _loud(_up(loud_melody, 12), 104)),
            Track("flute", 6, 73, _loud(_up(loud_melody, 24), 92)),
            Track("horns", 7, 60, _loud(_later(music(f"{offbeats} | {end}"), 32.0), 78)),
            Track("trumpet", 8, 56, _loud(_up(_from(loud_melody, 48.0), 12), 98)),
            Track("trombone", 10, 57, _loud(trombone, 100)),
            Track("timpani", 11, 47, _later(music(TIMPANI, velocity=92), 32.0)),
            Track("percussion", 9, 0, _later(drums(DRUMS), 32.0)),
        ),
        tempos=(
            Tempo(0.0, 120.0),
            Tempo(16.0, 126.0),
            Tempo(32.0, 138.0),
            Tempo(48.0, 146.0),
            Tempo(64.0, 156.0),
            Tempo(72.0, 132.0),
            Tempo(73.0, 116.0),
            Tempo(74.0, 100.0),
            Tempo(75.0, 84.0),
            Tempo(76.0, 72.0),
        ),
        end_beats=BARS * 4.0,
        key="Bm",
    )


def _offbeats(chords: tuple[str, ...]) -> str:
    halves = [f"r:8 {chord}' r {chord}'" for chord in chords]
    return " | ".join(" ".join(halves[bar : bar + 2]) for bar in range(0, len(halves), 2))


def _glide() -> tuple[Bend, ...]:
    start, end = GLIDE_BEATS
    steps = [
        Bend(start + (end - start) * step / GLIDE_STEPS, GLIDE_SEMITONES * step / GLIDE_STEPS)
        for step in range(1, GLIDE_STEPS)
    ]
    return (*steps, Bend(end, 0.0))


def _later(notes: tuple[Note, ...], beats: float) -> tuple[Note, ...]:
    return tuple(replace(note, onset_beats=note.onset_beats + beats) for note in notes)


def _up(notes: tuple[Note, ...], semitones: int) -> tuple[Note, ...]:
    return tuple(replace(note, pitch=note.pitch + semitones) for note in notes)


def _loud(notes: tuple[Note, ...], velocity: int) -> tuple[Note, ...]:
    """Move all velocities so that an unmarked note has `velocity`; accents keep their distance."""
    plain = min(note.velocity for note in notes)
    return tuple(
        replace(note, velocity=min(127, note.velocity - plain + velocity)) for note in notes
    )


def _before(notes: tuple[Note, ...], beat: float) -> tuple[Note, ...]:
    return tuple(note for note in notes if note.onset_beats < beat)


def _from(notes: tuple[Note, ...], beat: float) -> tuple[Note, ...]:
    return tuple(note for note in notes if note.onset_beats >= beat)
