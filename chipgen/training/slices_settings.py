"""The settings of `chipgen train tonnetz-lstm`, checked."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from chipgen.models.tonnetz_lstm.checkpoint_layout import read_config
from chipgen.training.schedule import Schedule, cosine_fall
from chipgen.training.training_settings import Count, Rate, RunSettings, Settings

SliceCount = Annotated[int, Field(ge=1, le=1_000_000)]


class StageSettings(Settings):
    """How one stage of training proceeds.

    Attributes
    ----------
    epochs
        At most this many.
    patience
        Stop after this many epochs without a lower validation loss.
    learning_rate
        At its highest: it rises over `warmup_steps` and falls along a cosine to a hundredth.
    weight_decay
        AdamW's.
    clip
        Largest norm of the gradient.
    """

    epochs: Count
    patience: Count = 5
    learning_rate: Rate
    warmup_steps: Annotated[int, Field(ge=0)] = 100
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    clip: Rate = 1.0

    def schedule(self, *, evaluate_first: bool = False) -> Schedule:
        """Return what the trainer takes."""
        return Schedule(
            evaluate_first=evaluate_first,
            epochs=self.epochs,
            warmup_steps=self.warmup_steps,
            fall=cosine_fall,
            clip=self.clip,
            patience=self.patience,
        )


class AutoencoderSettings(StageSettings):
    """The first stage: slices to latents and back.

    Attributes
    ----------
    batch_slices
        Slices a step.
    positive_weight
        How much more a sounding cell counts in the L1 loss than a silent one; about one cell in
        a hundred sounds, and unweighted L1 is content with none.
    bce_weight
        Share of binary cross-entropy beside the L1.
    """

    batch_slices: SliceCount = 256
    positive_weight: Annotated[float, Field(ge=1)] = 10.0
    bce_weight: Annotated[float, Field(ge=0)] = 1.0


class PredictorSettings(StageSettings):
    """The second stage: the next slice.

    Attributes
    ----------
    crop_slices
        Longer songs are cut into pieces of this many slices, at other places each epoch.
    batch_slices
        Slices a step, all pieces together.
    warmup_slices
        The first predictions of a piece cut from the middle of a song, made without its past,
        do not count.
    """

    crop_slices: Annotated[int, Field(ge=17, le=1_000_000)] = 256
    batch_slices: SliceCount = 3072
    warmup_slices: Annotated[int, Field(ge=0)] = 8


class TonnetzLstmSizes(Settings):
    """The network; see `chipgen.models.tonnetz_lstm.config.TonnetzLstmConfig`."""

    maps: tuple[int, int] = (20, 10)
    latent: Count = 128
    hidden: Count = 256
    layers: Count = 2
    window: Annotated[int, Field(ge=2)] = 16
    echoes: Annotated[int, Field(ge=0)] = 4
    key: Count = 32
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.2

    @model_validator(mode="after")
    def _can_be_had(self) -> "TonnetzLstmSizes":
        read_config(self.model_dump())
        return self


class TonnetzLstmSettings(RunSettings):
    """Settings of `chipgen train tonnetz-lstm`.

    Attributes
    ----------
    transpose
        Songs are transposed by at most this many semitones up or down, again each epoch.
    network
        The network; a training that begins from a model keeps that model's.
    autoencoder, predictor
        The two stages; a training that begins from a model needs no first.
    """

    model: Literal["tonnetz-lstm"] = "tonnetz-lstm"
    transpose: Annotated[int, Field(ge=0, le=12)] = 6
    network: TonnetzLstmSizes = TonnetzLstmSizes()
    autoencoder: AutoencoderSettings | None = None
    predictor: PredictorSettings
