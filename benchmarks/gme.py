"""Renders NSF bytes through libgme, by ctypes."""

import ctypes
import ctypes.util
from ctypes import POINTER, byref, c_char_p, c_double, c_int, c_int16, c_void_p
from typing import Final

import numpy as np
from numpy.typing import NDArray

GME_VOICES: Final = ("pulse1", "pulse2", "triangle", "noise", "dmc")


class Equalizer(ctypes.Structure):
    """What libgme does to its treble and bass; the rest of its fields are reserved."""

    _fields_ = [(name, c_double) for name in ("treble", "bass", *(f"d{i}" for i in range(2, 10)))]


FLAT: Final = Equalizer(0.0, 1.0)


def open_gme() -> ctypes.CDLL | None:
    """Return libgme with its functions declared, or None where it is not installed."""
    name = ctypes.util.find_library("gme")
    if name is None:
        return None
    gme = ctypes.CDLL(name)
    gme.gme_open_data.argtypes = [c_char_p, ctypes.c_long, POINTER(c_void_p), c_int]
    gme.gme_open_data.restype = c_char_p
    gme.gme_start_track.argtypes = [c_void_p, c_int]
    gme.gme_start_track.restype = c_char_p
    gme.gme_play.argtypes = [c_void_p, c_int, POINTER(c_int16)]
    gme.gme_play.restype = c_char_p
    for function in (gme.gme_mute_voices, gme.gme_ignore_silence):
        function.argtypes = [c_void_p, c_int]
        function.restype = None
    gme.gme_set_equalizer.argtypes = [c_void_p, POINTER(Equalizer)]
    gme.gme_set_equalizer.restype = None
    gme.gme_delete.argtypes = [c_void_p]
    gme.gme_delete.restype = None
    return gme


def play_nsf(
    gme: ctypes.CDLL,
    data: bytes,
    seconds: float,
    rate_hz: int,
    voice: str | None = None,
    track: int = 1,
) -> NDArray[np.int16]:
    """Play an NSF with a flat equalizer.

    Parameters
    ----------
    gme
        From `open_gme`.
    data
        The file.
    seconds, rate_hz
        How much, and how finely.
    voice
        The one of `GME_VOICES` to hear; all by default.
    track
        From 1 on.

    Returns
    -------
    ndarray
        int16, shape (n,); the left of its two channels, which are alike.

    Raises
    ------
    RuntimeError
        If libgme refuses the file.
    """
    emulator = c_void_p()
    _check(gme.gme_open_data(data, len(data), byref(emulator), rate_hz))
    try:
        gme.gme_ignore_silence(emulator, 1)
        gme.gme_set_equalizer(emulator, byref(FLAT))
        _check(gme.gme_start_track(emulator, track - 1))
        if voice is not None:
            gme.gme_mute_voices(emulator, 0x1F & ~(1 << GME_VOICES.index(voice)))
        n = round(seconds * rate_hz)
        samples = (c_int16 * (2 * n))()
        _check(gme.gme_play(emulator, 2 * n, samples))
    finally:
        gme.gme_delete(emulator)
    return np.frombuffer(samples, dtype=np.int16)[::2]


def _check(error: bytes | None) -> None:
    if error is not None:
        raise RuntimeError(f"libgme: {error.decode()}")
