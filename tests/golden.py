"""Compares a short render with the one that was stored when it was last listened to and approved.

A difference within `ROUNDING_STEPS` passes. Beyond it the test fails and leaves in
``build/golden-failures/NAME/`` what is needed to judge it: the new sound, the stored one, their
difference, and a picture of all three. If the new sound is right, store it with ``make golden``.
"""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
from numpy.typing import NDArray

FOLDER: Final = Path(__file__).parent / "golden"
FAILURES: Final = Path(__file__).parents[1] / "build" / "golden-failures"
RATE_HZ: Final = 44_100
FULL_SCALE: Final = 2**15

# Renders are the same to the bit on one machine. Other processors and compilers may fuse or reorder
# floating point operations, which moves samples by about 1e-7 and, where that crosses a rounding
# boundary, the 16-bit value by one step. Two steps (-84 dBFS) leave room for that and for nothing
# that can be heard; the smallest musical change moves thousands of samples by hundreds of steps.
ROUNDING_STEPS: Final = 2


@dataclass(frozen=True, slots=True)
class Difference:
    """How a render differs from the stored one.

    Attributes
    ----------
    steps
        Largest difference of a sample in steps of 16 bits.
    first_s
        Where the tolerance is first left, in seconds.
    share
        Share of samples outside the tolerance.
    """

    steps: int
    first_s: float
    share: float


class GoldenError(AssertionError):
    """A render is not the stored one, or there is none stored."""


def check_golden(
    name: str,
    samples: NDArray[np.float32],
    *,
    rate_hz: int = RATE_HZ,
    regenerate: bool = False,
    folder: Path = FOLDER,
    failures: Path = FAILURES,
) -> None:
    """Compare a render with the stored one, or store it.

    Parameters
    ----------
    name
        Name of the stored file, without suffix.
    samples
        Mono sound, shape (frames,) or (frames, 1).
    rate_hz
        Its sample rate.
    regenerate
        Store the render, unless the stored one is within the tolerance already.
    folder, failures
        Where stored renders are, and where evidence of a failure goes.

    Raises
    ------
    GoldenError
        If the render differs or nothing is stored.
    """
    rendered = _to_steps(samples)
    path = folder / f"{name}.flac"
    stored = _read(path, rate_hz) if path.exists() else None
    difference = None if stored is None else _compare(rendered, stored, rate_hz)
    if stored is not None and difference is None:
        return
    if regenerate:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_encode(rendered, "FLAC", rate_hz))
        return
    if stored is None:
        raise GoldenError(
            f"nothing is stored for {name!r} ({path}); listen to the render, then store it with "
            "make golden (pytest -m golden --regen-golden)"
        )
    assert difference is not None
    where = _leave_evidence(failures / name, rendered, stored, rate_hz)
    length = (
        f"; it lasts {len(rendered)} frames, not {len(stored)}"
        if len(rendered) != len(stored)
        else ""
    )
    raise GoldenError(
        f"{name!r} differs from {path.name} by up to {difference.steps} steps of 16 bits "
        f"({ROUNDING_STEPS} are allowed), first at {difference.first_s:.3f} s, in "
        f"{difference.share:.1%} of samples{length}; see {where}; "
        "if the new sound is right, store it with make golden"
    )


def _to_steps(samples: NDArray[np.float32]) -> NDArray[np.int16]:
    mono = samples[:, 0] if samples.ndim == 2 else samples
    if samples.ndim == 2 and samples.shape[1] != 1:
        raise ValueError(f"golden renders are mono, not of {samples.shape[1]} channels")
    if not np.isfinite(mono).all() or np.abs(mono).max(initial=0.0) > 1.0:
        raise ValueError("golden renders must stay within full scale")
    steps = np.rint(mono.astype(np.float64) * FULL_SCALE)
    return np.clip(steps, -FULL_SCALE, FULL_SCALE - 1).astype(np.int16)


def _compare(
    rendered: NDArray[np.int16], stored: NDArray[np.int16], rate_hz: int
) -> Difference | None:
    length = max(len(rendered), len(stored))
    apart = np.abs(_padded(rendered, length) - _padded(stored, length))
    outside = np.flatnonzero(apart > ROUNDING_STEPS)
    if not len(outside) and len(rendered) == len(stored):
        return None
    first = int(outside[0]) if len(outside) else min(len(rendered), len(stored))
    return Difference(int(apart.max(initial=0)), first / rate_hz, len(outside) / length)


def _padded(samples: NDArray[np.int16], length: int) -> NDArray[np.int32]:
    return np.pad(samples.astype(np.int32), (0, length - len(samples)))


def _read(path: Path, rate_hz: int) -> NDArray[np.int16]:
    samples, stored_hz = soundfile.read(path, dtype="int16")
    if stored_hz != rate_hz or samples.ndim != 1:
        raise GoldenError(f"{path} is not mono at {rate_hz} Hz; store it anew with make golden")
    return samples


def _encode(samples: NDArray[np.int16], container: str, rate_hz: int) -> bytes:
    buffer = io.BytesIO()
    smallest = 1.0 if container == "FLAC" else None
    soundfile.write(
        buffer, samples, rate_hz, format=container, subtype="PCM_16", compression_level=smallest
    )
    return buffer.getvalue()


def _leave_evidence(
    folder: Path, rendered: NDArray[np.int16], stored: NDArray[np.int16], rate_hz: int
) -> Path:
    length = max(len(rendered), len(stored))
    apart = _padded(rendered, length) - _padded(stored, length)
    difference = np.clip(apart, -FULL_SCALE, FULL_SCALE - 1).astype(np.int16)
    folder.mkdir(parents=True, exist_ok=True)
    sounds = {"rendered": rendered, "stored": stored, "difference": difference}
    for title, samples in sounds.items():
        (folder / f"{title}.wav").write_bytes(_encode(samples, "WAV", rate_hz))
    _draw(folder / "spectrogram.png", sounds, rate_hz)
    return folder


def _draw(path: Path, sounds: dict[str, NDArray[np.int16]], rate_hz: int) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 9), layout="constrained")
    FigureCanvasAgg(figure)
    for axes, (title, samples) in zip(figure.subplots(3, sharex=True), sounds.items(), strict=True):
        padded = np.pad(samples / FULL_SCALE, (0, max(0, 1024 - len(samples))))
        windows = np.lib.stride_tricks.sliding_window_view(padded, 1024)[::256]
        power = np.abs(np.fft.rfft(windows * np.hanning(1024), axis=1)).T
        level_db = 20 * np.log10(np.maximum(power / 256, 1e-6))
        extent = (0.0, len(padded) / rate_hz, 0.0, rate_hz / 2000)
        axes.imshow(
            level_db, origin="lower", aspect="auto", extent=extent, vmin=-100, vmax=0,
            cmap="magma",
        )  # fmt: skip
        axes.set_title(title)
        axes.set_ylabel("kHz")
    axes.set_xlabel("seconds")
    figure.savefig(path, dpi=80)
