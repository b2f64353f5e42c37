"""Finds the drum kit of a tracker's song: which noise and samples play General MIDI's keys."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np

from synth.instrument.preset_format import Drum
from synth.tracker.player import PlayedNote
from synth.tracker.song import NOISE_PERIODS, TrackerInstrument

# Names that musicians give to drums, the more special first, and General MIDI's key.
KEYS: Final = (
    (r"open.?h|ohh?\b|hat.?open|hh.?open", 46), (r"h(i|ight)?.?hat|\bhh\b|\bhat|\bchh?\b", 42),
    (r"kick|bass.?drum|\bbd\b|\bbdrum", 36), (r"rim|stick", 37), (r"clap", 39),
    (r"snare|\bsd\b|\bsnr", 38), (r"crash|cymbal|splash", 49), (r"ride", 51),
    (r"low.?tom|floor", 41), (r"high.?tom|hi.?tom", 48), (r"tom", 45), (r"cow", 56),
    (r"shak|maraca", 70), (r"tamb", 54), (r"conga|bongo", 63),
)  # fmt: skip
LOWEST_KICK: Final = 11  # index of the noise's period from which a hit is heard as a kick
LOWEST_SNARE: Final = 5
LONG: Final = 24  # frames from which a high hit is a cymbal
OPEN: Final = 10  # frames from which it is an open hat
MOST_FRAMES: Final = 600
PRIORITIES: Final = {36: 90, 38: 80, 49: 95, 42: 30, 46: 35}


def find_kit(
    notes: Iterable[PlayedNote], names: Mapping[str, str],
    instruments: Mapping[str, TrackerInstrument], samples: Iterable[str], silent: str,
) -> dict[int, Drum]:  # fmt: skip
    """Return the drums of a song by General MIDI key.

    Parameters
    ----------
    notes
        What the noise plays.
    names, instruments
        What the preset calls each instrument, and the instruments.
    samples
        Names of the preset's samples.
    silent
        The preset's instrument that plays nothing, for drums that are samples alone.
    """
    hits: Counter[tuple[str, int]] = Counter()
    lengths: dict[tuple[str, int], list[int]] = {}
    for note in notes:
        if note.instrument in names:
            hit = (note.instrument, NOISE_PERIODS - 1 - note.note % NOISE_PERIODS)
            hits[hit] += 1
            lengths.setdefault(hit, []).append(note.stop - note.start)
    drums: dict[int, Drum] = {}
    for (name, period), _ in hits.most_common():
        held = round(float(np.median(lengths[name, period])))
        frames = min(max(_sounding(instruments[name], held), 1), MOST_FRAMES)
        key = _named(name) or _heard(period, frames)
        if key not in drums:
            drums[key] = Drum(
                instrument=names[name], period=period, frames=frames,
                priority=PRIORITIES.get(key, 50),
            )  # fmt: skip
    for sample in samples:
        key = _named(sample) or 0
        if not key or (key in drums and drums[key].sample is not None):
            continue
        plain = Drum(instrument=silent, period=0, priority=PRIORITIES.get(key, 50))
        drums[key] = drums.get(key, plain).model_copy(update={"sample": sample})
    return dict(sorted(drums.items()))


def _named(name: str) -> int | None:
    """Return the key that a name tells, None if it tells none."""
    shown = re.sub(r"[_\-.]", " ", name.lower())
    return next((key for pattern, key in KEYS if re.search(pattern, shown)), None)


def _heard(period: int, frames: int) -> int:
    """Return the key of a hit that has no telling name, by its pitch and length."""
    if period >= LOWEST_KICK:
        return 36
    if period >= LOWEST_SNARE:
        return 38
    return 49 if frames >= LONG else 46 if frames >= OPEN else 42


def _sounding(instrument: TrackerInstrument, held: int) -> int:
    """Return for how many frames a hit is heard."""
    volume = instrument.volume
    if volume.loop is None and volume.release is None and volume.values[-1] == 0:
        return len(volume.values)
    return held
