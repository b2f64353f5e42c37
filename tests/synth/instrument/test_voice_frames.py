"""A note's volume, timbre and period in each frame."""

import numpy as np

from synth.chip.hardware import NTSC
from synth.instrument.chip_score import ChipNote, ChipScore
from synth.instrument.driver import drive
from synth.instrument.frame_context import set_up
from synth.instrument.preset_loader import load_preset
from synth.instrument.voice_frames import note_frames
from tests.instrument_scores import levels, one_voice, periods, preset_of, states

PLAIN = load_preset("plain")

FRAME_S = 1 / NTSC.frame_hz


def frames(count: float) -> float:
    """Return the length of some NTSC frames in seconds."""
    return count * FRAME_S


def note(start: float, end: float, pitch: int = 69, **more: object) -> ChipNote:
    """Return a note with its times in frames."""
    return ChipNote(frames(start), frames(end), pitch, **more)  # type: ignore[arg-type]


def test_noise_plays_periods_and_modes() -> None:
    """The noise voice's pitch is the index of the period table, its timbre the mode."""
    table = states(
        drive(one_voice("noise", note(0, 2, 5), note(2, 4, 12, timbre_changes=((0.0, 1),))), PLAIN)
    )
    assert table[:4, 14].tolist() == [0x05, 0x05, 0x8C, 0x8C]
    assert table[0, 12] == 0x3F


def test_volume_scales_the_sequence_and_never_to_silence() -> None:
    """The level is round(sequence x volume / 15), 1 at least where both are above 0."""
    preset = preset_of("instruments: {steady: {volume: 15 8 1 0}}")
    for volume in range(16):
        heard = levels(drive(one_voice("pulse1", note(0, 4, volume=volume)), preset), "pulse1")
        expected = [max(1, round(value * volume / 15)) if value * volume else 0
                    for value in (15, 8, 1, 0)]  # fmt: skip
        assert heard[:4] == expected


def test_mix_scales_a_voice() -> None:
    """The mix scales a voice's 4-bit volume and switches a triangle off at 0."""
    preset = preset_of("mix: {pulse1: 0.5, triangle: 0}")
    score = ChipScore(pulse1=(note(0, 2),), triangle=(note(0, 2),), end_s=frames(2))
    assert levels(drive(score, preset), "pulse1")[0] == 8
    assert not any(levels(drive(score, preset), "triangle"))


def test_live_frames_equal_the_offline_ones() -> None:
    """The pure function of one note, asked frame by frame, gives what the driver writes."""
    preset = load_preset("late-nes")
    setup = set_up(preset)
    played = ChipNote(0.0, 0.5, 60, 13, bend=((0.0, 0.0), (0.4, 100.0)))
    log = drive(one_voice("pulse1", played), preset)
    release = round(0.5 * setup.tick_hz)
    live = [
        note_frames(played, "pulse1", np.array([frame]), setup, release) for frame in range(release)
    ]
    assert [int(f.level[0]) for f in live] == levels(log, "pulse1")[:release]
    assert [int(f.period[0]) for f in live] == periods(log, "pulse1")[:release]
    assert [int(f.timbre[0]) for f in live] == (states(log)[:release, 0] >> 6).tolist()
