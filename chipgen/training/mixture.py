"""Joins data sets that are learned from together, each with its share of what is heard."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from chipgen.errors import ChipgenError
from chipgen.labels.label_table import LabelTable
from chipgen.rows.row_fit import GridFit
from chipgen.rows.row_states import Rows
from chipgen.training.rows_cache import RowSplit


def check_mixture(folders: Sequence[Path], mixture: Mapping[str, float]) -> None:
    """Check that folders have names of their own, and that shares are of theirs.

    Raises
    ------
    ChipgenError
        If two folders have one name, or a share is of no folder.
    """
    names = [folder.name for folder in folders]
    if len(set(names)) < len(names):
        raise ChipgenError(f"two of the folders {', '.join(names)} have one name; rename one")
    if unknown := sorted(set(mixture) - set(names)):
        known = ", ".join(names) or "none is given"
        raise ChipgenError(
            f"mixture: {unknown[0]} is no folder that is learned from as well (--also: {known}); "
            f"add --also path/to/{unknown[0]}, or take it out of the settings"
        )


def join_splits(splits: Sequence[RowSplit], shares: Sequence[float | None]) -> RowSplit:
    """Join splits one after the other.

    Parameters
    ----------
    splits
        At least one; plans and labels are kept if all have them.
    shares
        Share of the rows heard in an epoch, in the mean, that are each split's; the songs of those
        with None are heard once each.
    """
    if len(splits) == 1:
        return splits[0]
    sizes = [len(split.codes) for split in splits]
    told = sum(share or 0.0 for share in shares)
    rest = sum(size for size, share in zip(sizes, shares, strict=True) if share is None)
    weights = [
        1.0 if share is None else share / (1.0 - told) * rest / size
        for size, share in zip(sizes, shares, strict=True)
    ]
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
