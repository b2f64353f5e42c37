"""Data sets that are learned from together: one split of all, each song heard as often as told."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from chipgen.errors import ChipgenError
from chipgen.labels.table import LabelTable
from chipgen.rows.states import Rows
from chipgen.rows.tempo import GridFit
from chipgen.training.rows_data import RowSplit


def check_mixture(folders: Sequence[Path], mixture: Mapping[str, float]) -> None:
    """Check that folders have names of their own, and that weights are of theirs.

    Raises
    ------
    ChipgenError
        If two folders have one name, or a weight is of no folder.
    """
    names = [folder.name for folder in folders]
    if len(set(names)) < len(names):
        raise ChipgenError(f"two of the folders {', '.join(names)} have one name; rename one")
    if unknown := sorted(set(mixture) - set(names)):
        known = ", ".join(names) or "none is given"
        raise ChipgenError(
            f"mixture: {unknown[0]} is no folder that is learned from as well (--also: {known})"
        )


def join_splits(splits: Sequence[RowSplit], weights: Sequence[float]) -> RowSplit:
    """Join splits one after the other.

    Parameters
    ----------
    splits
        At least one; plans and labels are kept if all have them.
    weights
        How often each split's songs are heard in an epoch, in the mean.
    """
    ends = np.cumsum([split.offsets[-1] for split in splits])
    begins = [0, *ends[:-1].tolist()]
    plans = [split.plan for split in splits if split.plan is not None]
    labels = [split.labels.arrays for split in splits if split.labels is not None]
    return RowSplit(
        codes=np.concatenate([split.codes for split in splits]),
        rows=Rows(
            np.concatenate([split.rows.states for split in splits]),
            np.concatenate([split.rows.volume for split in splits]),
            np.concatenate([split.rows.timbre for split in splits]),
            np.concatenate([split.rows.frames for split in splits]),
        ),
        offsets=np.concatenate(
            [*(s.offsets[:-1] + begin for s, begin in zip(splits, begins, strict=True)), ends[-1:]]
        ),
        seconds=np.concatenate([split.seconds for split in splits]),
        confidence=np.concatenate([split.confidence for split in splits]),
        names=[name for split in splits for name in split.names],
        fit=sum((split.fit for split in splits), GridFit()),
        grid_nats=sum(split.grid_nats for split in splits),
        key="".join(split.key for split in splits),
        plan=np.concatenate(plans) if len(plans) == len(splits) else None,
        labels=LabelTable(
            {name: np.concatenate([one[name] for one in labels]) for name in labels[0]}
        )
        if len(labels) == len(splits)
        else None,
        weights=np.repeat(np.array(weights, dtype=np.float64), [len(split) for split in splits]),
    )
