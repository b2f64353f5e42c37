"""Tables of a model's scores beside those of baselines."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Table:
    """Figures, a line a predictor.

    Attributes
    ----------
    caption
        What stands above it; may be empty.
    header
        Names of the columns; the first, of the predictors' names, may be empty.
    rows
        As many cells each: texts, numbers, or None for none.
    formats
        How each column's numbers are shown, as `str.format` takes it; as they are if empty.
    """

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    formats: Sequence[str] = ()

    def cells(self) -> list[list[str]]:
        """Return the rows as texts."""
        shown = self.formats or ["{}"] * len(self.header)
        return [
            [
                "" if cell is None else cell if isinstance(cell, str) else as_text.format(cell)
                for cell, as_text in zip(row, shown, strict=True)
            ]
            for row in self.rows
        ]

    def records(self) -> list[dict[str, Cell]]:
        """Return the rows as objects, by the columns' names with _ for what is no letter or digit.

        Examples
        --------
        >>> Table("", ["", "nats a slice"], [["ours", 7.351]], ["", "{:.2f}"]).records()
        [{'name': 'ours', 'nats_a_slice': 7.351}]
        """
        names = [re.sub(r"\W+", "_", name).strip("_") or "name" for name in self.header]
        return [dict(zip(names, row, strict=True)) for row in self.rows]

    def text(self) -> str:
        """Return the table as plain text, names to the left and numbers to the right.

        Examples
        --------
        >>> print(Table("on valid:", ["", "nats"], [["ours", "7.35"], ["bigram", "11.97"]]).text())
        on valid:
                 nats
        ours     7.35
        bigram  11.97
        """
        lines = [list(self.header), *self.cells()]
        widths = [max(len(line[k]) for line in lines) for k in range(len(self.header))]
        laid = [
            "  ".join(
                cell.rjust(width) if k else cell.ljust(width)
                for k, (cell, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in lines
        ]
        return "\n".join([self.caption, *laid] if self.caption else laid)

    def markdown(self) -> str:
        """Return the table as Markdown, below its caption."""
        marks = ["---", *("---:" for _ in self.header[1:])]
        lines = ["| " + " | ".join(cells) + " |" for cells in (self.header, marks, *self.cells())]
        return "\n".join([self.caption, "", *lines] if self.caption else lines)


class Comparison(Protocol):
    """A model's figures on a split, with baselines beside them where the train split exists."""

    @property
    def has_train(self) -> bool:
        """Whether the data has a train split."""

    def method(self) -> str:
        """Return what the figures are, in a sentence or two."""

    def tables(self) -> list[Table]:
        """Return the figures on all songs, and on those that train does not have."""

    def text(self) -> str:
        """Return the figures as plain text."""


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
