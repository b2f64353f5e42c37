"""Writes and reads the recipe of a take: the command line that makes it again."""

import hashlib
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chipgen import __version__
from chipgen.errors import ChipgenError
from chipgen.models.registry import weights_path
from chipgen.music.formats import MIDI
from chipgen.printable import printable
from chipgen.request import ComposeRequest, Request
from chipgen.request.command_line import words_of
from chipgen.request.targets import target_of

_DIGITS: Final = 12  # of a fingerprint that are kept
_TEXT: Final = re.compile(
    r"chipgen (?P<version>\S+) \| (?P<command>chipgen generate .+?)"
    r" \| weights (?P<weights>[0-9a-f]+)(?: \| seed file (?P<seed>[0-9a-f]+))?"
    r"(?: \| plan (?P<plan>.+))?",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a take was made.

    Attributes
    ----------
    command
        The command line, as one would type it in the folder of the seed.
    version
        Of chipgen.
    weights
        Fingerprint of the model's file.
    seed
        Fingerprint of the seed's file; empty from scratch.
    plan
        Its plan, in words; empty if it was not planned.
    """

    command: str
    version: str
    weights: str
    seed: str = ""
    plan: str = ""

    @property
    def text(self) -> str:
        """One line that people can read, and `read_recipe` too."""
        seed = f" | seed file {self.seed}" if self.seed else ""
        plan = f" | plan {self.plan}" if self.plan else ""
        return f"chipgen {self.version} | {self.command} | weights {self.weights}{seed}{plan}"


def recipe_of(request: ComposeRequest, source: Path | None, plan: str = "") -> Recipe:
    """Return the recipe of a take; it does not depend on the name of the take's file.

    Parameters
    ----------
    request
        What the take was made by.
    source
        The seed's file; None from scratch.
    plan
        Its plan, in words.
    """
    fields = request.model_dump(exclude_unset=True, exclude={"only", "keep"})
    asked = Request(**fields, only=request.voices)
    kind = "nothing" if source is None else "score"
    seed = [] if source is None else [_printable(source.name)]
    words = words_of(asked, target_of(MIDI), kind, without=("file_format",))
    return Recipe(
        shlex.join(["chipgen", "generate", *seed, "-o", "take.mid", *words]),
        __version__,
        fingerprint(weights_path(request.model)),
        "" if source is None else fingerprint(source),
        plan,
    )


def fingerprint(path: Path) -> str:
    """Return the first digits of a file's SHA-256.

    Raises
    ------
    ChipgenError
        If it cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()[:_DIGITS]
    except OSError as error:
        raise ChipgenError(f"{path} cannot be read ({error.strerror})") from error


def parse_recipe(text: str) -> Recipe | None:
    """Return the recipe in a text, or None if it has none.

    Examples
    --------
    >>> made = Recipe("chipgen generate a.mid -o b.mid --seed 7", "1.0", "0f" * 6, plan="form A")
    >>> parse_recipe(made.text) == made
    True
    >>> parse_recipe("Composed by hand")
    """
    found = _TEXT.fullmatch(text)
    if found is None:
        return None
    seed, plan = found["seed"] or "", found["plan"] or ""
    return Recipe(found["command"], found["version"], found["weights"], seed, plan)


def read_recipe(path: Path) -> Recipe | None:
    """Return the recipe that a MIDI file holds; None if it holds none, or cannot be read."""
    from chipgen.music.midi.smf_parser import META_TEXT, parse_events

    try:
        events = parse_events(path.read_bytes())
    except Exception:  # another reader reports what is wrong with the file
        return None
    texts = (
        printable(data.decode("utf-8", "replace"))
        for track in events.tracks
        for _, kind, data in track.meta
        if kind == META_TEXT
    )
    return next((recipe for recipe in map(parse_recipe, texts) if recipe), None)


def _printable(name: str) -> str:
    """Return a name that text can hold: file names may have bytes that are none."""
    return name.encode("utf-8", "replace").decode()
