"""The settings of `chipgen train row-transformer`, checked."""

from dataclasses import asdict
from functools import partial
from typing import Annotated, Any, Final, Literal

from pydantic import Field, model_validator

from chipgen.models.row_transformer.checkpoint_layout import read_config
from chipgen.models.row_transformer.config import RowTransformerConfig
from chipgen.training.plan_masks import MaskShares
from chipgen.training.rows_passages import AugmentConfig
from chipgen.training.schedule import Schedule, linear_fall
from chipgen.training.training_settings import Count, Rate, RunSettings, Settings, Share


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


class RowStageSettings(Settings):
    """What may change from one stage of a training to the next.

    Attributes
    ----------
    transpose, swap
        Passages are transposed by up to this many semitones; pulses are swapped in this share.
    drop_voices
        Share of passages in which a voice is silent, and not scored, voice by voice.
    volume_jitter
        Each voice of a passage is louder or softer by at most this many of the chip's 15 steps.
    tempo_jitter
        Rows of a passage are longer or shorter by up to this share.
    unplanned, no_chords
        Share of passages whose plan is hidden (1: no plan is read), and of the others
        the share whose chords are hidden.
    dropout
        Share of what the network's parts say that is left out of a step.
    mixture
        Share of all rows heard that are those of each folder that is learned from as well
        (``--also``), by the folder's name; the songs of folders that are not named are heard as
        often as those of the main one.
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
    mean_of
        Steps, each with an evaluation; what the stage ends with is the mean of the weights kept
        after them, not the best ones.
    evaluate_steps, evaluate_every_song
        Steps between looks at valid (0: after each epoch), and every how many-th song is scored.
    patience
        Stop after this many evaluations without a better figure; never, if not given.
    """

    transpose: Annotated[int, Field(ge=0, le=12)] = 6
    swap: Share = 0.2
    drop_voices: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    volume_jitter: Annotated[int, Field(ge=0, le=7)] = 0
    tempo_jitter: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    unplanned: Share = 0.2
    no_chords: Share = 0.3
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    mixture: dict[str, Annotated[float, Field(ge=0, lt=1)]] = Field(default_factory=dict)
    steps: Count | None = None
    epochs: Count | None = None
    warmup_steps: Annotated[int, Field(ge=0)] = 100
    decay: Share = 0.4
    batch_rows: Annotated[int, Field(ge=1, le=1_000_000)] = 4096
    matrix_rate: Rate = 0.02
    other_rate: Rate = 0.002
    weight_decay: Annotated[float, Field(ge=0)] = 0.02
    average: Annotated[float, Field(ge=0, lt=1)] = 0.997
    mean_of: tuple[Count, ...] = ()
    evaluate_steps: Annotated[int, Field(ge=0)] = 250
    evaluate_every_song: Count = 4
    patience: Count | None = None

    def augment(self) -> AugmentConfig:
        """Return what is done to songs."""
        return AugmentConfig(
            transpose=self.transpose,
            swap=self.swap,
            drop_voices=self.drop_voices,
            volume=self.volume_jitter,
            tempo=self.tempo_jitter,
            plan=MaskShares(self.unplanned, self.no_chords),
        )

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


class RowTransformerSettings(RunSettings, RowStageSettings):
    """Settings of `chipgen train row-transformer`.

    Attributes
    ----------
    network
        The network; a training that begins from a model keeps that model's.
    half_rows
        Whether songs of ordinary MIDI on rows of a fifth of a second and more are learned from
        on rows half as long as well.
    stages
        Trainings one after the other, each from what the one before it ended with: what each has
        other than the settings beside it. One training, if not given.
    """

    model: Literal["row-transformer"] = "row-transformer"
    precision: Literal["32-true", "bf16-mixed"] = "bf16-mixed"
    network: RowTransformerSizes = RowTransformerSizes()
    half_rows: bool = False
    stages: tuple[RowStageSettings, ...] = ()

    @model_validator(mode="after")
    def _fits_together(self) -> "RowTransformerSettings":
        for stage in self.staged():
            if (stage.steps is None) == (stage.epochs is None):
                raise ValueError("give either steps or epochs")
            if sum(stage.mixture.values()) >= 1.0:
                raise ValueError("the shares of the mixture have to leave some for the main folder")
            for step in stage.mean_of:
                looked = stage.evaluate_steps and not step % stage.evaluate_steps
                if step > (stage.steps or 0) or not (looked or step == stage.steps):
                    raise ValueError(f"mean_of: no evaluation comes after step {step}")
        return self

    def staged(self) -> tuple[RowStageSettings, ...]:
        """Return the settings of each stage, whole."""
        common = self.model_dump(include=set(RowStageSettings.model_fields))
        return tuple(
            RowStageSettings(**{**common, **stage.model_dump(exclude_unset=True)})
            for stage in self.stages or (RowStageSettings(),)
        )

    def plain(self) -> dict[str, Any]:
        """Return the settings as plain values; what was added later only where it is used."""
        values = self.model_dump(mode="json")
        values["stages"] = [
            stage.model_dump(mode="json", exclude_unset=True) for stage in self.stages
        ]
        usual = RowTransformerSettings.model_construct().model_dump(mode="json")
        return {k: v for k, v in values.items() if k not in _LATER or v != usual[k]}


_LATER: Final = (
    "drop_voices", "volume_jitter", "tempo_jitter", "unplanned", "no_chords", "dropout", "mixture",
    "mean_of", "stages", "half_rows",
)  # fmt: skip
