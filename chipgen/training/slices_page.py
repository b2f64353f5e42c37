"""A finished training of `tonnetz-lstm` to its report."""

from chipgen.dataset.cache import SliceData
from chipgen.training.evaluate_slices import SliceResult
from chipgen.training.page import markdown_table, plot_losses, settings_section, write_page
from chipgen.training.request import TrainRequest
from chipgen.training.slices_report import SliceComparison
from chipgen.training.slices_settings import TonnetzLstmSettings
from chipgen.training.state import Progress

UNITS = {
    "autoencoder": ("loss a slice", "loss a slice"),
    "predictor": ("nats a slice", "nats a slice"),
}


def write_slices_page(
    request: TrainRequest,
    settings: TonnetzLstmSettings,
    comparison: SliceComparison,
    data: SliceData,
    stages: dict[str, Progress],
) -> None:
    """Write `report.md` and its plots into the run's folder."""
    begun = f"Begun from {request.init}." if request.init else "Begun from chance."
    spent = " ".join(
        f"{name.capitalize()}: {at.epoch} epochs, {at.step:,} steps, {at.seconds / 60:.1f} "
        f"minutes, best at step {at.best_step:,}."
        for name, at in stages.items()
    )
    sections = [
        f"{begun} {spent}",
        "## Losses\n\n" + plot_losses(request.folder, {name: UNITS[name] for name in stages}),
        "## Figures on valid\n\nSlices of 0.5 s, each from the 17th on from all before it; nats "
        "are summed over 88 pitches.\n\n" + _table(comparison.results),
    ]
    if comparison.without_repeated:
        sections.append(
            f"Without {len(comparison.repeated)} songs that the training songs hold too "
            f"({', '.join(comparison.repeated)}):\n\n" + _table(comparison.without_repeated)
        )
    if "autoencoder" in stages:
        exact = stages["autoencoder"].metrics["valid_exact"]
        sections.append(
            f"The autoencoder returns {exact:.1%} of the valid split's different slices exactly."
        )
    counts = [
        [split, f"{s.files:,}", f"{s.kept:,}", f"{s.slices:,}", f"{s.seconds / 3600:.1f}"]
        for split, s in data.stats.items()
    ]
    sections += [
        "## Data\n\n" + markdown_table(["split", "files", "kept", "slices", "hours"], counts),
        settings_section(settings.model_dump(mode="json", exclude_none=True)),
    ]
    write_page(request.folder / "report.md", f"Training of {settings.model}", sections)


def _table(results: list[SliceResult]) -> str:
    rows = [[result.name, f"{result.nats:.3f}", f"{result.f1:.3f}"] for result in results]
    return markdown_table(["", "nats a slice", "F1"], rows)
