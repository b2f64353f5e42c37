"""Turns a seed MIDI into NES music.

``chipgen.compose("seed.mid", bars=16).save("out.wav")`` continues a seed and writes its sound; see
`open`, `compose`, `arrange`, `render`, `batch` and `Song`. Nothing is loaded before it is used.
"""

__version__ = "0.1.0"

_HOMES = {
    "ChipgenError": "chipgen.errors",
    "Options": "chipgen.api",
    "RequestError": "chipgen.errors",
    "Song": "chipgen.api",
    "arrange": "chipgen.api",
    "batch": "chipgen.api",
    "compose": "chipgen.api",
    "list_devices": "chipgen.api",
    "list_examples": "chipgen.api",
    "list_models": "chipgen.api",
    "list_presets": "chipgen.api",
    "open": "chipgen.api",
    "render": "chipgen.api",
}
# `from chipgen import *` leaves Python's own `open` alone.
__all__ = ["__version__", *(name for name in _HOMES if name != "open")]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    found = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*_HOMES, *(name for name in globals() if name[:2] == name[-2:] == "__")})
