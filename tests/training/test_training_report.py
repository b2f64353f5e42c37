"""A run's report draws what is known of its losses."""

from pathlib import Path

from chipgen.training.training_report import plot_losses


def test_losses_that_were_removed_leave_an_empty_picture(tmp_path: Path) -> None:
    """A run is gone on from without its figures, and its report is written."""
    shown = plot_losses(tmp_path, {"predictor": ("nats a slice", "nats a slice")})
    assert shown == "![losses over steps](report-loss.png)"
    assert (tmp_path / "report-loss.png").read_bytes().startswith(b"\x89PNG")
