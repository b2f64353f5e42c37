"""The interface of every model's composer, and how a composer is loaded."""

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from chipgen.composing.infill import Filled, Gap
from chipgen.errors import ChipgenError
from chipgen.models.checkpoint_header import read_info
from chipgen.models.continuation import Continuation
from chipgen.models.registry import Ability, check_ability, weights_path
from chipgen.music.key_names import Key
from chipgen.request import ComposeRequest
from chipgen.rows.prompt import Prompt
from chipgen.rows.row_states import Rows
from chipgen.rows.row_timing import RowTiming


class Composer(Protocol):
    """A model's composing module, named in its row of the table of models.

    It has the functions of the abilities that the row names: ``continue`` is `continue_seed`
    and `complete_seed`, ``rewrite`` is `fill`, ``from nothing`` is `begin`.
    """

    def load(self, path: Path) -> Any:
        """Read a checkpoint; raises `ChipgenError` if it cannot be used."""

    def continue_seed(self, model: Any, prompt: Prompt, request: ComposeRequest) -> Continuation:
        """Compose on from a seed."""

    def complete_seed(
        self, model: Any, prompt: Prompt, request: ComposeRequest
    ) -> tuple[Prompt, tuple[str, ...]]:
        """Add the voices that a seed is to be given, and return what was added, in a line."""

    def fill(self, model: Any, gap: Gap, request: ComposeRequest) -> Filled:
        """Write the voices of a gap that are not kept; `Gap.passage` gives the rows' lengths."""

    def begin(
        self,
        model: Any,
        timing: RowTiming,
        bar_beats: float,
        bars: int,
        key: Key | None,
        request: ComposeRequest,
    ) -> Rows:
        """Compose the first bars of a piece; `timing` holds the lengths of its rows."""


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model ready to compose.

    Attributes
    ----------
    name
        Its name in the table of models.
    model
        In the form that its composer takes.
    composer
        Its composing module.
    """

    name: str
    model: Any
    composer: Composer


def load_composer(name_or_path: str, ability: Ability, voices: tuple[str, ...] = ()) -> LoadedModel:
    """Load a model for something it can do.

    Parameters
    ----------
    name_or_path
        A shipped model's name, or the path of a checkpoint.
    ability
        What it is to do.
    voices
        The chip's voices that it is to write; none names no voice.

    Raises
    ------
    ChipgenError
        If there is no such model, it cannot do that, or its file cannot be used. Nothing but the
        file's header is read before that is known.
    """
    path = weights_path(name_or_path)
    name = read_info(path).model
    composer = importlib.import_module(check_ability(name, ability, voices).composer)
    return LoadedModel(name, composer.load(path), composer)


def refuse_plans(request: ComposeRequest, name: str) -> None:
    """Refuse what only a model that plans can do.

    Raises
    ------
    ChipgenError
        If the request names a form, chords, a full band or a cadence.
    """
    for option, is_asked in _asked(request).items():
        if is_asked:
            raise ChipgenError(f"{name} cannot plan: leave out {option}, or name another --model")


def _asked(request: ComposeRequest) -> dict[str, bool]:
    """Return which options that ask for a plan are given."""
    return {
        "--form": bool(request.form),
        "--chords": bool(request.chords),
        "--band full": request.band == "full",
        "--end cadence": request.end == "cadence",
    }
