"""Scores as live messages, and messages played in blocks."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from chipgen.arranging import ArrangeConfig, arrange
from chipgen.music.midi import read_midi
from synth import Synth
from synth.chip.voices import VOICES
from synth.instrument.chip_score import ChipNote, ChipScore
from synth.instrument.frame_context import set_up
from synth.instrument.preset_format import Preset
from synth.instrument.preset_loader import load_preset

EXAMPLES = Path(__file__).parents[3] / "examples"


RATE_HZ = 44_100


Timed = tuple[bytes, float]


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
