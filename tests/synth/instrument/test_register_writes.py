"""A note becomes exactly the register writes that were meant."""

import numpy as np

from synth.chip.hardware import NTSC, PAL
from synth.instrument.chip_score import ChipNote, ChipScore
from synth.instrument.driver import drive
from synth.instrument.preset_loader import load_preset
from tests.instrument_scores import levels, one_voice, periods, preset_of, states

PLAIN = load_preset("plain")

FRAME_S = 1 / NTSC.frame_hz


def frames(count: float) -> float:
    """Return the length of some NTSC frames in seconds."""
    return count * FRAME_S


def note(start: float, end: float, pitch: int = 69, **more: object) -> ChipNote:
    """Return a note with its times in frames."""
    return ChipNote(frames(start), frames(end), pitch, **more)  # type: ignore[arg-type]


def test_first_frame_switches_the_chip_on() -> None:
    """The sequencer and the voices are switched on first, then every register is written once."""
    log = drive(ChipScore(end_s=0.5), PLAIN)
    first = [(int(a), int(v)) for a, v in zip(log.address, log.value, strict=True)]
    assert first[:2] == [(0x4017, 0xC0), (0x4015, 0x0F)]
    assert (0x4001, 0x08) in first
    assert (0x4005, 0x08) in first
    assert (0x4008, 0x80) in first
    assert {address for address, _ in first} == {
        *range(0x4000, 0x4009), 0x400A, 0x400B, 0x400C, 0x400E, 0x400F, 0x4015, 0x4017,
    }  # fmt: skip
    assert log.cycle[-1] < 400


def test_note_writes_exact_bytes() -> None:
    """A4 on pulse 1: duty 2, constant volume 15, period 253 high byte 0, silent when it ends."""
    table = states(drive(one_voice("pulse1", note(3, 6)), PLAIN))
    assert table[2:7, 0].tolist() == [0x30, 0xBF, 0xBF, 0xBF, 0xB0]
    assert table[3, 1:4].tolist() == [0x08, 0xFD, 0x08]


def test_lowest_pulse_note() -> None:
    """MIDI 33 is the lowest a pulse plays: period 2033, $7F1, on NTSC; PAL reaches it too."""
    score = one_voice("pulse2", note(0, 4, 33))
    assert periods(drive(score, PLAIN), "pulse2")[0] == 0x7F1
    assert periods(drive(score, PLAIN, PAL), "pulse2")[0] == 1888


def test_triangle_is_gated_by_its_linear_counter() -> None:
    """The triangle sounds with $4008 = $FF and holds its level with $80, clocked at once."""
    log = drive(one_voice("triangle", note(2, 4, 45), note(6, 7, 57)), PLAIN)
    assert levels(log, "triangle") == [0, 0, 15, 15, 0, 0, 15, 0]
    assert set(log.value[log.address == 0x4008].tolist()) == {0xFF, 0x80}
    clocks = log.cycle[log.address == 0x4017][1:]
    gates = log.cycle[log.address == 0x4008]
    assert len(clocks) == len(gates)
    assert np.all((clocks > gates) & (clocks < gates + 100))


def test_nothing_is_written_unless_it_changes() -> None:
    """A held note costs no writes, and a note on the same high byte does not restart the phase."""
    log = drive(one_voice("pulse1", note(0, 600), note(600, 700, 71)), PLAIN)
    later = log.cycle > 1000
    assert log.address[later].tolist() == [0x4002, 0x4000]


def test_click_free_steps_the_high_byte_without_a_restart() -> None:
    """Vibrato across a high byte writes $4003 only once, and every frame's period is right."""
    text = "instruments: {steady: {vibrato: {depth_cents: 60, rate_hz: 6}}}\nengine: {click_free: "
    score = one_voice("pulse1", ChipNote(0, 2, 69))
    smooth = drive(score, preset_of(text + "true}"))
    plain = drive(score, preset_of(text + "false}"))
    assert (smooth.address == 0x4003).sum() == 1
    assert (plain.address == 0x4003).sum() > 10
    low = [log.value[(log.address == 0x4002)] for log in (smooth, plain)]
    assert len(low[0]) > len(low[1])
    assert states(smooth)[:, 2].tolist() == states(plain)[:, 2].tolist()
