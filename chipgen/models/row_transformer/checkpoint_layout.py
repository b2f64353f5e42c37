"""The sizes and arrays that a checkpoint of `row-transformer` may have."""

from collections.abc import Mapping
from typing import Any, Final

from chipgen.models.checkpoint_checks import MEMORY_BYTES, Bounds, check_sizes
from chipgen.models.row_transformer.config import (
    HARMONIES,
    INTERVALS,
    PLAN_WIDTH,
    TIMBRES,
    VOLUMES,
    RowTransformerConfig,
)
from chipgen.rows.copy_features import CANDIDATES
from chipgen.rows.plan_features import PLAN_COLUMNS
from chipgen.rows.row_features import CODES, PITCH_COLUMNS, SMALL_COLUMNS
from chipgen.rows.row_states import VOICES

PITCH_WIDTH: Final = 32
SMALL_WIDTH: Final = 16

BOUNDS: Final[dict[str, Bounds]] = {
    "dim": (1, 4_096), "layers": (1, 64), "heads": (1, 64), "head_dim": (2, 512),
    "mlp": (1, 16_384), "voice_dim": (1, 4_096), "context": (8, 16_384), "window": (1, 16_384),
    "full_every": (1, 64),
}  # fmt: skip


def read_config(description: Mapping[str, Any]) -> RowTransformerConfig:
    """Return the sizes that a header describes.

    Raises
    ------
    ValueError
        If one is unknown or out of range, or together they ask for too much memory.
    """
    config = check_sizes(RowTransformerConfig, description, BOUNDS)
    if config.head_dim % 2:
        raise ValueError(f"head_dim = {config.head_dim}; it is an even number")
    memory = 8 * config.layers * config.heads * config.head_dim * (2 * config.context + 64)
    if memory > MEMORY_BYTES:
        raise ValueError(
            f"context = {config.context} takes {memory / 1e6:.0f} MB in a model of this size; "
            f"at most {MEMORY_BYTES / 1e6:.0f} MB are allowed"
        )
    return config


def array_shapes(description: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    """Return the shape of every array of a checkpoint, by name.

    Raises
    ------
    ValueError
        As `read_config`.
    """
    c = read_config(description)
    inner = c.heads * c.head_dim
    shapes: dict[str, tuple[int, ...]] = {
        "pitch_embedding.weight": (VOICES * CODES, PITCH_WIDTH),
        "small_embedding.weight": (SMALL_COLUMNS * CODES, SMALL_WIDTH),
        "norm.weight": (c.dim,),
        "norm.bias": (c.dim,),
    }

    def linear(name: str, inputs: int, outputs: int) -> None:
        shapes[f"{name}.weight"], shapes[f"{name}.bias"] = (outputs, inputs), (outputs,)

    linear("read", PITCH_COLUMNS * PITCH_WIDTH + SMALL_COLUMNS * SMALL_WIDTH, c.dim)
    if c.plan:
        shapes["plan_embedding.weight"] = (PLAN_COLUMNS * CODES, PLAN_WIDTH)
        shapes["read_plan.weight"] = (c.dim, PLAN_COLUMNS * PLAN_WIDTH)
    for layer in range(c.layers):
        block = f"blocks.{layer}"
        for norm in ("norm_attention", "norm_mlp"):
            shapes[f"{block}.{norm}.weight"] = shapes[f"{block}.{norm}.bias"] = (c.dim,)
        for name, inputs, outputs in (
            ("qkv", c.dim, 3 * inner), ("out", inner, c.dim), ("up", c.dim, c.mlp),
            ("down", c.mlp, c.dim),
        ):  # fmt: skip
            shapes[f"{block}.{name}.weight"] = (outputs, inputs)
    for voice in range(VOICES):
        head = f"voices.{voice}"
        linear(f"{head}.enter", c.dim, c.voice_dim)
        shapes[f"{head}.earlier.weight"] = (max(1, voice) * CODES, c.voice_dim)
        shapes[f"{head}.agree.weight"] = (c.voice_dim, max(1, 2 * voice * CANDIDATES))
        linear(f"{head}.deepen", c.voice_dim, c.voice_dim)
        linear(f"{head}.to_logits", c.voice_dim, CODES)
        linear(f"{head}.to_gates", c.voice_dim, 2 * CANDIDATES)
        linear(f"{head}.to_relative", c.voice_dim, 2 * INTERVALS)
        linear(f"{head}.enter_expression", c.dim, c.voice_dim)
        if c.plan:
            shapes[f"{head}.harmony.weight"] = (HARMONIES, c.voice_dim)
            linear(f"{head}.to_turned", c.voice_dim, 2 * 12)
        shapes[f"{head}.own.weight"] = (CODES, c.voice_dim)
        linear(f"{head}.to_expression", c.voice_dim, VOLUMES + TIMBRES)
    return shapes
