"""What keys, wheels, pedals and parameters do to the live synthesizer, each told by its sound."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from synth import Synth
from synth.chip.audio_stream import render
from synth.errors import SynthError
from synth.instrument.chip_score import ChipScore
from synth.instrument.driver import drive
from synth.instrument.preset_loader import load_preset
from tests.instrument_scores import preset_of

RATE_HZ = 44_100
Timed = tuple[bytes, float] | tuple[str, float, float]
ARPEGGIO = "arpeggio: {frames: 3, order: up}"
# Frames of the driver, in seconds, with room for rounding.
TICK_S = 29_780.5 / 1_789_773


def on(key: int, time_s: float = 0.0, channel: int = 1, velocity: int = 127) -> Timed:
    """Return a key pressed."""
    return bytes([0x8F + channel, key, velocity]), time_s


def off(key: int, time_s: float, channel: int = 1) -> Timed:
    """Return a key let go."""
    return bytes([0x7F + channel, key, 0]), time_s


def control(number: int, value: int, time_s: float = 0.0, channel: int = 1) -> Timed:
    """Return a controller moved."""
    return bytes([0xAF + channel, number, value]), time_s


def heard(
    *messages: Timed, preset: str = "", mode: str = "mono", seconds: float = 1.0
) -> NDArray[np.float32]:
    """Return what `plain`, varied by some YAML, makes of messages."""
    return Synth(preset_of(preset), mode=mode)(messages, seconds, num_channels=1)[0]


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


def test_all_sound_off_cuts_releases_short() -> None:
    """CC120 is heard at once where a long release would ring on; CC123 lets it ring."""
    ringing = "instruments: {bell: {volume: 15 | 14x60}}\nvoices: {pulse1: bell}"
    cut = heard(on(60), control(120, 0, 0.3), preset=ringing)
    let_go = heard(on(60), control(123, 0, 0.3), preset=ringing)
    after = round(0.35 * RATE_HZ)
    assert np.ptp(cut[after:]) < 0.001 < np.ptp(let_go[after:])


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


def test_the_triangle_joins_a_drum_only_while_no_key_holds_it() -> None:
    """With the bass held, a kick is on the noise alone."""
    synth = Synth("default", outputs="isolated")
    bass = synth([on(40, channel=3)], 0.5)[2]
    both = synth([on(40, channel=3), on(36, 0.2, channel=10)], 0.5)[2]
    assert same(both, bass)
    assert np.ptp(synth([on(36, channel=10)], 0.5)[2]) > 0.05


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


def test_gain_goes_there_without_a_click() -> None:
    """-6.02 dB halves the samples after 5 ms, and on the way there is no jump."""
    synth = Synth("plain", outputs="mix")
    full = synth.process([on(60)], RATE_HZ)[:, 0]
    synth.reset()
    half_db = 20 * float(np.log10(0.5))
    turned = synth.process([on(60), ("gain_db", half_db, 0.5)], RATE_HZ)[:, 0]
    at, after = RATE_HZ // 2, RATE_HZ // 2 + round(0.005 * RATE_HZ)
    np.testing.assert_array_equal(turned[:at], full[:at])
    np.testing.assert_allclose(turned[after:], full[after:] / 2, rtol=1e-6)
    ratio = turned[at:after] / full[at:after]
    assert np.all(np.diff(ratio) < 1e-6)
    assert np.abs(np.diff(ratio)).max() < 0.004


def test_parameters_turned_in_a_block_and_between_blocks_are_the_same() -> None:
    """set_parameter before a block is the message at the block's beginning."""
    one, two = Synth("plain"), Synth("plain")
    one.process([on(60)], 1000)
    two.process([on(60)], 1000)
    one.set_parameter("gain_db", -12)
    one.set_parameter("pulse1_level", 0.5)
    turns: list[Timed] = [("gain_db", -12, 0.0), ("pulse1_level", 0.5, 0.0)]
    assert same(one.process([], 5000), two.process(turns, 5000))
    assert one.values["gain_db"] == -12


def test_parameters_are_described() -> None:
    """Each has a name, a range around its default, and a line; values begin there."""
    synth = Synth("chord-arpeggio")
    assert len(synth.parameters) >= 10
    for name, parameter in synth.parameters.items():
        assert parameter.name == name
        assert parameter.minimum <= parameter.default <= parameter.maximum
        assert parameter.description
        assert synth.values[name] == parameter.default
        for value in (parameter.minimum, parameter.maximum):
            synth.set_parameter(name, value)
    assert synth.parameters["arpeggio_frames"].default == synth.preset.arpeggio.frames
    with pytest.raises(TypeError):
        synth.parameters["new"] = 1  # type: ignore[index]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [("gain_db", 13, "-60 to 12 dB"), ("pulse1_duty", 1.5, "whole number from -1 to 3"),
     ("pulse1_dutty", 1, "did you mean 'pulse1_duty'"), ("gain_db", float("nan"), "-60 to 12")],
)  # fmt: skip
def test_wrong_parameters_are_named_with_their_range(name: str, value: float, said: str) -> None:
    """By method and by message: one line with what is allowed."""
    synth = Synth("plain")
    for turn in (
        lambda: synth.set_parameter(name, value),
        lambda: synth.process([(name, value, 0.0)], 64),
    ):
        with pytest.raises(SynthError, match="parameter") as caught:
            turn()
        assert said in str(caught.value)


@pytest.mark.parametrize(
    "message",
    [(b"", 0.0), (bytes([0x90, 60]), 0.0), (bytes([0x90, 200, 1]), 0.0), (bytes([60]), 0.0),
     (bytes([0x90, 60, 60]), 0.2), (bytes([0x90, 60, 60]), -0.1), (object(), 0.0), "note on",
     (bytes([0x90, 60, 60]), float("nan")), (b"\x90", 1, 2, 3)],
)  # fmt: skip
def test_what_is_no_message_of_the_block_is_refused(message: object) -> None:
    """Half messages, times outside the block, and other things: an error, and no sound changed."""
    synth = Synth("plain")
    before = synth.save_state()
    with pytest.raises(SynthError):
        synth.process([on(60), message], 4410)  # type: ignore[list-item]
    assert synth.save_state() == before


def test_other_messages_are_taken_no_notice_of() -> None:
    """System messages, aftertouch, unknown controllers and channels leave the sound alone."""
    others = [bytes([0xF8]), bytes([0xF0, 1, 2, 0xF7]), bytes([0xFF]), bytes([0xD0, 99]),
              bytes([0xA0, 60, 99]), bytes([0xB0, 74, 99]), bytes([0x97, 60, 99])]  # fmt: skip
    assert same(heard(on(60), *((data, 0.2) for data in others)), heard(on(60)))


_BYTES = st.one_of(
    st.tuples(st.sampled_from([0x80, 0x90, 0xB0]), st.integers(0, 9), st.integers(0, 127),
              st.integers(0, 127)).map(lambda m: bytes([m[0] | m[1], m[2], m[3]])),
    st.tuples(st.integers(0, 9), st.integers(0, 127)).map(lambda m: bytes([0xC0 | m[0], m[1]])),
    st.tuples(st.integers(0, 3), st.integers(0, 127)).map(lambda m: bytes([0xE0 | m[0], 0, m[1]])),
)  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(
    data=st.lists(st.tuples(_BYTES, st.floats(0, 0.39)), max_size=60),
    mode=st.sampled_from(["mono", "poly", "arp"]),
    preset=st.sampled_from(["default", "late-nes", "hardware", "lead-echo"]),
    block=st.sampled_from([64, 999]),
)
def test_any_messages_are_played_alike_in_any_blocks(
    data: list[tuple[bytes, float]], mode: str, preset: str, block: int
) -> None:
    """Whatever comes, nothing fails, blocks do not matter, and a saved state goes on."""
    total = round(0.4 * RATE_HZ)
    expected = Synth(preset, mode=mode).process(data, total)
    assert np.isfinite(expected).all()
    synth, parts = Synth(preset, mode=mode), []
    for at in range(0, total, block):
        size = min(block, total - at)
        mine = [
            (m, (int(np.floor(t * RATE_HZ)) - at + 0.5) / RATE_HZ)
            for m, t in sorted(data, key=lambda d: np.floor(d[1] * RATE_HZ))
            if at <= int(np.floor(t * RATE_HZ)) < at + size
        ]
        parts.append(synth.process(mine, size))
        if at == block * 3:
            other = Synth(preset, mode=mode)
            other.load_state(synth.save_state())
            synth = other
    np.testing.assert_array_equal(np.concatenate(parts), expected)


@pytest.mark.parametrize("keep", [0, 10, 200, 1000, -1])
def test_a_damaged_state_is_refused_and_changes_nothing(keep: int) -> None:
    """Cut short, or of another preset: one error, and the sound goes on as it was."""
    synth = Synth("plain")
    synth.process([on(60)], 3000)
    state = synth.save_state()
    for damaged in (state[:keep], state.replace(b'"frame"', b'"fr\xffme"', 1)):
        with pytest.raises(SynthError, match="no saved state"):
            synth.load_state(damaged)
    with pytest.raises(SynthError, match="no saved state"):
        Synth("plain", mode="arp").load_state(state)
    assert synth.save_state() == state


def test_a_state_holds_plain_numbers_only() -> None:
    """What is saved can be read by anyone: a line of JSON, then the chip's own state."""
    synth = Synth("lead-echo")
    synth.process([on(60), on(36, channel=10)], 9000)
    _, line, _ = synth.save_state().split(b"\n", 2)
    assert json.loads(line)["frame"] == 9000


@pytest.mark.parametrize(
    "wrong",
    [{"mode": "chord"}, {"region": "secam"}, {"rate_hz": 100}, {"console_filter": "x"},
     {"outputs": "both"}, {"preset": "no-such"}],
)  # fmt: skip
def test_wrong_settings_are_refused(wrong: dict[str, str | int]) -> None:
    """Each with one line that says what there is."""
    with pytest.raises(SynthError):
        Synth(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrong",
    [{"duration": -1}, {"duration": float("inf")}, {"sample_rate": 44_100.5},
     {"buffer_size": 0}, {"num_channels": 0}, {"sample_rate": 48_000, "reset": False}],
)  # fmt: skip
def test_wrong_calls_are_refused(wrong: dict[str, float]) -> None:
    """Each with one line that says what there is."""
    with pytest.raises(SynthError):
        Synth("plain")([], **({"duration": 1.0} | wrong))  # type: ignore[arg-type]
