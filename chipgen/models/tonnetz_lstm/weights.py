"""Loads the weights of `tonnetz-lstm` for the compiled arithmetic."""

from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from chipgen.declared_arrays import check_shapes
from chipgen.models.tonnetz_lstm.checkpoint_layout import OUTPUT_MAPS, array_shapes
from chipgen.models.tonnetz_lstm.config import TonnetzLstmConfig
from chipgen.music import tonnetz
from chipgen.music.tonnetz import COLUMNS, PITCHES

Array = NDArray[np.float32]
Linear = tuple[Array, Array]
"""Weights, (in, out), and biases, (out,)."""


@dataclass(frozen=True, slots=True, eq=False)
class SliceArrays:
    """The weights of `tonnetz-lstm`, laid out for reading slice by slice.

    Attributes
    ----------
    config
        Its sizes.
    encoder, to_latent, from_latent, decoder
        Of the autoencoder: its two convolutions each way, and what lies between them and the
        latent. Convolutions have weights of shape (new maps, maps · 9).
    average
        What averages the decoder's maps over each pitch's cells; its biases are 0.
    lstm
        Of each layer what makes its gates of its inputs, and what of its state,
        (hidden, 4 · hidden).
    search, recall
        From a moment to its query and its key, and from echoes to what they add to the state.
    no_echo
        The score of there being no moment like the present one, of each way of looking.
    answer, heads
        From the state to the latent of the answer; and to the pitches' biases and the gates of
        what is heard again.
    """

    config: TonnetzLstmConfig
    encoder: tuple[Linear, Linear]
    to_latent: Linear
    from_latent: Linear
    decoder: tuple[Linear, Linear]
    average: Linear
    lstm: tuple[tuple[Linear, Array], ...]
    search: Linear
    recall: Linear
    no_echo: Array
    answer: Linear
    heads: Linear

    @classmethod
    def from_arrays(cls, config: TonnetzLstmConfig, arrays: dict[str, Array]) -> Self:
        """Lay out a checkpoint's arrays.

        Raises
        ------
        ValueError
            If they do not belong to a model of these sizes.
        """
        shapes = {name: array.shape for name, array in arrays.items()}
        check_shapes(shapes, array_shapes(asdict(config)))

        def linear(*names: str) -> Linear:
            weights = [arrays[f"{name}.weight"] for name in names]
            biases = [arrays[f"{name}.bias"] for name in names]
            return contiguous(np.concatenate(weights).T), contiguous(np.concatenate(biases))

        def convolution(name: str) -> Linear:
            weight = arrays[f"autoencoder.{name}.weight"]
            bias = arrays[f"autoencoder.{name}.bias"]
            return contiguous(weight.reshape(len(weight), -1)), contiguous(bias)

        def layer(number: int) -> tuple[Linear, Array]:
            inputs, state = (arrays[f"lstm.weight_{part}_l{number}"].T for part in ("ih", "hh"))
            bias = arrays[f"lstm.bias_ih_l{number}"] + arrays[f"lstm.bias_hh_l{number}"]
            return (contiguous(inputs), contiguous(bias)), contiguous(state)

        # The decoder's maps are the rows of the lattice in turn; here those of a map come together.
        average = tonnetz.averaging_matrix().reshape(-1, OUTPUT_MAPS, COLUMNS, PITCHES)
        nothing = np.zeros((0, 0), np.float32), np.zeros(0, np.float32)
        echoes = bool(config.echoes)
        return cls(
            config,
            (convolution("encode_first"), convolution("encode_second")),
            linear("autoencoder.to_latent"),
            linear("autoencoder.from_latent"),
            (convolution("decode_second"), convolution("decode_first")),
            (contiguous(average.swapaxes(0, 1).reshape(-1, PITCHES)), np.zeros(PITCHES, "f4")),
            tuple(layer(number) for number in range(config.layers)),
            linear("query", "keys") if echoes else nothing,
            linear("recall") if echoes else nothing,
            contiguous(arrays["no_echo"]) if echoes else nothing[1],
            linear("to_latent"),
            linear("pitch_bias", "hold_gate", "window_gate", *["echo_gate"] * echoes),
        )


def contiguous(array: NDArray[Any]) -> Array:
    """Return an array as the kernels take it."""
    return np.ascontiguousarray(array, dtype=np.float32)
