"""Writes all requested audio files of a register log: mix, stems, loop, intro."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np

from synth.chip.audio_stream import HARDWARE, ChipChoices
from synth.chip.register_log import RegisterLog
from synth.chip.render_log import frame_count, render_blocks
from synth.errors import SynthError
from synth.output.audiofile import AudioInfo, check_audio, write_audio
from synth.output.audioformats import audio_format
from synth.output.audiowriter import Block
from synth.output.loops_and_fades import (
    SEAL_S,
    fade_out,
    plan_repeats,
    plan_seamless,
    plan_single_pass,
    repeat_loop,
    seal_loop,
    split_paths,
    write_split,
)
from synth.output.loudness import check_loudness
from synth.output.stems import check_stems, stem_names, write_stems

STEMS: Final = ("isolated", "apu")

Progress = Callable[[int, int], None]
"""Called with (frames done, frames in all)."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Which audio files of a piece of music are written, and how.

    Attributes
    ----------
    rate_hz, bits, normalize_dbfs, loudness, tags
        As for `write_audio`; stems share the mix's gain.
    stems
        ``"isolated"`` or ``"apu"`` to write one file a channel beside the mix; empty for none.
    loops
        How often the looping part is played; None plays the music once through.
    fade_s
        How long the music continues after its last loop, fading out.
    end_fade_s
        How much of the end of music that is played once through fades out.
    loop_points
        Write a loop that players repeat without a seam, and its points into the file.
    split_intro
        Write what comes before the loop and the loop as two files, in place of one.
    exact_loop
        Let each pass of the loop be the same samples.
    beat_rows
        Keep a tracker's rows on the beat.
    file_format
        Key of the files' format; empty where their names say it.

    Raises
    ------
    SynthError
        If options exclude each other.
    """

    rate_hz: int = 44_100
    bits: str = "16"
    normalize_dbfs: float | None = None
    loudness: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)
    stems: str = ""
    loops: int | None = None
    fade_s: float = 0.0
    end_fade_s: float = 0.0
    loop_points: bool = False
    split_intro: bool = False
    exact_loop: bool = False
    beat_rows: bool = False
    file_format: str = ""

    @property
    def follows_loop(self) -> bool:
        """Whether the files depend on where the music loops."""
        return self.loops is not None or self.loop_points or self.split_intro

    def __post_init__(self) -> None:
        if self.stems not in ("", *STEMS):
            raise SynthError(f"stems {self.stems!r} are unknown; choose one of {', '.join(STEMS)}")
        if self.loops is not None and (self.loop_points or self.split_intro):
            raise SynthError("--loops repeats the loop itself; leave it or the loop points out")
        if self.exact_loop and not self.follows_loop:
            raise SynthError(
                "--exact-loop is about how a loop is written; add --loops, --loop-points or "
                "--split-intro"
            )
        if self.fade_s and self.loops is None:
            raise SynthError("--fade needs --loops, which says after how many loops it begins")
        if self.stems and self.split_intro:
            raise SynthError(
                "stems and a split intro cannot be written at once; write one after the other"
            )


@dataclass(frozen=True, slots=True)
class _Plan:
    """Which writes to render, and how the sound is processed."""

    logs: tuple[RegisterLog, ...]
    frames: int
    shape: Callable[[Iterator[Block]], Iterator[Block]]
    loop: tuple[int, int] | None = None


def check_delivery(path: Path, wanted: Delivery, *, overwrite: bool) -> None:
    """Refuse what `deliver` would refuse of names and formats, before any long work begins.

    Raises
    ------
    SynthError
        As `write_audio`.
    """
    for part in split_paths(path) if wanted.split_intro else (path,):
        check_audio(
            part, wanted.rate_hz,
            bits=wanted.bits, overwrite=overwrite, file_format=wanted.file_format,
        )  # fmt: skip
    keeps_loop = audio_format(path, wanted.file_format).keeps_loop
    if (wanted.loop_points or wanted.split_intro) and not keeps_loop:
        raise SynthError(f"{path}: MP3 cannot loop without a seam; write .wav, .flac or .ogg")
    if wanted.loudness:
        check_loudness()
    if wanted.stems:
        check_stems(
            path, wanted.rate_hz,
            bits=wanted.bits, overwrite=overwrite, file_format=wanted.file_format,
        )  # fmt: skip


def deliver(
    path: Path,
    log: RegisterLog,
    console_filter: str,
    wanted: Delivery,
    *,
    second: RegisterLog | None = None,
    choices: ChipChoices = HARDWARE,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> dict[str, AudioInfo]:
    """Render a log into the requested files.

    Parameters
    ----------
    path
        File of the mix; other files are named after it.
    log
        The music.
    console_filter
        As for `render_blocks`.
    wanted
        Which files, and how.
    second
        What a second chip plays beside it, as long as the first and with the same loop.
    choices
        Where the chip may be other than the hardware.
    overwrite
        Whether existing files may be replaced.
    progress
        Called with the number of frames written and of all frames.

    Returns
    -------
    dict
        The files: ``"mix"``, or ``"intro"`` and ``"loop"``; then channels by name.

    Raises
    ------
    SynthError
        As `check_delivery`, or if the music has no loop and one is asked for.
    """
    check_delivery(path, wanted, overwrite=overwrite)
    try:
        plans = [_plan(part, wanted) for part in (log, second) if part is not None]
    except SynthError as error:
        raise SynthError(f"{path}: {error}") from error
    plan = replace(plans[0], logs=tuple(part.logs[0] for part in plans))
    mix = _blocks(plan, console_filter, choices, wanted.rate_hz, "mix", progress)
    if wanted.split_intro:
        assert plan.loop is not None
        gain_db = 0.0
        if wanted.normalize_dbfs is not None:
            peak = max(float(np.abs(block).max(initial=0.0)) for block in mix)
            gain_db = wanted.normalize_dbfs - 20 * float(np.log10(peak)) if peak > 0 else 0.0
            mix = _blocks(plan, console_filter, choices, wanted.rate_hz, "mix", progress)
        intro, loop = write_split(
            path, mix, wanted.rate_hz, plan.loop,
            bits=wanted.bits, overwrite=overwrite, gain_db=gain_db, tags=wanted.tags,
            file_format=wanted.file_format,
        )  # fmt: skip
        return {"intro": intro, "loop": loop}
    info = write_audio(
        path, mix, wanted.rate_hz,
        bits=wanted.bits, overwrite=overwrite, normalize_dbfs=wanted.normalize_dbfs,
        loop=plan.loop, tags=wanted.tags, loudness=wanted.loudness,
        file_format=wanted.file_format,
    )  # fmt: skip
    if not wanted.stems:
        return {"mix": info}
    stems = write_stems(
        path,
        _blocks(plan, console_filter, choices, wanted.rate_hz, wanted.stems, None),
        wanted.rate_hz,
        names=stem_names(log),
        bits=wanted.bits,
        overwrite=overwrite,
        gain_db=info.gain_db,
        loop=plan.loop,
        file_format=wanted.file_format,
    )
    return {"mix": info, **stems}


def sum_of(sounds: Iterable[Iterator[Block]]) -> Iterator[Block]:
    """Add up sounds that come in blocks of the same lengths."""
    for blocks in zip(*sounds, strict=True):
        total = blocks[0]
        for block in blocks[1:]:
            total = total + block
        yield total


def _plan(log: RegisterLog, wanted: Delivery) -> _Plan:
    rate_hz = wanted.rate_hz
    if wanted.exact_loop or wanted.split_intro:
        return _plan_exact(log, wanted)
    if wanted.loops is not None:
        repeats = plan_repeats(log, rate_hz, wanted.loops, wanted.fade_s)
        fade_frames = round(wanted.fade_s * rate_hz)
        return _Plan(
            (repeats.log,),
            repeats.end_frame,
            lambda blocks: fade_out(blocks, repeats.end_frame, fade_frames),
        )
    if wanted.loop_points:
        sealed = plan_seamless(log, rate_hz)
        return _Plan(
            (sealed.log,),
            sealed.end_frame,
            lambda blocks: seal_loop(blocks, sealed.loop, round(SEAL_S * rate_hz)),
            sealed.loop,
        )
    frames = frame_count(log, rate_hz)
    end_fade_frames = min(round(wanted.end_fade_s * rate_hz), frames)
    return _Plan((log,), frames, lambda blocks: fade_out(blocks, frames, end_fade_frames))


def _plan_exact(log: RegisterLog, wanted: Delivery) -> _Plan:
    """Plan an intro that ends where the loop begins, and passes of the loop that are all equal.

    Music that loops from its beginning has nothing that its loop's end could lead to, so there the
    second pass is the loop.
    """
    rate_hz = wanted.rate_hz
    plan = plan_single_pass(log, rate_hz)
    skipped = 0
    if not plan.loop[0]:
        if wanted.split_intro:
            raise SynthError(
                "the music loops from its beginning, so that there is no intro; write one file "
                "with --loop-points"
            )
        plan = plan_seamless(log, rate_hz)
        skipped = plan.loop[0]
    fade_frames = round(wanted.fade_s * rate_hz)
    length = plan.loop[1] - plan.loop[0]
    loop = (plan.loop[0] - skipped, plan.loop[1] - skipped)
    end_frame = loop[0] + length * (wanted.loops or 1) + fade_frames

    def shape(blocks: Iterator[Block]) -> Iterator[Block]:
        sealed = seal_loop(blocks, plan.loop, round(SEAL_S * rate_hz))
        passes = repeat_loop(sealed, plan.loop, skipped, end_frame)
        return fade_out(passes, end_frame, fade_frames)

    points = None if wanted.loops is not None else loop
    return _Plan((plan.log,), end_frame, shape, points)


def _blocks(
    plan: _Plan,
    console_filter: str,
    choices: ChipChoices,
    rate_hz: int,
    outputs: str,
    progress: Progress | None,
) -> Iterator[Block]:
    done = 0
    sound = sum_of(
        render_blocks(
            log, rate_hz, console_filter, outputs,
            click_free=choices.click_free, ultrasonic=choices.ultrasonic,
        )
        for log in plan.logs
    )  # fmt: skip
    for block in plan.shape(sound):
        yield block
        done += len(block)
        if progress is not None:
            progress(done, plan.frames)
