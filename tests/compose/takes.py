"""Continuations that several tests look at."""

from chipgen.music.score import Note, Score

C_MAJOR = {0, 2, 4, 5, 7, 9, 11}


def composed(score: Score, start: float) -> list[tuple[int, Note]]:
    """Return (track, note) of what begins at or after `start`."""
    return [
        (index, note)
        for index, track in enumerate(score.tracks)
        for note in track.notes
        if note.onset_beats >= start - 1e-6
    ]
