"""What measures answer: figures for real music, for takes and for controls, beside a bar."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

NORMAL_95: Final = 1.96


@dataclass(frozen=True, slots=True)
class Sample:
    """A value over some pieces.

    Attributes
    ----------
    value
        The mean, or what was computed over all.
    n
        Of how many pieces.
    low, high
        95 % interval.
    """

    value: float
    n: int
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> "Sample | None":
        """Return the mean of values, one a piece, with its interval; None if there are none."""
        numbers = np.array([float(value) for value in values])
        if not len(numbers):
            return None
        mean = float(numbers.mean())
        half = NORMAL_95 * float(numbers.std()) / len(numbers) ** 0.5
        return cls(mean, len(numbers), mean - half, mean + half)

    def __str__(self) -> str:
        digits = 3 if abs(self.value) < 2 else 2
        return f"{self.value:.{digits}f} ±{(self.high - self.low) / 2:.{digits - 1}f} ({self.n})"


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table.

    Attributes
    ----------
    name
        What is measured.
    ours, real
        Of takes and of real music; None where it cannot be had.
    controls
        Of inputs for which the answer is known.
    at_most, at_least
        The bar, if there is one.
    """

    name: str
    ours: Sample | None = None
    real: Sample | None = None
    controls: dict[str, Sample] = field(default_factory=dict)
    at_most: float | None = None
    at_least: float | None = None

    @property
    def bar(self) -> str:
        """The bar as it is printed."""
        if self.at_most is not None:
            return f"≤ {self.at_most:g}"
        return "" if self.at_least is None else f"≥ {self.at_least:g}"

    @property
    def met(self) -> bool | None:
        """Whether our value meets the bar; None if there is no bar or no value."""
        if self.ours is None or not self.bar:
            return None
        if self.at_most is not None:
            return self.ours.value <= self.at_most
        return self.ours.value >= (self.at_least or 0.0)


def figure(
    name: str,
    *,
    ours: Iterable[float] = (),
    real: Iterable[float] = (),
    controls: dict[str, Iterable[float]] | None = None,
    at_most: float | None = None,
    at_least: float | None = None,
) -> Figure:
    """Return a figure of means over pieces."""
    known = {key: Sample.of(values) for key, values in (controls or {}).items()}
    return Figure(
        name, Sample.of(ours), Sample.of(real),
        {key: sample for key, sample in known.items() if sample is not None}, at_most, at_least,
    )  # fmt: skip


def table(title: str, figures: Sequence[Figure]) -> str:
    """Return figures as a Markdown table."""
    head = ("", "ours", "real", "controls", "bar", "met")
    rows = [head, ("---",) * len(head)]
    for each in figures:
        controls = "; ".join(f"{key} {value.value:.2f}" for key, value in each.controls.items())
        met = {True: "yes", False: "no", None: ""}[each.met]
        rows.append(
            (each.name, str(each.ours or ""), str(each.real or ""), controls, each.bar, met)
        )
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([f"### {title}", "", *lines, ""])
