"""The sizes and arrays that a checkpoint of `tonnetz-lstm` may have."""

from collections.abc import Mapping
from typing import Any, Final

from chipgen.models.checkpoint_checks import Bounds, check_sizes
from chipgen.models.tonnetz_lstm.config import TonnetzLstmConfig
from chipgen.music.tonnetz import COLUMNS, PITCHES, ROWS

OUTPUT_MAPS: Final = 4  # maps of the decoder, on every fourth row of the lattice
CELLS: Final = ROWS // OUTPUT_MAPS * COLUMNS  # of the innermost maps

BOUNDS: Final[dict[str, Bounds]] = {
    "maps": (1, 512), "latent": (1, 4_096), "hidden": (1, 4_096), "layers": (1, 16),
    "window": (2, 1_024), "echoes": (0, 64), "key": (1, 512), "dropout": (0, 0.99),
}  # fmt: skip


def read_config(description: Mapping[str, Any]) -> TonnetzLstmConfig:
    """Return the sizes that a header describes.

    Raises
    ------
    ValueError
        If one is unknown or out of range.
    """
    return check_sizes(TonnetzLstmConfig, description, BOUNDS)


def array_shapes(description: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    """Return the shape of every array of a checkpoint, by name.

    Raises
    ------
    ValueError
        As `read_config`.
    """
    c = read_config(description)
    first, second = c.maps
    shapes: dict[str, tuple[int, ...]] = {}

    def weights(name: str, *shape: int) -> None:
        shapes[f"{name}.weight"], shapes[f"{name}.bias"] = shape, shape[:1]

    weights("autoencoder.encode_first", first, 1, 3, 3)
    weights("autoencoder.encode_second", second, first, 3, 3)
    weights("autoencoder.to_latent", c.latent, second * CELLS)
    weights("autoencoder.from_latent", second * CELLS, c.latent)
    weights("autoencoder.decode_second", first, second, 3, 3)
    weights("autoencoder.decode_first", OUTPUT_MAPS, first, 3, 3)
    for layer in range(c.layers):
        inputs = c.hidden if layer else c.latent + PITCHES
        shapes[f"lstm.weight_ih_l{layer}"] = (4 * c.hidden, inputs)
        shapes[f"lstm.weight_hh_l{layer}"] = (4 * c.hidden, c.hidden)
        shapes[f"lstm.bias_ih_l{layer}"] = shapes[f"lstm.bias_hh_l{layer}"] = (4 * c.hidden,)
    weights("to_latent", c.latent, c.hidden)
    weights("pitch_bias", PITCHES, c.hidden)
    weights("hold_gate", PITCHES, c.hidden)
    weights("window_gate", c.window, c.hidden)
    if c.echoes:
        weights("query", c.echoes * c.key, c.hidden + c.latent)
        weights("keys", c.echoes * c.key, c.hidden + c.latent)
        weights("recall", c.hidden, c.echoes * (PITCHES + 1))
        weights("echo_gate", c.echoes * PITCHES, c.hidden)
        shapes["no_echo"] = (c.echoes,)
    return shapes
