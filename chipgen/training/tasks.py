"""Songs to the two things `tonnetz-lstm` learns: slices as latents, and the next slice."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from chipgen.models.autoencoder import SliceAutoencoder
from chipgen.models.tonnetz_lstm import TonnetzLstm
from chipgen.music.tonnetz import PITCHES
from chipgen.training.config import AutoencoderSettings, PredictorSettings
from chipgen.training.evaluate_slices import evaluate_slices
from chipgen.training.model_predictor import ModelPredictor

Songs = list[NDArray[np.bool_]]


def transpose(rolls: NDArray[np.generic], semitones: int) -> NDArray[np.float32]:
    """Move rolls of shape (..., 88) up by so many semitones; what leaves the range is lost.

    Examples
    --------
    >>> roll = np.zeros(88)
    >>> roll[3] = 1
    >>> int(transpose(roll, 2).argmax()), transpose(roll, -4).sum()
    (5, np.float32(0.0))
    """
    moved = np.zeros(rolls.shape, np.float32)
    if semitones >= 0:
        moved[..., semitones:] = rolls[..., : rolls.shape[-1] - semitones]
    else:
        moved[..., :semitones] = rolls[..., -semitones:]
    return moved


class AutoencoderTask:
    """Every different slice of the training songs comes back as itself."""

    name = "autoencoder"

    def __init__(
        self,
        model: TonnetzLstm,
        train: Songs,
        valid: Songs,
        settings: AutoencoderSettings,
        transpose_by: int,
    ) -> None:
        self.model: SliceAutoencoder = model.autoencoder
        self._settings = settings
        self._train = _different(train)
        self._valid = torch.from_numpy(_different(valid).astype(np.float32))
        self._transpose_by = transpose_by

    def plan_epoch(self, rng: np.random.Generator) -> list[tuple[NDArray[np.int64], int]]:
        """Return batches: which slices, and how far each batch is transposed."""
        order = rng.permutation(len(self._train))
        size = self._settings.batch_slices
        return [
            (order[begin : begin + size], _draw_shift(rng, self._transpose_by))
            for begin in range(0, len(order), size)
        ]

    def loss(self, plan: tuple[NDArray[np.int64], int]) -> tuple[Tensor, float]:
        """Return weighted L1 on probabilities, with cross-entropy beside it."""
        chosen, semitones = plan
        rolls = torch.from_numpy(transpose(self._train[chosen], semitones))
        return self._cost(rolls, self.model(rolls)), float(len(rolls))

    def validate(self) -> dict[str, float]:
        """Return the loss, and the share of slices that come back exactly."""
        total, exact = 0.0, 0
        for rolls in torch.split(self._valid, 4096):
            logits = self.model(rolls)
            total += float(self._cost(rolls, logits))
            back = self.model.lattice.average(logits) > 0
            exact += int((back == (rolls > 0.5)).all(dim=1).sum())
        return {"valid_loss": total / len(self._valid), "valid_exact": exact / len(self._valid)}

    def _cost(self, rolls: Tensor, logits: Tensor) -> Tensor:
        target = self.model.lattice.draw(rolls)
        weight = 1.0 + (self._settings.positive_weight - 1.0) * target
        l1 = ((torch.sigmoid(logits) - target).abs() * weight).sum()
        bce = F.binary_cross_entropy_with_logits(logits, target, reduction="sum")
        return l1 + self._settings.bce_weight * bce


@dataclass(frozen=True, slots=True)
class Piece:
    """Slices `begin` … `end` − 1 of a song, transposed."""

    song: int
    begin: int
    end: int
    semitones: int


class PredictorTask:
    """Each slice from those before it; the encoder stays as the first stage left it."""

    name = "predictor"

    def __init__(
        self,
        model: TonnetzLstm,
        train: Songs,
        valid: Songs,
        settings: PredictorSettings,
        transpose_by: int,
    ) -> None:
        self.model = model
        for part in (model.autoencoder.encode_first, model.autoencoder.encode_second):
            part.requires_grad_(False)
        model.autoencoder.to_latent.requires_grad_(False)
        self._settings = settings
        self._train = [song for song in train if len(song) > 2]
        self._valid = valid
        self._transpose_by = transpose_by

    def plan_epoch(self, rng: np.random.Generator) -> list[list[Piece]]:
        """Cut the songs into pieces and put pieces of like length together."""
        pieces = [
            Piece(index, begin, end, _draw_shift(rng, self._transpose_by))
            for index, song in enumerate(self._train)
            for begin, end in self._cut(len(song), rng)
        ]
        lengths = np.array([piece.end - piece.begin for piece in pieces])
        # Noise on the lengths: other neighbours each epoch, at the price of a little padding.
        order = np.argsort(lengths + rng.uniform(0, 8, len(pieces)), kind="stable")
        batches: list[list[Piece]] = [[]]
        longest = 0
        for index in order:
            longest = max(longest, int(lengths[index]))
            if batches[-1] and (len(batches[-1]) + 1) * longest > self._settings.batch_slices:
                batches.append([])
                longest = int(lengths[index])
            batches[-1].append(pieces[index])
        return [batches[index] for index in rng.permutation(len(batches))]

    def loss(self, plan: list[Piece]) -> tuple[Tensor, float]:
        """Return the cross-entropy of the slices that count, in nats, and how many they are."""
        longest = max(piece.end - piece.begin for piece in plan)
        rolls = np.zeros((len(plan), longest, PITCHES), np.float32)
        counts = np.zeros((len(plan), longest - 1), np.float32)
        for row, piece in enumerate(plan):
            length = piece.end - piece.begin
            song = self._train[piece.song][piece.begin : piece.end]
            rolls[row, :length] = transpose(song, piece.semitones)
            counts[row, self._settings.warmup_slices if piece.begin else 0 : length - 1] = 1.0
        slices = torch.from_numpy(rolls)
        with torch.no_grad():
            latents = self.model.autoencoder.encode(slices[:, :-1])
        logits, _ = self.model(slices[:, :-1], latents)
        nats = F.binary_cross_entropy_with_logits(logits, slices[:, 1:], reduction="none").sum(-1)
        return (nats * torch.from_numpy(counts)).sum(), float(counts.sum())

    def validate(self) -> dict[str, float]:
        """Return nats a slice and F1 of the "slices" task."""
        result = evaluate_slices(self._valid, ModelPredictor(self.model))
        return {"valid_loss": result.nats, "valid_f1": result.f1}

    def _cut(self, length: int, rng: np.random.Generator) -> list[tuple[int, int]]:
        size = self._settings.crop_slices
        if length <= size:
            return [(0, length)]
        marks = [0, *range(int(rng.integers(1, size + 1)), length, size), length]
        least = self._settings.warmup_slices + 2
        return [(a, b) for a, b in pairwise(marks) if b - a >= least]


def _different(songs: Songs) -> NDArray[np.bool_]:
    """Return every different slice once, shape (slices, 88)."""
    packed = np.unique(np.packbits(np.concatenate(songs), axis=1), axis=0)
    return np.unpackbits(packed, axis=1, count=PITCHES).astype(np.bool_)


def _draw_shift(rng: np.random.Generator, up_to: int) -> int:
    return int(rng.integers(-up_to, up_to + 1))
