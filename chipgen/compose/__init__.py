"""A seed and a model to a longer score; torch is loaded only when a model is."""

from chipgen.compose.piece import MAX_BARS, ComposeConfig, Composition, compose

__all__ = ["MAX_BARS", "ComposeConfig", "Composition", "compose"]
