"""Draws a song: a piano roll by voice above its waveform or spectrogram."""

import difflib
import math
import warnings
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from chipgen.arranging import Arrangement, Placement
from chipgen.composing import Composition
from chipgen.errors import ChipgenError, RequestError
from chipgen.music.score import Score
from chipgen.plot.label_panel import HeardLabels, draw_labels
from chipgen.plot.note_status import (
    INK,
    LOST,
    SHARED,
    list_below,
    list_reasons,
    rows_below,
)
from chipgen.plot.roll_panel import draw_noise, draw_roll
from chipgen.plot.sound_panel import draw_spectrogram, draw_waveform
from chipgen.printable import printable
from chipgen.request.values import Bars
from synth.atomic_write import atomic_path, check_writable
from synth.chip.voices import PITCHED, SCORED
from synth.extras import require_extra

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# What each picture format would otherwise stamp with the time or the program's version.
UNSTAMPED: Final[dict[str, dict[str, None]]] = {
    ".png": {"Software": None},
    ".svg": {"Date": None},
    ".pdf": {"CreationDate": None, "Producer": None, "Creator": None},
}
LOWER_PANELS: Final = ("spectrogram", "waveform", "labels")

MOST_BEATS, MOST_NUMBERS = 160, 32  # lines and labels that do not crowd the picture
LINE_INCHES: Final = 0.21  # of the list of reasons


@dataclass(frozen=True, slots=True)
class Picture:
    """What to draw.

    Attributes
    ----------
    score
        The piece, for its bars and beats.
    arrangement
        Its voices, and what became of notes that did not fit.
    samples
        Its sound, shape (frames,), full scale ±1.
    rate_hz
        Sample rate of `samples`.
    title
        Printed above.
    lower
        One of `LOWER_PANELS`.
    span_s
        Seconds to show; None for all.
    seed_end_s
        Where the seed ends and composing begins, to be marked; None for nowhere.
    heard
        What is drawn in the panel "labels"; None where nothing has a pitch.
    """

    score: Score
    arrangement: Arrangement
    samples: NDArray[np.float32]
    rate_hz: int
    title: str = ""
    lower: str = "spectrogram"
    span_s: tuple[float, float] | None = None
    seed_end_s: float | None = None
    heard: HeardLabels | None = None


def picture_of(
    take: Composition,
    arrangement: Arrangement,
    samples: NDArray[np.float32],
    rate_hz: int,
    *,
    title: str,
    lower: str,
    show: Bars | None = None,
) -> Picture:
    """Return what to draw of a take: its seed's end is marked, and its labels are heard if shown.

    Parameters
    ----------
    take
        The piece.
    arrangement, samples, rate_hz, title, lower
        As for `Picture`.
    show
        Bars to show, which are in the piece; None for all.
    """
    score = take.score
    seconds = score.beats_to_seconds([*score.bar_starts_beats(), score.end_beats]).tolist()
    return Picture(
        score=score,
        arrangement=arrangement,
        samples=samples,
        rate_hz=rate_hz,
        title=title,
        lower=lower,
        span_s=show and (seconds[show.first - 1], seconds[show.last]),
        seed_end_s=seconds[take.seed_bars] if take.generated_bars and take.seed_bars else None,
        heard=HeardLabels.of(score) if lower == "labels" else None,
    )


def check_picture(path: Path, *, overwrite: bool) -> None:
    """Refuse a picture file that cannot be written, before any long work begins.

    Raises
    ------
    ChipgenError, SynthError
        If the suffix is not one of `UNSTAMPED`, the file cannot or should not be written, or
        matplotlib is not installed.
    """
    if path.suffix.lower() not in UNSTAMPED:
        named = f"suffix {path.suffix!r}" if path.suffix else "a name without a suffix"
        near = difflib.get_close_matches(path.suffix.lower(), UNSTAMPED, 1)
        likely = f"did you mean {near[0]}? There are" if near else "end it in one of"
        raise RequestError(f"{path}: {named} is no picture format; {likely} {', '.join(UNSTAMPED)}")
    require_extra("plot", "drawing")
    check_writable(path, overwrite=overwrite)


def write_picture(path: Path, picture: Picture, *, overwrite: bool = False) -> None:
    """Draw a song into a file whose suffix names the format: the same song, the same bytes.

    Raises
    ------
    ChipgenError, SynthError
        As `check_picture`, or if there is nothing to draw.
    """
    check_picture(path, overwrite=overwrite)
    import matplotlib as mpl

    suffix = path.suffix.lower()
    figure = draw(picture)
    with (
        atomic_path(path, overwrite=overwrite) as temporary,
        mpl.rc_context({"svg.hashsalt": "chipgen", "pdf.fonttype": 42}),
        warnings.catch_warnings(),
    ):
        # A sign that the font lacks, in a name, is drawn as a box.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(temporary, format=suffix[1:], dpi=120, metadata=UNSTAMPED[suffix])


def draw(picture: Picture) -> "Figure":
    """Draw a song.

    Raises
    ------
    ChipgenError
        If the panel is unknown, the span holds nothing, or matplotlib is not installed.
    """
    require_extra("plot", "drawing")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    if picture.lower not in LOWER_PANELS:
        raise ChipgenError(
            f"panel {picture.lower!r} is unknown; choose one of {', '.join(LOWER_PANELS)}"
        )
    begin_s, end_s = picture.span_s or (0.0, max(picture.arrangement.chip_score.end_s, 1e-3))
    if not 0 <= begin_s < end_s:
        raise ChipgenError(f"nothing lies between {begin_s:g} and {end_s:g} s; choose other bars")
    shown = [place for place in picture.arrangement.placements if begin_s <= place.start_s < end_s]
    reasons = list_reasons(picture.score, shown)
    below_inches = LINE_INCHES * rows_below(reasons)
    figure = Figure(figsize=(14.0, 8.0 + below_inches), layout="constrained")
    FigureCanvasAgg(figure)
    heights = (5.2, 0.9, 2.4, *((below_inches,) if reasons else ()))
    grid = figure.add_gridspec(len(heights), 1, height_ratios=heights, hspace=0.0)
    roll = figure.add_subplot(grid[0])
    noise, lower = (figure.add_subplot(grid[k], sharex=roll) for k in (1, 2))
    for axes in (roll, noise):
        axes.tick_params(labelbottom=False)
    if picture.title:
        figure.suptitle(
            printable(picture.title), fontsize=15, color=INK, x=0.012, ha="left", parse_math=False
        )
    _add_legend(figure, picture, shown)
    piece = (picture.score, picture.arrangement)
    draw_roll(roll, *piece, begin_s, end_s, shown, reasons)
    draw_noise(noise, *piece, begin_s, end_s, reasons)
    if reasons:
        list_below(figure.add_subplot(grid[3]), reasons)
    if picture.lower == "labels":
        draw_labels(lower, picture.heard, begin_s, end_s)
    elif picture.lower == "waveform":
        draw_waveform(lower, picture.samples, picture.rate_hz, begin_s, end_s)
    else:
        draw_spectrogram(lower, picture.samples, picture.rate_hz, begin_s, end_s)
    _mark_bars((roll, noise), lower, picture, begin_s, end_s)
    roll.set_xlim(begin_s, end_s)
    lower.set_xlabel("seconds", color=INK)
    for axes in (roll, noise, lower):
        axes.tick_params(colors=INK, labelsize=9)
        for spine in axes.spines.values():
            spine.set_color("#BBBBBB")
    return figure


def _add_legend(figure: "Figure", picture: Picture, shown: list[Placement]) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    counts = replace(picture.arrangement, placements=tuple(shown)).counts()
    handles: list[Any] = [Patch(color=v.colour, label=v.label.lower()) for v in SCORED]
    if any(
        note.arpeggio for voice in PITCHED for note in picture.arrangement.chip_score.voice(voice)
    ):
        label = f"arpeggio ({counts['arpeggiated']} notes)" if counts["arpeggiated"] else "arpeggio"
        handles.append(Line2D([], [], color="#8C8C8C", linewidth=2.4, label=label))
    if counts["folded"]:
        handles.append(
            Patch(
                fill=False, edgecolor=INK, linestyle="--", label=f"folded from ({counts['folded']})"
            )
        )
    if counts["doubled"]:
        handles.append(_mark("o", SHARED, f"doubled ({counts['doubled']})"))
    if counts["dropped"]:
        handles.append(_mark("x", LOST, f"dropped ({counts['dropped']})"))
    if picture.seed_end_s is not None:
        handles.append(Line2D([], [], color=INK, linestyle=(0, (5, 3)), label="composed from here"))
    figure.legend(
        handles=handles, loc="outside upper right", ncols=len(handles), fontsize=10,
        frameon=False, handlelength=1.4, labelcolor=INK,
    )  # fmt: skip


def _mark(marker: str, colour: str, label: str) -> Any:
    from matplotlib.lines import Line2D

    return Line2D(
        [], [], color=colour, marker=marker, markerfacecolor="white", linestyle="none", label=label
    )


def _mark_bars(
    lanes: tuple["Axes", ...], lower: "Axes", picture: Picture, begin_s: float, end_s: float
) -> None:
    score = picture.score
    starts = score.bar_starts_beats()
    seconds = score.beats_to_seconds(starts)
    shown = [(number, s) for number, s in enumerate(seconds, 1) if begin_s - 1e-6 <= s < end_s]
    beats: list[float] = []
    for start, after in pairwise([*starts, score.end_beats]):
        meter = score.meter_at(start)
        beats += list(np.arange(start, after - 1e-6, 4.0 / meter.denominator)[1:])
    beat_seconds = [s for s in score.beats_to_seconds(beats) if begin_s < s < end_s]
    for axes in (*lanes, lower):
        axes.vlines(
            [s for _, s in shown], 0, 1, transform=axes.get_xaxis_transform(),
            color="#9E9E9E", linewidth=0.8, zorder=1, alpha=0.5 if axes is lower else 1.0,
        )  # fmt: skip
        if axes is not lower and len(beat_seconds) <= MOST_BEATS:
            axes.vlines(
                beat_seconds, 0, 1, transform=axes.get_xaxis_transform(),
                color="#E6E6E6", linewidth=0.6, zorder=0.5,
            )  # fmt: skip
        seed_end_s = picture.seed_end_s
        if seed_end_s is not None and begin_s < seed_end_s < end_s:
            axes.axvline(seed_end_s, color=INK, linewidth=1.4, linestyle=(0, (5, 3)), zorder=5)
    every = 2 ** max(0, math.ceil(math.log2(max(1, len(shown)) / MOST_NUMBERS)))
    top = lanes[0].secondary_xaxis("top")
    numbered = [(number, s) for number, s in shown if (number - 1) % every == 0]
    top.set_xticks([s for _, s in numbered], [str(number) for number, _ in numbered])
    top.tick_params(colors=INK, labelsize=9, length=3)
    top.set_xlabel("bar", color=INK)
    top.spines["top"].set_color("#BBBBBB")
