"""Decodes names and markers of a MIDI file after detecting their encoding.

The standard asks for ASCII, but files use their writer's encoding. It is detected once for a file,
from all of its texts together: a name of three letters says too little.
"""

import codecs
import unicodedata
from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Final

from chipgen.printable import printable

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_FALLBACK: Final = "latin-1"  # every byte is a character
_RUN: Final = 3  # letters with accents never stand so close in Western languages
_LATIN: Final = 0.35  # what a text in a Western encoding scores; others have to be likelier


def find_encoding(texts: Iterable[bytes]) -> str:
    """Detect the encoding of a file's texts; return one of Python's names.

    ASCII and UTF-8 prove themselves. Of Shift-JIS, GBK, Big5, EUC-KR and Windows-1251 the one in
    which the texts make the commonest characters is taken, if it makes any; else Windows-1252.

    Examples
    --------
    >>> [find_encoding([text.encode(name)]) for text, name in (
    ...     ("Flöte", "utf-8"), ("Flöte", "latin-1"), ("ドラム", "cp932"), ("Ударные", "cp1251"))]
    ['utf-8', 'cp1252', 'cp932', 'cp1251']
    """
    strange = [text for text in texts if not text.isascii() and not _marked(text)]
    if all(_decodes(text, "utf-8") for text in strange):
        return "utf-8"
    # Texts that are valid UTF-8 in a file of something else are nearly impossible by chance.
    strange = [text for text in strange if not _decodes(text, "utf-8")]
    best, best_score = "cp1252", _LATIN
    for name, likely in _LIKELY.items():
        if all(_decodes(text, name) for text in strange):
            score = _score(b" ".join(strange).decode(name), likely)
            if score > best_score:
                best, best_score = name, score
    return best


def decode(data: bytes, encoding: str) -> str:
    """Return a text in the file's encoding, printable.

    A text that brings a byte-order mark, or is valid UTF-8, is taken as that.
    """
    for name in (_marked(data), "utf-8", encoding):
        if name and _decodes(data, name):
            return printable(data.decode(name))
    return printable(data.decode(_FALLBACK))


def _marked(data: bytes) -> str:
    return next((name for mark, name in _MARKS if data.startswith(mark)), "")


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _is_common_japanese(character: str) -> bool:
    if "\u3041" <= character <= "\u30fe" or "\uff01" <= character <= "\uff5e":
        return True
    return _has_lead(character, "cp932", 0x88, 0x97)


def _is_common_chinese(character: str) -> bool:
    return _has_lead(character, "gbk", 0xB0, 0xD7, least_trail=0xA1)


def _is_common_traditional(character: str) -> bool:
    return _has_lead(character, "big5", 0xA4, 0xC6)


def _is_korean(character: str) -> bool:
    return "\uac00" <= character <= "\ud7a3" and _has_lead(character, "euc_kr", 0xB0, 0xC8)


def _is_cyrillic(character: str) -> bool:
    return "\u0410" <= character <= "\u044f" or character in "ЁёЄєІіЇїҐґЎў"


def _has_lead(
    character: str, encoding: str, lowest: int, highest: int, least_trail: int = 0
) -> bool:
    """Return whether a character's first byte is in a range: standards put common ones first."""
    try:
        data = character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return len(data) == 2 and lowest <= data[0] <= highest and data[1] >= least_trail


_LIKELY: Final[dict[str, Callable[[str], bool]]] = {
    "cp932": _is_common_japanese,
    "gbk": _is_common_chinese,
    "big5": _is_common_traditional,
    "euc_kr": _is_korean,
    "cp1251": _is_cyrillic,
}


def _score(text: str, likely: Callable[[str], bool]) -> float:
    """Return the share of common characters among those that are not ASCII, 0-1.

    A letter with an accent among plain ones, as in Western words, can look like one character of
    another script; so lone characters beside plain letters do not count.
    """
    strange = sum(not character.isascii() for character in text)
    plain = any(character.isascii() and character.isalpha() for character in text)
    shortest = _RUN if likely is _is_cyrillic else 2 if plain else 1
    runs = (len(list(run)) for is_likely, run in groupby(text, likely) if is_likely)
    odd = sum(unicodedata.category(character) in ("Co", "Cn", "Cc") for character in text)
    common = sum(run for run in runs if run >= shortest)
    return (common - odd) / strange if strange else 0.0
