"""Whatever the score, the log never asks for more than the hardware has, and never differs."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synth.chip.hardware import NTSC, PAL
from synth.chip.voices import VOICE_BY_NAME, VOICES
from synth.instrument.chip_score import ChipNote, ChipScore
from synth.instrument.driver import drive
from synth.instrument.frame_context import set_up
from synth.instrument.preset_format import Preset
from synth.instrument.preset_loader import load_preset, preset_names, read_preset
from tests.instrument_scores import chip_scores, levels, states

WILD = read_preset(
    b"""
format: 1
name: wild
extends: default
engine: {tick_hz: 90}
arpeggio: {frames: 1}
instruments:
  steady: {}
  envelope: {hardware_envelope: {period: 3, loop: true}, retrigger: true}
  sweep: {hardware_sweep: {period: 1, shift: 1}, volume: "15 [3 4] | 9 8 7"}
  far: {pitch: 90, slide: {cents_per_frame: 2400}, period: -2047, vibrato: {depth_cents: 1200}}
  deep: {pitch: -90, fine_pitch: -9600, duty: "[3 0]", tremolo: {depth: 15, rate_hz: 30}}
  late: {delay_frames: 7, cut_frames: 2, echo: {delay_frames: 1, volume_scale: 1, repeats: 8}}
  glide: {portamento: {frames: 9, legato_only: false}, adsr: {attack_frames: 3, sustain: 9}}
""",
    "wild.yaml",
)
NAMES = ["", "lead", "steady", "envelope", "sweep", "far", "deep", "late", "glide"]

# What a driver has any business to write, by register: every bit that means something else is 0.
ALLOWED = {
    0x4008: {0x80, 0xFF},
    0x400F: {0x08},
    0x4015: {0x0F},
    0x4017: {0xC0},
    **{address: set(range(8, 16)) for address in (0x4003, 0x4007, 0x400B)},
    **{address: set(range(256)) for address in (0x4000, 0x4002, 0x4004, 0x4006, 0x400A)},
    **{address: {0x08, *range(0x80, 0x100)} for address in (0x4001, 0x4005)},
    0x400C: set(range(0x40)),
    0x400E: {mode << 7 | period for mode in (0, 1) for period in range(16)},
}


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(chip_scores(NAMES), st.sampled_from([NTSC, PAL]), st.booleans())
def test_no_score_exceeds_the_hardware(score: ChipScore, region: object, click_free: bool) -> None:
    """Any score gives legal registers, voices in reach, every write in its frame, twice alike."""
    engine = WILD.engine.model_copy(update={"click_free": click_free})
    preset = WILD.model_copy(update={"engine": engine})
    log = drive(score, preset, region)  # type: ignore[arg-type]
    for address in np.unique(log.address):
        assert set(log.value[log.address == address].tolist()) <= ALLOWED[int(address)]
    pairs = log.cycle * 0x10000 + log.address
    assert np.all(np.diff(log.cycle) >= 0)
    assert len(np.unique(log.cycle)) == len(log), "two stores at one moment"
    table = states(log, 90.0)
    for first in (0, 4):
        sounding = (table[:, first] & 0x1F > 0x10) & (table[:, first + 1] == 8)
        period = table[:, first + 2] | (table[:, first + 3] & 7) << 8
        assert np.all(period[sounding] >= 8), "the sweep unit mutes periods under 8"
    again = drive(score, preset, region)  # type: ignore[arg-type]
    assert np.array_equal(pairs, again.cycle * 0x10000 + again.address)
    assert np.array_equal(log.value, again.value)
    assert log.end_cycle >= score.end_s * log.region.clock_hz - log.region.clock_hz / 90
    if score.loop_s is None:
        assert table[-1, 0] & 15 == table[-1, 4] & 15 == table[-1, 12] & 15 == 0
        assert table[-1, 8] == 0x80


@settings(max_examples=40, deadline=None)
@given(chip_scores([""]))
def test_no_note_is_lost(score: ChipScore) -> None:
    """With a steady instrument, every audible note has at least one sounding frame."""
    plain = load_preset("plain")
    loudest = ChipScore(
        **{
            voice: tuple(
                ChipNote(n.start_s, n.end_s, VOICE_BY_NAME[voice].pitch_range[0] + index % 2 * 7)
                for index, n in enumerate(score.voice(voice))
            )
            for voice in VOICES
        },
        end_s=score.end_s,
    )
    log = drive(loudest, plain)
    table = states(log)
    for voice, column in (("pulse1", 2), ("pulse2", 6), ("triangle", 10), ("noise", 14)):
        level = np.array(levels(log, voice))
        pitch = np.where(level > 0, table[: len(level), column], -1)
        runs = pitch[np.flatnonzero(np.diff(pitch, prepend=-2))]
        assert (runs >= 0).sum() == len(loudest.voice(voice))


@pytest.mark.parametrize("name", preset_names())
def test_every_shipped_preset_plays_every_instrument(name: str) -> None:
    """Each instrument of each preset sounds on each voice, or as a sample, on both chips."""
    preset: Preset = load_preset(name)
    for voice in VOICES:
        lowest, highest = VOICE_BY_NAME[voice].pitch_range
        notes = tuple(
            ChipNote(k, k + 0.5, (2 * lowest + highest) // 3, instrument=instrument)
            for k, instrument in enumerate(preset.instruments)
        )
        score = ChipScore(**{voice: notes}, end_s=float(len(notes)))  # type: ignore[arg-type]
        for region in (NTSC, PAL):
            log = drive(score, preset, region)
            table = states(log, set_up(preset, region).tick_hz)
            volume = {"pulse1": 0, "pulse2": 4, "triangle": 8, "noise": 12}[voice]
            silent = {0x80} if voice == "triangle" else {0x30, 0x70, 0xB0, 0xF0}
            for note in notes:
                first = round(note.start_s * region.frame_hz)
                last = round(note.end_s * region.frame_hz)
                frame = region.clock_hz / region.frame_hz
                begin, end = (first - 0.5) * frame, (last - 0.5) * frame
                struck = (log.address == 0x4015) & (log.value & 0x10 > 0)
                sampled = ((log.cycle >= begin) & (log.cycle < end) & struck).any()
                quiet = set(table[first:last, volume].tolist()) <= silent
                assert not quiet or (sampled and voice in {"triangle", "noise"}), note.instrument
