"""Draws the lower panel of a picture: the chords, keys and form that are heard."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from chipgen.errors import ChipgenError
from chipgen.labels.chord_names import NO_CHORD, QUALITIES, chord_name
from chipgen.labels.describe_labels import key_of, section_letter, usual_key
from chipgen.labels.label_piece import label_prompt
from chipgen.labels.row_labels import RowLabels
from chipgen.music.score import Score
from chipgen.rows.prompt import Prompt

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LANES: Final = ("form", "key", "chords")  # from below
_INK: Final = "#333333"
_LETTER_SHARE: Final = 0.009  # of the picture's width that a letter takes


@dataclass(frozen=True, slots=True, eq=False)
class HeardLabels:
    """The labels of a piece, and when its rows are.

    Attributes
    ----------
    labels
        Of T rows.
    edges_s
        Seconds at which each row begins, and the last one ends; float64, shape (T + 1,).
    """

    labels: RowLabels
    edges_s: NDArray[np.float64]

    @classmethod
    def of(cls, score: Score) -> "HeardLabels | None":
        """Label a score; None if nothing in it has a pitch."""
        try:
            prompt = Prompt.of(score)
            labels = label_prompt(prompt)
        except ChipgenError:
            return None
        return cls(labels, np.asarray(score.beats_to_seconds(prompt.encoded.edges_beats)))

    def seconds(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return when rows begin, those beyond the piece as its ends."""
        last = len(self.edges_s) - 1
        times: NDArray[np.float64] = self.edges_s[rows.clip(0, last)]
        return times


def draw_labels(axes: "Axes", heard: HeardLabels | None, begin_s: float, end_s: float) -> None:
    """Draw chords by half bar, paler where they are less sure, keys, and phrases by section."""
    from matplotlib import colormaps

    axes.set_ylim(0.0, len(LANES))
    axes.set_yticks(np.arange(len(LANES)) + 0.5, list(LANES))
    if heard is None:
        return
    labels = heard.labels
    halves = heard.seconds(labels.lines.halves)
    bars = heard.seconds(labels.lines.starts)
    main_key = usual_key(labels)
    roots, sections = colormaps["twilight"], colormaps["Pastel1"]
    for first, last in _runs(labels.chord):
        chord = int(labels.chord[first])
        sure = float(labels.chord_confidence[first:last].mean())
        root = (chord - 1) // len(QUALITIES) * 7 % 12  # neighbours in fifths look alike
        colour = "#BBBBBB" if chord == NO_CHORD else roots((root + 0.5) / 12)
        name = "" if chord == NO_CHORD else chord_name(chord, main_key)
        _block(axes, 2, (halves[first], halves[last]), (begin_s, end_s), name, colour, sure)
    for first, last in _runs(labels.key):
        key = int(labels.key[first])
        name = key_of(key).name
        sure = float(labels.keys[first:last, key].mean())
        colour = roots((key // 2 * 7 % 12 + 0.5) / 12)
        _block(axes, 1, (bars[first], bars[last]), (begin_s, end_s), name, colour, sure)
    phrase = np.arange(len(labels.section)) - labels.phrase_place
    for first, last in _runs(phrase):
        section = int(labels.section[first])
        colour = sections(section % 9)
        name = section_letter(section)
        _block(axes, 0, (bars[first], bars[last]), (begin_s, end_s), name, colour, 1.0)


def _runs(values: NDArray[np.integer]) -> Iterator[tuple[int, int]]:
    """Yield where each run of equal values begins and ends."""
    edges = [0, *(np.flatnonzero(np.diff(values)) + 1).tolist(), len(values)]
    yield from pairwise(edges)


def _block(
    axes: "Axes",
    lane: int,
    at_s: tuple[float, float],
    shown_s: tuple[float, float],
    name: str,
    colour: object,
    sure: float,
) -> None:
    """Draw one label in a lane, with its name if there is room."""
    left, right = max(at_s[0], shown_s[0]), min(at_s[1], shown_s[1])
    if left >= right:
        return
    axes.barh(
        lane + 0.5, right - left, 0.9, left, color=colour, alpha=0.15 + 0.6 * sure,
        edgecolor="#FFFFFF", linewidth=0.8,
    )  # fmt: skip
    if (right - left) / (shown_s[1] - shown_s[0]) >= _LETTER_SHARE * len(name):
        axes.text(
            (left + right) / 2, lane + 0.5, name, ha="center", va="center", fontsize=8,
            color=_INK, clip_on=True,
        )  # fmt: skip
