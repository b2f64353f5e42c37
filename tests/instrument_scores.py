"""Scores to drive and the register state that a log leaves in each frame, for the tests."""

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from synth.chip.register_log import RegisterLog
from synth.chip.voices import VOICE_BY_NAME, VOICES
from synth.instrument.chip_score import ChipNote, ChipScore
from synth.instrument.preset_format import Preset
from synth.instrument.preset_loader import read_preset


def preset_of(yaml_text: str) -> Preset:
    """Return a preset that varies `plain` by some YAML."""
    return read_preset(
        f"format: 1\nname: test\nextends: plain\n{yaml_text}\n".encode(), "test.yaml"
    )


def one_voice(voice: str, *notes: ChipNote, end_s: float | None = None) -> ChipScore:
    """Return a score of one voice that ends with its last note unless told otherwise."""
    last_s = notes[-1].end_s if end_s is None else end_s
    return ChipScore(**{voice: notes}, end_s=last_s)  # type: ignore[arg-type]


def states(log: RegisterLog, tick_hz: float | None = None) -> NDArray[np.int64]:
    """Return the bytes of $4000-$4017 at the end of each frame, shape (frames, 24)."""
    if tick_hz is None:
        frame = (2 * log.cycle + 1) // log.region.frame_half_cycles
        count = round(2 * log.end_cycle / log.region.frame_half_cycles)
    else:
        frame = np.floor((log.cycle + 1) * tick_hz / log.region.clock_hz).astype(np.int64)
        count = round(log.end_cycle * tick_hz / log.region.clock_hz)
    table = np.zeros((count, 24), dtype=np.int64)
    row = np.zeros(24, dtype=np.int64)
    write = 0
    for index in range(count):
        while write < len(log) and frame[write] <= index:
            row[int(log.address[write]) - 0x4000] = log.value[write]
            if log.address[write] == 0x4017:
                _clock_sweeps(row)
            write += 1
        table[index] = row
    return table


def _clock_sweeps(row: NDArray[np.int64]) -> None:
    """Move the period of a pulse whose sweep is on with shift 7, as the hardware does."""
    for first, ones_complement in ((0, 1), (4, 0)):
        if row[first + 1] & 0xF7 == 0x87:
            period = row[first + 2] | (row[first + 3] & 7) << 8
            change = period >> 7
            period += -change - ones_complement if row[first + 1] & 8 else change
            row[first + 2], row[first + 3] = period & 0xFF, row[first + 3] & 0xF8 | period >> 8


def levels(log: RegisterLog, voice: str, tick_hz: float | None = None) -> list[int]:
    """Return the volume of a voice in each frame; the triangle's is 0 or 15."""
    table = states(log, tick_hz)
    if voice == "triangle":
        return [15 * bool(value & 0x7F) for value in table[:, 8]]
    return (table[:, {"pulse1": 0, "pulse2": 4, "noise": 12}[voice]] & 15).tolist()


def periods(log: RegisterLog, voice: str, tick_hz: float | None = None) -> list[int]:
    """Return the timer period of a tonal voice in each frame."""
    first = {"pulse1": 2, "pulse2": 6, "triangle": 10}[voice]
    table = states(log, tick_hz)
    return (table[:, first] | (table[:, first + 1] & 7) << 8).tolist()


_MOMENTS = st.floats(0, 2)


@st.composite
def chip_notes(draw: st.DrawFn, voice: str, names: list[str]) -> list[ChipNote]:
    """Draw notes of one voice, close together, of all lengths, with all that a note may bring."""
    lowest, highest = VOICE_BY_NAME[voice].pitch_range
    darkest, brightest = 0, VOICE_BY_NAME[voice].timbres - 1
    notes: list[ChipNote] = []
    now_s = 0.0
    for _ in range(draw(st.integers(0, 8))):
        start_s = now_s + draw(st.sampled_from([0.0, 0.0, 0.003, 0.1, 0.7]))
        end_s = start_s + draw(st.sampled_from([0.001, 0.01, 0.017, 0.2, 1.1]))
        offsets = st.integers(-12, 24)
        notes.append(
            ChipNote(
                start_s=start_s,
                end_s=end_s,
                pitch=draw(st.integers(lowest, highest)),
                volume=draw(st.integers(0, 15)),
                instrument=draw(st.sampled_from(names)),
                arpeggio=tuple(draw(st.lists(offsets, max_size=4))),
                bend=tuple(draw(st.lists(st.tuples(_MOMENTS, st.floats(-3000, 3000)), max_size=3))),
                volume_changes=tuple(
                    draw(st.lists(st.tuples(_MOMENTS, st.integers(0, 15)), max_size=3))
                ),
                timbre_changes=tuple(
                    draw(st.lists(st.tuples(_MOMENTS, st.integers(darkest, brightest)), max_size=3))
                ),
                arpeggio_s=draw(st.none() | _MOMENTS),
                begun_s=draw(st.sampled_from([0.0, 0.0, 0.021, 0.5])),
            )
        )
        now_s = end_s
    return notes


@st.composite
def chip_scores(draw: st.DrawFn, names: list[str]) -> ChipScore:
    """Draw a score of four voices, looping or not."""
    voices = {voice: tuple(draw(chip_notes(voice, names))) for voice in VOICES}
    end_s = max([0.05, *(notes[-1].end_s for notes in voices.values() if notes)])
    end_s += draw(st.sampled_from([0.0, 0.013, 0.5]))
    loop_s = draw(st.none() | st.floats(0, 0.9).map(lambda share: share * end_s))
    return ChipScore(**voices, end_s=end_s, loop_s=loop_s)
