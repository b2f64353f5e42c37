"""The one place that knows all stages: from a seed's file to sound in a file.

Each function is a stretch of the line ``Score -> compose -> arrange -> drive -> render``; commands,
the batch renderer and the studio call these and nothing beneath them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.arrange import ArrangeConfig, Arrangement, arrange
from chipgen.compose import ComposeConfig, compose
from chipgen.errors import ChipgenError
from chipgen.music.midi import read_midi, write_midi
from chipgen.music.score import Score
from synth.chip.hardware import region_named
from synth.chip.registers import RegisterLog
from synth.chip.stream import frame_count, render_blocks
from synth.files import check_writable
from synth.instrument.driver import drive
from synth.instrument.preset import Preset
from synth.output.audiofile import AUDIO_SUFFIXES, AudioInfo, write_audio

__all__ = [
    "AUDIO_SUFFIXES",
    "MIDI_SUFFIXES",
    "TAKE_SUFFIXES",
    "Progress",
    "Sound",
    "SoundConfig",
    "Take",
    "audio_blocks",
    "check_outputs",
    "compose_take",
    "play_as_is",
    "read_seed",
    "voice",
    "write_sound",
    "write_take",
]

MIDI_SUFFIXES: Final = (".mid", ".midi")
TAKE_SUFFIXES: Final = (*MIDI_SUFFIXES, *AUDIO_SUFFIXES)

Progress = Callable[[int, int], None]
"""Called with (frames done, frames in all) while audio is written."""


@dataclass(frozen=True, slots=True)
class SoundConfig:
    """How a score is voiced and heard.

    Attributes
    ----------
    preset
        The timbres (`synth.instrument.preset.load_preset`).
    region, console_filter
        ``ntsc``/``pal`` and ``none``/``nes``/``famicom``; None leaves the preset's own choice.
    rate_hz
        Sample rate.
    bits
        ``"16"``, ``"24"`` or ``"float"``, for formats that know the choice.
    arrange
        What the arranger is told.
    """

    preset: Preset
    region: str | None = None
    console_filter: str | None = None
    rate_hz: int = 44_100
    bits: str = "16"
    arrange: ArrangeConfig = field(default_factory=ArrangeConfig)


@dataclass(frozen=True, slots=True)
class Take:
    """A score ready to be heard, and where it came from.

    Attributes
    ----------
    score
        What sounds: seed and continuation, or one of them.
    seed_bars, generated_bars
        How many bars of each it holds.
    model
        Who composed the generated bars; empty if nobody did.
    rng_seed
        The seed number that makes this take again.
    remarks
        What the user should know about how it was composed, a line each.
    """

    score: Score
    seed_bars: int
    generated_bars: int
    model: str = ""
    rng_seed: int = 0
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sound:
    """A take voiced for the chip: the arrangement and the register writes that play it."""

    arrangement: Arrangement
    log: RegisterLog
    console_filter: str


def read_seed(path: Path, dialect: str = "auto") -> Score:
    """Read a seed's MIDI file (see `chipgen.music.midi.read_midi`)."""
    return read_midi(path, dialect=dialect)


def play_as_is(score: Score) -> Take:
    """Take a score as it stands, with nothing composed."""
    if not any(track.notes for track in score.tracks):
        raise ChipgenError("the file has no notes to play")
    return Take(score, seed_bars=len(score.bar_starts_beats()), generated_bars=0)


def compose_take(seed: Score, model: str, config: ComposeConfig | None, rng_seed: int) -> Take:
    """Let `model` compose on from `seed`.

    Parameters
    ----------
    seed
        The piece to go on from.
    model
        Name of a shipped model or path of a checkpoint.
    config
        Length, temperature and what becomes of drums and seed; None takes the seed as it is.
    rng_seed
        Number that the take is drawn from; the same number gives the same take.
    """
    if config is None:
        return play_as_is(seed)
    composed = compose(seed, model, config, rng_seed)
    return Take(
        composed.score,
        composed.seed_bars,
        composed.generated_bars,
        composed.model,
        composed.rng_seed,
        composed.remarks,
    )


def voice(score: Score, config: SoundConfig) -> Sound:
    """Voice a score for the chip: arrange it and drive the preset's instruments with it."""
    engine = config.preset.engine
    arrangement = arrange(score, config.arrange, config.preset)
    region = region_named(config.region or engine.region)
    log = drive(arrangement.chip_score, config.preset, region)
    return Sound(arrangement, log, config.console_filter or engine.filter)


def audio_blocks(
    sound: Sound, config: SoundConfig, progress: Progress | None = None
) -> Iterator[NDArray[np.float32]]:
    """Yield the sound as float32 blocks of shape (n_frames, 1), in order."""
    total = frame_count(sound.log, config.rate_hz)
    done = 0
    for block in render_blocks(sound.log, config.rate_hz, sound.console_filter):
        yield block
        done += len(block)
        if progress is not None:
            progress(done, total)


def check_outputs(paths: list[Path], suffixes: tuple[str, ...], *, overwrite: bool) -> None:
    """Refuse output files that cannot be written, before any long work begins."""
    for path in paths:
        if path.suffix.lower() not in suffixes:
            raise ChipgenError(
                f"{path}: no writer for {path.suffix or 'a name without suffix'!r}; "
                f"use one of {', '.join(suffixes)}"
            )
        check_writable(path, overwrite=overwrite)


def write_sound(
    path: Path,
    sound: Sound,
    config: SoundConfig,
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> AudioInfo:
    """Render a voiced take into an audio file, streaming."""
    return write_audio(
        path,
        audio_blocks(sound, config, progress),
        config.rate_hz,
        bits=config.bits,
        overwrite=overwrite,
    )


def write_take(
    path: Path,
    take: Take,
    config: SoundConfig,
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> None:
    """Write a take as the suffix of `path` asks: the score as MIDI, or its sound."""
    if path.suffix.lower() in MIDI_SUFFIXES:
        write_midi(take.score, path, overwrite=overwrite)
    else:
        write_sound(path, voice(take.score, config), config, overwrite=overwrite, progress=progress)
