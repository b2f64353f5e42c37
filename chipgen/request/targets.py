"""What can be made, and which fields of a request each target can hold."""

from dataclasses import dataclass
from typing import Final

from synth.fileformat import FileFormat
from synth.output.audioformats import AudioFormat

_PLAYED: Final = ("voices", "timbres", "sound")


@dataclass(frozen=True, slots=True)
class Target:
    """Something that is made of a request.

    Attributes
    ----------
    name
        What an error calls it, in the plural, such as "VGM files".
    holds
        Which of `chipgen.request.field.TARGETS` it can hold.
    """

    name: str
    holds: frozenset[str]


SPEAKERS: Final = Target("speakers", frozenset(_PLAYED))
PICTURE: Final = Target("pictures", frozenset(_PLAYED))

ARRANGED: Final = Target("arrangements", frozenset(("notes", "voices", "timbres")))


def target_of(row: FileFormat) -> Target:
    """Return the target that a file of a format is.

    Examples
    --------
    >>> from chipgen.music.formats import MIDI
    >>> target_of(MIDI)
    Target(name='MIDI files', holds=frozenset({'notes'}))
    """
    holds: set[str] = {"notes"} if row.writes == "score" else set()
    if row.writes in ("log", "chip score"):
        holds = {"voices", "timbres", "loop points", "titles"}
        holds |= {"rows"} if row.writes == "chip score" else set()
    if isinstance(row, AudioFormat):
        holds = {*_PLAYED, "sound file"}
        holds |= {"bit depth"} if "" not in row.subtypes else set()
        holds |= {"loop points", "two files"} if row.keeps_loop else set()
    return Target(f"{row.name} files", frozenset(holds))
