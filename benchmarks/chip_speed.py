"""Measures how many times faster than real time the chip renders a busy four-voice song.

Run as ``python -m benchmarks.chip_speed``. The figure is the best of several runs on one core with
the machine code loaded, as multiples of real time; the parts are timed one by one below it.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np

from synth.chip.hardware import NTSC
from synth.chip.register_log import RegisterLog
from synth.chip.render_log import render

_BASS = (33, 33, 45, 40, 36, 36, 48, 43)
_LEAD = (69, 72, 76, 74, 72, 71, 69, 67, 69, 64, 65, 67, 69, 71, 72, 74)
_CHORD = ((57, 60, 64), (57, 60, 64), (53, 57, 60), (55, 59, 62))


def busy_song(seconds: float) -> RegisterLog:
    """Write a song for all four voices, driven at 60 Hz the way players of the time did.

    Lead with vibrato and a volume sequence, chords as arpeggios that change every frame, a bass on
    the triangle, and kick, snare and hi-hat on the noise, 150 beats a minute.
    """
    writes: list[tuple[int, int, int]] = [(0, 0x4015, 15), (0, 0x4001, 8), (0, 0x4005, 8)]
    last: dict[int, int] = {}

    def put(cycle: int, address: int, value: int, *, always: bool = False) -> None:
        if always or last.get(address) != value:
            writes.append((cycle, address, value))
            last[address] = value

    frames = int(seconds * NTSC.frame_hz)
    for frame in range(frames):
        step, within = divmod(frame, 6)  # a sixteenth note is six frames
        cycle = NTSC.frame_cycle(frame)
        lead = _timer(_LEAD[step // 2 % 16] + 0.15 * np.sin(frame), 16)
        volume = max(15 - frame % 12, 4)
        put(cycle + 10, 0x4000, 0xB0 | volume)
        put(cycle + 20, 0x4002, lead & 255)
        put(cycle + 30, 0x4003, lead >> 8, always=frame % 12 == 0)
        chord = _timer(_CHORD[step // 16 % 4][frame % 3] + 12, 16)
        put(cycle + 40, 0x4004, 0x70 | (9 - within))
        put(cycle + 50, 0x4006, chord & 255)
        put(cycle + 60, 0x4007, chord >> 8, always=frame == 0)
        bass = _timer(_BASS[step // 4 % 8], 32)
        put(cycle + 70, 0x4008, 0xFF if step % 4 < 3 else 0x80)
        put(cycle + 80, 0x400A, bass & 255)
        put(cycle + 90, 0x400B, bass >> 8, always=frame % 24 == 0)
        drum = ((12, 14), (4, 7), (7, 14), (4, 7))[step // 2 % 4]  # period, first volume
        put(cycle + 100, 0x400C, 0x30 | max(drum[1] - 2 * (frame % 12), 0))
        put(cycle + 110, 0x400E, drum[0])
        put(cycle + 120, 0x400F, 0x08, always=frame == 0)
    table = np.array(writes)
    end_cycle = int(seconds * NTSC.clock_hz)
    return RegisterLog(table[:, 0], table[:, 1], table[:, 2], end_cycle)


def _timer(midi: float, divisor: int) -> int:
    """Timer of a pitch: 16 cycles a step for pulses, 32 for the triangle."""
    hz = 440.0 * 2 ** ((midi - 69) / 12)
    return round(NTSC.clock_hz / (divisor * hz)) - 1


def best_s(work: Callable[[], object], runs: int) -> float:
    """CPU seconds of the fastest of several runs."""
    times = []
    for _ in range(runs):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=180.0)
    parser.add_argument("--runs", type=int, default=7)
    arguments = parser.parse_args()
    log = busy_song(arguments.seconds)
    render(busy_song(1.0))
    print(f"{arguments.seconds:.0f} s of music, {len(log)} register writes, 44.1 kHz")
    for console_filter in ("nes", "none"):
        took = best_s(lambda which=console_filter: render(log, 44_100, which), arguments.runs)
        print(f"mix, filter {console_filter:5}{arguments.seconds / took:9.0f} x real time")
    took = best_s(lambda: render(log, outputs="isolated"), max(arguments.runs // 2, 1))
    print(f"isolated, filter nes {arguments.seconds / took:5.0f} x real time")


if __name__ == "__main__":
    main()
