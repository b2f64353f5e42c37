"""A YAML file to the checked settings of a training."""

from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from chipgen.errors import ChipgenError

_CONFIGS: Final = Path(__file__).parent / "configs"


class Settings(BaseModel):
    """Settings that refuse what they do not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class StageSettings(Settings):
    """How one stage of training proceeds.

    Attributes
    ----------
    epochs
        At most so many.
    patience
        Stop after so many epochs without a lower validation loss.
    learning_rate
        At its highest: it rises over `warmup_steps` and falls along a cosine to a hundredth.
    weight_decay
        AdamW's.
    clip
        Largest norm of the gradient.
    """

    epochs: Annotated[int, Field(ge=1)]
    patience: Annotated[int, Field(ge=1)] = 5
    learning_rate: Annotated[float, Field(gt=0)]
    warmup_steps: Annotated[int, Field(ge=0)] = 100
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    clip: Annotated[float, Field(gt=0)] = 1.0


class RunSettings(Settings):
    """What every training has.

    Attributes
    ----------
    model
        The model's name.
    seed
        Everything random is drawn from it.
    threads
        Processor threads that torch uses; the weights depend on it in the last digits.
    checkpoint_s
        The state is saved at least so often; a kill loses no more.
    """

    model: str
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    threads: Annotated[int, Field(ge=1)] = 1
    checkpoint_s: Annotated[float, Field(ge=0, le=60)] = 30.0


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

    batch_slices: Annotated[int, Field(ge=1)] = 256
    positive_weight: Annotated[float, Field(ge=1)] = 10.0
    bce_weight: Annotated[float, Field(ge=0)] = 1.0


class PredictorSettings(StageSettings):
    """The second stage: the next slice.

    Attributes
    ----------
    crop_slices
        Longer songs are cut into pieces of so many slices, at other places each epoch.
    batch_slices
        Slices a step, all pieces together.
    warmup_slices
        The first predictions of a piece cut from the middle of a song, made without its past,
        do not count.
    """

    crop_slices: Annotated[int, Field(ge=17)] = 256
    batch_slices: Annotated[int, Field(ge=1)] = 3072
    warmup_slices: Annotated[int, Field(ge=0)] = 8


class TonnetzLstmSizes(Settings):
    """The network; see `chipgen.models.tonnetz_lstm.TonnetzLstmConfig`."""

    maps: tuple[int, int] = (20, 10)
    latent: Annotated[int, Field(ge=1)] = 128
    hidden: Annotated[int, Field(ge=1)] = 256
    layers: Annotated[int, Field(ge=1)] = 2
    window: Annotated[int, Field(ge=2)] = 16
    echoes: Annotated[int, Field(ge=0)] = 4
    key: Annotated[int, Field(ge=1)] = 32
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.2


class TonnetzLstmSettings(RunSettings):
    """Settings of `chipgen train tonnetz-lstm`.

    Attributes
    ----------
    transpose
        Songs are moved by up to so many semitones up or down, anew each epoch.
    network, autoencoder, predictor
        The network and the two stages.
    """

    model: Literal["tonnetz-lstm"] = "tonnetz-lstm"
    transpose: Annotated[int, Field(ge=0, le=12)] = 6
    network: TonnetzLstmSizes = TonnetzLstmSizes()
    autoencoder: AutoencoderSettings
    predictor: PredictorSettings


S = TypeVar("S", bound=RunSettings)


def shipped_config(model: str) -> Path:
    """Return the path of the settings that a shipped model was trained with."""
    return _CONFIGS / f"{model}.yaml"


def load_settings(path: Path, kind: type[S]) -> S:
    """Read and check settings.

    Raises
    ------
    ChipgenError
        If the file cannot be read or a value is unknown or out of range, naming it.
    """
    try:
        values: Any = yaml.safe_load(path.read_text())
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ChipgenError(
            f"{path}: cannot be read as YAML ({' '.join(str(error).split())})"
        ) from error
    if not isinstance(values, dict):
        raise ChipgenError(f"{path}: expected settings as `name: value` lines")
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "settings"
        raise ChipgenError(f"{path}: {where}: {first['msg']}") from error
