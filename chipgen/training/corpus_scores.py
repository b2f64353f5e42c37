"""Labelled scores of music21's corpus: chorales and string quartets by composers long dead.

Their first part is the tune and their last the bass. Names and programs are taken away, and the
parts are given as they are, two and two on a staff, or all on one.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from chipgen.errors import ChipgenError
from chipgen.music.formats import read_score
from chipgen.music.score import Score, Track
from chipgen.training.labelled_scores import LabelledScore
from synth.extras import needs_extra

WORKS: Final = (
    *(f"bach/bwv{number}" for number in (
        "10.7", "101.7", "102.7", "104.6", "108.6", "110.7", "111.6", "114.7", "115.6", "116.6",
        "117.4", "119.9", "120.6", "122.6", "125.6",
    )),
    *(f"haydn/opus1no1/movement{number}" for number in (1, 2, 3)),
    *(f"mozart/k155/movement{number}" for number in (1, 2)),
    "beethoven/opus18no1/movement2",
)  # fmt: skip
LAYOUTS: Final = {"parts": 1, "two parts a staff": 2, "one staff": 64}


def read_corpus(
    layout: str, *, progress: Callable[[str], None] | None = None
) -> list[LabelledScore]:
    """Read the works, their parts merged as a layout says.

    Parameters
    ----------
    layout
        A key of `LAYOUTS`.
    progress
        Called with each work before it is read.

    Raises
    ------
    ChipgenError
        If music21 is not installed, or has none of the works.
    """
    with needs_extra("corpora", "scoring music21's corpus"):
        from music21 import corpus
        from music21.exceptions21 import CorpusException
    found = []
    for work in WORKS:
        if progress is not None:
            progress(work)
        try:
            score = read_score(corpus.getWork(work, fileExtensions=[".mxl"]))
        except (CorpusException, ChipgenError):  # editions of music21 differ
            continue
        found.append(merge_parts(score, LAYOUTS[layout]))
    if not found:
        raise ChipgenError("music21 came without its corpus; install chipgen[corpora] again")
    return found


def merge_parts(score: Score, together: int) -> LabelledScore:
    """Label the first part tune and the last bass, take names and programs away, and merge parts.

    Parameters
    ----------
    score
        Has a track for each part.
    together
        So many neighbouring parts share a track.
    """
    parts = [track for track in score.tracks if track.notes]
    told = {0: "tune", len(parts) - 1: "bass"}
    tracks: list[Track] = []
    labels: dict[tuple[int, int], str] = {}
    for first in range(0, len(parts), together):
        pairs = sorted(
            (note, told.get(first + k, ""))
            for k, part in enumerate(parts[first : first + together])
            for note in part.notes
        )
        for index, (_, label) in enumerate(pairs):
            if label:
                labels[len(tracks), index] = label
        notes = tuple(note for note, _ in pairs)
        tracks.append(Track("", len(tracks) % 9, 0, notes))
    return LabelledScore(replace(score, tracks=tuple(tracks)), labels)
