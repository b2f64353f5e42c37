"""Writes patterns for a drum kit that fit a meter, a tempo and what the other voices accent."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.music.score import Meter, Note
from chipgen.rows.drum_reduction import BURST, THUD, noise_period

KICK, RIM, SNARE, HAT, OPEN_HAT, CRASH = 36, 37, 38, 42, 46, 49  # General MIDI 1, percussion
TOMS: Final = (50, 47, 45, 41)  # from high to low
_TICKING: Final = frozenset((42, 44, 46, 51, 53, 54, 59, 69, 70, 82))  # hats, rides, shakers
_LENGTH: Final = {KICK: 0.2, SNARE: 0.25, RIM: 0.2, HAT: 0.1, OPEN_HAT: 0.25, CRASH: 1.0}
_LOUD: Final = {KICK: 108, SNARE: 100, RIM: 84, HAT: 66, OPEN_HAT: 74, CRASH: 96}
_QUICK_HZ: Final = 2.7  # pulses a second above which hats leave out what is between
_SLOW_HZ: Final = 1.3  # and below which they may play sixteenths
_CALM_HZ: Final = 2.0  # notes a second of music whose kick plays nothing between pulses
_ACCENT: Final = 0.4  # of the bars in which a place is accented
_THREES: Final = (0.75, 1.5)  # quarter notes of a pulse that has three parts
# What of a fill's places is struck, round and round.
_RHYTHMS: Final = ((1,), (0, 1, 1, 1, 1, 1, 1, 1), (0, 1, 1), (1, 1, 0), (0, 1, 1, 0, 1), (0, 1))
_FEWEST, _OTHER = 3, 0.78  # strokes of a fill, and how like the bar its rhythm is at most
_FILLED_BEATS: Final = (1.0, 2.0)  # of a bar at least, and at most, that a fill takes
_LONGER: Final = (1.0, 1.5, 2.0, 3.0)  # times as long as usual, if a shorter fill is like the bar
_FASTEST_S, _FASTEST_HATS_S = 0.07, 0.1  # between strokes of a fill, and between hats


@dataclass(frozen=True, slots=True)
class Feel:
    """What a pattern is fitted to.

    Attributes
    ----------
    bpm
        Quarter notes a minute.
    rows_a_beat
        Places in a quarter note at which notes begin.
    accents
        How often the music begins notes at each place of the bar, 0–1; shape (rows in the bar,).
    onsets_hz
        How many notes a second it begins.
    """

    bpm: float
    rows_a_beat: float
    accents: NDArray[np.float64]
    onsets_hz: float

    def accent(self, beat: float) -> float:
        """Return how often the music begins notes at a beat of the bar."""
        row = round(beat * self.rows_a_beat)
        return float(self.accents[row]) if 0 <= row < len(self.accents) else 0.0

    @property
    def swings(self) -> bool:
        """Whether beats are divided in three."""
        return self.rows_a_beat % 3 == 0


def write_groove(
    meter: Meter, feel: Feel, rng: np.random.Generator
) -> tuple[tuple[Note, ...], ...]:
    """Write two bars that take turns.

    The kick begins groups of pulses and plays what the music accents between them, the snare
    answers it, and hats play on top.

    Parameters
    ----------
    meter
        Of the bars.
    feel
        What they are to fit.
    rng
        Decides.

    Returns
    -------
    tuple of tuple of Note
        Of each bar, with onsets counted from the bar line, in quarter notes.
    """
    starts, lengths = _pulses(meter, feel)
    pulse_hz = feel.bpm / 60.0 / float(np.median(lengths))
    strokes = _backbeat(len(starts), quick=pulse_hz > _QUICK_HZ, rng=rng)
    snare = RIM if feel.bpm <= 84 and rng.random() < 0.5 else SNARE
    hits = {
        (start, KICK if stroke == "K" else snare)
        for start, stroke in zip(starts, strokes, strict=True)
        if stroke != "."
    }
    between = _between(starts, lengths, feel)
    hits |= {(beat, KICK) for beat in _syncopated(starts, strokes, between, feel, rng)}
    ticks = [*starts, *(between if pulse_hz <= _QUICK_HZ else ())]
    if pulse_hz <= _SLOW_HZ and feel.rows_a_beat % 4 == 0 and rng.random() < 0.5:
        ticks = np.arange(0.0, meter.bar_beats - 1e-6, 0.25).tolist()
    first = _as_notes({*hits, *((beat, HAT) for beat in ticks)})
    second = first
    if between and rng.random() < 0.6:
        last = between[-1]
        changed = {*hits, *((beat, HAT) for beat in ticks if beat != last)}
        changed.add((last, OPEN_HAT if rng.random() < 0.5 else KICK))
        second = _as_notes(changed)
    return first, second


def has_fills(kit: frozenset[int]) -> bool:
    """Whether a kit has drums on which fills are played: snares, claps or toms."""
    return any(drum in TOMS or noise_period(drum) == BURST for drum in kit)


def write_fill(
    bar: Iterable[Note],
    meter: Meter,
    feel: Feel,
    kit: frozenset[int],
    rng: np.random.Generator,
) -> tuple[Note, ...]:
    """Return a bar whose end is a fill, on the drums that a kit has.

    Its rhythm differs from the bar's, if any of so many strokes does.

    Parameters
    ----------
    bar
        As it is otherwise; onsets counted from the bar line.
    meter
        Its meter.
    feel
        Its tempo, and whether beats are divided in three.
    kit
        Drums that may be struck.
    """
    bar = tuple(bar)
    begin, step, places = _fill_places(bar, meter, feel, rng)
    bursts = sorted(drum for drum in kit if noise_period(drum) == BURST and drum not in TOMS)
    snare = SNARE if SNARE in kit or not bursts else bursts[0]
    kick = min((drum for drum in kit if noise_period(drum) == THUD), default=KICK)
    toms = [drum for drum in TOMS if drum in kit]
    style = int(rng.integers(3))
    strokes: list[Note] = []
    for index, place in enumerate(places):
        share = index / max(1, len(places) - 1)
        drum = snare
        if style == 0 and toms and share >= 0.5:
            drum = toms[min(len(toms) - 1, int((share - 0.5) * 2 * len(toms)))]
        elif style == 1 and index % 3 == 2:
            drum = kick
        strokes.append(Note(place, step * 0.8, drum, round(78 + 30 * share)))
    kept = [note for note in bar if note.onset_beats < begin - 1e-6]
    return tuple(sorted((*kept, *strokes)))


def _fill_places(
    bar: tuple[Note, ...], meter: Meter, feel: Feel, rng: np.random.Generator
) -> tuple[float, float, list[float]]:
    """Return where a fill begins, its step and its strokes, in quarter notes.

    Sixteenths, or eighths where these are too fast; triplets where beats are divided in three. It
    is broken up, and longer if it has to be, so that its rhythm is not that of the bar.
    """
    whole, least = meter.bar_beats, _FILLED_BEATS[0]
    usual = min(max(least, whole / 2), _FILLED_BEATS[1])
    grid, step = 0.5, 0.25 if 60.0 / feel.bpm / 4 >= _FASTEST_S else 0.5
    if meter.denominator == 8 and meter.numerator % 3 == 0:
        usual = 1.5
    elif feel.swings:
        grid, step = 1.0, 1 / 3
    begins = [
        float(grid * np.floor((whole - min(whole, times * usual)) / grid + 1e-6))
        for times in _LONGER
    ]
    for begin in begins:
        if options := _unlike(bar, np.arange(begin, whole - 1e-6, step), begin):
            return begin, step, options[int(rng.integers(len(options)))]
    return begins[0], step, np.arange(begins[0], whole - 1e-6, step).tolist()


def _unlike(bar: tuple[Note, ...], places: NDArray[np.float64], begin: float) -> list[list[float]]:
    """Return choices of a fill's places with which a bar's rhythm is another one."""
    usual = {_place(note.onset_beats) for note in bar}
    before = {place for place in usual if place < _place(begin)}
    options = []
    for rhythm in _RHYTHMS:
        struck = places[np.resize(rhythm, len(places)).astype(np.bool_)].tolist()
        filled = before | {_place(place) for place in struck}
        like = 2 * len(usual & filled) / max(1, len(usual) + len(filled))
        if len(struck) >= _FEWEST and like < _OTHER:
            options.append(struck)
    return options


def _place(beat: float) -> int:
    return round(beat * 12)


def last_stroke(kit: frozenset[int]) -> tuple[Note, ...]:
    """Return a bar that ends a piece: one stroke of the kick, and of a crash if there are any."""
    kick = min((drum for drum in kit if noise_period(drum) == THUD), default=min(kit))
    crash = (CRASH,) if CRASH in kit else ()
    return tuple(Note(0.0, 1.0, drum, 110) for drum in (kick, *crash))


def with_crash(bar: Iterable[Note]) -> tuple[Note, ...]:
    """Return a bar whose first hat is a crash."""
    kept = [note for note in bar if note.onset_beats > 1e-6 or note.pitch not in (HAT, OPEN_HAT)]
    return tuple(sorted((*kept, Note(0.0, _LENGTH[CRASH], CRASH, _LOUD[CRASH]))))


def hats_on_pulses(bar: Iterable[Note], meter: Meter) -> tuple[Note, ...]:
    """Return a bar whose hats and cymbals leave out what is between the pulses.

    Parameters
    ----------
    bar
        Onsets counted from the bar line.
    meter
        Its meter.
    """
    starts, _ = _pulses(meter, Feel(0.0, 1.0, np.zeros(0), 0.0))
    pulses = {_place(start) for start in starts}
    return tuple(
        note for note in bar if note.pitch not in _TICKING or _place(note.onset_beats) in pulses
    )


def double_hats(bar: Iterable[Note], meter: Meter, bpm: float) -> tuple[Note, ...]:
    """Return a bar whose hats and cymbals also play between their strokes, more softly.

    They stay as they are where that is too fast.

    Parameters
    ----------
    bar
        Onsets counted from the bar line.
    meter
        Its meter.
    bpm
        Quarter notes a minute.
    """
    bar = tuple(bar)
    ticks = sorted(note for note in bar if note.pitch in _TICKING)
    ends = [note.onset_beats for note in ticks[1:]] + [meter.bar_beats] * bool(ticks)
    more = [
        Note((note.onset_beats + end) / 2, _LENGTH[HAT], note.pitch, round(0.8 * note.velocity))
        for note, end in zip(ticks, ends, strict=True)
        if (end - note.onset_beats) / 2 * 60.0 / bpm >= _FASTEST_HATS_S
    ]
    struck = {_place(note.onset_beats) for note in bar}
    return tuple(sorted((*bar, *(note for note in more if _place(note.onset_beats) not in struck))))


def _pulses(meter: Meter, feel: Feel) -> tuple[list[float], list[float]]:
    """Return where a bar's pulses begin and how long they are, in quarter notes."""
    unit, count = 4 / meter.denominator, meter.numerator
    if meter.denominator >= 8 and count % 3 == 0 and count > 3:
        sizes = [3] * (count // 3)
    elif meter.denominator >= 8 and count > 3:
        sizes = [2] * (count // 2)
        if count % 2:  # the group of three begins where the music accents the others
            options = [[*sizes[:at], 3, *sizes[at + 1 :]] for at in reversed(range(len(sizes)))]
            sizes = max(options, key=lambda option: _agreement(option, unit, feel))
    elif unit > 1:
        sizes, unit = [1] * round(count * unit), 1.0
    else:
        sizes = [1] * count
    begins = np.concatenate([[0], np.cumsum(sizes)[:-1]]) * unit
    return begins.tolist(), [size * unit for size in sizes]


def _agreement(sizes: list[int], unit: float, feel: Feel) -> float:
    begins = np.concatenate([[0], np.cumsum(sizes)[:-1]]) * unit
    return sum(feel.accent(beat) for beat in begins.tolist())


def _backbeat(pulses: int, *, quick: bool, rng: np.random.Generator) -> str:
    """Return K, S or . for each pulse: kick, snare or neither."""
    half_time = quick and rng.random() < 0.4
    fours = "K.S." if half_time else "KSKS"
    usual = {
        1: "K", 2: "KS", 3: ("KSS", "K.S", "KS.")[int(rng.choice(3, p=[0.5, 0.2, 0.3]))],
        4: fours, 5: ("K.SKS", "KSK.S")[int(rng.integers(2))], 6: "KSSKSS", 7: fours + "K.S",
    }  # fmt: skip
    if pulses in usual:
        return usual[pulses]
    return (fours * -(-pulses // 4))[:pulses]


def _between(starts: list[float], lengths: list[float], feel: Feel) -> list[float]:
    """Return the places between pulses on which hats play."""
    places: list[float] = []
    for start, length in zip(starts, lengths, strict=True):
        if length in _THREES:
            places += [start + length / 3, start + 2 * length / 3]
        elif feel.swings:
            places.append(start + length * 2 / 3)
        elif feel.rows_a_beat * length % 2 == 0:
            places.append(start + length / 2)
    return places


def _syncopated(
    starts: list[float], strokes: str, between: list[float], feel: Feel, rng: np.random.Generator
) -> list[float]:
    """Return what the kick plays between the pulses: what the music accents there."""
    if feel.onsets_hz < _CALM_HZ:
        return []
    before_snare = {
        start for start, stroke in zip(starts[1:], strokes[1:], strict=True) if stroke == "S"
    }
    found = [beat for beat in between if feel.accent(beat) >= _ACCENT and rng.random() < 0.6]
    free = [beat for beat in between if not any(0 < s - beat < 0.51 for s in before_snare)]
    if not found and free and rng.random() < 0.4:
        found = [free[int(rng.integers(len(free)))]]
    return found[:2]


def _as_notes(hits: Iterable[tuple[float, int]]) -> tuple[Note, ...]:
    return tuple(sorted(Note(beat, _LENGTH[drum], drum, _LOUD[drum]) for beat, drum in hits))
