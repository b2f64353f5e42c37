"""The golden kit itself: it finds a changed sample, leaves evidence, and never passes unheard."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from tests import golden
from tests.golden import GoldenError, check_golden


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    """Give stored renders and failures folders of their own."""
    return {"folder": tmp_path / "golden", "failures": tmp_path / "failures"}


def sweep(frames: int = 22_050) -> NDArray[np.float32]:
    """Return a rising tone, shape (frames, 1)."""
    time_s = np.arange(frames) / golden.RATE_HZ
    return (0.5 * np.sin(2 * np.pi * (200 + 800 * time_s) * time_s)).astype(np.float32)[:, None]


def test_nothing_stored_is_a_failure_that_says_how_to_store(folders: dict[str, Path]) -> None:
    """A new golden test cannot pass by never having been stored."""
    with pytest.raises(GoldenError, match=r"nothing is stored for 'tune'.*--regen-golden"):
        check_golden("tune", sweep(), **folders)
    assert not folders["folder"].exists()


def test_what_was_stored_passes(folders: dict[str, Path]) -> None:
    """The same render passes, with one column or none, and leaves nothing."""
    check_golden("tune", sweep(), regenerate=True, **folders)
    check_golden("tune", sweep(), **folders)
    check_golden("tune", sweep()[:, 0], **folders)
    assert not folders["failures"].exists()


def test_rounding_of_other_machines_passes(folders: dict[str, Path]) -> None:
    """Noise below the tolerance is no difference, and is not worth storing anew."""
    check_golden("tune", sweep(), regenerate=True, **folders)
    stored = (folders["folder"] / "tune.flac").read_bytes()
    noise = np.random.default_rng(2).uniform(-1.4, 1.4, (22_050, 1)) / golden.FULL_SCALE
    other = (sweep() + noise).astype(np.float32)
    check_golden("tune", other, **folders)
    check_golden("tune", other, regenerate=True, **folders)
    assert (folders["folder"] / "tune.flac").read_bytes() == stored


def test_one_changed_sample_is_found_and_its_evidence_left(folders: dict[str, Path]) -> None:
    """A single sample beyond the tolerance fails, and can be heard and seen."""
    check_golden("tune", sweep(), regenerate=True, **folders)
    changed = sweep()
    changed[4410] += 4 / golden.FULL_SCALE
    with pytest.raises(GoldenError, match=r"up to 4 steps .* first at 0\.100 s") as caught:
        check_golden("tune", changed, **folders)
    evidence = folders["failures"] / "tune"
    assert str(evidence) in str(caught.value)
    difference = soundfile.read(evidence / "difference.wav", dtype="int16")[0]
    assert np.flatnonzero(difference).tolist() == [4410]
    rendered = soundfile.read(evidence / "rendered.wav", dtype="int16")[0]
    stored = soundfile.read(evidence / "stored.wav", dtype="int16")[0]
    assert rendered[4410] - stored[4410] == 4
    assert (evidence / "spectrogram.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("frames", [22_049, 22_051, 100])
def test_another_length_is_found(folders: dict[str, Path], frames: int) -> None:
    """A render that is longer or shorter fails, even by one frame."""
    check_golden("tune", sweep(), regenerate=True, **folders)
    with pytest.raises(GoldenError, match=f"lasts {frames} frames, not 22050"):
        check_golden("tune", sweep(frames), **folders)


def test_regenerating_replaces_what_differs(folders: dict[str, Path]) -> None:
    """After storing the new sound it is the one that passes."""
    check_golden("tune", sweep(), regenerate=True, **folders)
    check_golden("tune", -sweep(), regenerate=True, **folders)
    check_golden("tune", -sweep(), **folders)
    with pytest.raises(GoldenError, match="differs"):
        check_golden("tune", sweep(), **folders)


@pytest.mark.parametrize(
    "samples", [np.full((10, 1), 1.5, np.float32), np.full((10, 1), np.nan, np.float32)]
)
def test_sound_beyond_full_scale_is_never_stored(
    folders: dict[str, Path], samples: NDArray[np.float32]
) -> None:
    """Clipped or broken sound cannot become the standard."""
    with pytest.raises(ValueError, match="full scale"):
        check_golden("tune", samples, regenerate=True, **folders)


def test_stereo_is_refused(folders: dict[str, Path]) -> None:
    """A golden render is mono."""
    with pytest.raises(ValueError, match="mono"):
        check_golden("tune", np.zeros((10, 2), np.float32), regenerate=True, **folders)
