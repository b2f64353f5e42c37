"""The Python functions: open, compose, arrange and render songs, as the command line does."""

from chipgen.api.functions import (
    arrange,
    batch,
    compose,
    list_devices,
    list_examples,
    list_models,
    list_presets,
    open,
    render,
)
from chipgen.api.options import Options
from chipgen.api.song import Song

__all__ = [
    "Options",
    "Song",
    "arrange",
    "batch",
    "compose",
    "list_devices",
    "list_examples",
    "list_models",
    "list_presets",
    "open",
    "render",
]
