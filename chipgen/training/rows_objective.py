"""The objective of `row-transformer`: predicts the next row of four voices."""

import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from chipgen.errors import ChipgenError
from chipgen.models.row_transformer.network import RowTransformer
from chipgen.rows.row_states import HOLD, VOICES
from chipgen.training.evaluate_rows import score_rows
from chipgen.training.rows_batches import RowBatches
from chipgen.training.rows_cache import RowSplit
from chipgen.training.rows_passages import AugmentConfig, Passage, plan_passages
from chipgen.training.training_task import Batch, Weights
from synth.chip.voices import SCORED

EXPRESSION_WEIGHT: Final = 0.1  # of volume and timbre, beside the states
EXPRESSIVE_VOICES: Final = tuple(k for k, voice in enumerate(SCORED) if voice.controls)


class RowsTask:
    """Each row from those before it."""

    # The four voices' states, then volume and timbre of each voice that has them.
    shares = (1.0, *(EXPRESSION_WEIGHT for _ in EXPRESSIVE_VOICES))

    def __init__(
        self,
        model: RowTransformer,
        train: RowSplit,
        valid: RowSplit,
        *,
        rates: tuple[float, float],
        weight_decay: float,
        batch_rows: int,
        augment: AugmentConfig,
        every_song: int,
        half_precision: bool,
        dropout: float = 0.0,
        name: str = "row-transformer",
    ) -> None:
        self.name, self.model = name, model
        model.set_dropout(dropout)
        self.objective = _RowsLoss(model)
        self._judge = copy.deepcopy(model).eval()
        if not model.config.plan or augment.plan.unplanned == 1.0:
            train = replace(train, plan=None)  # plans are hidden, so everything is scored
        self._train, self._valid = train, valid
        self._batches: dict[torch.device, RowBatches] = {}
        self._rates, self._weight_decay = rates, weight_decay
        self._batch_rows, self._augment = batch_rows, augment
        self._every_song, self._half_precision = every_song, half_precision

    def optimizers(self) -> list[torch.optim.Optimizer]:
        """Return Muon for the blocks' matrices and AdamW for the rest.

        Raises
        ------
        ChipgenError
            If this PyTorch has no Muon.
        """
        if not hasattr(torch.optim, "Muon"):
            raise ChipgenError("training needs torch.optim.Muon: pip install 'torch>=2.9'")
        matrices = [p for p in self.model.blocks.parameters() if p.ndim == 2]
        chosen = {id(p) for p in matrices}
        others = [p for p in self.model.parameters() if id(p) not in chosen]
        matrix_rate, other_rate = self._rates
        optimizers: list[torch.optim.Optimizer] = [
            torch.optim.Muon(matrices, lr=matrix_rate, weight_decay=self._weight_decay),
            torch.optim.AdamW(others, lr=other_rate, betas=(0.9, 0.98), weight_decay=0.0),
        ]
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group["initial_lr"] = group["lr"]
        return optimizers

    def plan_epoch(self, rng: np.random.Generator) -> list[list[Passage]]:
        """Cut all songs into passages, and put passages of like length together."""
        return plan_passages(
            self._train, self._batch_rows, self.model.config.context, self._augment, rng
        )

    def build(self, items: Sequence[Passage], *, counted: bool, device: torch.device) -> Batch:
        """Return the passages one above the other, and which of their rows count."""
        if device not in self._batches:
            self._batches[device] = RowBatches(self._train, self._augment, device)
        codes, parts, valid, scored = self._batches[device].build(items)
        states, volume, timbre = parts
        begun = (states > HOLD) & valid[..., None]
        notes = [begun[..., voice].sum() for voice in EXPRESSIVE_VOICES]
        counts = [scored.sum() / VOICES, *notes]
        weight = torch.full((), float(counted), device=device)
        return Batch(
            (codes, states, volume, timbre, valid, scored, weight),
            torch.stack(counts).to(torch.float32) * weight,
        )

    def validate(self, weights: Weights) -> dict[str, float]:
        """Return the `rows` task's figures; `valid_loss` is nats a second."""
        self._judge.to(next(self.model.parameters()).device).load_state_dict(weights)
        scores = score_rows(
            self._judge, self._valid, self._every_song, half_precision=self._half_precision
        ).summary()
        return {"valid_loss": scores["nats_s"], **{f"valid_{k}": v for k, v in scores.items()}}


class _RowsLoss(nn.Module):
    """Cross-entropy of the four voices' states, and of volumes and timbres."""

    def __init__(self, model: RowTransformer) -> None:
        super().__init__()
        self.model = model

    def forward(
        self,
        codes: Tensor,
        states: Tensor,
        volume: Tensor,
        timbre: Tensor,
        valid: Tensor,
        scored: Tensor,
        weight: Tensor,
    ) -> Tensor:
        """Return the summed nats of the states, and of each voice's expression: shape (4,)."""
        codes = self.model.with_plan(codes)
        hidden = self.model(codes)
        # Padding is left out before the heads, which are half the work of short passages.
        hidden, codes, states = hidden[valid], codes[valid], states[valid]
        volume, timbre, scored = volume[valid], timbre[valid], scored[valid]
        state_nats = hidden.new_zeros((), dtype=torch.float32)
        expression = []
        for voice in range(VOICES):
            logits = self.model.state_logits(hidden, codes, states, voice)
            nats = F.cross_entropy(logits, states[:, voice], reduction="none")
            state_nats = state_nats + (nats * scored[:, voice]).sum()
            if voice in EXPRESSIVE_VOICES:
                begun = states[:, voice] > HOLD
                loud, colour = self.model.expression_logits(hidden[begun], states[begun], voice)
                expression.append(
                    F.cross_entropy(loud, volume[begun, voice], reduction="sum")
                    + F.cross_entropy(colour, timbre[begun, voice], reduction="sum")
                )
        return torch.stack([state_nats, *expression]) * weight
