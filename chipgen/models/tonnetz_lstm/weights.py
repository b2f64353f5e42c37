"""A checkpoint of `tonnetz-lstm` to its weights as the kernels take them, without torch."""

from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from chipgen.models.tonnetz_lstm.config import TonnetzLstmConfig
from chipgen.music import tonnetz
from chipgen.music.tonnetz import COLUMNS, PITCHES, ROWS

Array = NDArray[np.float32]
Linear = tuple[Array, Array]
"""Weights, (in, out), and biases, (out,)."""

OUTPUT_MAPS: Final = 4  # maps of the decoder, on every fourth row of the lattice
CELLS: Final = ROWS // OUTPUT_MAPS * COLUMNS  # of the innermost maps


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
        KeyError, ValueError
            If they do not belong to a model of these sizes.
        """

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
        laid_out = cls(
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
        laid_out.check()
        return laid_out

    def check(self) -> None:
        """Check all sizes, which machine code trusts.

        Raises
        ------
        ValueError
            If one is wrong.
        """
        c = self.config
        first, second = c.maps
        moment, ways = c.hidden + c.latent, c.echoes * c.key
        layers = [
            (self.encoder[0], (first, 9), first),
            (self.encoder[1], (second, 9 * first), second),
            (self.to_latent, (second * CELLS, c.latent), c.latent),
            (self.from_latent, (c.latent, second * CELLS), second * CELLS),
            (self.decoder[0], (first, 9 * second), first),
            (self.decoder[1], (OUTPUT_MAPS, 9 * first), OUTPUT_MAPS),
            (self.answer, (c.hidden, c.latent), c.latent),
            (self.heads, (c.hidden, PITCHES * (2 + c.echoes) + c.window),
             PITCHES * (2 + c.echoes) + c.window),
        ]  # fmt: skip
        for number, (inputs, state) in enumerate(self.lstm):
            width = c.hidden if number else c.latent + PITCHES
            layers.append((inputs, (width, 4 * c.hidden), 4 * c.hidden))
            layers.append(((state, inputs[1]), (c.hidden, 4 * c.hidden), 4 * c.hidden))
        if c.echoes:
            layers.append((self.search, (moment, 2 * ways), 2 * ways))
            layers.append((self.recall, (c.echoes * (PITCHES + 1), c.hidden), c.hidden))
        for (weight, bias), shape, outputs in layers:
            if weight.shape != shape or bias.shape != (outputs,):
                raise ValueError(f"shape {weight.shape} where {shape} is needed")
        if self.no_echo.shape != (c.echoes,):
            raise ValueError(f"{len(self.no_echo)} ways where {c.echoes} are needed")


def contiguous(array: NDArray[Any]) -> Array:
    """Return an array as the kernels take it."""
    return np.ascontiguousarray(array, dtype=np.float32)
