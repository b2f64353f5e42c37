"""Forms as musicians write them: phrases named by letters, as in ``A A' B A``."""

import re
from dataclasses import dataclass
from typing import Final

from chipgen.errors import ChipgenError

_PHRASE: Final = re.compile(r"([A-Z])('*)")
_MOST_PHRASES: Final = 256


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase of a form.

    Attributes
    ----------
    letter
        ``A``–``Z``; what is called alike is alike.
    varied
        Whether it ends otherwise than where it was heard first.
    """

    letter: str
    varied: bool = False

    def __str__(self) -> str:
        return self.letter + "'" * self.varied


def read_form(text: str) -> tuple[Phrase, ...]:
    """Read a form such as ``A A' B A``.

    Raises
    ------
    ChipgenError
        If it is anything else than letters with marks.

    Examples
    --------
    >>> [str(phrase) for phrase in read_form("A A' B A")]
    ['A', "A'", 'B', 'A']
    """
    words = text.replace("\u2019", "'").upper().replace("-", " ").split()
    found = [_PHRASE.fullmatch(word) for word in words]
    if not 1 <= len(words) <= _MOST_PHRASES or None in found:
        raise ChipgenError(
            f"'{text[:40]}' is no form of 1 to {_MOST_PHRASES} phrases; give letters, with ' for a "
            'variation: "A A\' B A"'
        )
    return tuple(Phrase(match[1], bool(match[2])) for match in found if match)
