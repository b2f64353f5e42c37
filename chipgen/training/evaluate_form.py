"""Measures phrases and sections on POP909's test songs, whose form two people have annotated.

The annotations are those of Dai, Zhang and Dannenberg's hierarchical structure analysis of POP909.
A song's folder has `human_label1.txt` and `human_label2.txt`, in each a text such as ``i4A8B8``
(phrases by name, with their lengths in bars of four beats), and `melody.txt`, the tune in those
bars.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.dataset.parallel import map_songs
from chipgen.dataset.pop909 import Pop909Song, list_test_songs, read_annotation, read_pop909
from chipgen.errors import ChipgenError
from chipgen.labels.label_piece import label_prompt
from chipgen.rows.prompt import Prompt
from chipgen.training.comparison import Cell, Table

BAR_BEATS: Final = 4
_PHRASE_BARS: Final = 4
_LEAST_MET: Final = 0.7  # share of the annotated tune that is found in the song, or it is left out
_MOST_BARS: Final = 2000
_MOST_MOVED: Final = 64  # beats between the annotation's first bar line and the song's first beat


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """The form of a song in B bars of four beats.

    Attributes
    ----------
    begins
        Whether a phrase begins with the bar; bool, shape (B,).
    section
        Bars of one number are of one section; int64, shape (B,).
    """

    begins: NDArray[np.bool_]
    section: NDArray[np.int64]

    @classmethod
    def parse(cls, text: str) -> "Form":
        """Read an annotation; unnamed phrases (i, o, x, X) are each a section of their own.

        Raises
        ------
        ValueError
            If it is of another form, or longer than any song.

        Examples
        --------
        >>> Form.parse("A2A2x1").section.tolist()
        [0, 0, 0, 0, 2]
        """
        text = text.strip()
        if not re.fullmatch(r"([A-Za-z][0-9]{1,3})+", text):
            raise ValueError(f"'{text[:40]}' is no form such as i4A8B8")
        begins: list[bool] = []
        section: list[int] = []
        numbers: dict[str, int] = {}
        for place, (name, bars) in enumerate(re.findall(r"([A-Za-z])([0-9]+)", text)):
            key = name if name not in "ioxX" else str(place)
            number = numbers.setdefault(key, place)
            begins += [bar == 0 for bar in range(int(bars))]
            section += [number] * int(bars)
        if not 0 < len(section) <= _MOST_BARS:
            raise ValueError(f"{len(section)} bars; expected 1 to {_MOST_BARS}")
        return cls(np.array(begins, dtype=np.bool_), np.array(section, dtype=np.int64))


def evaluate_form(
    folder: Path, annotations: Path, *, every: int = 1, progress: bool = False
) -> list[Table]:
    """Measure phrases and sections on POP909's test songs.

    Beside the labels stand two answers that have not heard the song (phrases of four bars; all of
    one section), and what the second person annotated, each measured by the first one's.

    Parameters
    ----------
    folder
        POP909 as its repository has it.
    annotations
        Holds a folder for each song, such as ``007/human_label1.txt``.
    every
        Every how many-th test song.
    progress
        Whether a bar is drawn on standard error.

    Raises
    ------
    ChipgenError
        If no test song has annotations that fit it.
    """
    judge = partial(judge_song, annotations=annotations)
    paths = list_test_songs(folder)[::every]
    found = map_songs(judge, paths, "form", progress=progress)
    songs = [song for song in found if song is not None]
    if not songs:
        raise ChipgenError(
            f"{annotations} holds no annotated form of a test song, such as 007/human_label1.txt "
            "with 007/melody.txt"
        )
    rows: list[list[Cell]] = []
    for name in songs[0]:
        begins, pairs = (np.sum([song[name][part] for song in songs], axis=0) for part in range(2))
        rows.append([name, *_shares(begins), *_shares(pairs)])
    bars = sum(int(song[_OURS][2][0]) for song in songs)
    header = ["", "phrase begins: right", "found", "F1", "pairs of bars of one section: right",
              "found", "F1 "]  # fmt: skip
    caption = f"form of {len(songs)} songs, {bars:,} bars:"
    return [Table(caption, header, rows, ["", *["{:.2f}"] * 6])]


_OURS: Final = "labels"
Counts = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]
"""Both, found and told, of phrase begins and of pairs of bars; and the number of bars."""


def judge_song(path: Path, annotations: Path) -> dict[str, Counts] | None:
    """Compare a song's form with its annotation.

    Returns
    -------
    dict or None
        `Counts` of each answer; None if the song is not annotated, or its tune is another one.
    """
    home = annotations / path.stem
    labels, melody = [home / f"human_label{k}.txt" for k in (1, 2)], home / "melody.txt"
    if not all(file.exists() for file in (*labels, melody)):
        return None
    try:
        first, second = (Form.parse(read_annotation(file)) for file in labels)
        tune = read_tune(read_annotation(melody))
    except ValueError as error:
        raise ChipgenError(f"{home}: {error}") from error
    song = read_pop909(path)
    at = find_first_bar(song, tune)
    if at is None:
        return None
    bars = len(first.section)
    ours = label_form(song, at, bars)
    square = Form(np.arange(bars) % _PHRASE_BARS == 0, np.zeros(bars, dtype=np.int64))
    other = Form(np.resize(second.begins, bars), np.resize(second.section, bars))
    answers = {_OURS: ours, "four bars, one section": square, "the second person": other}
    return {name: _compare(form, first) for name, form in answers.items()}


def label_form(song: Pop909Song, first_bar: float, bars: int) -> Form:
    """Return the labels' form of a song in bars of four beats from `first_bar`, in beats."""
    prompt = Prompt.of(song.score)
    labels = label_prompt(prompt)
    edges = prompt.encoded.edges_beats
    starts = np.interp(labels.lines.starts[:-1], np.arange(len(edges)), edges)
    begins = np.zeros(bars, dtype=np.bool_)
    at = np.rint((starts[labels.phrase_place == 0] - first_bar) / BAR_BEATS).astype(np.int64)
    begins[at[(at >= 0) & (at < bars)]] = True
    middles = first_bar + BAR_BEATS * (np.arange(bars) + 0.5)
    inside = np.clip(np.searchsorted(starts, middles, side="right") - 1, 0, len(starts) - 1)
    return Form(begins, labels.section[inside].astype(np.int64))


def find_first_bar(song: Pop909Song, tune: set[tuple[int, int]]) -> float | None:
    """Return the beat at which the annotation's bars begin, from where its tune lies in the song.

    Parameters
    ----------
    song
        In its own beats.
    tune
        From `read_tune`.

    Returns
    -------
    float or None
        None if the song does not hold the tune.
    """
    heard = {
        (round(4 * note.onset_beats), note.pitch) for track in song.score.tracks
        if track.name.upper() == "MELODY" for note in track.notes
    }  # fmt: skip
    if not tune or not heard:
        return None
    # A sixteenth away is near: the two were put on their grids by different people.
    wide = {(at + away, pitch) for at, pitch in heard for away in (-1, 0, 1)}
    met = {
        4 * beat: sum((at + 4 * beat, pitch) in wide for at, pitch in tune)
        for beat in range(-_MOST_MOVED, _MOST_MOVED + 1)
    }
    best = max(met, key=lambda moved: (met[moved], -abs(moved)))
    return best / 4 if met[best] >= _LEAST_MET * len(tune) else None


def read_tune(text: str) -> set[tuple[int, int]]:
    r"""Return the sixteenth at which each note begins, and its pitch.

    Parameters
    ----------
    text
        Lines of a pitch, 0 for a rest, and its length in sixteenths.

    Raises
    ------
    ValueError
        If a line is of another form.

    Examples
    --------
    >>> sorted(read_tune("60 4\n0 2\n62 1\n"))
    [(0, 60), (6, 62)]
    """
    notes = set()
    at = 0
    for line in text.split("\n"):
        if line.strip():
            pitch, length = map(int, line.split())
            if pitch:
                notes.add((at, pitch))
            at += length
    return notes


def _compare(found: Form, told: Form) -> Counts:
    """Count phrase begins but the first bar's, and pairs of bars of one section."""
    same, alike = (form.section[:, None] == form.section[None, :] for form in (found, told))
    above = np.triu(np.ones(same.shape, dtype=np.bool_), 1)
    a, b = found.begins[1:], told.begins[1:]
    return (
        np.array([(a & b).sum(), a.sum(), b.sum()]),
        np.array([(same & alike & above).sum(), (same & above).sum(), (alike & above).sum()]),
        np.array([len(told.begins)]),
    )


def _shares(counts: Sequence[int] | NDArray[np.int64]) -> list[Cell]:
    """Return precision, recall and their harmonic mean."""
    both, found, told = (float(count) for count in counts)
    right, met = both / max(1.0, found), both / max(1.0, told)
    return [right, met, 2 * right * met / max(1e-9, right + met)]
