"""Turns a seed MIDI into NES music.

``chipgen.compose("seed.mid", bars=16).save("out.wav")`` continues a seed and writes its sound; see
`open`, `compose`, `arrange`, `render`, `batch` and `Song`. Nothing is loaded before it is used.
"""

import importlib
import sys
import types
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "ChipgenError": "chipgen.errors",
    "Options": "chipgen.api",
    "RequestError": "chipgen.errors",
    "Song": "chipgen.api",
    "arrange": "chipgen.api",
    "batch": "chipgen.api",
    "compose": "chipgen.api",
    "examples": "chipgen.api",
    "models": "chipgen.api",
    "open": "chipgen.api",
    "presets": "chipgen.api",
    "render": "chipgen.api",
}
__all__ = ["__version__", *_HOMES]


class _Package(types.ModuleType):
    """The package, whose functions stay its own where a package inside has the same name.

    When ``chipgen.compose`` is imported, Python binds it here by its name; what users call has that
    name too. The package inside is still found by ``from chipgen.compose import ...``.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in _HOMES or not isinstance(value, types.ModuleType):
            super().__setattr__(name, value)

    def __getattr__(self, name: str) -> Any:
        if name in _HOMES:
            found = getattr(importlib.import_module(_HOMES[name]), name)
            self.__dict__[name] = found
            return found
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")

    def __dir__(self) -> list[str]:
        return sorted({*__all__, *(name for name in super().__dir__() if name[:2] == "__")})


sys.modules[__name__].__class__ = _Package
