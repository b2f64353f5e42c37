"""Draws the rolls of a picture: the notes of the pitched voices, and the noise's lane below."""

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from chipgen.arranging import Arrangement, Placement
from chipgen.music.score import Score
from chipgen.plot.note_status import (
    INK,
    MOST_NUMBERED,
    Reason,
    draw_doubled,
    draw_lost,
    draw_moved,
)
from synth.chip.voices import PITCHED, SCORED
from synth.instrument.chip_score import ChipNote

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS: Final = {voice.name: voice.colour for voice in SCORED}
FAINT: Final = "#D9D9D9"
BLACK_KEYS: Final = frozenset({1, 3, 6, 8, 10})
LOST_DRUM_ROW: Final = -2.2  # where their crosses are in the noise's lane


def draw_roll(
    axes: "Axes",
    score: Score,
    arrangement: Arrangement,
    begin_s: float,
    end_s: float,
    shown: list[Placement],
    reasons: tuple[Reason, ...],
) -> None:
    """Draw what pulses and triangle play, and what became of notes that are moved or lost.

    Parameters
    ----------
    axes
        Where.
    score, arrangement
        The piece, and its voices.
    begin_s, end_s
        Seconds to show.
    shown
        What became of its notes between these.
    reasons
        Why notes are lost, numbered as in the list below.
    """
    pitched = [place for place in shown if not _is_noise(score, place.track)]
    pitches = [
        place.pitch
        for place in pitched
        if place.folded_semitones or place.status in ("dropped", "doubled")
    ]
    for voice in reversed(PITCHED):  # the melody is drawn last, above the others
        notes = [
            note
            for note in arrangement.chip_score.voice(voice)
            if note.end_s > begin_s and note.start_s < end_s
        ]
        pitches += [note.pitch + step for note in notes for step in (0, *note.arpeggio)]
        _draw_notes(axes, notes, voice, end_s - begin_s)
    lowest, highest = (min(pitches) - 2, max(pitches) + 2) if pitches else (48, 72)
    for pitch in range(lowest, highest + 1):
        if pitch % 12 in BLACK_KEYS:
            axes.axhspan(pitch - 0.5, pitch + 0.5, color="#F5F5F5", zorder=0, linewidth=0)
    octaves = [pitch for pitch in range(lowest, highest + 1) if pitch % 12 == 0]
    axes.set_yticks(octaves, [f"C{pitch // 12 - 1}" for pitch in octaves])
    axes.set_ylim(lowest - 0.5, highest + 0.5)
    axes.grid(axis="y", color=FAINT, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.set_ylabel("pitch", color=INK)
    draw_moved(axes, score, pitched, COLOURS)
    draw_doubled(axes, pitched)
    own = {k: None for k in range(len(score.tracks)) if not _is_noise(score, k)}
    draw_lost(axes, reasons, own, numbered=_has_room(reasons))


def draw_noise(
    axes: "Axes",
    score: Score,
    arrangement: Arrangement,
    begin_s: float,
    end_s: float,
    reasons: tuple[Reason, ...],
) -> None:
    """Draw what the noise plays, and drums that are lost; parameters as for `draw_roll`."""
    from matplotlib.collections import PolyCollection
    from matplotlib.colors import to_rgba

    notes = arrangement.chip_score.noise
    least_s = (end_s - begin_s) / 700
    axes.add_collection(
        PolyCollection(
            [
                _box(note.start_s, max(note.end_s, note.start_s + least_s), note.pitch, 1.8)
                for note in notes
            ],
            facecolors=[
                to_rgba(COLOURS["noise"], 0.35 + 0.65 * _loudest(note) / 15) for note in notes
            ],
            edgecolors="none",
        ),
        autolim=False,
    )
    own = {k: LOST_DRUM_ROW for k in range(len(score.tracks)) if _is_noise(score, k)}
    draw_lost(axes, reasons, own, numbered=_has_room(reasons))
    lost = any(r.what == "dropped" and r.placements[0].track in own for r in reasons)
    axes.set_ylim(16.5, -5.0 if lost else -1.5)  # period 0 sounds highest
    axes.set_yticks([0, 15], ["high", "low"])
    axes.set_ylabel("noise", color=INK)


def _draw_notes(axes: "Axes", notes: list[ChipNote], voice: str, shown_s: float) -> None:
    from matplotlib.collections import LineCollection, PolyCollection
    from matplotlib.colors import to_rgba

    colour = COLOURS[voice]
    gap_s = shown_s / 1600  # notes that follow each other are seen apart
    least_s = shown_s / 700  # and the shortest are seen at all
    bars, bar_colours, steps, bends = [], [], [], []
    for note in notes:
        right_s = max(note.end_s - gap_s, note.start_s + least_s)
        strength = 0.45 + 0.55 * _loudest(note) / 15
        bars.append(_box(note.start_s, right_s, note.pitch, 0.84))
        bar_colours.append(to_rgba(colour, strength))
        rest_s = min(right_s, note.start_s + (note.arpeggio_s or right_s))
        steps += [
            _box(note.start_s, rest_s, note.pitch + step, 0.34)
            for step in sorted(set(note.arpeggio) - {0})
        ]
        if any(cents for _, cents in note.bend):
            bends.append(_bend_line(note, right_s))
    axes.add_collection(
        PolyCollection(bars, facecolors=bar_colours, edgecolors="none", zorder=3),
        autolim=False,
    )
    axes.add_collection(
        PolyCollection(steps, facecolors=[to_rgba(colour, 0.55)], edgecolors="none", zorder=2.5),
        autolim=False,
    )
    axes.add_collection(
        LineCollection(bends, colors=[INK], linewidths=1.0, zorder=4), autolim=False
    )


def _is_noise(score: Score, track: int) -> bool:
    played = score.tracks[track]
    return played.is_drums or played.role == "no"


def _has_room(reasons: tuple[Reason, ...]) -> bool:
    lost = sum(len(reason.placements) for reason in reasons if reason.what == "dropped")
    return lost <= MOST_NUMBERED


def _box(left_s: float, right_s: float, centre: float, height: float) -> NDArray[np.float64]:
    low, high = centre - height / 2, centre + height / 2
    return np.array([(left_s, low), (right_s, low), (right_s, high), (left_s, high)])


def _bend_line(note: ChipNote, right_s: float) -> NDArray[np.float64]:
    times = [note.start_s + after_s for after_s, _ in note.bend]
    cents = [value for _, value in note.bend]
    inside = [(t, note.pitch + c / 100) for t, c in zip(times, cents, strict=True) if t < right_s]
    ends = [
        (t, note.pitch + float(np.interp(t, times, cents)) / 100) for t in (note.start_s, right_s)
    ]
    return np.array([ends[0], *inside, ends[1]])


def _loudest(note: ChipNote) -> int:
    return max((value for _, value in note.volume_changes), default=note.volume)
