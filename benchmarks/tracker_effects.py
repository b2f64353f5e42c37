"""Counts the vibratos and glides that trackers' own effects would play exactly.

Run as ``python -m benchmarks.tracker_effects``; docs/trackers.md has what it says.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from synth.chip.hardware import NTSC
from synth.instrument.chip_score import ChipNote
from synth.instrument.driver import drive
from synth.instrument.instrument_format import Portamento
from synth.instrument.preset_format import Preset
from synth.instrument.preset_loader import load_preset, preset_names
from synth.tracker.effects import MOST_STEP, Effects
from synth.tracker.famitracker_rows import Cell, ChannelPlayer
from synth.tracker.song import Event
from tests.instrument_scores import one_voice, states

Ints = NDArray[np.int64]

FRAMES: Final = 120
VIBRATO_PITCHES: Final = range(48, 85, 6)
GLIDE_PITCHES: Final = range(48, 85, 4)
INTERVALS: Final = tuple(sign * step for step in (1, 2, 3, 4, 5, 7, 12) for sign in (-1, 1))
GLIDE_FRAMES: Final = (3, 4, 6, 8, 12)
LATE: Final = 40  # frames after a vibrato's first movement in which the effect may begin
EARLY: Final = 6
NOTE: Final = 45


def main() -> None:
    """Print the figures."""
    trackers = {"FamiStudio": famistudio_swings(), "FamiTracker": famitracker_swings()}
    shares = {name: vibrato_shares(swings) for name, swings in trackers.items()}
    for name, found in shares.items():
        exact = int((found == 1.0).sum())
        print(
            f"{name}: {exact} of {len(found)} vibratos exact; the best effect is right on "
            f"{found.mean():.0%} of {FRAMES} frames in the mean, at most {found.max():.0%}"
        )
    glides = list(glide_moves())
    for name, slides in (("FamiStudio", half_steps), ("FamiTracker", whole_steps)):
        exact = sum(any(np.array_equal(move, each) for each in slides(move)) for move in glides)
        print(f"{name}: {exact} of {len(glides)} glides exact")


def famistudio_swings() -> Ints:
    """Return what each vibrato of FamiStudio adds to the period, shape (effects, FRAMES)."""
    made = []
    for speed in range(1, 13):
        for depth in range(1, 16):
            channel = Effects("pulse1", NTSC, 440, FRAMES)
            channel.add(0, Event(note=NOTE))
            channel.vibrato(0, speed, depth)
            made.append(fine_pitches(channel.events()))
    return np.array(made)


def famitracker_swings() -> Ints:
    """Return what each 4xy of FamiTracker adds to the period, shape (effects, FRAMES)."""
    made = []
    for value in range(0x10, 0x100):
        channel = ChannelPlayer("pulse1", NTSC, {}, {})
        channel.row(0, Cell(note=NOTE, effects=(("4", value),)))
        made.append(fine_pitches(channel.events(FRAMES)))
    return np.array(made)


def fine_pitches(events: Mapping[int, Event]) -> Ints:
    """Return the fine pitch of each frame."""
    fine, now = np.zeros(FRAMES, dtype=np.int64), 0
    for frame in range(FRAMES):
        event = events.get(frame)
        now = now if event is None or event.fine_pitch is None else event.fine_pitch
        fine[frame] = now
    return fine


def vibrato_shares(swings: Ints) -> NDArray[np.float64]:
    """Return the share of right frames of the best effect for each vibrato and pitch."""
    shares = []
    for move in vibrato_moves():
        first = int(np.flatnonzero(move)[0])
        right = [
            (swings[:, : FRAMES - begin] == move[begin:]).sum(axis=1).max()
            + (move[:begin] == 0).sum()
            for begin in range(max(first - EARLY, 0), min(first + LATE, FRAMES))
        ]
        shares.append(max(right) / FRAMES)
    return np.array(shares)


def vibrato_moves() -> Iterator[Ints]:
    """Yield the timer steps by frame of each shipped vibrato, at some pitches."""
    instruments = [i for name in preset_names() for i in load_preset(name).instruments.values()]
    vibratos = {i.vibrato.model_dump_json(): i.vibrato for i in instruments if i.vibrato}
    for vibrato in vibratos.values():
        for pitch in VIBRATO_PITCHES:
            note = ChipNote(0.0, FRAMES / NTSC.frame_hz, pitch)
            move = periods((note,), vibrato=vibrato)
            if (move != move[0]).any():
                yield move - move[0]


def glide_moves() -> Iterator[Ints]:
    """Yield the timer steps by frame of glides, from those of the note before to 0."""
    half = FRAMES // 2
    middle_s, end_s = half / NTSC.frame_hz, FRAMES / NTSC.frame_hz
    for frames in GLIDE_FRAMES:
        for pitch in GLIDE_PITCHES:
            for interval in INTERVALS:
                notes = (
                    ChipNote(0.0, middle_s, pitch - interval),
                    ChipNote(middle_s, end_s, pitch),
                )
                move = periods(notes, portamento=Portamento(frames=frames))
                yield move[half - 1 :] - move[-1]


def half_steps(move: Ints) -> Iterator[Ints]:
    """Yield FamiStudio's slides between the same periods, of any length and begin."""
    for length in range(1, max(GLIDE_FRAMES) + 2):
        step = min(math.ceil(2 * abs(int(move[0])) / length), MOST_STEP)
        yield from _slides(move, step, 2)


def whole_steps(move: Ints) -> Iterator[Ints]:
    """Yield FamiTracker's 3xx between the same periods, of any speed and begin."""
    for step in range(1, 256):
        yield from _slides(move, step, 1)


def _slides(move: Ints, step: int, parts: int) -> Iterator[Ints]:
    frame = np.arange(len(move), dtype=np.int64)
    start, sign = parts * int(move[0]), int(np.sign(move[0]))
    for begin in (0, 1, 2):
        gone = step * np.maximum(frame - begin, 0)
        left = sign * np.maximum(abs(start) - gone, 0)
        yield left // parts


def periods(notes: tuple[ChipNote, ...], **fields: Any) -> Ints:
    """Return the timer period of pulse 1 on each frame."""
    steady = load_preset("plain")
    name = steady.voices.pulse1
    voice = steady.instruments[name].model_copy(update={"vibrato": None, **fields})
    preset: Preset = steady.model_copy(update={"instruments": {**steady.instruments, name: voice}})
    table = states(drive(one_voice("pulse1", *notes), preset))[:FRAMES]
    return np.asarray(table[:, 2] | (table[:, 3] & 7) << 8)


if __name__ == "__main__":
    main()
