"""The settings of `chipgen train row-transformer`, checked, to what its loop takes."""

from typing import Annotated, Literal

from pydantic import Field

from chipgen.models.row_transformer import RowTransformerConfig
from chipgen.training.config import RunSettings, Settings
from chipgen.training.rows_data import AugmentConfig
from chipgen.training.rows_loop import RowTrainingConfig

Count = Annotated[int, Field(ge=1)]


class RowTransformerSizes(Settings):
    """The network; see `chipgen.models.row_transformer.RowTransformerConfig`."""

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


class RowTransformerSettings(RunSettings):
    """Settings of `chipgen train row-transformer`.

    Attributes
    ----------
    transpose, swap
        Passages move by up to so many semitones; in this share of them the pulses change over.
    network
        The network.
    steps, warmup_steps, decay
        Optimiser steps, those over which the learning rate rises, and the share at the end over
        which it falls to nothing.
    batch_rows
        Rows a step, padding included.
    matrix_rate, other_rate, weight_decay
        Learning rate of the blocks' matrices (Muon), of all else (AdamW), and the matrices' decay.
    average
        How much of the past the running mean of weights keeps at each step; the mean is shipped.
    evaluate_steps, evaluate_every_song
        Steps between looks at valid, and every how many-th song is scored then.
    """

    model: Literal["row-transformer"] = "row-transformer"
    transpose: Annotated[int, Field(ge=0, le=12)] = 6
    swap: Annotated[float, Field(ge=0, le=1)] = 0.2
    network: RowTransformerSizes = RowTransformerSizes()
    steps: Count
    warmup_steps: Annotated[int, Field(ge=0)] = 100
    decay: Annotated[float, Field(ge=0, le=1)] = 0.4
    batch_rows: Count = 4096
    matrix_rate: Annotated[float, Field(gt=0)] = 0.02
    other_rate: Annotated[float, Field(gt=0)] = 0.002
    weight_decay: Annotated[float, Field(ge=0)] = 0.02
    average: Annotated[float, Field(ge=0, lt=1)] = 0.997
    evaluate_steps: Count = 250
    evaluate_every_song: Count = 4

    def loop_config(self) -> RowTrainingConfig:
        """Return what the training loop takes."""
        sizes = self.network.model_dump()
        sizes["copy"] = sizes.pop("copying")
        return RowTrainingConfig(
            model=RowTransformerConfig(**sizes),
            augment=AugmentConfig(self.transpose, self.swap),
            steps=self.steps,
            warmup=self.warmup_steps,
            decay=self.decay,
            rows_a_batch=self.batch_rows,
            matrix_rate=self.matrix_rate,
            other_rate=self.other_rate,
            weight_decay=self.weight_decay,
            average=self.average,
            evaluate_every=self.evaluate_steps,
            evaluate_songs=self.evaluate_every_song,
            save_every_s=self.checkpoint_s,
            seed=self.seed,
        )
