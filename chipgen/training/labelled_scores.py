"""Scores whose notes have labels: tune, bass, or a class of drums.

In a folder of files the tracks say it themselves: one named melody, lead or vocal holds the tune,
one that is named or programmed as a bass holds the bass.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from chipgen.errors import ChipgenError
from chipgen.music.formats import read_score, read_suffixes
from chipgen.music.score import Score, Track
from chipgen.understand.programs import BASSES, EFFECTS
from chipgen.understand.track_names import is_patch_name, named_role

DRUM_CLASSES: Final[dict[str, frozenset[int]]] = {
    "kick": frozenset({35, 36}),
    "snare": frozenset({37, 38, 39, 40}),
    "hi-hat": frozenset({42, 44, 46}),
    "tom": frozenset({41, 43, 45, 47, 48, 50}),
    "cymbal": frozenset({49, 51, 52, 53, 55, 57, 59}),
}
OTHER_DRUM: Final = "drum"  # of no class
EFFECT: Final = "effect"  # a sound that may be left out, or played as a drum


@dataclass(frozen=True, slots=True)
class LabelledScore:
    """A score and what is known of its notes.

    Attributes
    ----------
    score
        The piece, as an arranger gets it.
    labels
        ``"tune"``, ``"bass"``, a key of `DRUM_CLASSES`, `OTHER_DRUM` or `EFFECT`, by (track, index)
        of a note; notes of which nothing is known are absent.
    kind
        What the piece tries, for tables; may be empty.
    """

    score: Score
    labels: Mapping[tuple[int, int], str]
    kind: str = ""


def label_by_names(score: Score) -> LabelledScore:
    """Label a score's notes by the names and programs of its tracks."""
    labels = {
        (position, index): label
        for position, track in enumerate(score.tracks)
        for index, note in enumerate(track.notes)
        if (label := drum_label(note.pitch) if track.plays_drums else _label(track))
    }
    return LabelledScore(score, labels)


def drum_label(key: int) -> str:
    """Return the class of a General MIDI drum.

    Examples
    --------
    >>> drum_label(36), drum_label(46), drum_label(75)
    ('kick', 'hi-hat', 'drum')
    """
    return next((word for word, keys in DRUM_CLASSES.items() if key in keys), OTHER_DRUM)


def without_names(score: Score) -> Score:
    """Return a score whose tracks have lost their names."""
    return score.with_tracks(tuple(replace(track, name="") for track in score.tracks))


def read_labelled(
    folder: Path, pattern: str = "*", *, progress: Callable[[Path], None] | None = None
) -> list[LabelledScore]:
    """Read the files of a folder that can be read, and label their notes by names.

    Parameters
    ----------
    folder
        Searched with its subfolders.
    pattern
        Which of its files, such as ``"*7.mid"``.
    progress
        Called with each file before it is read.

    Raises
    ------
    ChipgenError
        If there is no such folder, or it holds no file that can be read.
    """
    if not folder.is_dir():
        raise ChipgenError(f"{folder}: no such folder; name one that holds scores")
    suffixes = read_suffixes("score")
    paths = [
        path for path in sorted(folder.rglob(pattern))
        if path.is_file() and path.name.lower().endswith(suffixes)
    ]  # fmt: skip
    scores = []
    for path in paths:
        if progress is not None:
            progress(path)
        try:
            score = read_score(path)
        except ChipgenError:
            continue
        if any(track.notes for track in score.tracks):
            scores.append(label_by_names(score))
    if not scores:
        raise ChipgenError(f"{folder}: no file '{pattern}' can be read as a score")
    return scores


def _label(track: Track) -> str:
    """Return what a pitched track says of itself: tune, bass, a sound effect, or nothing."""
    name = named_role(track.name)
    if track.program in EFFECTS:
        return EFFECT
    if name == "bass" or (track.program in BASSES and name != "tune"):
        return "bass"
    return "tune" if name == "tune" and not is_patch_name(track.name) else ""
