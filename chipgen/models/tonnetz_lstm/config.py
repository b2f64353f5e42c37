"""The sizes of `tonnetz-lstm`, without torch."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class TonnetzLstmConfig:
    """Sizes of the model.

    Attributes
    ----------
    maps
        Feature maps of the autoencoder's two convolutions.
    latent, hidden, layers
        Length of a latent, and of the LSTM's state in each of its layers.
    window
        Slices that the output skip looks back on.
    echoes, key
        How many ways there are of looking for moments like the present one, and the length of the
        vectors that are compared; no echoes means no memory beyond the LSTM's state.
    dropout
        Share of the LSTM's inputs and outputs dropped in training.
    """

    maps: tuple[int, int] = (20, 10)
    latent: int = 128
    hidden: int = 256
    layers: int = 2
    window: int = 16
    echoes: int = 4
    key: int = 32
    dropout: float = 0.2

    @classmethod
    def from_description(cls, description: dict[str, Any]) -> "TonnetzLstmConfig":
        """Return the sizes that a checkpoint's header holds as plain values.

        Raises
        ------
        KeyError, TypeError
            If they are not those of this model.
        """
        return cls(**description | {"maps": tuple(description["maps"])})
