"""A register log of plain notes for each voice, and what pitch and onset they are heard with."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synth.chip.hardware import NTSC, Region
from synth.chip.register_log import RegisterLog

ON_FRAMES, OFF_FRAMES, FIRST_FRAME = 40, 20, 10
SAMPLE = (0xC000, b"\x0f")  # four steps up, four down


@dataclass(frozen=True)
class Note:
    """One note: its voice, the frames it sounds in, and the pitch the hardware gives it."""

    voice: str
    on_frame: int
    off_frame: int
    hz: float


def note_log(region: Region = NTSC, *, loops: bool = False) -> tuple[RegisterLog, list[Note]]:
    """Make a log in which every voice plays notes of 40 frames with rests of 20 between.

    The timers run over the whole range, the high byte is written for every note, and each voice
    begins a few frames after the one before.
    """
    writes: list[tuple[int, int, int]] = [(0, 0x4017, 0x40), (0, 0x4015, 0x0F)]
    notes = []

    def play(voice: str, number: int, hz: float, on: list[tuple[int, int]], off: tuple[int, int]):
        lag = ("pulse1", "pulse2", "triangle", "noise", "dmc").index(voice) * 4
        start = FIRST_FRAME + lag + number * (ON_FRAMES + OFF_FRAMES)
        writes.extend((start, *write) for write in on)
        writes.append((start + ON_FRAMES, *off))
        notes.append(Note(voice, start, start + ON_FRAMES, hz))

    timers = (2040, 1710, 1281, 1016, 854, 762, 508, 380, 253, 189, 126, 95, 63, 47)
    clock = region.clock_hz
    for number, timer in enumerate(timers):
        high = timer >> 8 | 0x08
        for index, voice in enumerate(("pulse1", "pulse2")):
            base = 0x4000 + 4 * index
            duty = (number + index) % 4 << 6
            on = [(base, duty | 0x3F), (base + 1, 8), (base + 2, timer & 0xFF), (base + 3, high)]
            play(voice, number, clock / (16 * (timer + 1)), on, (base, duty | 0x30))
        on = [(0x4008, 0xFF), (0x400A, timer & 0xFF), (0x400B, high)]
        play("triangle", number, clock / (32 * (timer + 1)), on, (0x4008, 0x80))
        # Short noise repeats after 93 steps, here 76 to 1,203 times a second.
        index = 9 - number % 8
        period = region.noise_period_cycles[index]
        on = [(0x400C, 0x3F), (0x400E, 0x80 | index), (0x400F, 0x08)]
        play("noise", number, clock / (93 * period), on, (0x400C, 0x30))
        period = region.dmc_period_cycles[number]
        on = [(0x4010, 0x40 | number), (0x4011, 0x40), (0x4012, 0), (0x4013, 0), (0x4015, 0x1F)]
        play("dmc", number, clock / (8 * period), on, (0x4015, 0x0F))
    writes.sort(key=lambda write: write[0])
    end = FIRST_FRAME + (len(timers) + 1) * (ON_FRAMES + OFF_FRAMES)
    log = RegisterLog(
        cycle=np.array([region.frame_cycle(frame) for frame, _, _ in writes]),
        address=np.array([address for _, address, _ in writes]),
        value=np.array([value for _, _, value in writes]),
        end_cycle=region.frame_cycle(end),
        region=region,
        loop_cycle=0 if loops else None,
        memory=(SAMPLE,),
    )
    return log, notes


def heard_pitch_hz(
    samples: NDArray[np.float64], rate_hz: float, note: Note, frame_hz: float
) -> float:
    """Measure a note's fundamental by how far its phase turns between two halves of the note."""
    first = int((note.on_frame + 4) / frame_hz * rate_hz)
    last = int((note.off_frame - 2) / frame_hz * rate_hz)
    half = (last - first) // 2
    window = np.hanning(half)
    hz = note.hz
    for _ in range(4):
        turn = np.exp(-2j * np.pi * hz / rate_hz * np.arange(2 * half))
        part = samples[first : first + 2 * half] * turn
        early, late = np.sum(part[:half] * window), np.sum(part[half:] * window)
        hz += float(np.angle(late * np.conj(early))) / (2 * np.pi * half) * rate_hz
    return hz


def heard_onset_s(
    samples: NDArray[np.float64], rate_hz: float, note: Note, frame_hz: float
) -> float:
    """Find when a note leaves the rest before it by a quarter of its height."""
    first = int((note.on_frame - 6) / frame_hz * rate_hz)
    last = int(note.off_frame / frame_hz * rate_hz)
    part = samples[first:last]
    before = part[: int(rate_hz * 2 / frame_hz)]
    away = np.abs(part - before[-1])
    return (first + int(np.argmax(away > 0.25 * np.ptp(part)))) / rate_hz
