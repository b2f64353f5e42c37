"""Plans the form of a continuation: phrases that are new, come again, or answer another.

A form is a row of phrases named by letters, as musicians write it: ``A B B' A``. A letter that was
heard comes again; with a mark it comes again with another end. Each bar of a phrase is told which
bar it repeats, and how closely its tune and its accompaniment do.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from chipgen.music.phrase_letters import Phrase
from chipgen.rows.plan_features import CLOSE, NEW, VARIED

USUAL_PHRASE: Final = 4  # bars, where no phrases are planned as well
_LAST_RETURNS: Final = 0.7  # pieces whose last section is the first one
_THEME_DUE: Final = 10  # phrases after which the seed's first one is due again
_INNER: Final = (  # which bars of a new phrase of four take up its first one, and how often
    ((), 0.35),
    ((2,), 0.45),
    ((1,), 0.2),
)


@dataclass(frozen=True, slots=True)
class Habits:
    """How often phrases take up what was heard, as shares.

    Attributes
    ----------
    opens
        Continuations that begin with the seed's first phrase.
    opens_varied
        Of these, those that end it in another way.
    answered
        Phrases that begin a section and are answered by themselves, varied.
    returns
        Sections that were heard before, where one may return.
    round
        New phrases over the chords of the phrase before.
    band
        Of these, those with its accompaniment note for note.
    """

    opens: float
    opens_varied: float
    answered: float
    returns: float
    round: float
    band: float


SHORT: Final = Habits(0.15, 1.0, 0.5, 0.2, 0.5, 0.3)
LONG: Final = Habits(0.15, 1.0, 0.05, 0.05, 0.2, 0.0)  # a long piece needs more that is new
OF_THE_CHIP: Final = Habits(0.6, 0.3, 0.5, 0.2, 0.75, 0.9)  # as songs do after eight seconds
_LONG_PHRASES: Final = 9


@dataclass(frozen=True, slots=True)
class PlannedBar:
    """What a bar of a form is to be.

    Attributes
    ----------
    source
        Index of the bar that it repeats, counted from the piece's first bar; -1 for none.
    tune, others
        How closely p1 and the other voices repeat it: `NEW`, `VARIED` or `CLOSE`.
    place, left
        Bars since its phrase began, and bars until the next one begins.
    phrase
        Its phrase.
    round
        Index of the bar whose chords it has again; -1 for none.
    """

    source: int
    tune: int
    others: int
    place: int
    left: int
    phrase: Phrase
    round: int = -1


def draw_phrases(
    rng: np.random.Generator, count: int | None, habits: Habits | None = None
) -> Iterator[Phrase]:
    """Draw a form to follow a seed, whose first phrase is ``A``.

    Sections begin with a phrase that is new or returns, and mostly answer it. A theme returns after
    `_THEME_DUE` phrases at most, and a long piece ends with it.

    Parameters
    ----------
    rng
        Decides.
    count
        Phrases in all; None never ends.
    habits
        How often phrases come again; by the length, if None.
    """
    habits = habits or usual_habits(count)
    heard, new = ["A"], ord("B")
    made, themes, since, fresh, last = 0, 0, 1, True, "A"
    if count != 1 and rng.random() < habits.opens:
        yield Phrase("A", varied=bool(rng.random() < habits.opens_varied))
        made = themes = 1
    while count is None or made < count:
        barred = "A" if habits is SHORT and _has_enough(themes, count) else None
        earlier = [letter for letter in heard[-6:] if letter not in (last, barred)]
        ends = count is not None and count >= 6 and count - made <= 2
        due = since >= _THEME_DUE or (ends and rng.random() < _LAST_RETURNS)
        if due and last != "A":
            letter, fresh = "A", False
        elif fresh and earlier and made > 1 and rng.random() < habits.returns:
            letter, fresh = earlier[int(rng.integers(len(earlier)))], False
        else:
            letter, fresh = chr(new), True
            new = new + 1 if new < ord("Z") else ord("B")
            heard = [other for other in heard if other != letter] + [letter]
        yield Phrase(letter)
        made, last, themes = made + 1, letter, themes + (letter == "A")
        since = 0 if letter == "A" else since + 1
        answers = (count is None or made < count) and rng.random() < habits.answered
        if answers and not (letter == "A" and habits is SHORT and _has_enough(themes, count)):
            yield Phrase(letter, varied=True)
            made, themes = made + 1, themes + (letter == "A")
            since += letter != "A"


def _has_enough(themes: int, count: int | None) -> bool:
    """Tell whether with one more theme over a third of a piece would be themes."""
    return count is not None and 3 * (themes + 1) > count


def plan_bars(
    phrases: Iterator[Phrase],
    seed_bars: int,
    bars: int | None,
    rng: np.random.Generator,
    phrase_bars: int = USUAL_PHRASE,
    theme: int = 0,
    habits: Habits | None = None,
) -> Iterator[PlannedBar]:
    """Yield the bars of a form, one after the other.

    Parameters
    ----------
    phrases
        The form; if it ends too early, its phrases come again.
    seed_bars
        Bars of the seed.
    bars
        How many to plan; None goes on as long as there are phrases.
    rng
        Decides which bars of a new phrase take up its first one.
    phrase_bars
        Length of a phrase.
    theme
        Bar of the seed with which phrase ``A`` begins.
    habits
        How often new phrases are over chords that were heard; by the length, if None.
    """
    began: dict[str, int] = {}
    if seed_bars:
        began["A"] = theme
    at = seed_bars
    end = None if bars is None else seed_bars + bars
    habits = habits or usual_habits(None if bars is None else -(-bars // phrase_bars))
    for phrase in phrases:
        length = phrase_bars if end is None else min(phrase_bars, end - at)
        source = began.get(phrase.letter)
        taken = _inner(rng, length)
        again = source is None and at >= phrase_bars and rng.random() < habits.round
        follows = at - phrase_bars if again else None
        band = CLOSE if again and rng.random() < habits.band else VARIED
        for place in range(length):
            left = length - place
            if source is None:
                bar = _new_bar(at + place, place, left, taken, phrase)
                if follows is not None:
                    bar = replace(bar, round=follows + place)
                    if bar.tune == NEW:
                        bar = replace(bar, source=follows + place, others=band)
                yield bar
            else:
                known = source + place < at
                where = source + place if known else -1
                differs = phrase.varied and left == 1
                yield PlannedBar(
                    where,
                    NEW if differs or not known else CLOSE,
                    VARIED if differs and known else CLOSE if known else NEW,
                    place,
                    left,
                    phrase,
                )
        if source is None:
            began[phrase.letter] = at
        at += length
        if end is not None and at >= end:
            return


def usual_habits(phrases: int | None) -> Habits:
    """Return the habits of a continuation of so many phrases; None never ends."""
    return SHORT if phrases is not None and phrases < _LONG_PHRASES else LONG


def _new_bar(at: int, place: int, left: int, taken: tuple[int, ...], phrase: Phrase) -> PlannedBar:
    """Return a bar of a phrase that was not heard: its accompaniment goes on as the bar before."""
    if place in taken:
        return PlannedBar(at - place, VARIED, VARIED, place, left, phrase)
    source = at - 1 if at else -1
    return PlannedBar(source, NEW, VARIED if source >= 0 else NEW, place, left, phrase)


def _inner(rng: np.random.Generator, length: int) -> tuple[int, ...]:
    shares = np.cumsum([share for _, share in _INNER])
    chosen = _INNER[int(np.searchsorted(shares, rng.random() * shares[-1], side="right"))][0]
    return tuple(place for place in chosen if place < length - 1)
