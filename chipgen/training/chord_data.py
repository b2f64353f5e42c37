"""POP909 to half bars with their evidence and their chord: what the recogniser is fitted to."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.dataset.parallel import map_songs
from chipgen.dataset.pop909 import ChordSpan, read_pop909
from chipgen.errors import ChipgenError
from chipgen.labels.bar_lines import BarLines
from chipgen.labels.chords import chord_evidence
from chipgen.labels.pitched_notes import PitchedNotes
from chipgen.rows.prompt import Prompt

UNKNOWN: Final = -1
# Which notes are used: the chip's voices, all notes, or the first voice alone.
SOURCES: Final = ("voices", "score", "tune")
SINGLE: Final = "tune"


@dataclass(frozen=True, slots=True, eq=False)
class ChordSong:
    """The half bars of a song.

    Attributes
    ----------
    number
        Of the song.
    turned, plain
        From `chord_evidence`, by source.
    chord
        The chord that lasts longest in each half bar, `UNKNOWN` where there is none or it has no
        number; int64, shape (2 B,).
    """

    number: str
    turned: dict[str, NDArray[np.float64]]
    plain: dict[str, NDArray[np.float64]]
    chord: NDArray[np.int64]


def read_chord_songs(paths: Sequence[Path], *, progress: bool = False) -> list[ChordSong]:
    """Read songs of POP909, arranged for the chip's voices and as they are.

    Raises
    ------
    ChipgenError
        If a song cannot be read, or none has annotated chords.
    """
    found = map_songs(read_chord_song, paths, "reading", progress=progress)
    songs = [song for song in found if song is not None]
    if not songs:
        raise ChipgenError(
            "none of the songs has annotated chords: take POP909 as its repository has it, with "
            "chord_midi.txt beside each song"
        )
    return songs


def read_chord_song(path: Path) -> ChordSong | None:
    """Read a song; None if it has no chords."""
    song = read_pop909(path)
    if not song.chords:
        return None
    prompt = Prompt.of(song.score)
    piece = prompt.encoded
    lines = BarLines.known(song.score, piece)
    heard = {
        "voices": PitchedNotes.of_rows(piece.rows),
        "score": PitchedNotes.of_score(song.score, piece.edges_beats),
        "tune": PitchedNotes.of_rows(piece.rows, voices=(0,)),
    }
    evidence = {source: chord_evidence(notes, lines) for source, notes in heard.items()}
    edges = np.interp(lines.halves, np.arange(len(piece.edges_beats)), piece.edges_beats)
    return ChordSong(
        song.number,
        {source: turned for source, (turned, _) in evidence.items()},
        {source: plain for source, (_, plain) in evidence.items()},
        longest_chord(song.chords, edges),
    )


def longest_chord(chords: Sequence[ChordSpan], edges: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the chord that lasts longest between edges, in quarter notes; shape (spans,).

    Examples
    --------
    >>> spans = [ChordSpan(0.0, 3.0, 5), ChordSpan(3.0, 4.0, 7), ChordSpan(4.0, 6.0, None)]
    >>> longest_chord(spans, np.array([0.0, 2.0, 4.0, 6.0, 8.0])).tolist()
    [5, 5, -1, -1]
    """
    result = np.full(len(edges) - 1, UNKNOWN, dtype=np.int64)
    most = np.zeros(len(result))
    for chord in chords:
        both = np.minimum(edges[1:], chord.end) - np.maximum(edges[:-1], chord.start)
        longer = both > most + 1e-6
        most[longer] = both[longer]
        result[longer] = UNKNOWN if chord.chord is None else chord.chord
    return result
