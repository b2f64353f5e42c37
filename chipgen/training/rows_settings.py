"""The settings of `chipgen train row-transformer`, checked."""

from dataclasses import asdict
from functools import partial
from typing import Annotated, Literal

from pydantic import Field, model_validator

from chipgen.models.row_transformer.config import RowTransformerConfig
from chipgen.models.row_transformer.layout import read_config
from chipgen.training.config import Count, Rate, RunSettings, Settings, Share
from chipgen.training.rows_passages import AugmentConfig
from chipgen.training.schedule import Schedule, linear_fall


class RowTransformerSizes(Settings):
    """The network; see `chipgen.models.row_transformer.config.RowTransformerConfig`."""

    dim: Count = 320
    layers: Count = 6
    heads: Count = 4
    head_dim: Annotated[int, Field(ge=2, multiple_of=2)] = 64
    mlp: Count = 1024
    voice_dim: Count = 256
    context: Annotated[int, Field(ge=8, multiple_of=4)] = 512
    window: Count = 128
    full_every: Count = 3
    copying: bool = True
    relative: bool = True
    plan: bool = True

    @model_validator(mode="after")
    def _can_be_had(self) -> "RowTransformerSizes":
        read_config(asdict(self.architecture()))
        return self

    def architecture(self) -> RowTransformerConfig:
        """Return what the network is built from."""
        sizes = self.model_dump()
        sizes["copy"] = sizes.pop("copying")
        return RowTransformerConfig(**sizes)


class RowTransformerSettings(RunSettings):
    """Settings of `chipgen train row-transformer`.

    Attributes
    ----------
    transpose, swap
        Passages move by up to so many semitones; in this share of them the pulses change over.
    mixture
        How often the songs of each folder that is learned from as well (``--also``) are heard in an
        epoch, by the folder's name; once, if it is not named.
    network
        The network; a training that begins from a model keeps that model's.
    steps, epochs
        How long at most, in optimiser steps or in times that every song is heard; one of the two.
    warmup_steps, decay
        Steps over which the learning rate rises, and the share at the end over which it falls to
        nothing.
    batch_rows
        Rows a step, padding included.
    matrix_rate, other_rate, weight_decay
        Learning rate of the blocks' matrices (Muon), of all else (AdamW), and the matrices' decay.
    average
        How much of the past the running mean of weights keeps at each step; the mean is what is
        measured and kept.
    evaluate_steps, evaluate_every_song
        Steps between looks at valid (0: after each epoch), and every how many-th song is scored.
    patience
        Stop after so many looks without a better figure; never, if not given.
    """

    model: Literal["row-transformer"] = "row-transformer"
    precision: Literal["32-true", "bf16-mixed"] = "bf16-mixed"
    transpose: Annotated[int, Field(ge=0, le=12)] = 6
    swap: Share = 0.2
    mixture: dict[str, Annotated[float, Field(ge=0, le=100)]] = Field(default_factory=dict)
    network: RowTransformerSizes = RowTransformerSizes()
    steps: Count | None = None
    epochs: Count | None = None
    warmup_steps: Annotated[int, Field(ge=0)] = 100
    decay: Share = 0.4
    batch_rows: Annotated[int, Field(ge=1, le=1_000_000)] = 4096
    matrix_rate: Rate = 0.02
    other_rate: Rate = 0.002
    weight_decay: Annotated[float, Field(ge=0)] = 0.02
    average: Annotated[float, Field(ge=0, lt=1)] = 0.997
    evaluate_steps: Annotated[int, Field(ge=0)] = 250
    evaluate_every_song: Count = 4
    patience: Count | None = None

    @model_validator(mode="after")
    def _has_one_length(self) -> "RowTransformerSettings":
        if (self.steps is None) == (self.epochs is None):
            raise ValueError("give either steps or epochs")
        return self

    def augment(self) -> AugmentConfig:
        """Return what is done to songs."""
        return AugmentConfig(self.transpose, self.swap)

    def schedule(self, *, evaluate_first: bool = False) -> Schedule:
        """Return what the trainer takes."""
        return Schedule(
            evaluate_first=evaluate_first,
            steps=self.steps,
            epochs=self.epochs,
            warmup_steps=self.warmup_steps,
            fall=partial(linear_fall, over=self.decay),
            average=self.average,
            evaluate_steps=self.evaluate_steps,
            patience=self.patience,
            log_steps=50,
        )
