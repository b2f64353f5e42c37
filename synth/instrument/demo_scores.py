"""Demonstration scores, which show what a preset is for."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from synth.chip.voices import VOICES
from synth.errors import SynthError
from synth.instrument.chip_score import MAX_VOLUME, ChipNote, ChipScore, SampleHit
from synth.instrument.preset_format import Preset
from synth.instrument.preset_loader import load_preset
from synth.instrument.triangle_drums import lay_drums

__all__ = ["DEMOS", "DRUM_LETTERS", "Demo", "demo_score", "unheard_instruments", "with_unheard"]

STEPS_A_BAR: Final = 16
FRAMES_HZ: Final = 60.0
DRUM_LETTERS: Final = {
    "k": 36, "s": 38, "h": 42, "o": 46, "c": 49, "r": 51, "T": 50, "M": 47, "F": 43,
}  # fmt: skip
"""Which General MIDI drum each letter of a demo's noise line strikes."""


@dataclass(frozen=True, slots=True)
class Demo:
    """A few bars for four voices, in a notation of their own.

    Pitched lines hold words such as ``a4:6``: pitch and length in sixteenths. ``_`` ties a note to
    the next, ``-:4`` rests, ``d4/0,3,7:6`` is a chord of semitones above its note, ``a4:6!9`` has
    volume 9. The drum line has one letter of `DRUM_LETTERS` or a ``-`` for each sixteenth. ``|``
    ends a bar.

    Attributes
    ----------
    step_frames
        Length of a sixteenth in sixtieths of a second.
    pulse1, pulse2, triangle, noise
        The lines; empty for a voice that rests.
    pulse2_volume
        Volume 0–15 of the second voice; the others play at 15.
    """

    step_frames: int
    pulse1: str = ""
    pulse2: str = ""
    triangle: str = ""
    noise: str = ""
    pulse2_volume: int = 12


DEMOS: Final = {
    "melody": Demo(
        step_frames=8,
        pulse1="e5:3 f5:1 e5:2_ a5:6 -:4 | g5:3 a5:1 g5:2_ e5:6 -:4 |"
        " f5:2_ e5:2_ d5:2 f5:4 e5:2_ d5:2_ c5:2 | b4:3 d5:1 a4:8 -:4",
        pulse2="a4:6 c5:6 -:4 | c5:6 g4:6 -:4 | f4:8 a4:8 | g#4:4 e4:8 -:4",
        triangle="a2:6 e3:2 a2:4 e3:4 | c3:6 g3:2 c3:4 g2:4 | d3:6 a3:2 d3:4 f3:4 | e3:4 a2:8 -:4",
        pulse2_volume=10,
    ),
    "bass": Demo(
        step_frames=7,
        pulse1="-:16 | -:8 b4:2 -:2 d5:2 e5:2 | -:16 | -:4 f#5:2 e5:2 d5:2 b4:4 -:2",
        pulse2="e3:2 e3:1 -:1 e4:2 e3:2 -:2 g3:2 a3:2 b3:2 |"
        " c4:2 c4:1 -:1 c4:2 g3:2 -:2 a3:2 b3:2 d4:2 |"
        " a3:2 a3:1 -:1 a4:2 a3:2 -:2 c4:2 d4:2 e4:2 |"
        " b3:2 b3:1 -:1 b3:2 f#3:2 a3:2 b3:4 -:2",
        triangle="e2:2 e2:1 -:1 e3:2 e2:2 -:2 g2:2 a2:2 b2:2 |"
        " c3:2 c3:1 -:1 c3:2 g2:2 -:2 a2:2 b2:2 d3:2 |"
        " a2:2 a2:1 -:1 a3:2 a2:2 -:2 c3:2 d3:2 e3:2 |"
        " b2:2 b2:1 -:1 b2:2 f#2:2 a2:2 b2:4 -:2",
        noise="k---s---k-k-s--- | k---s---k-k-s--h | k---s---k-k-s--- | k---s---k---c---",
    ),
    "chords": Demo(
        step_frames=9,
        pulse1="e5:8 c5:4 b4:4 | a4:8 c5:8 | f5:8 e5:4 d5:4 | b4:12 -:4",
        pulse2="a3/0,3,7,12:14 -:2 | f3/0,4,7,11:14 -:2 | d4/0,3,7,10:14 -:2 | e4/0,4,7:12 -:4",
        triangle="a2:14 -:2 | f2:14 -:2 | d2:14 -:2 | e2:12 -:4",
        noise="h---h---h---h--- | h---h---h---h--- | h---h---h---h--- | h---h-h-c-------",
    ),
    "drums": Demo(
        step_frames=7,
        noise="k-h-s-hkhkh-s-oh | k-hks-h-hkh-s-o- | c-r-s-rkr-rks-r- | k-h-s-kskTTMMFFs",
    ),
    "ensemble": Demo(
        step_frames=7,
        pulse1="d5:2 f5:2 a5:2 g5:1 f5:1 g5:4_ a5:2 -:2 | c5:2 e5:2 g5:2 f5:1 e5:1 f5:4_ g5:2 -:2 |"
        " bb4:2 d5:2 f5:2 e5:1 d5:1 e5:4 f5:2 g5:2 | a5:4_ g5:2 a5:6 -:4",
        pulse2="d4/0,3,7:6 d4/0,3,7:4 a4:4 -:2 | c4/0,4,7:6 c4/0,4,7:4 g4:4 -:2 |"
        " bb3/0,4,7:6 bb3/0,4,7:4 bb4:4 -:2 | a3/0,4,7:8 c#5:2 a4:2 -:4",
        triangle="d2:2 d3:1 d2:1 d2:2 d3:2 d2:2 d3:2 c3:2 d3:2 |"
        " c2:2 c3:1 c2:1 c2:2 c3:2 c2:2 c3:2 g2:2 c3:2 |"
        " bb1:2 bb2:1 bb1:1 bb1:2 bb2:2 bb1:2 bb2:2 a2:2 bb2:2 |"
        " a1:2 a2:2 a1:2 e2:2 a2:4 -:4",
        noise="c-h-s-hkk-h-s-oh | k-h-s-hkk-h-s-h- | k-h-s-hkk-h-s-oh | k-s-ssTTk---c---",
    ),
    "slow": Demo(
        step_frames=9,
        pulse1="b4:6_ e5:2_ g5:6_ f#5:2 | e5:10 -:6 | a4:6_ d5:2_ f#5:6_ e5:2 | d5:4_ b4:8 -:4",
        pulse2="e4/0,3,7:12 b4:4 | c4/0,4,7:12 g4:4 | d4/0,4,7:12 a4:4 | g3/0,4,7:12 -:4",
        triangle="e2:12 b2:4 | c3:12 g2:4 | d3:12 a2:4 | g2:12 -:4",
        noise="k-------s------- | k-----k-s------- | k-------s------- | k---h-h-c-------",
    ),
    "lead": Demo(
        step_frames=8,
        pulse1="e5:3!7 f5:1!7 e5:2_!8 a5:6!8 -:4 | g5:3!11 a5:1!11 g5:2_!12 e5:6!12 -:4 |"
        " f5:2!15 e5:2!15 d5:2!15 f5:4!15 e5:2!14 d5:2!14 c5:2!13 | a3:3!12 b3:1!12 a3:8!12 -:4",
        triangle="a2:6 e3:2 a2:4 e3:4 | c3:6 g3:2 c3:4 g2:4 | d3:6 a3:2 d3:4 f3:4 | a2:12 -:4",
    ),
}
"""The demonstrations by kind, the values of a preset's field ``demo``."""


def demo_score(preset: Preset) -> ChipScore:
    """Return the demonstration that a preset asks for, with its own drums and order of chords.

    Examples
    --------
    >>> score = demo_score(load_preset("bass-punch"))
    >>> round(score.end_s, 2), score.triangle[0].pitch
    (7.47, 40)
    """
    demo = DEMOS[preset.demo]
    step_s = demo.step_frames / FRAMES_HZ
    order = preset.arpeggio.order
    noise, hits, samples = _drums(demo.noise, step_s, preset)
    triangle = tuple(_line(demo.triangle, step_s, order))
    bars = max(len(getattr(demo, voice).split("|")) for voice in VOICES)
    return ChipScore(
        pulse1=tuple(_line(demo.pulse1, step_s, order)),
        pulse2=tuple(_line(demo.pulse2, step_s, order, demo.pulse2_volume)),
        triangle=lay_drums(triangle, hits),
        noise=noise,
        end_s=bars * STEPS_A_BAR * step_s,
        dmc=samples,
    )


def unheard_instruments(preset: Preset) -> tuple[str, ...]:
    """Return the names of the preset's own instruments that its demonstration leaves out.

    What it inherits unchanged is left to the preset that it comes from.
    """
    score = demo_score(preset)
    heard = {
        note.instrument or getattr(preset.voices, voice)
        for voice in VOICES
        for note in score.voice(voice)
    }
    inherited = _parent(preset)
    return tuple(
        name
        for name, instrument in sorted(preset.instruments.items())
        if name not in heard and inherited.get(name) != instrument
    )


def with_unheard(score: ChipScore, preset: Preset, each_s: float = 0.4) -> ChipScore:
    """Return the score with the instruments that it leaves out after it, one by one.

    Parameters
    ----------
    score
        What comes first.
    preset
        Whose instruments; those of drums are struck as a drum, others play C5 on pulse 1.
    each_s
        Seconds for each, above 0.
    """
    pulse1, triangle, noise = list(score.pulse1), list(score.triangle), list(score.noise)
    at_s = score.end_s
    for name in unheard_instruments(preset):
        end_s = at_s + 0.75 * each_s
        struck = _drum_of(name, preset, at_s, end_s)
        if struck is None:
            pulse1.append(ChipNote(at_s, end_s, 72, instrument=name))
        elif struck[0].instrument == name:
            noise.append(struck[0])
        elif struck[1] is not None:
            triangle.append(struck[1])
        at_s += each_s
    return replace(
        score,
        pulse1=tuple(pulse1),
        triangle=tuple(triangle),
        noise=tuple(noise),
        end_s=at_s,
    )


_WORD: Final = re.compile(
    r"(?P<name>[a-g])(?P<sign>[#b]?)(?P<octave>\d)(?:/(?P<chord>[\d,]+))?"
    r":(?P<length>\d+)(?P<tie>_?)(?:!(?P<volume>\d+))?"
)
_SEMITONES: Final = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
_SOUNDING: Final = 0.9  # share of its length that an untied note sounds


def _line(text: str, step_s: float, order: str, volume: int = MAX_VOLUME) -> Iterator[ChipNote]:
    step = 0
    for word in text.replace("|", " ").split():
        if word.startswith("-:"):
            step += int(word[2:])
            continue
        found = _WORD.fullmatch(word)
        if found is None:
            raise SynthError(f"demo: {word!r} is no note; write it like a4:6, d4/0,3,7:6 or -:4")
        length = int(found["length"])
        sounding = length if found["tie"] else _SOUNDING * length
        chord = [int(part) for part in (found["chord"] or "").split(",") if part]
        sign = {"": 0, "#": 1, "b": -1}[found["sign"]]
        yield ChipNote(
            start_s=step * step_s,
            end_s=(step + sounding) * step_s,
            pitch=12 * (int(found["octave"]) + 1) + _SEMITONES[found["name"]] + sign,
            volume=int(found["volume"] or volume),
            arpeggio=_in_order(chord, order),
        )
        step += length


def _in_order(chord: list[int], order: str) -> tuple[int, ...]:
    """Put the offsets of a chord, given upwards, into a preset's order."""
    if order == "down":
        return tuple(reversed(chord))
    if order == "updown":
        return (*chord, *chord[-2:0:-1])
    return tuple(chord)


def _drums(
    text: str, step_s: float, preset: Preset
) -> tuple[tuple[ChipNote, ...], list[tuple[ChipNote, bool]], tuple[SampleHit, ...]]:
    """Return the noise notes, what the triangle has of them (see `lay_drums`), and the samples.

    Each note lasts until the next at most, and so does each sample.
    """
    letters = re.sub(r"[ |]", "", text)
    struck = [step for step, letter in enumerate(letters) if letter != "-"]
    noise: list[ChipNote] = []
    hits: list[tuple[ChipNote, bool]] = []
    samples: list[SampleHit] = []
    for step, after in pairwise([*struck, len(letters)]):
        key = DRUM_LETTERS[letters[step]]
        drum = preset.drums.get(key)
        if drum is not None and drum.sample is not None:
            samples.append(SampleHit(step * step_s, after * step_s, drum.sample))
            continue
        pair = preset.drum_notes(key, step * step_s, end_s=after * step_s)
        if pair is not None:
            noise.append(pair[0])
            if pair[1] is not None and drum is not None and drum.triangle is not None:
                hits.append((pair[1], drum.triangle.over_bass))
    return tuple(noise), hits, tuple(samples)


def _drum_of(
    name: str, preset: Preset, start_s: float, end_s: float
) -> tuple[ChipNote, ChipNote | None] | None:
    """Return a hit of the first drum that an instrument plays a part of, if there is one."""
    for key, drum in preset.drums.items():
        on_triangle = drum.triangle is not None and drum.triangle.instrument == name
        if drum.instrument == name or on_triangle:
            return preset.drum_notes(key, start_s, end_s=end_s)
    return None


def _parent(preset: Preset) -> dict[str, object]:
    """Return the instruments that a preset inherits; none where its parent cannot be named."""
    if preset.extends is None:
        return {}
    try:
        return dict(load_preset(preset.extends).instruments)
    except SynthError:  # a path from another folder
        return {}
