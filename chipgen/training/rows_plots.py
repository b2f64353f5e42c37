"""Draws the plots of a row transformer's report."""

from pathlib import Path

import numpy as np

from chipgen.training.comparison import Table
from chipgen.training.curves import read_metrics
from chipgen.training.rows_cache import RowSplit
from chipgen.training.rows_table import RowComparison
from chipgen.training.training_report import COLOURS, new_panels, save_figure
from synth.chip.voices import ROLES, SCORED


def plot_voices(folder: Path, comparison: RowComparison) -> str:
    """Draw each voice's nats a second; return the section of the report that shows it."""
    figure, (over_steps, beside) = new_panels(2)
    lines = [line for line in read_metrics(folder) if "valid_p1_nats_s" in line]
    for row in SCORED:
        voice, colour = row.role, row.colour
        values = [line[f"valid_{voice}_nats_s"] for line in lines]
        over_steps.plot([line["step"] for line in lines], values, ".-", color=colour, label=voice)
    over_steps.set(xlabel="optimiser step", ylabel="nats a second, valid")
    over_steps.legend(frameon=False)
    totals = comparison.totals()
    width = 0.8 / len(totals)
    for index, ((name, scores), colour) in enumerate(zip(totals, COLOURS, strict=False)):
        s = scores.summary()
        heights = [s[f"{voice}_nats_s"] for voice in ROLES]
        beside.bar(np.arange(4) + index * width, heights, width, color=colour, label=name)
    beside.set_xticks(np.arange(4) + 0.4 - width / 2, ROLES)
    beside.set_ylabel("nats a second, valid")
    beside.margins(y=0.35)  # room for the legend
    beside.legend(frameon=False, loc="upper left")
    picture = save_figure(figure, folder / "report-voices.png", "each voice's nats a second")
    return f"## Voices\n\n{picture}"


def describe_grid(folder: Path, train: RowSplit, valid: RowSplit) -> str:
    """Draw row lengths and confidence; return the section of the report about them."""
    rows = []
    for name, split in (("train", train), ("valid", valid)):
        fit = split.fit
        shares = [f"{fit.kept_share:.2%}", f"{fit.near_share:.2%}"] if fit.onsets else ["", ""]
        confident = float(np.mean(split.confidence > 0.8))
        rows.append([name, f"{fit.rows_a_second:.2f}", *shares, f"{confident:.0%}"])
    header = [
        "", "rows a second", "notes ≥ 62.5 ms with a row of their own",
        "onsets within one NES frame", "songs of confidence above 0.8",
    ]  # fmt: skip
    figure, (lengths, confidence) = new_panels(2)
    lengths.hist(
        train.rows.frames, bins=np.arange(1.5, 21.5).tolist(), color=COLOURS[0], density=True
    )
    lengths.set(xlabel="length of a row in NES frames, train", ylabel="share of rows")
    confidence.hist(train.confidence, bins=np.linspace(0, 1, 41).tolist(), color=COLOURS[2])
    confidence.set(xlabel="how surely the rows are the song's own, train", ylabel="songs")
    picture = save_figure(figure, folder / "report-grid.png", "row lengths and confidence")
    return f"## Grid\n\n{Table('', header, rows).markdown()}\n\n{picture}"
