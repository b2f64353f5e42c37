"""Macros, vibrato, slides and hardware units move pitch and volume as the preset says."""

import numpy as np
import pytest

from synth.chip.hardware import NTSC, PAL
from synth.instrument.chip_score import ChipNote
from synth.instrument.driver import drive
from synth.instrument.preset_loader import load_preset
from tests.instrument_scores import one_voice, periods, preset_of, states

PLAIN = load_preset("plain")

FRAME_S = 1 / NTSC.frame_hz


def frames(count: float) -> float:
    """Return the length of some NTSC frames in seconds."""
    return count * FRAME_S


def note(start: float, end: float, pitch: int = 69, **more: object) -> ChipNote:
    """Return a note with its times in frames."""
    return ChipNote(frames(start), frames(end), pitch, **more)  # type: ignore[arg-type]


def test_pitch_macros_add_up() -> None:
    """Semitones, cents and timer steps add; a positive period step sounds lower."""
    plain = periods(drive(one_voice("pulse1", note(0, 1, 81)), PLAIN), "pulse1")[0]
    preset = preset_of(
        "instruments: {steady: {pitch: 12, fine_pitch: 700, arpeggio: -7, period: 3}}"
    )
    assert periods(drive(one_voice("pulse1", note(0, 1, 69)), preset), "pulse1")[0] == plain + 3


def test_noise_macros_count_periods() -> None:
    """On noise a semitone up is one step to a higher sounding period."""
    preset = preset_of("instruments: {hit: {arpeggio: 2 1 0 -20}}")
    table = states(drive(one_voice("noise", note(0, 4, 5)), preset))
    assert table[:4, 14].tolist() == [3, 4, 5, 15]


def test_vibrato_waits_and_swings_in_time() -> None:
    """A vibrato begins after its delay and swings at its rate and depth, on NTSC and PAL."""
    preset = preset_of(
        "instruments: {steady: {vibrato: {depth_cents: 100, rate_hz: 2, delay_s: 0.5}}}"
    )
    for region in (NTSC, PAL):
        log = drive(one_voice("pulse1", ChipNote(0, 2, 45)), preset, region)
        heard = np.array(periods(log, "pulse1"))[: int(2 * region.frame_hz)]
        still, quarter = round(0.5 * region.frame_hz), round(0.125 * region.frame_hz)
        assert len(set(heard[:still])) == 1
        cents = 1200 * np.log2((heard[0] + 1) / (heard + 1))
        assert cents[still + quarter] == pytest.approx(100, abs=6)
        assert cents[still + 3 * quarter] == pytest.approx(-100, abs=6)
        assert cents.max() == pytest.approx(100, abs=6)


def test_slide_stops_at_its_limit() -> None:
    """A slide moves by its cents each frame as far as its limit."""
    preset = preset_of(
        "instruments: {steady: {slide: "
        "{cents_per_frame: -600, delay_frames: 1, limit_cents: 1200}}}"
    )
    heard = periods(drive(one_voice("triangle", note(0, 6, 57)), preset), "triangle")
    assert heard[:2] == [253, 253]
    assert heard[3:6] == [507, 507, 507]


def test_portamento_glides_only_where_notes_are_tied() -> None:
    """A tied note starts on the pitch before and arrives in time; a new one starts at home."""
    preset = preset_of("instruments: {steady: {portamento: {frames: 4}}}")
    notes = (note(0, 4, 57), note(4, 10, 69), note(12, 16, 57))
    heard = periods(drive(one_voice("pulse1", *notes), preset), "pulse1")
    assert heard[4] == 507
    assert heard[4] > heard[5] > heard[6] > heard[7] > heard[8] == 253
    assert heard[12] == 507


def test_hardware_envelope_restarts_at_each_onset() -> None:
    """An instrument with the chip's envelope writes it and $4003 at each onset, then silence."""
    preset = preset_of("instruments: {steady: {volume: null, hardware_envelope: {period: 5}}}")
    log = drive(one_voice("pulse1", note(0, 3), note(3, 6)), preset)
    assert states(log)[:7, 0].tolist() == [0x85] * 6 + [0xB0]
    frame = log.cycle[log.address == 0x4003] // (NTSC.frame_half_cycles // 2)
    assert {0, 3} <= set(frame.tolist())
    assert (log.address == 0x4017).sum() == len(states(log)) + 1  # clocked once a frame, and first


def test_hardware_sweep_is_switched_on_and_off() -> None:
    """A sweep is written with its period at each onset, and its trace is wiped afterwards."""
    preset = preset_of("instruments: {zap: {hardware_sweep: {period: 1, negate: true, shift: 2}}}")
    log = drive(one_voice("pulse2", note(0, 3, instrument="zap"), note(3, 6)), preset)
    table = states(log)
    assert table[:6, 5].tolist() == [0x9A] * 3 + [0x08] * 3
    third = (log.cycle // (NTSC.frame_half_cycles // 2)) == 3
    assert {0x4005, 0x4006, 0x4007} <= set(log.address[third].tolist())
