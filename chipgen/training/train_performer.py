"""Trains the performer on NES-MDB: its network in torch, its settings and its run."""

from collections.abc import Sequence
from typing import Annotated, Final, Literal

import numpy as np
import torch
import torch.nn.functional as F
from pydantic import Field
from safetensors.numpy import save
from torch import Tensor, nn

from chipgen.dataset.splits import split_files
from chipgen.errors import ChipgenError
from chipgen.performer.network import ANEW, SHAPES
from chipgen.performer.note_features import HEADS
from chipgen.training.comparison import Table
from chipgen.training.fabric import make_fabric
from chipgen.training.performer_baselines import measure_baselines
from chipgen.training.performer_data import (
    Passage,
    PlayedVoice,
    build_examples,
    draw_passage,
    read_played_songs,
)
from chipgen.training.schedule import Schedule, cosine_fall
from chipgen.training.trainer import fit
from chipgen.training.training_report import plot_losses, settings_section, write_page
from chipgen.training.training_request import Trained, TrainRequest
from chipgen.training.training_settings import Count, Rate, RunSettings, load_settings
from chipgen.training.training_task import Batch, Weights
from synth.atomic_write import write_bytes

NAME: Final = "performer"
SOME: Final = 0.01  # of the probability of other ornaments and volumes, for any one of them
_HEADS: Final = len(HEADS)
_VALID_SEED: Final = 7


class PerformerSettings(RunSettings):
    """How the performer is trained.

    Attributes
    ----------
    model
        ``"performer"``.
    every
        Of the train songs each one of so many is learned from.
    epochs
        Times that each voice is cut somewhere.
    batch
        Passages a step.
    seed_notes, new_notes
        Notes of a passage that are known, and that are played, at most.
    learning_rate, weight_decay
        Of AdamW; the rate falls along a cosine.
    average
        How much of the past the running mean of the weights keeps at each step.
    valid_passages
        How many passages are measured.
    """

    model: Literal["performer"]
    every: Count = 2
    epochs: Count = 6
    batch: Count = 8
    seed_notes: Annotated[int, Field(ge=8, le=1024)] = 96
    new_notes: Annotated[int, Field(ge=1, le=1024)] = 48
    learning_rate: Rate = 2e-3
    weight_decay: Annotated[float, Field(ge=0)] = 1e-3
    average: Annotated[float, Field(ge=0, lt=1)] = 0.99
    valid_passages: Count = 600


class PerformerNet(nn.Module):
    """The network of `chipgen.performer.network`, in a form that learns."""

    pair: Tensor
    pair_voice: Tensor
    pair_out: Tensor
    decided: Tensor
    followed: Tensor
    note: Tensor
    note_bias: Tensor
    note_out: Tensor
    note_out_bias: Tensor

    def __init__(self) -> None:
        super().__init__()
        for name, shape in SHAPES.items():
            scale = shape[0] ** -0.5 if name in ("pair", "note", "pair_out", "note_out") else 0.0
            setattr(self, name, nn.Parameter(scale * torch.randn(shape)))

    def forward(
        self,
        pairs: Tensor,
        notes: Tensor,
        voice: Tensor,
        equal: Tensor,
        followed: Tensor,
        played: Tensor,
        anew: Tensor,
    ) -> Tensor:
        """Return the nats of each decision, shape (passages, notes, heads); see `Examples`."""
        inner = pairs @ self.pair + self.pair_voice[voice][:, None, None]
        logits = (F.relu(inner) @ self.pair_out).permute(0, 3, 1, 2)
        earlier = torch.tril(self.decided, -1)  # what was decided before, by head
        logits = logits + torch.einsum("hk,bknm->bhnm", earlier, equal.float())
        logits = logits + torch.einsum("hk,bknm->bhnm", self.followed, followed.float())
        told = F.relu(notes @ self.note + self.note_bias) @ self.note_out + self.note_out_bias
        slot = told[..., :_HEADS].permute(0, 2, 1)[..., None]
        masked = logits.masked_fill(~played[:, None, None], -1e9)
        total = torch.logsumexp(torch.cat([masked, slot], -1), -1)
        copied = torch.logsumexp(masked.masked_fill(~equal, -1e9), -1)
        costs = []
        at = _HEADS
        for head, size in enumerate(ANEW):
            made = F.log_softmax(told[..., at : at + size], -1)
            which = anew[..., head].clamp(min=0)
            own = made.gather(-1, which[..., None])[..., 0]
            if size == 2:
                own = own + torch.where(which == 1, float(np.log(SOME)), 0.0)
            either = torch.logaddexp(copied[:, head], slot[:, head, :, 0] + own)
            costs.append(total[:, head] - either)
            at += size
        return torch.stack(costs, -1)


class _Loss(nn.Module):
    def __init__(self, model: PerformerNet) -> None:
        super().__init__()
        self.model = model

    def forward(self, counted: Tensor, *tensors: Tensor) -> Tensor:
        """Return the summed nats of all notes' decisions, shape (1,)."""
        nats: Tensor = self.model(*tensors)
        return (nats * counted[..., None]).sum()[None]


class PerformerTask:
    """Each voice is cut somewhere, and what follows is told from what came before."""

    name = NAME
    shares = (1.0,)

    def __init__(
        self,
        model: PerformerNet,
        train: Sequence[PlayedVoice],
        valid: Sequence[PlayedVoice],
        settings: PerformerSettings,
    ) -> None:
        self.model = model
        self.objective = _Loss(model)
        self._train, self._valid, self._settings = train, valid, settings
        self._judge = PerformerNet()
        rng = np.random.default_rng(_VALID_SEED)
        chosen = rng.integers(len(valid), size=settings.valid_passages).tolist()
        self.measured = [self._draw(index, valid, rng) for index in chosen]

    def optimizers(self) -> list[torch.optim.Optimizer]:
        """Return AdamW over all weights."""
        settings = self._settings
        optimizer = torch.optim.AdamW(
            self.model.parameters(), settings.learning_rate, weight_decay=settings.weight_decay
        )
        for group in optimizer.param_groups:
            group["initial_lr"] = settings.learning_rate
        return [optimizer]

    def plan_epoch(self, rng: np.random.Generator) -> list[list[Passage]]:
        """Cut each voice once, and shuffle."""
        order = rng.permutation(len(self._train)).tolist()
        passages = [self._draw(index, self._train, rng) for index in order]
        size = self._settings.batch
        return [passages[k : k + size] for k in range(0, len(passages), size)]

    def build(self, items: Sequence[Passage], *, counted: bool, device: torch.device) -> Batch:
        """Return passages as tensors, and how many notes they have."""
        batch = self._build(self._train, items, counted=counted)
        return Batch(tuple(t.to(device) for t in batch.tensors), batch.counts.to(device))

    def validate(self, weights: Weights) -> dict[str, float]:
        """Return nats a note, of all decisions and of each."""
        judge = self._judge.eval()
        judge.load_state_dict(weights)
        sums, notes = np.zeros(_HEADS), 0.0
        with torch.no_grad():
            for k in range(0, len(self.measured), self._settings.batch):
                passages = self.measured[k : k + self._settings.batch]
                counted, *tensors = self._build(self._valid, passages, counted=True).tensors
                nats: Tensor = judge(*tensors)
                sums += (nats * counted[..., None]).sum((0, 1)).numpy()
                notes += float(sum(p.last - p.cut for p in passages))
        by_head = {f"valid_{name}": float(s / notes) for name, s in zip(HEADS, sums, strict=True)}
        return {"valid_loss": float(sums.sum() / notes), **by_head}

    def _draw(self, index: int, songs: Sequence[PlayedVoice], rng: np.random.Generator) -> Passage:
        settings = self._settings
        return draw_passage(index, len(songs[index]), rng, settings.seed_notes, settings.new_notes)

    def _build(
        self, songs: Sequence[PlayedVoice], items: Sequence[Passage], *, counted: bool
    ) -> Batch:
        made = build_examples(songs, items, self._settings.seed_notes, self._settings.new_notes)
        arrays = (
            made.counted * np.float32(counted), made.pairs, made.notes, made.voice, made.equal,
            made.followed, made.played, made.anew,
        )  # fmt: skip
        notes = float(sum(item.last - item.cut for item in items)) * counted
        return Batch(tuple(map(torch.from_numpy, arrays)), torch.tensor([notes]))


def train(request: TrainRequest) -> Trained:
    """Train, or go on training, in a run's folder, and write ``performer.safetensors`` there.

    Raises
    ------
    ChipgenError
        If a setting is wrong, or the folder has no train and valid split of the chip's voices.
    """
    settings = load_settings(request.config, PerformerSettings)
    if request.init or request.preview:
        raise ChipgenError(f"{NAME} begins from nothing: leave out --init and --preview")
    files = split_files(request.data)
    voices = {}
    for split, every in (("train", settings.every), ("valid", 1)):
        if split not in files:
            raise ChipgenError(f"{request.data} has no split '{split}'; it has {', '.join(files)}")
        voices[split] = read_played_songs(files[split][::every], progress=request.progress)
        if not voices[split]:
            raise ChipgenError(f"{request.data}: no song of {split} has rows and a voice's notes")
    torch.manual_seed(settings.seed)
    fabric = make_fabric(settings)
    task = PerformerTask(PerformerNet(), voices["train"], voices["valid"], settings)
    schedule = Schedule(
        epochs=settings.epochs, warmup_steps=100, fall=cosine_fall, average=settings.average
    )
    data = {split: [len(voices[split]), sum(map(len, voices[split]))] for split in voices}
    identity = {"settings": settings.model_dump(mode="json"), "data": data}
    path = request.folder / f"{NAME}.safetensors"

    def export(weights: Weights) -> None:
        arrays = {name: value.float().numpy() for name, value in weights.items()}
        write_bytes(path, save(arrays), overwrite=True)

    result = fit(
        task, schedule, settings, request.folder, identity, fabric,
        progress_bar=request.progress,
        on_evaluation=lambda weights, _, improved: export(weights) if improved else None,
    )  # fmt: skip
    at = result.progress
    if fabric.is_global_zero:
        export(result.weights)
        rows = measure_baselines(voices["train"], voices["valid"], task.measured)
        own = [f"{at.metrics[f'valid_{name}']:.3f}" for name in HEADS]
        rows.append(["**performer**", *own, f"**{at.best_loss:.3f}**"])
        table = Table("", ["nats a note, valid", *HEADS, "all"], rows)
        learned = f"{data['train'][1]:,} notes of {data['train'][0]:,} voices"
        write_page(
            request.folder / "report.md",
            f"Training of {NAME}",
            [
                f"{learned} to learn from; {at.step:,} steps in {at.seconds / 60:.1f} minutes.",
                "## Losses\n\n" + plot_losses(request.folder, {NAME: ("nats a note",) * 2}),
                "## Figures on valid\n\n" + table.markdown(),
                settings_section(settings.model_dump(mode="json")),
            ],
        )
    fabric.barrier()
    return Trained(
        path,
        request.folder / "report.md",
        f"{at.best_loss:.3f} nats a note on valid; {at.seconds / 60:.1f} minutes",
    )
