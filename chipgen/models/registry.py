"""The table of models: each model's folder, composer, trainer and abilities.

Nothing here loads torch.
"""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final, Literal

from chipgen.errors import ChipgenError, RequestError
from chipgen.request.compose_fields import USUAL
from synth.chip.voices import PITCHED, VOICES
from synth.fileformat import check_regular
from synth.instrument.nearest_name import nearest_name

MOST_BYTES: Final = 2_000_000_000
"""A checkpoint that is larger is not read."""

Ability = Literal["continue", "rewrite", "from nothing"]

_ABLE: Final[dict[Ability, str]] = {
    "continue": "go on from a seed",
    "rewrite": "rewrite a part of a piece",
    "from nothing": "compose from nothing",
}


@dataclass(frozen=True, slots=True)
class ScoredTask:
    """A task that a model is scored on.

    Attributes
    ----------
    report
        Function ``"module:function"``, called with (model, data, task, split) and ``progress``;
        see `chipgen.training.comparison`.
    summary
        The prediction task.
    """

    report: str
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelEntry:
    """A model: a row of the table.

    Attributes
    ----------
    summary
        One line for listings.
    folder
        Package that holds the model; in it lie ``weights.safetensors``, and ``train.yaml`` and
        ``finetune.yaml``, the settings of its trainings.
    network
        Class of the network as ``"module:class"``; it offers `describe` and `from_description`.
    shapes
        Function ``"module:function"`` that returns the shape of every array of a checkpoint, by
        name, of the sizes in its header; it raises ValueError where they cannot be had. A file with
        other arrays is refused before it is used.
    composer
        Module that composes with it; see `chipgen.composing.composer`.
    abilities
        The composer's abilities.
    voices
        The chip's voices that it writes.
    trainer
        Module with `train(request)`, see `chipgen.training.training_request`; empty if the model
        cannot be trained.
    tasks
        The tasks it is scored on, by name; the first is the default.
    """

    summary: str
    folder: str
    network: str
    shapes: str
    composer: str
    abilities: tuple[Ability, ...] = ("continue",)
    voices: tuple[str, ...] = VOICES
    trainer: str = ""
    tasks: Mapping[str, ScoredTask] = field(default_factory=dict)


MODELS: dict[str, ModelEntry] = {
    "tonnetz-lstm": ModelEntry(
        summary="Which pitches sound beat by beat: a Tonnetz autoencoder and an LSTM.",
        folder="chipgen.models.tonnetz_lstm",
        network="chipgen.models.tonnetz_lstm.network:TonnetzLstm",
        shapes="chipgen.models.tonnetz_lstm.checkpoint_layout:array_shapes",
        composer="chipgen.composing.slice_composer",
        abilities=("continue",),
        voices=PITCHED,
        trainer="chipgen.training.train_tonnetz_lstm",
        tasks={
            "slices": ScoredTask(
                "chipgen.training.slices_table:report_slices",
                "every 0.5 s slice from the 17th on, from those before it",
            )
        },
    ),
    "row-transformer": ModelEntry(
        summary="Four voices row by row: a transformer that copies from the song so far.",
        folder="chipgen.models.row_transformer",
        network="chipgen.models.row_transformer.network:RowTransformer",
        shapes="chipgen.models.row_transformer.checkpoint_layout:array_shapes",
        composer="chipgen.composing.row_composer",
        abilities=("continue", "rewrite", "from nothing"),
        trainer="chipgen.training.train_row_transformer",
        tasks={
            "rows": ScoredTask(
                "chipgen.training.rows_table:report_rows",
                "what four voices do at each row of the song's own grid",
            ),
            "frames12": ScoredTask(
                "chipgen.training.rows_table:report_rows",
                "what four voices do each 1/12 s",
            ),
        },
    ),
}

# What else is trained: networks that do not compose. A name, its trainer and its settings.
PARTS: Final[dict[str, tuple[str, str]]] = {
    "separator": ("chipgen.training.train_separator", "chipgen.arranging/separator.yaml"),
    "chords": ("chipgen.training.train_chords", "chipgen.labels/chords.yaml"),
    "performer": ("chipgen.training.train_performer", "chipgen.performer/performer.yaml"),
}


def model_entry(name: str) -> ModelEntry:
    """Return a model's row; an error lists the models."""
    if name not in MODELS:
        raise RequestError(f"model {name!r} is unknown; {nearest_name(name, MODELS)}")
    return MODELS[name]


def models_that(ability: Ability) -> tuple[str, ...]:
    """Return the names of the models with an ability, the default model first.

    Examples
    --------
    >>> models_that("continue")
    ('row-transformer', 'tonnetz-lstm')
    """
    names = sorted(MODELS, key=lambda name: name != USUAL.model)
    return tuple(name for name in names if ability in MODELS[name].abilities)


def check_ability(name: str, ability: Ability, voices: tuple[str, ...] = ()) -> ModelEntry:
    """Return a model's row if it has an ability and writes the voices.

    Raises
    ------
    ChipgenError
        If not; the message names the models that can.
    """
    entry = model_entry(name)
    able = [other for other in models_that(ability) if set(voices) <= set(MODELS[other].voices)]
    others = f"; give {' or '.join(able)} as the model" if able else "; no model here can"
    if ability not in entry.abilities:
        raise ChipgenError(f"{name} cannot {_ABLE[ability]}{others}")
    lacking = [voice for voice in voices if voice not in entry.voices]
    if lacking:
        raise ChipgenError(f"{name} does not write {', '.join(lacking)}{others}")
    return entry


def task_names() -> tuple[str, ...]:
    """Return every task that some model is scored on."""
    return tuple(dict.fromkeys(task for entry in MODELS.values() for task in entry.tasks))


def trained_names() -> tuple[str, ...]:
    """Return what can be trained: models, and parts of the arranger."""
    return (*(name for name, entry in MODELS.items() if entry.trainer), *PARTS)


def trainer_of(name: str) -> str:
    """Return the module that trains a model or a part.

    Raises
    ------
    ChipgenError
        If there is none of that name, or none that trains it.
    """
    if name in PARTS:
        return PARTS[name][0]
    if name not in MODELS:
        raise RequestError(f"{name!r} is nothing to train; {nearest_name(name, trained_names())}")
    trainer = MODELS[name].trainer
    if not trainer:
        raise ChipgenError(f"{name} cannot be trained; give one of {', '.join(trained_names())}")
    return trainer


def settings_file(name: str, *, finetune: bool = False) -> Path:
    """Return the settings that something shipped was trained, or is fine-tuned, with."""
    if name in PARTS:
        package, _, file = PARTS[name][1].partition("/")
        return Path(str(resources.files(package) / file))
    return Path(str(model_file(name, "finetune.yaml" if finetune else "train.yaml")))


def usual_scored(task: str | None) -> str:
    """Return the model that is scored where none is named: the first that is scored on the task.

    Examples
    --------
    >>> usual_scored(None), usual_scored("rows")
    ('tonnetz-lstm', 'row-transformer')
    """
    known = task_names() if task is None else (task,)
    return next(name for name, entry in MODELS.items() if set(known) & set(entry.tasks))


def scored_task(name: str, task: str | None) -> tuple[str, ScoredTask]:
    """Return a task that a model is scored on, its first where none is named.

    Raises
    ------
    ChipgenError
        If it is not scored on that task, or on none.
    """
    tasks = model_entry(name).tasks
    if not tasks:
        raise ChipgenError(f"{name} is scored on no task")
    task = task or next(iter(tasks))
    if task not in tasks:
        raise ChipgenError(f"{name} is not scored on {task}; give --task {' or '.join(tasks)}")
    return task, tasks[task]


def load_named(name: str) -> Any:
    """Import and return the object that a row names as ``"module:name"``.

    Examples
    --------
    >>> load_named("chipgen.models.registry:model_entry").__name__
    'model_entry'
    """
    module, _, inside = name.partition(":")
    return getattr(importlib.import_module(module), inside)


def load_class(name: str) -> Any:
    """Import and return a model's network class; this loads torch."""
    return load_named(model_entry(name).network)


def model_file(name: str, file: str) -> Traversable:
    """Return the path of a file in a model's folder, whether or not it exists."""
    return resources.files(model_entry(name).folder) / file


def weights_path(name_or_path: str) -> Path:
    """Return the file with a shipped model's weights, or the path of a checkpoint as given.

    Raises
    ------
    SynthError
        If it is neither the name of a shipped model nor an existing file.
    """
    if name_or_path in MODELS:
        path = Path(str(model_file(name_or_path, "weights.safetensors")))
        if not path.is_file():
            raise ChipgenError(f"the weights of '{name_or_path}' are not installed ({path})")
        return path
    path = Path(name_or_path)
    if not path.exists():
        raise RequestError(
            f"model {name_or_path!r} is unknown; {nearest_name(name_or_path, MODELS)} (or give the "
            "path of a checkpoint)"
        )
    check_regular(path, "checkpoint", MOST_BYTES)
    return path
