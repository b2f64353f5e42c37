"""Tunes to cut into slices."""

from chipgen.music.score import Note, Score, Tempo, Track


def tune(pitch: int, beats: int = 40) -> Score:
    """Return a tune of one-beat notes over a held bass, at 120 beats a minute."""
    lead = tuple(Note(float(k), 1.0, pitch + k % 5) for k in range(beats))
    return Score(
        tracks=(Track("lead", 0, 80, lead), Track("bass", 1, 38, (Note(0, beats, 36),))),
        tempos=(Tempo(0, 120),),
        end_beats=float(beats),
    )
