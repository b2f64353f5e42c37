"""Settings of a training are read by the presets' safe reader, and refused in one line."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipgen.training.rows_settings import RowTransformerSettings
from chipgen.training.slices_settings import TonnetzLstmSettings
from chipgen.training.training_settings import load_settings
from synth.errors import SynthError


def refused(text: str, folder: Path) -> str:
    """Return what is said of settings that cannot be used."""
    path = folder / "settings.yaml"
    path.write_text(text)
    with pytest.raises(SynthError) as error:
        load_settings(path, RowTransformerSettings)
    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("seed: 2001-99-99", "seed"), (f"seed: {'9' * 5_000}", "seed"), ("[" * 5_000, "deeper"),
        ("seed: 2001-01-01", "seed"), ("matrix_rate: 1e999", "matrix_rate"), ("- 1", "settings"),
        ("seed: !!python/name:os.system", "tags"), ("a: 1\n---\nb: 2", "one YAML document"),
        ("network: {dim: 1000000000}", "from 1 to 4096"), ("", "settings"),
        ("network: {context: 16384, layers: 64}", "MB are allowed"), ("threads: 0", "threads"),
        ("steps: 1\nepochs: 1", "either steps or epochs"), ("colour: red", "colour"),
        ("epoch: 2", "did you mean 'epochs'"), ("network: {dims: 8}", "'dims' is no setting"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_one_line(text: str, told: str, tmp_path: Path) -> None:
    """Dates, long numbers, deep nesting, tags and sizes that no machine has are each told."""
    assert told in refused(text, tmp_path)


def test_rates_may_be_written_with_an_exponent(tmp_path: Path) -> None:
    """1e-3 is a number here, as in YAML 1.2."""
    path = tmp_path / "settings.yaml"
    path.write_text("steps: 3\nmatrix_rate: 1e-3\n")
    assert load_settings(path, RowTransformerSettings).matrix_rate == 0.001


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """What cannot be opened is named."""
    with pytest.raises(SynthError, match="none\\.yaml"):
        load_settings(tmp_path / "none.yaml", TonnetzLstmSettings)


@given(st.text(alphabet="seds: 0123456789[]{}-&*<!|>'\"\n,.e", max_size=60))
def test_any_text_is_settings_or_one_line(text: str) -> None:
    """Whatever a file holds, no other exception comes out."""
    import contextlib
    import tempfile

    with tempfile.TemporaryDirectory() as folder, contextlib.suppress(SynthError):
        path = Path(folder, "settings.yaml")
        path.write_text(text)
        load_settings(path, RowTransformerSettings)
