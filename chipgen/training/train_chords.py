"""Fits the weights of `chipgen.labels.chords` to POP909's chords.

Deterministic: the same data, seed and library versions give the same file.
"""

import time
from collections.abc import Sequence
from typing import Annotated, Final, Literal

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor

from chipgen.dataset.pop909 import list_pop909, split_of
from chipgen.errors import ChipgenError
from chipgen.labels.chord_names import CHORDS, NO_CHORD, QUALITIES
from chipgen.labels.chords import GROUPS, PLAIN, Weights, chord_scores, expand_changes, smooth
from chipgen.training.chord_data import SINGLE, SOURCES, UNKNOWN, ChordSong, read_chord_songs
from chipgen.training.comparison import Table
from chipgen.training.training_report import settings_section, write_page
from chipgen.training.training_request import Trained, TrainRequest
from chipgen.training.training_settings import Count, Rate, Settings, load_settings
from synth.atomic_write import write_bytes

NAME: Final = "chords"
_LEAST: Final = 0.5  # changes of each kind that are taken as seen
_LEANS: Final = (0.0, 0.1, 0.2, 0.3, 0.4, 0.6)  # shares of the neighbours' say that are tried


class ChordSettings(Settings):
    """How the recogniser is fitted.

    Attributes
    ----------
    model
        ``"chords"``.
    seed
        Of everything random.
    every
        Songs whose number is a multiple of it are learned from.
    epochs
        Times that the half bars are gone through.
    batch
        Half bars a step.
    learning_rate, weight_decay
        Of AdamW; the rate falls to nothing in a line.
    """

    model: Literal["chords"]
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    every: Count = 4
    epochs: Count = 8
    batch: Count = 2048
    learning_rate: Rate = 0.05
    weight_decay: Annotated[float, Field(ge=0)] = 0.0003


def train(request: TrainRequest) -> Trained:
    """Fit the recogniser to POP909's train songs, and choose how it leans on its neighbours.

    The songs whose number ends in 7 are not read.

    Raises
    ------
    ChipgenError
        If a setting is wrong, or the folder is not POP909 with its chords.
    """
    from safetensors.numpy import save

    began = time.monotonic()
    settings = load_settings(request.config, ChordSettings)
    if request.init:
        raise ChipgenError(f"{NAME} begins from nothing; leave out --init")
    paths = [
        path
        for path in list_pop909(request.data)
        if split_of(path.stem) == "valid"
        or (split_of(path.stem) == "train" and int(path.stem) % settings.every == 0)
    ]
    songs = read_chord_songs(paths, progress=request.progress)
    by_split = {
        split: [song for song in songs if split_of(song.number) == split]
        for split in ("train", "valid")
    }
    for split, own in by_split.items():
        if not own:
            raise ChipgenError(f"{request.data} holds no song of POP909's {split} songs")
    torch.set_num_threads(1)
    weights = fit(by_split["train"], settings)
    chosen, rows = lean(weights, by_split["valid"])
    path = request.folder / f"{NAME}.safetensors"
    write_bytes(path, save({k: v.astype(np.float32) for k, v in chosen.items()}), overwrite=True)
    report = request.folder / "report.md"
    held = Table("", ["share of the neighbours' say", "nats a half bar"], rows)
    write_page(
        report,
        f"Fit of the recogniser of {NAME}",
        [settings_section(settings.model_dump(mode="json")), held.markdown()],
    )
    spent = f"{(time.monotonic() - began) / 60:.1f} minutes"
    return Trained(path, report, f"{rows[0][1]} nats a half bar on held-out songs; {spent}")


def fit(songs: Sequence[ChordSong], settings: ChordSettings) -> Weights:
    """Return weights that foretell each half bar's chord alone, and how chords follow each other.

    Returns
    -------
    dict
        ``quality``, ``none`` as `chord_scores` takes them, ``common``, the nats of each chord's
        kind (none, then qualities), and ``change``, those of changes by kind and interval, shape
        (2, qualities, qualities, 12), with ``change_none``, shape (2, 3): none after none, none
        after a chord, a chord after none.
    """
    several = [source for source in SOURCES if source != SINGLE]
    fitted = [_fit(songs, sources, settings) for sources in (several, [SINGLE])]
    return {
        "quality": np.stack([quality for quality, _ in fitted]),
        "none": np.stack([none for _, none in fitted]),
        **_count(songs),
    }


def _fit(
    songs: Sequence[ChordSong], sources: Sequence[str], settings: ChordSettings
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the weights of qualities and of no chord for what is heard of some sources."""
    turned, plain, chord = (
        torch.from_numpy(np.concatenate(parts)).to(kind)
        for parts, kind in (
            ([song.turned[source] for source in sources for song in songs], torch.float32),
            ([song.plain[source] for source in sources for song in songs], torch.float32),
            ([song.chord for _ in sources for song in songs], torch.int64),
        )
    )
    known = torch.nonzero(chord != UNKNOWN)[:, 0]
    quality = torch.zeros(len(QUALITIES), GROUPS * 12 + 1, requires_grad=True)
    none = torch.zeros(PLAIN, requires_grad=True)
    optimizer = torch.optim.AdamW(
        [quality, none], lr=settings.learning_rate, weight_decay=settings.weight_decay
    )
    random = torch.Generator().manual_seed(settings.seed)
    steps = settings.epochs * (-(-len(known) // settings.batch))
    step = 0
    for _ in range(settings.epochs):
        order = known[torch.randperm(len(known), generator=random)]
        for begin in range(0, len(order), settings.batch):
            chosen = order[begin : begin + settings.batch]
            scores = _scores(turned[chosen], plain[chosen], quality, none)
            for group in optimizer.param_groups:
                group["lr"] = settings.learning_rate * (1 - step / steps)
            optimizer.zero_grad()
            F.cross_entropy(scores, chord[chosen]).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            step += 1
    return quality.detach().double().numpy(), none.detach().double().numpy()


def _scores(turned: Tensor, plain: Tensor, quality: Tensor, none: Tensor) -> Tensor:
    """Return what `chord_scores` does, for gradients to flow through."""
    index = (torch.arange(12)[:, None] + torch.arange(12)) % 12
    by_root = turned[:, :, index].permute(0, 2, 1, 3).reshape(len(turned), 12, -1)
    scores = by_root @ quality[:, :-1].T + quality[:, -1]
    return torch.cat([(plain @ none)[:, None], scores.flatten(1)], dim=1)


def _count(songs: Sequence[ChordSong]) -> Weights:
    sizes = len(QUALITIES)
    common = np.full(1 + sizes, _LEAST)
    change = np.full((2, sizes, sizes, 12), _LEAST / 12)
    with_none = np.full((2, 3), _LEAST)
    left = np.full((2, sizes), _LEAST)
    left_none = np.full(2, _LEAST)
    for song in songs:
        for span, (one, other) in enumerate(zip(song.chord, song.chord[1:], strict=False)):
            if other == UNKNOWN:
                continue
            kind = 0 if other == NO_CHORD else 1 + (other - 1) % sizes
            common[kind] += 1
            if one == UNKNOWN:
                continue
            over = span % 2  # from a second half to a first one
            if one == NO_CHORD:
                with_none[over, 0 if other == NO_CHORD else 2] += 1
                left_none[over] += 1
                continue
            (root, quality), left_of = divmod(int(one) - 1, sizes), left[over]
            left_of[quality] += 1
            if other == NO_CHORD:
                with_none[over, 1] += 1
                continue
            to_root, to_quality = divmod(int(other) - 1, sizes)
            change[over, quality, to_quality, (to_root - root) % 12] += 1
    return {
        "common": np.log(common / common.sum()),
        "change": np.log(change / left[:, :, None, None]),
        "change_none": np.log(
            with_none / np.stack([left_none, left.sum(axis=1), left_none], axis=1)
        ),
    }


def lean(weights: Weights, songs: Sequence[ChordSong]) -> tuple[Weights, list[list[str]]]:
    """Choose how much chords lean on their neighbours, by songs that were held out.

    What is heard in a half bar is partly heard in the next ones, too, so the probabilities of
    changes have less than their full say; as much of each chord's own is taken out.

    Returns
    -------
    weights
        As `chipgen.labels.chords` takes them.
    table
        What was tried, the best first.
    """
    change = expand_changes(weights["change"])
    none = weights["change_none"]
    change[:, 0, 0], change[:, 1:, 0] = none[:, 0], none[:, 1, None]
    change[:, 0, 1:] = none[:, 2, None] - np.log(CHORDS - 1)
    change -= np.log(np.exp(change).sum(axis=2, keepdims=True))
    common = weights["common"]
    tried: list[tuple[float, float, Weights]] = []
    for share in _LEANS:
        quality, alone = weights["quality"].copy(), weights["none"].copy()
        quality[:, :, -1] -= share * (common[1:] - np.log(12.0))
        alone[:, 0] -= share * common[0]
        made = {"quality": quality, "none": alone, "change": share * change}
        tried.append((_nats(made, songs), share, made))
    tried.sort(key=lambda one: one[:2])
    return tried[0][2], [[f"{share:g}", f"{nats:.4f}"] for nats, share, _ in tried]


def _nats(weights: Weights, songs: Sequence[ChordSong]) -> float:
    total, count = 0.0, 0
    for song in songs:
        known = np.nonzero(song.chord != UNKNOWN)[0]
        for source in SOURCES:
            scores = chord_scores(
                song.turned[source], song.plain[source], weights, single=source == SINGLE
            )
            likely = smooth(scores, weights)[known, song.chord[known]]
            total -= float(np.log(np.maximum(likely, 1e-6)).sum())
            count += len(known)
    return total / max(1, count)
