"""The two objectives of `tonnetz-lstm`: encode slices, and predict the next one."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from chipgen.models.tonnetz_lstm.network import SliceAutoencoder, TonnetzLstm
from chipgen.music.tonnetz import PITCHES
from chipgen.training.evaluate_slices import evaluate_slices
from chipgen.training.model_predictor import ModelPredictor
from chipgen.training.slices_settings import AutoencoderSettings, PredictorSettings, StageSettings
from chipgen.training.training_task import Batch, Weights

Songs = list[NDArray[np.bool_]]


def transpose(rolls: NDArray[np.generic], semitones: int) -> NDArray[np.float32]:
    """Move rolls of shape (..., 88) up by a number of semitones; what leaves the range is lost.

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


@dataclass(frozen=True, slots=True)
class Transposed:
    """A slice of the training data, by its number, transposed."""

    index: int
    semitones: int


class AutoencoderTask:
    """Every different slice of the training songs comes back as itself."""

    name = "autoencoder"
    shares = (1.0,)

    def __init__(
        self,
        model: TonnetzLstm,
        train: Songs,
        valid: Songs,
        settings: AutoencoderSettings,
        transpose_by: int,
    ) -> None:
        self.model: SliceAutoencoder = model.autoencoder
        self.objective = _AutoencoderLoss(self.model, settings)
        self._judge = copy.deepcopy(self.objective)
        self._settings = settings
        self._train = _different(train)
        self._valid = torch.from_numpy(_different(valid).astype(np.float32))
        self._transpose_by = transpose_by

    def optimizers(self) -> list[torch.optim.Optimizer]:
        """Return AdamW over all weights."""
        return [_adamw(self.objective, self._settings)]

    def plan_epoch(self, rng: np.random.Generator) -> list[list[Transposed]]:
        """Return batches: which slices, and how far each batch is transposed."""
        order = rng.permutation(len(self._train)).tolist()
        size = self._settings.batch_slices
        plans = []
        for begin in range(0, len(order), size):
            shift = _draw_shift(rng, self._transpose_by)
            plans.append([Transposed(index, shift) for index in order[begin : begin + size]])
        return plans

    def build(self, items: Sequence[Transposed], *, counted: bool, device: torch.device) -> Batch:
        """Return the slices, and how much each counts."""
        rolls = np.concatenate(
            [transpose(self._train[item.index][None], item.semitones) for item in items]
        )
        weight = torch.full((len(items),), float(counted), device=device)
        return Batch((torch.from_numpy(rolls).to(device), weight), weight.sum()[None])

    def validate(self, weights: Weights) -> dict[str, float]:
        """Return the loss, and the share of slices that come back exactly."""
        judge = self._judge.eval()
        judge.autoencoder.load_state_dict(weights)
        total, exact = 0.0, 0
        with torch.no_grad():
            for rolls in torch.split(self._valid, 4096):
                logits = judge.autoencoder(rolls)
                total += float(judge.cost(rolls, logits).sum())
                back = judge.autoencoder.lattice.average(logits) > 0
                exact += int((back == (rolls > 0.5)).all(dim=1).sum())
        return {"valid_loss": total / len(self._valid), "valid_exact": exact / len(self._valid)}


class _AutoencoderLoss(nn.Module):
    """Weighted L1 on probabilities, with cross-entropy beside it."""

    def __init__(self, autoencoder: SliceAutoencoder, settings: AutoencoderSettings) -> None:
        super().__init__()
        self.autoencoder = autoencoder
        self._positive, self._bce = settings.positive_weight, settings.bce_weight

    def forward(self, rolls: Tensor, weight: Tensor) -> Tensor:
        """Return the summed cost of slices, shape (1,)."""
        return (self.cost(rolls, self.autoencoder(rolls)) * weight).sum()[None]

    def cost(self, rolls: Tensor, logits: Tensor) -> Tensor:
        """Return the cost of each slice, shape (slices,)."""
        target = self.autoencoder.lattice.draw(rolls)
        heed = 1.0 + (self._positive - 1.0) * target
        l1 = ((torch.sigmoid(logits) - target).abs() * heed).flatten(1).sum(1)
        bce = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
        return l1 + self._bce * bce.flatten(1).sum(1)


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
    shares = (1.0,)

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
        self.objective = _PredictorLoss(model)
        self._judge = copy.deepcopy(model)
        self._settings = settings
        self._train = [song for song in train if len(song) > 2]
        self._valid = valid
        self._transpose_by = transpose_by

    def optimizers(self) -> list[torch.optim.Optimizer]:
        """Return AdamW over all weights but the encoder's."""
        return [_adamw(self.objective, self._settings)]

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
        return [batches[index] for index in rng.permutation(len(batches)) if batches[index]]

    def build(self, items: Sequence[Piece], *, counted: bool, device: torch.device) -> Batch:
        """Return the pieces one above the other, and which of their predictions count."""
        longest = max(piece.end - piece.begin for piece in items)
        rolls = np.zeros((len(items), longest, PITCHES), np.float32)
        counts = np.zeros((len(items), longest - 1), np.float32)
        for row, piece in enumerate(items):
            length = piece.end - piece.begin
            song = self._train[piece.song][piece.begin : piece.end]
            rolls[row, :length] = transpose(song, piece.semitones)
            counts[row, self._settings.warmup_slices if piece.begin else 0 : length - 1] = 1.0
        mask = (torch.from_numpy(counts) * float(counted)).to(device)
        return Batch((torch.from_numpy(rolls).to(device), mask), mask.sum()[None])

    def validate(self, weights: Weights) -> dict[str, float]:
        """Return nats a slice and F1 of the "slices" task."""
        self._judge.load_state_dict(weights)
        result = evaluate_slices(self._valid, ModelPredictor(self._judge.eval()))
        return {"valid_loss": result.nats, "valid_f1": result.f1}

    def _cut(self, length: int, rng: np.random.Generator) -> list[tuple[int, int]]:
        size = self._settings.crop_slices
        if length <= size:
            return [(0, length)]
        marks = [0, *range(int(rng.integers(1, size + 1)), length, size), length]
        least = self._settings.warmup_slices + 2
        return [(a, b) for a, b in pairwise(marks) if b - a >= least]


class _PredictorLoss(nn.Module):
    """Cross-entropy of the slices that count, in nats."""

    def __init__(self, model: TonnetzLstm) -> None:
        super().__init__()
        self.model = model

    def forward(self, slices: Tensor, counts: Tensor) -> Tensor:
        """Return the summed nats of slices of shape (pieces, steps, 88), shape (1,)."""
        with torch.no_grad():
            latents = self.model.autoencoder.encode(slices[:, :-1])
        logits, _ = self.model(slices[:, :-1], latents)
        nats = F.binary_cross_entropy_with_logits(logits, slices[:, 1:], reduction="none").sum(-1)
        return (nats * counts).sum()[None]


def _adamw(objective: nn.Module, settings: StageSettings) -> torch.optim.Optimizer:
    optimizer = torch.optim.AdamW(
        [p for p in objective.parameters() if p.requires_grad],
        settings.learning_rate,
        betas=(0.9, 0.99),
        weight_decay=settings.weight_decay,
    )
    optimizer.param_groups[0]["initial_lr"] = settings.learning_rate
    return optimizer


def _different(songs: Songs) -> NDArray[np.bool_]:
    """Return every different slice once, shape (slices, 88)."""
    packed = np.unique(np.packbits(np.concatenate(songs), axis=1), axis=0)
    return np.unpackbits(packed, axis=1, count=PITCHES).astype(np.bool_)


def _draw_shift(rng: np.random.Generator, up_to: int) -> int:
    return int(rng.integers(-up_to, up_to + 1))
