"""A piece of chords in bars."""

from chipgen.music.score import Meter, Note, Score, Tempo, Track

TRIADS = {
    "C": (60, 64, 67), "F": (60, 65, 69), "G": (59, 62, 67), "Am": (57, 60, 64),
    "Dm": (62, 65, 69), "Em": (59, 64, 67), "Bb": (58, 62, 65), "A": (57, 61, 64),
}  # fmt: skip


ROOTS = {"C": 36, "F": 41, "G": 43, "A": 45, "D": 38, "E": 40, "B": 46}


def progression(names: list[str], beats: float = 4.0, meters: tuple[Meter, ...] = ()) -> Score:
    """Return a score in which a piano plays a chord a bar over its root, and a tune its notes."""
    piano, bass, tune = [], [], []
    for bar, name in enumerate(names):
        at = bar * beats
        chord = TRIADS[name]
        root = ROOTS[name[0]]
        piano += [Note(at, beats, pitch) for pitch in chord]
        bass += [Note(at + k * beats / 2, beats / 2, root) for k in range(2)]
        tune += [Note(at + k, 1.0, chord[k % 3] + 12) for k in range(int(beats))]
    tracks = (
        Track("tune", 0, 80, tuple(tune)),
        Track("piano", 1, 0, tuple(sorted(piano))),
        Track("bass", 2, 33, tuple(bass)),
    )
    meter = meters or (Meter(0.0, int(beats), 4),)
    return Score(tracks, (Tempo(0.0, 120.0),), meter, end_beats=len(names) * beats)
