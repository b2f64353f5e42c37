"""What keys, wheels, pedals and parameters do to the live synthesizer, each told by its sound."""

import numpy as np
import pytest
from numpy.typing import NDArray

from synth import Synth
from synth.chip.render_log import render
from synth.instrument.chip_score import ChipScore
from synth.instrument.driver import drive
from synth.instrument.preset_loader import load_preset
from tests.synth.instrument.keys import control, heard, off, on

RATE_HZ = 44_100

ARPEGGIO = "arpeggio: {frames: 3, order: up}"

# Frames of the driver, in seconds, with room for rounding.
TICK_S = 29_780.5 / 1_789_773


def same(first: NDArray[np.float32], second: NDArray[np.float32]) -> bool:
    """Return whether two sounds are the same samples, and are sounds at all."""
    assert np.ptp(first) > 0.01
    return bool(np.array_equal(first, second))


def test_the_newest_key_sounds_and_the_one_below_comes_back() -> None:
    """One voice, two keys: up, up, down to the first, as single notes would sound."""
    held = heard(on(60), on(64, 0.2), off(64, 0.5), off(60, 0.8))
    single = heard(on(60), off(60, 0.2), on(64, 0.2), off(64, 0.5), on(60, 0.5), off(60, 0.8))
    assert same(held, single)


def test_letting_go_of_a_key_that_does_not_sound_changes_nothing() -> None:
    """The newest note goes on when an older key below it comes up."""
    assert same(
        heard(on(60), on(64, 0.2), off(60, 0.4), off(64, 0.8)),
        heard(on(60), off(60, 0.2), on(64, 0.2), off(64, 0.8)),
    )


def test_poly_spreads_channel_1_over_both_pulses() -> None:
    """Two keys of channel 1 sound as one key each of channels 1 and 2; a third takes the oldest."""
    two = heard(on(60), on(64, 0.3), off(60, 0.6), off(64, 0.9), mode="poly")
    apart = heard(on(60), on(64, 0.3, channel=2), off(60, 0.6), off(64, 0.9, channel=2))
    assert same(two, apart)
    three = heard(on(60), on(64, 0.2), on(67, 0.4), mode="poly")
    assert same(three, heard(on(60), on(64, 0.2, channel=2), on(67, 0.4)))
    back = heard(on(60), on(64, 0.2), on(67, 0.4), off(67, 0.6), mode="poly")
    assert same(back, heard(on(60), on(64, 0.2, channel=2), on(67, 0.4), on(60, 0.6)))


def test_arp_breaks_the_keys_held_into_an_arpeggio() -> None:
    """Three keys sound as one note with a chord, each of its pitches for so many frames."""
    chord = heard(on(60), on(67), on(64), mode="arp", preset=ARPEGGIO, seconds=0.5)
    steps = [(bytes([0x90, 60 + (0, 4, 7)[k % 3], 127]), (3 * k + 1e-6) * TICK_S) for k in range(9)]
    single = heard(*steps, seconds=0.5)
    until = round(27 * TICK_S * RATE_HZ) - 40
    assert same(chord[:until], single[:until])
    faster = heard(
        ("arpeggio_frames", 1, 0.0), on(60), on(67), on(64), mode="arp", preset=ARPEGGIO,
        seconds=0.5,
    )  # fmt: skip
    assert not np.array_equal(faster, chord)


def test_the_pitch_wheel_bends_by_the_range_that_is_set() -> None:
    """Full up at 7 semitones, C sounds as G; in the middle as itself; full down as F below."""
    up = (bytes([0xE0, 0x7F, 0x7F]), 0.0)
    down = (bytes([0xE0, 0, 0]), 0.0)
    turn = ("bend_semitones", 7, 0.0)
    assert same(heard(turn, up, on(60)), heard(on(67)))
    assert same(heard(turn, down, on(60)), heard(on(53)))
    assert same(heard(turn, (bytes([0xE0, 0, 0x40]), 0.0), on(60)), heard(on(60)))


def test_the_modulation_wheel_is_the_presets_vibrato() -> None:
    """Wheel full up, 40 cents at 5 Hz, sounds as an instrument with that vibrato."""
    turned = heard(("modulation_cents", 40, 0.0), ("vibrato_hz", 5, 0.0), control(1, 127), on(60))
    vibrato = (
        "instruments: {lead: {vibrato: {depth_cents: 40, rate_hz: 5}}}\nvoices: {pulse1: lead}"
    )
    assert same(turned, heard(on(60), preset=vibrato))
    assert same(turned, heard(("vibrato_cents", 40, 0.0), ("vibrato_hz", 5, 0.0), on(60)))


def test_volume_expression_and_velocity_multiply() -> None:
    """Each alone at 8 of 15 sounds alike, and together they are softer, never silent."""
    eight = round(127 * 8 / 15)
    soft = heard(on(60, velocity=eight))
    assert same(soft, heard(control(7, eight), on(60)))
    assert same(soft, heard(control(11, eight), on(60)))
    very = heard(control(7, 1), control(11, 1), on(60, velocity=1))
    assert 0.001 < np.ptp(very) < np.ptp(soft) / 4


def test_duty_by_controller_parameter_or_preset_is_the_same() -> None:
    """CC12, the parameter and a preset's duty choose the same pulse."""
    narrow = "instruments: {lead: {duty: 0}}\nvoices: {pulse1: lead}"
    wanted = heard(on(60), preset=narrow)
    assert same(wanted, heard(control(12, 0), on(60)))
    assert same(wanted, heard(("pulse1_duty", 0, 0.0), on(60)))
    assert not np.array_equal(wanted, heard(on(60)))


def test_the_pedal_holds_what_is_let_go() -> None:
    """A key let go under the pedal ends when the pedal comes up, unless it is still held."""
    pedal = heard(control(64, 127), on(60), off(60, 0.2), control(64, 0, 0.6))
    assert same(pedal, heard(on(60), off(60, 0.6)))
    held = heard(control(64, 127), on(60), control(64, 0, 0.2), off(60, 0.6))
    assert same(held, heard(on(60), off(60, 0.6)))


@pytest.mark.parametrize("number", [120, 123, 124, 127])
def test_all_notes_and_sounds_off_end_them(number: int) -> None:
    """The keys held are forgotten, and the sound ends as if they had been let go."""
    assert same(heard(on(60), on(64, 0.1), control(number, 0, 0.5)),
                heard(on(60), on(64, 0.1), off(60, 0.5), off(64, 0.5)))  # fmt: skip


def test_reset_controllers_puts_them_back() -> None:
    """CC121: wheels, expression and timbre as at first; the volume stays, as MIDI says."""
    moved = [control(1, 99), control(11, 30), control(12, 0), (bytes([0xE0, 0, 0x60]), 0.0)]
    assert same(heard(control(7, 90), *moved, control(121, 0), on(60)),
                heard(control(7, 90), on(60)))  # fmt: skip


def test_program_changes_choose_the_presets_instrument() -> None:
    """A program plays the instrument that the preset gives it, on whatever voice."""
    sounds = "instruments: {a: {duty: 3}, b: {volume: 9}}\nprograms: {12: a, bass: b}"
    chosen = heard((bytes([0xC0, 12]), 0.0), on(60), preset=sounds)
    named = heard(on(60), preset=sounds + "\nvoices: {pulse1: a}")
    assert same(chosen, named)
    by_family = heard((bytes([0xC0, 33]), 0.0), on(60), preset=sounds)
    assert same(by_family, heard(on(60), preset=sounds + "\nvoices: {pulse1: b}"))


@pytest.mark.parametrize("key", [36, 38, 42, 49])
def test_drums_are_those_of_the_preset(key: int) -> None:
    """A hit on channel 10 is the noise note, and the triangle's, that the preset makes of it."""
    preset = load_preset("default")
    hit = preset.drum_notes(key, 0.0)
    assert hit is not None
    noise, triangle = hit
    score = ChipScore(noise=(noise,), triangle=() if triangle is None else (triangle,), end_s=1.0)
    offline = render(drive(score, preset), RATE_HZ, preset.engine.filter)[:, 0]
    live = Synth(preset)([on(key, channel=10)], 1.0, num_channels=1)[0]
    assert same(live, offline[: len(live)])


def test_the_more_important_of_two_drums_sounds() -> None:
    """Kick and hat at once are the kick; so they are with the hat just after it."""
    synth = Synth("default", outputs="isolated")
    kick = synth([on(36, channel=10)], 0.5)[3]
    for late_s in (0.0, 0.02):
        both = synth([on(36, channel=10), on(42, late_s, channel=10)], 0.5)[3]
        assert same(both, kick)
    first = synth([on(42, channel=10), on(36, channel=10)], 0.5)[3]
    assert same(first, kick)


def test_keys_of_the_noise_climb_from_its_lowest_period() -> None:
    """Keys 1 and 17 are the lowest period, 16 and 32 the highest, as in NES-MDB."""
    low, high = (heard(on(key, channel=4)) for key in (1, 16))
    assert same(low, heard(on(17, channel=4)))
    assert same(high, heard(on(32, channel=4)))
    assert np.abs(np.diff(high)).mean() > 5 * np.abs(np.diff(low)).mean()


def test_keys_out_of_reach_move_by_octaves() -> None:
    """The pulse has no note below A1, so C1 sounds as C2."""
    assert same(heard(on(24)), heard(on(36)))
    assert same(heard(on(127)), heard(on(115)))
