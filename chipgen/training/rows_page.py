"""Writes the report of a training of `row-transformer`."""

from typing import Final

import numpy as np

from chipgen.training.curves import read_metrics
from chipgen.training.page import (
    COLOURS,
    markdown_table,
    new_panels,
    plot_losses,
    save_figure,
    settings_section,
    write_page,
)
from chipgen.training.request import TrainRequest
from chipgen.training.rows_data import RowSplit
from chipgen.training.rows_evaluate import RowScores
from chipgen.training.rows_report import RowComparison
from chipgen.training.rows_settings import RowTransformerSettings
from chipgen.training.rows_task import RowsTask
from chipgen.training.state import Progress
from synth.chip.voices import ROLES

UNITS: Final = ("nats a row", "nats a second")  # of the training and of the validation loss


def write_rows_page(
    request: TrainRequest,
    settings: RowTransformerSettings,
    comparison: RowComparison,
    train: RowSplit,
    at: Progress,
) -> None:
    """Write `report.md` and its plots into the run's folder."""
    valid = comparison.songs
    begun = f"begun from {request.init}" if request.init else "begun from chance"
    facts = (
        f"{len(train)} songs to learn from ({float(train.seconds.sum()) / 3600:.1f} h), "
        f"{len(valid)} to be measured by; {begun}; {at.step:,} steps in {at.seconds / 60:.1f} "
        f"minutes; the best weights are those of step {at.best_step:,}."
    )
    sections = [
        facts,
        "## Losses\n\n"
        + plot_losses(request.folder, {RowsTask.name: ("nats a row", "nats a second")}),
        "## Figures on valid\n\nNats a second of music of the four voices' states, lower is "
        "better; each row from all before it, in full precision, on every song. Points of interest "
        "are rows in which some voice begins or ends a note.\n\n" + _table(comparison.totals()),
    ]
    if comparison.repeated and len(comparison.repeated) < len(valid):
        names = ", ".join(valid.names[index] for index in comparison.repeated)
        sections.append(
            f"Without {len(comparison.repeated)} songs that the training songs hold too "
            f"({names}):\n\n" + _table(comparison.totals(without_repeated=True))
        )
    sections += [
        "## Voices\n\n" + _plot_voices(request, comparison),
        "## Grid\n\n" + _describe_grid(request, train, valid),
        settings_section(settings.model_dump(mode="json")),
    ]
    write_page(request.folder / "report.md", f"Training of {settings.model}", sections)


def _table(totals: list[tuple[str, RowScores]]) -> str:
    rows = []
    for name, scores in totals:
        s = scores.summary()
        cells = [name, f"{s['nats_s']:.2f}", f"{s['nats_step']:.3f}"]
        cells += [f"{s['nats_interesting_step']:.3f}"]
        cells += [f"{s[f'{voice}_nats_s']:.2f}" for voice in ROLES]
        has_expression = scores.volume_nats > 0
        cells += [
            f"{s[f'{part}_nats_s']:.2f}" if has_expression else "" for part in ("volume", "timbre")
        ]
        rows.append(cells)
    header = ["", "nats a second", "nats a row", "at points of interest", *ROLES]
    return markdown_table([*header, "volume", "timbre"], rows)


def _plot_voices(request: TrainRequest, comparison: RowComparison) -> str:
    figure, (over_steps, beside) = new_panels(2)
    lines = [line for line in read_metrics(request.folder) if "valid_p1_nats_s" in line]
    for voice, colour in zip(ROLES, COLOURS, strict=False):
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
    return save_figure(figure, request.folder / "report-voices.png", "each voice's nats a second")


def _describe_grid(request: TrainRequest, train: RowSplit, valid: RowSplit) -> str:
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
    picture = save_figure(figure, request.folder / "report-grid.png", "row lengths and confidence")
    return markdown_table(header, rows) + "\n\n" + picture
