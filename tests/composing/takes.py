"""Continuations that several tests look at."""

from chipgen.music.score import Note, Score, Track

C_MAJOR = {0, 2, 4, 5, 7, 9, 11}


def composed(score: Score, start: float) -> list[tuple[int, Note]]:
    """Return (track, note) of what begins at or after `start`."""
    return [
        (index, note)
        for index, track in enumerate(score.tracks)
        for note in track.notes
        if note.onset_beats >= start - 1e-6
    ]


def tune_in_voices(bars: int) -> Score:
    """Return a tune over chords C F G C in the chip's four voices, in 4/4 at 120."""
    roots = [48, 53, 55, 48]
    lead, second, bass, drums = [], [], [], []
    for bar in range(bars):
        root, at = roots[bar % 4], 4.0 * bar
        steps = (0, 4, 7, 4, 12, 7, 4, 7) if bar % 8 < 4 else (12, 7, 4, 0, 4, 7, 12, 16)
        lead += [Note(at + k / 2, 0.45, root + 24 + step, 100) for k, step in enumerate(steps)]
        second += [Note(at + k, 0.9, root + 12 + (4, 7)[k % 2], 80) for k in range(4)]
        bass += [Note(at + k, 0.9, root - 12, 100) for k in (0, 2)]
        drums += [Note(at + k, 0.2, (36, 38)[k % 2], 100) for k in range(4)]
    tracks = (
        Track("lead", 0, 0, tuple(lead), role="p1"),
        Track("second", 1, 0, tuple(second), role="p2"),
        Track("bass", 2, 0, tuple(bass), role="tr"), Track("drums", 9, 0, tuple(drums)),
    )  # fmt: skip
    return Score(tracks, end_beats=4.0 * bars)
