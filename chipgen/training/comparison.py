"""What scoring a model on a task gives, whichever task it is."""

from pathlib import Path
from typing import Protocol


class Comparison(Protocol):
    """A model's figures on a split, with baselines beside them where train is there to count."""

    @property
    def has_train(self) -> bool:
        """Whether the data has a train split."""

    def text(self) -> str:
        """Return the figures as tables of plain text."""


class Report(Protocol):
    """The function that a model's row names for a task (`ScoredTask.report`)."""

    def __call__(
        self, model_name: str, data: Path, task: str, split: str | None, *, progress: bool = False
    ) -> Comparison:
        """Score a model on a split of a folder or cache.

        Parameters
        ----------
        model_name
            A shipped model's name, or the path of a checkpoint.
        data
            A folder of songs, or a cache made of one where the task has such.
        task
            The task's name.
        split
            What to score; test if there, else valid, else train, if None.
        progress
            Whether bars are drawn on standard error.

        Raises
        ------
        ChipgenError
            If the model is of another kind, or the data lacks the split.
        """
