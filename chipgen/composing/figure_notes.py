"""Reads a figure's notes: what is struck together, a voice's line, its register, its end."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final

from chipgen.composing.figures import Figure
from chipgen.composing.lent_bars import notes_within
from chipgen.music.score import Note
from chipgen.understand.ending import Ending

_PIANO: Final = (21, 108)
_ROOM_BELOW: Final = 4  # semitones that a figure may leave its reach by
_OUT_OF_REACH: Final = 7  # semitones above all that a part played before, by which it ends
_TOGETHER_BEATS: Final = 1 / 16


def clusters(notes: Sequence[Note]) -> Iterator[list[Note]]:
    """Yield the notes that begin together, from the lowest up."""
    cluster: list[Note] = []
    for note in sorted(notes):
        if cluster and note.onset_beats - cluster[0].onset_beats > _TOGETHER_BEATS:
            yield sorted(cluster, key=lambda n: n.pitch)
            cluster = []
        cluster.append(note)
    if cluster:
        yield sorted(cluster, key=lambda n: n.pitch)


def played_otherwise(notes: Sequence[Note], length: float) -> list[Note]:
    """Return a bar of a figure for another section: an arpeggio turned round, or chords held.

    In each half of the bar an arpeggio's pitches come in the opposite order; of chords the first
    one is held. What is neither stays as it is.

    Parameters
    ----------
    notes
        Onsets counted from the bar line.
    length
        Of the bar.
    """
    played: list[Note] = []
    for begin, end in ((0.0, length / 2), (length / 2, length)):
        half = [note for note in notes if begin - 1e-6 <= note.onset_beats < end - 1e-6]
        struck = list(clusters(half))
        sizes = {len(cluster) for cluster in struck}
        if sizes == {1}:
            pitches = [note.pitch for note in sorted(half)][::-1]
            half = [
                replace(note, pitch=pitch)
                for note, pitch in zip(sorted(half), pitches, strict=True)
            ]
        elif sizes and min(sizes) > 1:
            half = [replace(note, duration_beats=end - note.onset_beats) for note in struck[0]]
        played += half
    return played


def count_strokes(notes: Sequence[Note]) -> int:
    """Return at how many places notes begin."""
    return sum(1 for _ in clusters(notes))


def span_of(notes: Sequence[Note]) -> tuple[int, int]:
    """Return the lowest and the highest pitch of some notes; 0 if there are none."""
    pitches = [note.pitch for note in notes]
    return min(pitches, default=0), max(pitches, default=0)


def is_end(figure: Figure, ending: Ending) -> bool:
    """Whether a figure leaves its register in the seed's last bar, as it may to end."""
    at = [
        [note.pitch for note in notes_within(figure.notes, beat, ending.bar_beats)]
        for beat in map(ending.pattern_start, range(ending.pattern_bars))
    ]
    before = [pitch for bar in at[:-1] for pitch in bar]
    return bool(before and at[-1]) and max(at[-1]) > max(before) + _OUT_OF_REACH


def line_of(notes: Sequence[Note], role: str, *, has_bass: bool) -> list[Note]:
    """Return the line that a chip's voice plays of a figure: its lowest notes, or inner ones."""
    line = []
    for _, together in groupby(notes, key=lambda note: round(note.onset_beats * 24)):
        chord = sorted(together, key=lambda note: note.pitch)
        at = 0 if role == "bass" else len(chord) // 2 if has_bass else len(chord) - 1
        line.append(chord[at])
    return line


def within_reach(pitch: int, figure: Figure) -> int:
    """Return a pitch that was moved, by octaves in a figure's reach; effects stay as they are.

    It goes little below what the figure plays in the seed, where chords are mud, and no higher than
    a piano.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> figure = SimpleNamespace(is_fixed=False, low=40)
    >>> [within_reach(pitch, figure) for pitch in (30, 36, 60, 110)]
    [42, 36, 60, 98]
    """
    if figure.is_fixed:
        return pitch
    low = max(_PIANO[0], figure.low - _ROOM_BELOW)
    if pitch < low:
        return pitch + 12 * -(-(low - pitch) // 12)
    return pitch - 12 * -(-(max(pitch, _PIANO[1]) - _PIANO[1]) // 12)
