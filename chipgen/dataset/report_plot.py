"""Draws measured songs: confidence, tempi, meters and lengths of loops."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from chipgen.dataset.measure_songs import SongReport
from chipgen.dataset.report import loop_bars, loop_kind, meter_name
from synth.atomic_write import atomic_path
from synth.extras import require_extra

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_INK: Final = "#0072B2"  # Okabe and Ito's blue
_ROUND: Final = "#D55E00"
_LONGEST_BARS: Final = 64
_INCHES: Final = (11.0, 7.0)


def plot_report(reports: list[SongReport], path: Path, *, overwrite: bool) -> None:
    """Draw all splits together, as PNG.

    Raises
    ------
    SynthError
        If the file cannot be written, or matplotlib is not installed.
    """
    require_extra("plot", "drawing")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    songs = [report for report in reports if report.rows.onsets]
    figure = Figure(figsize=_INCHES, layout="constrained")
    FigureCanvasAgg(figure)
    (confidence, tempi), (meters, loops) = figure.subplots(2, 2)
    confidence.hist([r.entry.confidence for r in songs], bins=np.linspace(0, 1, 41), color=_INK)
    _label(confidence, "How well rows fit", "confidence of the rows", "songs")
    bpm = [r.entry.bpm for r in songs if r.entry.bpm is not None]
    tempi.hist(bpm, bins=np.arange(40, 304, 4).tolist(), color=_INK)
    _label(tempi, "Tempi", "beats a minute", "songs")
    names = Counter(meter_name(r) for r in songs if r.entry.meter is not None).most_common()
    meters.bar([name for name, _ in names], [count for _, count in names], color=_INK)
    _label(meters, "Meters", "", "songs")
    bars = [length for r in songs if loop_kind(r) == "heard" if (length := loop_bars(r))]
    whole = [length for length in bars if length == round(length)]
    edges = (np.arange(0, _LONGEST_BARS + 2) - 0.5).tolist()
    loops.hist(bars, bins=edges, color=_ROUND, label="not whole bars")
    loops.hist(whole, bins=edges, color=_INK, label="whole bars")
    _label(loops, "Loops that are heard to repeat", "bars", "songs")
    loops.legend(frameon=False)
    with atomic_path(path, overwrite=overwrite) as temporary:
        figure.savefig(temporary, format="png", dpi=110, metadata={"Software": None})


def _label(axes: "Axes", title: str, x: str, y: str) -> None:
    axes.set_title(title, loc="left")
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.spines[["top", "right"]].set_visible(False)
