"""How a take was made to the command line that makes it again, kept in its MIDI file."""

import hashlib
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from chipgen import __version__
from chipgen.errors import ChipgenError
from chipgen.models.registry import weights_path

if TYPE_CHECKING:
    from chipgen.compose import ComposeConfig, Wishes

_DIGITS: Final = 12  # of a fingerprint that are kept
_TEXT: Final = re.compile(
    r"chipgen (?P<version>\S+) \| (?P<command>chipgen generate .+?)"
    r" \| weights (?P<weights>[0-9a-f]+)(?: \| seed file (?P<seed>[0-9a-f]+))?",
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
    """

    command: str
    version: str
    weights: str
    seed: str = ""

    @property
    def text(self) -> str:
        """One line that people can read, and `read_recipe` too."""
        seed = f" | seed file {self.seed}" if self.seed else ""
        return f"chipgen {self.version} | {self.command} | weights {self.weights}{seed}"


@dataclass(frozen=True, slots=True)
class Making:
    """What a take is made from: all that its recipe says."""

    source: Path | None
    model: str
    rng_seed: int
    config: "ComposeConfig"
    wishes: "Wishes"
    sound: tuple[str, ...] = ()

    def recipe(self) -> Recipe:
        """Return the recipe; whatever the take's file is called, it is the same."""
        return Recipe(
            shlex.join(["chipgen", "generate", *self._arguments()]),
            __version__,
            fingerprint(weights_path(self.model)),
            fingerprint(self.source) if self.source else "",
        )

    def _arguments(self) -> list[str]:
        """Return the arguments, of which defaults are said too: they may change one day."""
        config, wishes = self.config, self.wishes
        words = [_printable(self.source.name)] if self.source else ["--from-scratch"]
        words += ["-o", "take.mid"]
        if wishes.write:
            words += ["--only", ",".join(wishes.write)]
        if wishes.fill:
            words += ["--fill", str(wishes.fill)]
        if not wishes.is_rewriting:
            words += ["--bars", str(config.bars), "--drums", config.drums]
            words += ["--without-seed"] if config.without_seed else []
            words += ["--loop"] if config.loop else []
            words += ["--intro"] if config.loop == "composed" and not config.without_seed else []
        if wishes.key:
            words += ["--key", wishes.key.name]
        if wishes.tempo_bpm is not None:
            words += ["--tempo", f"{wishes.tempo_bpm:g}"]
        if wishes.from_scratch:
            words += ["--meter", "{}/{}".format(*wishes.meter)]
        words += ["--model", self.model]
        words += ["--temperature", f"{config.temperature:g}", "--top-p", f"{config.top_p:g}"]
        return [*words, "--seed", str(self.rng_seed), *self.sound]


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
    """Return the recipe that a text tells, None if it tells none.

    Examples
    --------
    >>> made = Recipe("chipgen generate a.mid -o b.mid --seed 7", "1.0", "0f" * 6)
    >>> parse_recipe(made.text) == made
    True
    >>> parse_recipe("Composed by hand")
    """
    found = _TEXT.fullmatch(text)
    if found is None:
        return None
    return Recipe(found["command"], found["version"], found["weights"], found["seed"] or "")


def read_recipe(path: Path) -> Recipe | None:
    """Return the recipe that a MIDI file holds; None if it holds none, or cannot be read."""
    from chipgen.music.midi.events import META_TEXT, parse_events

    try:
        events = parse_events(path.read_bytes())
    except (ChipgenError, OSError):
        return None
    texts = (
        data.decode("utf-8", "replace")
        for track in events.tracks
        for _, kind, data in track.meta
        if kind == META_TEXT
    )
    return next((recipe for recipe in map(parse_recipe, texts) if recipe), None)


def _printable(name: str) -> str:
    """Return a name that text can hold: file names may have bytes that are none."""
    return name.encode("utf-8", "replace").decode()
