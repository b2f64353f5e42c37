"""Makes a model of slices a predictor that the evaluation can score."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


class ModelPredictor:
    """Wraps any model with `log_prob(slices)` as a `SlicePredictor`.

    Parameters
    ----------
    model
        Its `log_prob` maps slices of shape (steps, 88) to log-probabilities of the same shape, as
        an array or as a tensor.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self.name: str = model.name

    def probabilities(self, song: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return P(pitch sounds) for every slice given those before, shape of `song`."""
        logs = np.asarray(self._model.log_prob(song), dtype=np.float64)
        return np.where(song, np.exp(logs), 1.0 - np.exp(logs))
