"""Moves notes from one chord to another, as an accompanist plays one figure on other chords."""

from collections.abc import Collection, Iterable
from typing import Final

from chipgen.labels.chord_names import CHORDS, chord_classes

_TELLING: Final = 3  # pitch classes that tell a chord
_SPARE: Final = 2  # semitones that a part may leave its reach by at no cost
_DEEP: Final = 1.5  # how much worse it is to be too low than too high


def map_class(pitch_class: int, chord: int, other: int, scale: frozenset[int]) -> int:
    """Return what a pitch class becomes when its chord is exchanged for another.

    A tone of the chord becomes the same tone of the other; what lies between goes along by steps
    of the scale, or where it is foreign to that by the interval from the nearest tone.

    Parameters
    ----------
    pitch_class
        0–11.
    chord, other
        Chord numbers, 1 or more.
    scale
        Pitch classes of the key.

    Examples
    --------
    >>> from chipgen.labels.chord_names import CHORD_NAMES
    >>> from chipgen.music.key_names import parse_key
    >>> scale = parse_key("A major").scale
    >>> a, d = CHORD_NAMES.index("A7"), CHORD_NAMES.index("D7")
    >>> [map_class(pitch, a, d, scale) for pitch in (9, 1, 4, 6)]  # A C# E F#
    [2, 6, 9, 11]
    """
    tones, others = chord_classes(chord), chord_classes(other)
    if pitch_class in tones:
        at = tones.index(pitch_class)
        return others[at] if at < len(others) else others[0]
    order = sorted(scale)
    if pitch_class in scale and tones[0] in scale and others[0] in scale:
        steps = order.index(pitch_class) - order.index(tones[0])
        return order[(order.index(others[0]) + steps) % len(order)]
    near = min(range(len(tones)), key=lambda k: (_apart(pitch_class, tones[k]), k))
    interval = (pitch_class - tones[near] + 6) % 12 - 6
    return (others[min(near, len(others) - 1)] + interval) % 12


def chord_of(pitches: Collection[int], told: int) -> int:
    """Return the chord that notes are of: the one that is told, unless they are plainly another.

    Examples
    --------
    >>> from chipgen.labels.chord_names import CHORD_NAMES
    >>> c, g = CHORD_NAMES.index("C"), CHORD_NAMES.index("G")
    >>> CHORD_NAMES[chord_of((55, 59, 62), c)], CHORD_NAMES[chord_of((55, 60), g)]
    ('G', 'G')
    """
    classes = {pitch % 12 for pitch in pitches}
    if told < 1 or len(classes) < _TELLING:
        return told

    def fit(chord: int) -> float:
        tones = set(chord_classes(chord))
        return len(classes & tones) / len(classes | tones)

    best = max(range(1, CHORDS), key=lambda chord: (fit(chord), -chord))
    return best if fit(best) == 1.0 and fit(told) < 1.0 else told


def map_line(pitch: int, chord: int, other: int, scale: frozenset[int], shift: int) -> int:
    """Return a note of a line on another chord: all of the line moves by about as much.

    Parameters
    ----------
    shift
        From `shift_of`.
    """
    if chord == other or chord < 1 or other < 1:
        return pitch
    return _nearest(pitch + shift, map_class(pitch % 12, chord, other, scale))


def shift_of(chord: int, other: int, span: tuple[int, int], reach: tuple[int, int]) -> int:
    """Return how many semitones a figure moves with its root, up or down as it stays in reach.

    Parameters
    ----------
    span
        Lowest and highest note of the figure.
    reach
        Lowest and highest note that its part plays.

    Examples
    --------
    >>> from chipgen.labels.chord_names import CHORD_NAMES
    >>> c, a = CHORD_NAMES.index("C"), CHORD_NAMES.index("Am")
    >>> shift_of(c, a, (60, 67), (57, 72)), shift_of(c, a, (36, 43), (36, 50))
    (-3, 9)
    """
    if chord == other or chord < 1 or other < 1:
        return 0
    up = (chord_classes(other)[0] - chord_classes(chord)[0]) % 12

    def cost(shift: int) -> tuple[float, int]:
        below = max(0, reach[0] - _SPARE - span[0] - shift)
        above = max(0, span[1] + shift - reach[1] - _SPARE)
        return _DEEP * below + above, abs(shift)

    return min((up, up - 12), key=cost)


def map_chord(
    pitches: Iterable[int], chord: int, other: int, scale: frozenset[int]
) -> tuple[int, ...]:
    """Return notes that are struck together on another chord, each as near as can be.

    As many come back, in the same order, no two on one pitch.

    Examples
    --------
    >>> from chipgen.labels.chord_names import CHORD_NAMES
    >>> from chipgen.music.key_names import parse_key
    >>> c, f = CHORD_NAMES.index("C"), CHORD_NAMES.index("F")
    >>> map_chord((60, 64, 67), c, f, parse_key("C major").scale)
    (65, 69, 72)
    """
    pitches = tuple(pitches)
    if chord == other or chord < 1 or other < 1:
        return pitches
    taken: set[int] = set()
    found: list[int] = []
    classes = chord_classes(other)
    for pitch in pitches:
        near = _nearest(pitch, map_class(pitch % 12, chord, other, scale))
        free = near
        if near in taken:
            tones = [p for p in range(near - 12, near + 13) if p % 12 in classes and p not in taken]
            free = min(tones, key=lambda p: (abs(p - near), p), default=near)
        taken.add(free)
        found.append(free)
    return tuple(found)


def invert(pitch: int, chord: int, steps: int) -> int:
    """Return the chord's tone so many steps above a tone of it; other pitches stay.

    Chords of which every note is moved come back in another inversion.

    Examples
    --------
    >>> from chipgen.labels.chord_names import CHORD_NAMES
    >>> c = CHORD_NAMES.index("C")
    >>> [invert(pitch, c, 1) for pitch in (60, 64, 67, 62)], invert(60, c, -1)
    ([64, 67, 72, 62], 55)
    """
    classes = chord_classes(chord)
    if pitch % 12 not in classes:
        return pitch
    way = range(pitch, pitch + 12) if steps > 0 else range(pitch, pitch - 12, -1)
    return [p for p in way if p % 12 in classes][abs(steps)]


def onto_chord(pitch: int, chord: int, *, root: bool) -> int:
    """Return the nearest pitch that is a tone of a chord, or its root."""
    classes = chord_classes(chord)[:1] if root else chord_classes(chord)
    near = [p for p in range(pitch - 6, pitch + 7) if p % 12 in classes]
    return min(near, key=lambda p: (abs(p - pitch), p))


def _nearest(pitch: int, pitch_class: int) -> int:
    """Return the pitch of a class that is nearest to another; of two the lower one."""
    return pitch + (pitch_class - pitch + 6) % 12 - 6


def _apart(one: int, other: int) -> int:
    return abs((one - other + 6) % 12 - 6)
