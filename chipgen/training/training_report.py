"""Writes the report of a training: Markdown, with plots beside it."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from chipgen.training.comparison import Comparison
from chipgen.training.curves import read_metrics
from chipgen.training.training_settings import RunSettings
from synth.atomic_write import atomic_path, write_bytes
from synth.extras import require_extra

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's palette, which colour-blind readers can distinguish too.
COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#4D4D4D", "#CC79A7")
_WIDTH_INCHES, _HEIGHT_INCHES, _DPI = 7.0, 3.2, 110


def write_report(
    folder: Path,
    settings: RunSettings,
    facts: str,
    units: Mapping[str, tuple[str, str]],
    comparison: Comparison,
    sections: Iterable[str] = (),
) -> None:
    """Write ``report.md`` of a training, and the plots that it shows, into the run's folder.

    Parameters
    ----------
    folder
        The run's.
    settings
        The training's.
    facts
        What it learned from and how long it took.
    units
        Each stage's units of the training loss and of the validation loss.
    comparison
        The figures on valid.
    sections
        Further sections of this model's report, as Markdown.
    """
    tables = "\n\n".join(table.markdown() for table in comparison.tables())
    write_page(
        folder / "report.md",
        f"Training of {settings.model}",
        [
            facts,
            "## Losses\n\n" + plot_losses(folder, units),
            f"## Figures on valid\n\n{comparison.method()}\n\n{tables}",
            *sections,
            settings_section(settings.model_dump(mode="json", exclude_none=True)),
        ],
    )


def write_page(path: Path, title: str, sections: Iterable[str]) -> None:
    """Write a page of Markdown, whole or not at all; it may replace one."""
    text = "\n\n".join([f"# {title}", *(section.strip() for section in sections)]) + "\n"
    # It may name files, whose names need not be UTF-8.
    write_bytes(path, text.encode("utf-8", "surrogateescape"), overwrite=True)


def settings_section(settings: Mapping[str, Any]) -> str:
    """Show the settings as the YAML they can be given in again."""
    text = yaml.safe_dump(dict(settings), sort_keys=False)
    return f"## Settings\n\n```yaml\n{text}```"


def plot_losses(folder: Path, units: Mapping[str, tuple[str, str]]) -> str:
    """Draw the losses of a run's stages into `report-loss.png`; return the Markdown that shows it.

    Parameters
    ----------
    folder
        The run's.
    units
        Each stage's units of the training loss and of the validation loss.
    """
    figure, panels = new_panels(len(units))
    metrics = read_metrics(folder)
    for axes, (stage, (train_unit, valid_unit)) in zip(panels, units.items(), strict=True):
        lines = [line for line in metrics if line["stage"] == stage]
        other = axes if train_unit == valid_unit else axes.twinx()
        for side, key, label, colour in (
            (other, "train_loss", f"training, {train_unit}", COLOURS[3]),
            (axes, "valid_loss", f"valid, {valid_unit}", COLOURS[0]),
        ):
            points = [(line["step"], line[key]) for line in lines if key in line]
            if points:
                side.plot(*zip(*points, strict=True), ".-", color=colour, label=label)
            side.set_ylabel(label, color=colour)
        if other is axes:
            axes.set_ylabel(valid_unit)
            if lines:
                axes.legend(frameon=False)
        measured = [line for line in lines if "valid_loss" in line]
        if measured:  # none where the figures of a resumed run were removed
            best = min(measured, key=lambda line: line["valid_loss"])
            axes.axvline(best["step"], color=COLOURS[1], linewidth=0.8, linestyle="--")
            title = f"{stage}: best {best['valid_loss']:.3f} at step {best['step']}"
            axes.set_title(title, loc="left")
        axes.set_xlabel("optimiser step")
    return save_figure(figure, folder / "report-loss.png", "losses over steps")


def new_panels(count: int) -> "tuple[Figure, list[Axes]]":
    """Return a figure with panels one beside the other."""
    require_extra("train", "a report's plots", "matplotlib")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    size = (_WIDTH_INCHES if count == 1 else 1.6 * _WIDTH_INCHES, _HEIGHT_INCHES)
    figure = Figure(figsize=size, dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, count, squeeze=False)[0]
    for axes in panels:
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_axisbelow(True)
        axes.grid(visible=True, linewidth=0.4, alpha=0.5)
    return figure, list(panels)


def save_figure(figure: "Figure", path: Path, caption: str) -> str:
    """Write a figure as PNG, without stamps of time or version; return Markdown that shows it."""
    with atomic_path(path, overwrite=True) as temporary:
        figure.savefig(temporary, format="png", metadata={"Software": None})
    return f"![{caption}]({path.name})"
