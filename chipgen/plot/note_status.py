"""Marks on the piano roll what became of notes, and lists the reasons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from chipgen.arranging import Placement, group_changes
from chipgen.music.score import Score

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LOST, SHARED, INK = "#D50000", "#6D6D6D", "#333333"
MARKS: Final = {"dropped": "x", "doubled": "o", "folded": r"$\updownarrow$", "arpeggiated": "_"}
ORDER: Final = ("dropped", "folded", "doubled", "arpeggiated")

MOST_REASONS: Final = 12  # lines below the picture; `chipgen arrange --report` has them all
MOST_NUMBERED: Final = 160  # crosses with their reason's number beside them
_NAMES_SHOWN: Final = 3
_LONGEST_TEXT: Final = 97  # characters of half a line


@dataclass(frozen=True, slots=True)
class Reason:
    """One line of the list: what was done to which notes, and why.

    Attributes
    ----------
    number
        From 1; notes that were dropped bear it.
    what
        One of `ORDER`.
    text
        The line, without the number.
    placements
        The notes.
    """

    number: int
    what: str
    text: str
    placements: tuple[Placement, ...]


def list_reasons(score: Score, placements: Sequence[Placement]) -> tuple[Reason, ...]:
    """Gather the changes to notes over all tracks: lost notes first, then by number of notes.

    A note that was both arpeggiated and folded counts as arpeggiated, its reason says both.
    """
    gathered: dict[tuple[str, str], list[Placement]] = {}
    for change in group_changes(placements):
        gathered.setdefault((change.what, change.reason), []).extend(change.placements)
    ranked = sorted(
        gathered.items(),
        key=lambda item: (ORDER.index(item[0][0]), -len(item[1]), item[0][1]),
    )
    return tuple(
        Reason(number, what, _line(score, what, why, notes), tuple(notes))
        for number, ((what, why), notes) in enumerate(ranked, 1)
    )


def draw_lost(
    axes: "Axes", reasons: Sequence[Reason], height: Mapping[int, float | None], *, numbered: bool
) -> None:
    """Mark dropped notes with crosses, beside them the number of their reason.

    Parameters
    ----------
    axes
        A lane of the picture.
    reasons
        As `list_reasons` gives them.
    height
        For each track that has a place in this lane: where crosses stand, None for their pitch.
    numbered
        Whether there is room for numbers.
    """
    numbers: dict[tuple[float, float], list[int]] = {}
    for reason in reasons:
        for place in reason.placements if reason.what == "dropped" else ():
            if place.track in height:
                at = height[place.track]
                found = numbers.setdefault((place.start_s, place.pitch if at is None else at), [])
                found += [reason.number] if reason.number not in found else []
    if not numbers:
        return
    x, y = np.array(list(numbers)).T
    axes.scatter(x, y, marker="x", s=24, linewidths=1.3, color=LOST, zorder=6)
    for point, found in numbers.items() if numbered else ():
        axes.annotate(
            ",".join(map(str, found)), point, (3.5, -5.0), textcoords="offset points",
            fontsize=6.5, color=LOST, zorder=6, clip_on=True,
        )  # fmt: skip


def draw_moved(
    axes: "Axes", score: Score, placements: Sequence[Placement], colours: Mapping[str, str]
) -> None:
    """Draw folded notes as dashed frames where they were written, with arrows to where they are."""
    from matplotlib.collections import LineCollection, PolyCollection
    from matplotlib.colors import to_rgba

    frames, edges, arrows, heads = [], [], [], []
    for place in placements:
        if not place.folded_semitones or place.voice not in colours:
            continue
        note = score.tracks[place.track].notes[place.index]
        left = place.start_s
        right = max(float(score.beats_to_seconds(note.end_beats)), left + 1e-3)
        low, high = place.pitch - 0.42, place.pitch + 0.42
        frames.append([(left, low), (right, low), (right, high), (left, high)])
        edges.append(to_rgba(colours[place.voice], 0.9))
        target = place.pitch + place.folded_semitones
        middle = (left + right) / 2
        arrows.append([(middle, place.pitch), (middle, target)])
        heads.append((middle, target, place.folded_semitones > 0))
    axes.add_collection(
        PolyCollection(
            frames, facecolors="none", edgecolors=edges, linewidths=0.9, linestyles="dashed",
            zorder=3.5,
        ),
        autolim=False,
    )  # fmt: skip
    axes.add_collection(
        LineCollection(arrows, colors=[(*edge[:3], 0.45) for edge in edges], linewidths=0.8,
                       zorder=2.8),
        autolim=False,
    )  # fmt: skip
    for upwards, marker in ((True, "^"), (False, "v")):
        points = [(x, y) for x, y, up in heads if up == upwards]
        if points:
            x, y = np.array(points).T
            axes.scatter(x, y, marker=marker, s=14, color=INK, linewidths=0, zorder=6)


def draw_doubled(axes: "Axes", placements: Sequence[Placement]) -> None:
    """Draw notes that another voice has already as small rings at their onset."""
    points = [(place.start_s, place.pitch) for place in placements if place.status == "doubled"]
    if points:
        x, y = np.array(points).T
        axes.scatter(
            x, y, marker="o", s=10, facecolors="none", edgecolors=SHARED, linewidths=0.7, zorder=5
        )


def list_below(axes: "Axes", reasons: Sequence[Reason]) -> None:
    """Print the reasons in two columns."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Rectangle

    axes.set_axis_off()
    axes.set_xlim(0, 1)
    shown = reasons[:MOST_REASONS]
    rows = rows_below(reasons)
    axes.set_ylim(rows - 0.5, -0.5)
    texts = [f"({reason.number}) {reason.text}" for reason in shown]
    marks = [(MARKS[reason.what], LOST if reason.what == "dropped" else INK) for reason in shown]
    if len(reasons) > len(shown):
        rest = sum(len(reason.placements) for reason in reasons[len(shown) :])
        texts.append(f"further reasons: {len(reasons) - len(shown)}, for {_notes(rest)}")
        marks.append(("", INK))
    for at, (text, (mark, colour)) in enumerate(zip(texts, marks, strict=True)):
        left, row = 0.5 * (at // rows), at % rows
        if mark:
            axes.add_line(
                Line2D(
                    [left + 0.006], [row], marker=mark, color=colour, linestyle="none",
                    markersize=5.5, markerfacecolor="white" if mark == "o" else colour,
                )
            )  # fmt: skip
        line = axes.text(
            left + 0.016, row, text, fontsize=8.5, color=INK, va="center_baseline", clip_on=True
        )
        half = Rectangle((left, -0.5), 0.495, rows, transform=axes.transData)
        line.set_clip_path(half)  # names in wide letters end where the other column begins


def rows_below(reasons: Sequence[Reason]) -> int:
    """Return how many lines `list_below` needs."""
    return -(-min(len(reasons), MOST_REASONS + 1) // 2)


def _line(score: Score, what: str, why: str, placements: Sequence[Placement]) -> str:
    tracks = dict.fromkeys(place.track for place in placements)
    names = [score.tracks[k].name.strip() or f"track {k}" for k in tracks]
    whose = ", ".join(names[:_NAMES_SHOWN]) + (" and others" if len(names) > _NAMES_SHOWN else "")
    text = f"{_notes(len(placements))} {what}: {why or 'no reason given'} ({whose})"
    text = text.replace("$", r"\$")  # matplotlib's sign for formulas
    return text if len(text) <= _LONGEST_TEXT else f"{text[: _LONGEST_TEXT - 1]}…"


def _notes(count: int) -> str:
    return "1 note" if count == 1 else f"{count} notes"
