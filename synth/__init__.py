"""The instrument: a 2A03 played by register writes, with its driver, presets and file formats."""

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from synth.instrument.parameters import Parameter
    from synth.instrument.synthesizer import Synth

__all__ = ["Parameter", "Synth"]

_HOMES: Final = {
    "Parameter": "synth.instrument.parameters",
    "Synth": "synth.instrument.synthesizer",
}


def __getattr__(name: str) -> Any:
    # The synthesizer's machine code is loaded by those who play it, not by all who import synth.
    if name in _HOMES:
        import importlib

        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
