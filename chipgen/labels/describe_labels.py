"""Labels in words: key, chords and form, as a person reads them."""

from typing import Final

from chipgen.labels.chord_names import NO_CHORD, chord_classes, chord_name
from chipgen.labels.row_labels import RowLabels
from chipgen.music.key_names import Key

_SURE: Final = 0.7  # chords below are marked as unsure
_DOMINANT: Final = 7  # semitones above the tonic
_LEADING: Final = (5, 7, 11)  # roots that lead home
_ENDINGS: Final = {
    "cadence": "with a cadence", "home": "at home", "half": "half closed", "open": "open"
}  # fmt: skip
_MOST_BARS: Final = 16
_MOST_STRETCHES: Final = 12


def key_of(number: int) -> Key:
    """Return the key that a number of `RowLabels.keys` stands for.

    Examples
    --------
    >>> key_of(7).name
    'Eb minor'
    """
    return Key(number // 2, "minor" if number % 2 else "major")


def usual_key(labels: RowLabels) -> Key:
    """Return the key of a piece as a whole."""
    return key_of(int(labels.keys.mean(axis=0).argmax()))


def describe_key(labels: RowLabels) -> str:
    """Return the key of a piece, how sure it is, and where others are heard.

    Examples
    --------
    >>> import numpy as np
    >>> from chipgen.labels.label_piece import label_rows
    >>> from chipgen.labels.bar_lines import BarLines
    >>> from chipgen.rows.row_states import Rows
    >>> line = np.array([[60, 64, 36, 0], [62, 65, 43, 0], [64, 67, 36, 0], [67, 71, 43, 0]] * 8)
    >>> rows = Rows(line.astype(np.uint8), line * 0, line * 0, np.full(32, 6))
    >>> describe_key(label_rows(rows, BarLines.even(32, 4))).split(" (")[0]
    'C major'
    """
    mean = labels.keys.mean(axis=0)
    usual = int(mean.argmax())
    others = [
        f"{key_of(key).name} in bar{f's {first + 1}-' if last > first + 1 else ' '}{last}"
        for key, first, last in stretches(labels.key.tolist())
        if key != usual
    ]
    told = f"{key_of(usual).name} (confidence {mean[usual]:.2f})"
    return ", ".join([told, *others[:3], *(["..."] if len(others) > 3 else [])])


def describe_chords(labels: RowLabels) -> str:
    """Return the chords of the first bars; unsure ones have a question mark, N is none."""
    chords, sure = labels.chord.tolist(), labels.chord_confidence.tolist()
    key = usual_key(labels)
    names = [
        chord_name(chord, key) + ("" if p >= _SURE else "?")
        for chord, p in zip(chords, sure, strict=True)
    ]
    bars = [
        names[at]
        if names[at].rstrip("?") == names[at + 1].rstrip("?")
        else " ".join(names[at : at + 2])
        for at in range(0, 2 * min(len(labels.lines), _MOST_BARS), 2)
    ]
    return " | ".join([*bars, *(["..."] if len(labels.lines) > _MOST_BARS else [])])


def describe_form(labels: RowLabels) -> str:
    """Return the sections of a piece as letters, each with its bars.

    Sections of one letter are alike.
    """
    told = [
        f"{section_letter(section)} {first + 1}-{last}"
        if last > first + 1
        else f"{section_letter(section)} {last}"
        for section, first, last in stretches(labels.section.tolist())
    ]
    more = ["..."] if len(told) > _MOST_STRETCHES else []
    length = labels.usual_phrase_bars
    return ", ".join(["bars " + told[0], *told[1:_MOST_STRETCHES], *more]) + (
        f"; phrases of {length} bars" if length > 1 else ""
    )


def describe_ending(labels: RowLabels) -> str:
    """Return how a piece ends, by its last two chords told from its key; empty if none are heard.

    Examples
    --------
    >>> import numpy as np
    >>> from chipgen.labels.label_piece import label_rows
    >>> from chipgen.labels.bar_lines import BarLines
    >>> from chipgen.rows.row_states import Rows
    >>> line = np.array([[60, 64, 36, 0], [65, 69, 41, 0], [67, 71, 43, 0], [60, 64, 36, 0]] * 4)
    >>> line = np.repeat(line, 2, axis=0)
    >>> rows = Rows(line.astype(np.uint8), line * 0, line * 0, np.full(32, 6))
    >>> describe_ending(label_rows(rows, BarLines.even(32, 4))).split(":")[0]
    'with a cadence'
    """
    ending = ending_of(labels)
    return "" if ending is None else f"{_ENDINGS[ending[0]]}: {' '.join(ending[1])}"


def ending_of(labels: RowLabels) -> tuple[str, tuple[str, ...]] | None:
    """Return how a piece ends, and its last chord or two; None if none are heard.

    Returns
    -------
    tuple or None
        ``"cadence"``, ``"home"``, ``"half"`` or ``"open"``, and names of chords.
    """
    heard = [chord for chord in labels.chord.tolist() if chord != NO_CHORD]
    if not heard:
        return None
    last = heard[-1]
    before = next((chord for chord in reversed(heard) if chord != last), last)
    key = usual_key(labels)
    degree, previous = ((chord_classes(chord)[0] - key.tonic) % 12 for chord in (last, before))
    named = tuple(chord_name(chord, key) for chord in dict.fromkeys((before, last)))
    if degree == 0:
        return ("cadence" if previous in _LEADING else "home"), named
    return ("half" if degree == _DOMINANT else "open"), named


def stretches(values: list[int]) -> list[tuple[int, int, int]]:
    """Return each run of one value, with the first bar and the one after its last.

    Examples
    --------
    >>> stretches([4, 4, 7])
    [(4, 0, 2), (7, 2, 3)]
    """
    found: list[tuple[int, int, int]] = []
    for at, value in enumerate(values):
        if found and found[-1][0] == value:
            found[-1] = (value, found[-1][1], at + 1)
        else:
            found.append((value, at, at + 1))
    return found


def section_letter(section: int) -> str:
    """Return a section's name: A to Z, then A1 and so on.

    Examples
    --------
    >>> section_letter(1), section_letter(27)
    ('B', 'B1')
    """
    turn, letter = divmod(section, 26)
    return chr(ord("A") + letter) + (str(turn) if turn else "")
