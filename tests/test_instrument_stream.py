"""The live synthesizer: what it is sent is what the offline driver plays, however it is cut."""

import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mido import Message
from numpy.typing import NDArray

from chipgen.arrange import ArrangeConfig, arrange
from chipgen.music.midi import read_midi
from synth import Synth
from synth.chip.audio_stream import render
from synth.chip.voices import VOICES
from synth.instrument.chip_score import ChipNote, ChipScore
from synth.instrument.driver import drive
from synth.instrument.frame_context import set_up
from synth.instrument.preset_format import Preset
from synth.instrument.preset_loader import load_preset
from tests.instrument_scores import preset_of

EXAMPLES = Path(__file__).parents[1] / "examples"
RATE_HZ = 44_100
Timed = tuple[bytes, float]
BLOCKS = (1, 64, 65, 128, 8191)


def performed(score: ChipScore, preset: Preset) -> list[Timed]:
    """Return a score as MIDI messages at the times of the driver's frames.

    Programs stand for instruments (see `with_programs`), CC12 for the mode of a drum.
    """
    setup = set_up(preset)
    programs = {name: number for number, name in preset.programs.items()}
    messages: list[tuple[float, int, bytes]] = []
    for channel, voice in enumerate(VOICES):
        for note in score.voice(voice):
            on = int(setup.tick_cycle(round(note.start_s * setup.tick_hz))) / setup.region.clock_hz
            off = int(setup.tick_cycle(round(note.end_s * setup.tick_hz))) / setup.region.clock_hz
            key = 16 - note.pitch if voice == "noise" else note.pitch
            program = programs[note.instrument or getattr(preset.voices, voice)]
            timbre = note.timbre_changes[0][1] if note.timbre_changes else None
            before = [bytes([0xC0 | channel, int(program)])]
            if voice == "noise":
                assert timbre is not None
                before.append(bytes([0xB0 | channel, 12, timbre]))
            start = bytes([0x90 | channel, key, round(note.volume * 127 / 15)])
            messages += [(on, 1, message) for message in (*before, start)]
            messages.append((off, 0, bytes([0x80 | channel, key, 0])))
    return [(message, time_s) for time_s, _, message in sorted(messages, key=lambda m: m[:2])]


def with_programs(preset: Preset) -> Preset:
    """Return a preset whose instruments are all to be had by program changes."""
    names = sorted(preset.instruments)
    return preset.model_copy(update={"programs": dict(enumerate(names))})


def playable(score: ChipScore, preset: Preset) -> ChipScore:
    """Return what of a score keys can say: notes without ornaments, one a frame at most.

    A note is left out that repeats the one before it without a rest, because the driver looks
    ahead to part the two; so is one that ends before its instrument's delay is over.
    """
    tick_hz = set_up(preset).tick_hz
    voices: dict[str, tuple[ChipNote, ...]] = {}
    for voice in VOICES:
        kept: list[ChipNote] = []
        for note in score.voice(voice):
            start, end = round(note.start_s * tick_hz), round(note.end_s * tick_hz)
            delay = preset.instrument(note.instrument, voice).delay_frames
            if note.volume == 0 or end - start <= delay:
                continue
            if kept and (round(kept[-1].end_s * tick_hz) > start or kept[-1].pitch == note.pitch):
                continue
            timbre = note.timbre_changes[0][1] if note.timbre_changes else 0
            changes = ((0.0, timbre),) if voice == "noise" else ()
            kept.append(
                replace(
                    note, start_s=start / tick_hz, end_s=end / tick_hz, arpeggio=(), bend=(),
                    volume_changes=(), timbre_changes=changes, arpeggio_s=None,
                )
            )  # fmt: skip
        voices[voice] = tuple(kept)
    ends = [notes[-1].end_s for notes in voices.values() if notes]
    return ChipScore(**voices, end_s=max(ends))


@cache
def example(name: str, preset_name: str) -> tuple[Preset, ChipScore]:
    """Return a preset, and an example arranged for it as far as keys can play it."""
    preset = with_programs(load_preset(preset_name))
    score = arrange(read_midi(EXAMPLES / name), ArrangeConfig(), preset).chip_score
    return preset, playable(score, preset)


@pytest.mark.parametrize(
    ("name", "preset_name"),
    [("nes.mid", "plain"), ("nes.mid", "late-nes"), ("orchestra.mid", "default"),
     ("groove.mid", "lead-glide"), ("seed.mid", "lead-echo"), ("chorale.mid", "hardware")],
)  # fmt: skip
def test_messages_sound_as_the_same_notes_offline(name: str, preset_name: str) -> None:
    """Real pieces, played as messages, give the samples of drive() and render(), bit for bit."""
    preset, score = example(name, preset_name)
    log = drive(score, preset)
    assert sum(len(score.voice(voice)) for voice in VOICES) > 50
    offline = render(log, RATE_HZ, preset.engine.filter)
    synth = Synth(preset)
    live = synth(performed(score, preset), len(offline) / RATE_HZ, num_channels=1)
    np.testing.assert_array_equal(live[0], offline[:, 0])


@cache
def whole(outputs: str) -> tuple[Preset, tuple[Timed, ...], NDArray[np.float32]]:
    """Return a preset, two seconds of messages, and what one block gives."""
    preset, score = example("nes.mid", "late-nes")
    messages = tuple((m, t) for m, t in performed(score, preset) if t < 2.0)
    return preset, messages, Synth(preset, outputs=outputs).process(messages, 2 * RATE_HZ)


def cut(
    synth: Synth, messages: tuple[Timed, ...], sizes: list[int], total: int
) -> NDArray[np.float32]:
    """Play messages in blocks of the given sizes, over and over."""
    parts, at, turn = [], 0, 0
    while at < total:
        size = min(sizes[turn % len(sizes)], total - at)
        frames = range(at, at + size)
        mine = [(m, t) for m, t in messages if int(np.floor(t * RATE_HZ)) in frames]
        # Half a frame more, so that the subtraction cannot move a message to the frame before.
        parts.append(synth.process([(m, (np.floor(t * RATE_HZ) - at + 0.5) / RATE_HZ)
                                    for m, t in mine], size))  # fmt: skip
        at, turn = at + size, turn + 1
    return np.concatenate(parts)


@pytest.mark.parametrize("block", BLOCKS)
def test_any_block_size_gives_the_same_samples(block: int) -> None:
    """One frame at a time or 8,191: not a bit differs."""
    preset, messages, expected = whole("mix")
    total = len(expected) if block > 1 else RATE_HZ // 2
    np.testing.assert_array_equal(cut(Synth(preset), messages, [block], total), expected[:total])


@settings(max_examples=10, deadline=None)
@given(sizes=st.lists(st.integers(1, 3000), min_size=1, max_size=6))
def test_uneven_blocks_of_stems_give_the_same_samples(sizes: list[int]) -> None:
    """Five channels, blocks of any sizes in turn: not a bit differs."""
    preset, messages, expected = whole("apu")
    total = RATE_HZ // 2
    played = cut(Synth(preset, outputs="apu"), messages, sizes, total)
    np.testing.assert_array_equal(played, expected[:total])


def test_the_stems_add_up_to_the_mix() -> None:
    """The parts of "apu" sum to the mix; silent voices are silent."""
    _, _, mix = whole("mix")
    _, _, stems = whole("apu")
    assert stems.shape == (2 * RATE_HZ, 5)
    np.testing.assert_allclose(stems.sum(axis=1), mix[:, 0], atol=1e-6)
    assert np.abs(stems[:, :4]).max(axis=0).min() > 0.01
    assert Synth(outputs="apu").channel_names == ("pulse1", "pulse2", "triangle", "noise", "dmc")


@pytest.mark.parametrize("after", [0, 1, 700, 30_001])
def test_a_saved_state_goes_on_with_the_same_samples(after: int) -> None:
    """Saved anywhere and loaded into another synthesizer, it plays on as if nothing happened."""
    preset, messages, expected = whole("mix")
    first, second = Synth(preset), Synth(preset)
    second.process([(bytes([0x91, 50, 99]), 0.0)], 5000)
    early = tuple((m, t) for m, t in messages if t * RATE_HZ < after)
    late = tuple((m, t) for m, t in messages if t * RATE_HZ >= after)
    begun = cut(first, early, [64], after) if after else expected[:0]
    second.load_state(first.save_state())
    moved = [(m, (np.floor(t * RATE_HZ) - after + 0.5) / RATE_HZ) for m, t in late]
    rest = second.process(moved, len(expected) - after)
    np.testing.assert_array_equal(np.concatenate((begun, rest)), expected)


def test_reset_begins_again_with_the_same_samples() -> None:
    """After a reset nothing of what was played is left."""
    preset, messages, expected = whole("mix")
    synth = Synth(preset)
    synth.set_parameter("pulse1_duty", 0)
    synth.process([*messages, (bytes([0xB0, 1, 127]), 0.5)], len(expected))
    synth.reset()
    np.testing.assert_array_equal(synth.process(messages, len(expected)), expected)


def test_mido_messages_and_bytes_are_heard_alike() -> None:
    """Objects with bytes() and a time in seconds, as hosts pass them, or plain tuples."""
    synth = Synth("plain")
    by_mido = synth(
        [Message("note_on", note=60), Message("note_off", note=60, time=0.4)], 1.0, RATE_HZ
    )
    by_bytes = synth([(bytes([0x90, 60, 64]), 0.0), ([0x80, 60, 64], 0.4)], 1.0)
    np.testing.assert_array_equal(by_mido, by_bytes)
    assert by_mido.shape == (2, RATE_HZ)
    assert by_mido.dtype == np.float32
    assert synth([], 0.5, 48_000).shape == (2, 24_000)
    assert Synth("plain", outputs="isolated")([], 0.1).shape == (5, 4410)


def test_calls_without_reset_go_on() -> None:
    """A note begun in one call sounds on in the next, without a seam."""
    synth, once = Synth("plain"), Synth("plain")
    note = (bytes([0x90, 60, 100]), 0.1)
    parts = [synth([note], 0.5), synth([], 0.5, reset=False)]
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), once([note], 1.0))


def test_a_driver_of_another_speed_and_pal_agree_with_offline_too() -> None:
    """At 240 frames a second on a PAL chip the samples are the offline ones."""
    preset = with_programs(preset_of("engine: {region: pal, tick_hz: 240, filter: famicom}"))
    notes = tuple(ChipNote(k / 8, (k + 0.6) / 8, 50 + k, 15 - k) for k in range(8))
    score = playable(ChipScore(pulse2=notes, triangle=notes, end_s=1.0), preset)
    offline = render(drive(score, preset), RATE_HZ, "famicom")
    live = Synth(preset)(performed(score, preset), len(offline) / RATE_HZ)
    np.testing.assert_array_equal(live[1], offline[:, 0])


def test_playing_loads_no_compiler() -> None:
    """The package is imported in a moment, and its machine code loaded by playing, without LLVM."""
    code = (
        "import synth, sys; assert 'synth.kernels' not in sys.modules; "
        "synth.Synth().process([], 1); "
        "assert 'synth.kernels' in sys.modules and not {'llvmlite', 'mido'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
