"""Independent players, reached through ctypes: libgme for NSF files, Nestopia for cartridges."""

import contextlib
import ctypes
import sys
from collections.abc import Iterator
from ctypes import (
    CFUNCTYPE,
    POINTER,
    byref,
    c_bool,
    c_char_p,
    c_double,
    c_int,
    c_int16,
    c_size_t,
    c_uint,
    c_void_p,
)
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks import gme
from benchmarks.gme import GME_VOICES, open_gme

__all__ = ["GME_VOICES", "Nestopia", "load_gme", "nestopia", "play_nsf"]

NESTOPIA_NAMES: Final = ("nestopia_libretro.so", "nestopia_libretro.dylib", "nestopia_libretro.dll")
LIBRETRO_FOLDERS: Final = tuple(
    Path(folder)
    for pattern in ("/usr/lib/*/libretro", "/usr/lib/libretro", "/usr/local/lib/libretro")
    for folder in sorted(map(str, Path("/").glob(pattern[1:])))
)


# libgme -----------------------------------------------------------------------------------------


def load_gme() -> ctypes.CDLL:
    """Load libgme, or skip the test."""
    library = open_gme()
    if library is None:
        pytest.skip("libgme is not installed (Debian: libgme0)")
    return library


def play_nsf(
    data: bytes, seconds: float, rate_hz: int, voice: str | None = None, track: int = 1
) -> NDArray[np.float64]:
    """Play an NSF through libgme with a flat equalizer: samples, shape (n,), full scale 1.

    Parameters
    ----------
    data
        The file.
    seconds, rate_hz
        How much, and how finely.
    voice
        The one of `GME_VOICES` to hear; all by default.
    track
        From 1 on.
    """
    return gme.play_nsf(load_gme(), data, seconds, rate_hz, voice, track) / 32_768.0


# Nestopia ---------------------------------------------------------------------------------------


class _Game(ctypes.Structure):
    _fields_ = [("path", c_char_p), ("data", c_char_p), ("size", c_size_t), ("meta", c_char_p)]


class _Variable(ctypes.Structure):
    _fields_ = [("key", c_char_p), ("value", c_char_p)]


class _AvInfo(ctypes.Structure):
    _fields_ = [
        *((name, c_uint) for name in ("width", "height", "max_width", "max_height")),
        ("aspect", ctypes.c_float), ("fps", c_double), ("rate", c_double),
    ]  # fmt: skip


_ENVIRONMENT = CFUNCTYPE(c_bool, c_uint, c_void_p)
_VIDEO = CFUNCTYPE(None, c_void_p, c_uint, c_uint, c_size_t)
_SAMPLE = CFUNCTYPE(None, c_int16, c_int16)
_BATCH = CFUNCTYPE(c_size_t, POINTER(c_int16), c_size_t)
_POLL = CFUNCTYPE(None)
_INPUT = CFUNCTYPE(c_int16, c_uint, c_uint, c_uint, c_uint)

# libretro.h: what the environment callback is asked.
_GET_SYSTEM_DIRECTORY, _SET_PIXEL_FORMAT, _GET_VARIABLE, _GET_SAVE_DIRECTORY = 9, 10, 15, 31
_NESTOPIA_VOLUMES: Final = {
    "pulse1": b"nestopia_audio_vol_sq1", "pulse2": b"nestopia_audio_vol_sq2",
    "triangle": b"nestopia_audio_vol_tri", "noise": b"nestopia_audio_vol_noise",
    "dmc": b"nestopia_audio_vol_dpcm",
}  # fmt: skip


class Nestopia:
    """A console with a cartridge in it.

    Attributes
    ----------
    picture
        The last frame drawn, shape (height, width), one number a pixel.
    fps, stated_rate_hz
        What the core says of its frames and samples a second; both rounded from the console's.
    """

    def __init__(self, core: ctypes.CDLL, rom: bytes, folder: Path, voice: str | None) -> None:
        self._core = core
        self._folder = c_char_p(str(folder).encode())
        self._audio: list[NDArray[np.int16]] = []
        self.picture = np.zeros((0, 0), dtype=np.uint32)
        self._pixel_bytes = 2
        self._variables = {
            key: c_char_p(b"100" if voice in (None, name) else b"0")
            for name, key in _NESTOPIA_VOLUMES.items()
        } | {b"nestopia_favored_system": c_char_p(b"auto")}
        self._callbacks = (
            _ENVIRONMENT(self._environment), _VIDEO(self._video), _SAMPLE(lambda _l, _r: None),
            _BATCH(self._batch), _POLL(lambda: None), _INPUT(lambda *_: 0),
        )  # fmt: skip
        names = (
            "environment", "video_refresh", "audio_sample", "audio_sample_batch", "input_poll",
            "input_state",
        )  # fmt: skip
        for name, callback in zip(names, self._callbacks, strict=True):
            getattr(core, f"retro_set_{name}")(callback)
        core.retro_init()
        core.retro_load_game.restype = c_bool
        path = str(folder / "song.nes").encode()
        assert core.retro_load_game(byref(_Game(path, rom, len(rom), None)))
        info = _AvInfo()
        core.retro_get_system_av_info(byref(info))
        self.fps, self.stated_rate_hz = info.fps, info.rate

    def run(self, n_frames: int) -> NDArray[np.float64]:
        """Run video frames and return what was heard in them, shape (n,), full scale 1."""
        self._audio.clear()
        for _ in range(n_frames):
            self._core.retro_run()
        return np.concatenate(self._audio)[::2] / 32_768.0

    def close(self) -> None:
        """Take the cartridge out."""
        self._core.retro_unload_game()
        self._core.retro_deinit()

    def _environment(self, command: int, data: int | None) -> bool:
        if command in (_GET_SYSTEM_DIRECTORY, _GET_SAVE_DIRECTORY) and data:
            ctypes.cast(data, POINTER(c_char_p))[0] = self._folder
            return True
        if command == _SET_PIXEL_FORMAT and data:
            self._pixel_bytes = 4 if ctypes.cast(data, POINTER(c_int))[0] == 1 else 2
            return True
        if command == _GET_VARIABLE and data:
            variable = ctypes.cast(data, POINTER(_Variable))[0]
            if variable.key in self._variables:
                variable.value = self._variables[variable.key]
                return True
        return False

    def _video(self, pixels: int | None, width: int, height: int, pitch: int) -> None:
        if not pixels:
            return
        raw = ctypes.string_at(pixels, pitch * height)
        kind = np.uint32 if self._pixel_bytes == 4 else np.uint16
        rows = np.frombuffer(raw, dtype=kind).reshape(height, pitch // self._pixel_bytes)
        self.picture = rows[:, :width].copy()

    def _batch(self, samples: Any, n_frames: int) -> int:
        both = np.ctypeslib.as_array(samples, shape=(2 * n_frames,))
        self._audio.append(both.copy())
        return n_frames


@contextlib.contextmanager
def nestopia(rom: bytes, folder: Path, voice: str | None = None) -> Iterator[Nestopia]:
    """Put a cartridge into Nestopia's libretro core, or skip the test.

    Parameters
    ----------
    rom
        The `.nes` file.
    folder
        For what the core may want to save.
    voice
        The one of `GME_VOICES` to hear; all by default.
    """
    paths = [folder / name for folder in LIBRETRO_FOLDERS for name in NESTOPIA_NAMES]
    path = next((path for path in paths if path.exists()), None)
    if path is None or sys.platform == "win32":
        pytest.skip("Nestopia's libretro core is not installed (Debian: libretro-nestopia)")
    console = Nestopia(ctypes.CDLL(str(path)), rom, folder, voice)
    try:
        yield console
    finally:
        console.close()
