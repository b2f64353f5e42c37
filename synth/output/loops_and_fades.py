"""Repeats and fades music that loops, or cuts it into a seamless loop."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from synth.atomic_write import check_writable
from synth.chip.register_log import RegisterLog
from synth.errors import SynthError
from synth.output.audiofile import AudioInfo
from synth.output.audiowriter import Block, open_audio

SEAL_S: Final = 0.005  # long enough against a click, too short to be heard as a blend
MAX_PASSES: Final = 1000


@dataclass(frozen=True, slots=True)
class LoopPlan:
    """What to render, and what to do with the sound.

    Attributes
    ----------
    log
        The writes with the loop unrolled, to be rendered from start to end.
    loop
        First frame of the looping part and the frame after its last.
    end_frame
        Where the sound ends.
    """

    log: RegisterLog
    loop: tuple[int, int]
    end_frame: int


def unroll_loop(log: RegisterLog, passes: int) -> RegisterLog:
    """Return the log with its looping part played `passes` times, and no loop.

    Raises
    ------
    SynthError
        If the log does not loop, or `passes` is not 1 to 1000.
    """
    start = _loop_start(log)
    if not 1 <= passes <= MAX_PASSES:
        raise SynthError(f"{passes} loops are not possible; choose 1-{MAX_PASSES}")
    length = log.end_cycle - start
    again = log.cycle >= start
    shifts = [length * number for number in range(1, passes)]
    return replace(
        log,
        cycle=np.concatenate([log.cycle, *(log.cycle[again] + shift for shift in shifts)]),
        address=np.concatenate([log.address, *(log.address[again] for _ in shifts)]),
        value=np.concatenate([log.value, *(log.value[again] for _ in shifts)]),
        chip=np.concatenate([log.chip, *(log.chip[again] for _ in shifts)]),
        end_cycle=log.end_cycle + length * (passes - 1),
        loop_cycle=None,
    )


def plan_repeats(log: RegisterLog, rate_hz: int, loops: int, fade_s: float = 0.0) -> LoopPlan:
    """Plan a piece that loops `loops` times and then fades out (``--loops --fade``).

    Without a fade it stops where the last loop ends. Render `LoopPlan.log` and pass the sound
    through `fade_out`.

    Raises
    ------
    SynthError
        If the log does not loop, or loops or fade are out of range.
    """
    start = _loop_start(log)
    if not 0 <= fade_s <= 600:
        raise SynthError(f"a fade of {fade_s:g} s is not possible; choose 0-600")
    length = log.end_cycle - start
    more = math.ceil(fade_s * log.region.clock_hz / length)
    if loops <= MAX_PASSES < loops + more:
        raise SynthError(
            f"{loops} loops and a fade of {fade_s:g} s play the loop {loops + more} times; "
            f"{MAX_PASSES} times are possible: choose fewer loops or a shorter fade"
        )
    unrolled = unroll_loop(log, loops + more)
    end = log.end_cycle + length * (loops - 1)
    end_frame = _frame(end, log, rate_hz) + round(fade_s * rate_hz)
    return LoopPlan(
        unrolled, (_frame(start, log, rate_hz), _frame(start + length, log, rate_hz)), end_frame
    )


def plan_seamless(log: RegisterLog, rate_hz: int) -> LoopPlan:
    """Plan a piece whose loop a player can repeat for ever without a seam.

    The looping part is rendered twice and the second time is the loop: the first begins as the
    music begins, from what the intro or power-up left in oscillators and filters, the second as it
    goes on. Render `LoopPlan.log` and pass the sound through `seal_loop`.

    Raises
    ------
    SynthError
        If the log does not loop.
    """
    start = _loop_start(log)
    length = log.end_cycle - start
    loop = (_frame(log.end_cycle, log, rate_hz), _frame(log.end_cycle + length, log, rate_hz))
    return LoopPlan(unroll_loop(log, 2), loop, loop[1])


def plan_single_pass(log: RegisterLog, rate_hz: int) -> LoopPlan:
    """Plan a piece whose loop is its first pass, so that only what precedes it comes before it.

    The loop begins in the state that the intro leaves, and its end is to be sealed to that. Render
    `LoopPlan.log` and pass the sound through `seal_loop`.

    Raises
    ------
    SynthError
        If the log does not loop.
    """
    start = _loop_start(log)
    loop = (_frame(start, log, rate_hz), _frame(log.end_cycle, log, rate_hz))
    return LoopPlan(unroll_loop(log, 1), loop, loop[1])


def repeat_loop(
    blocks: Iterable[Block], loop: tuple[int, int], skipped: int, end_frame: int
) -> Iterator[Block]:
    """Go on after a loop with the same samples again, so that all passes are equal.

    The samples of the loop are kept in memory.

    Parameters
    ----------
    blocks
        Sound that ends with the loop, as from `seal_loop`.
    loop
        First frame of the loop and the frame after its last.
    skipped
        How many frames at the beginning are left out.
    end_frame
        Where the sound ends, counted without what is left out.
    """
    kept: list[Block] = []
    at = 0
    for block in blocks:
        kept.append(block[max(0, loop[0] - at) :].copy())
        heard = block[max(0, skipped - at) :]
        if len(heard):
            yield heard
        at += len(block)
    turn = np.concatenate(kept)
    left = end_frame - (at - skipped)
    while left > 0:
        yield turn[:left]
        left -= len(turn)


def fade_out(blocks: Iterable[Block], end_frame: int, fade_frames: int) -> Iterator[Block]:
    """End the sound at `end_frame`, its last `fade_frames` falling to silence.

    The fall is that of a squared cosine in amplitude, which begins and ends without a corner.
    """
    first = end_frame - fade_frames
    at = 0
    for block in blocks:
        kept = block[: end_frame - at]
        if at + len(kept) > first:
            ramp = np.clip((np.arange(at, at + len(kept)) - first) / fade_frames, 0.0, 1.0)
            kept = kept * (np.cos(0.5 * np.pi * ramp) ** 2).astype(np.float32)[:, None]
        if len(kept):
            yield kept
        at += len(block)
        if at >= end_frame:
            return


def seal_loop(blocks: Iterable[Block], loop: tuple[int, int], seal_frames: int) -> Iterator[Block]:
    """End the sound at the loop's end, blended into what came before the loop's start.

    The notes before either place are the same, but free-running oscillators may stand elsewhere in
    their cycle. Over the last `seal_frames` the sound passes from the one to the other, so that the
    loop's end leads into its start exactly as the sound that came before it did.

    Raises
    ------
    SynthError
        If the sound is shorter than the loop.
    """
    start, end = loop
    count = min(seal_frames, start, end - start)
    before: list[Block] = []
    at = 0
    for block in blocks:
        kept = block[: end - at].copy()
        lead = kept[max(0, start - count - at) : max(0, start - at)]
        before.append(lead.copy())
        from_ = max(0, end - count - at)
        if count and from_ < len(kept):
            position = at + from_ - (end - count)
            target = np.concatenate(before)[position : position + len(kept) - from_]
            weights = np.arange(position + 1, position + 1 + len(target), dtype=np.float32) / count
            kept[from_:] += weights[:, None] * (target - kept[from_:])
            if at + len(kept) == end:
                kept[-1] = target[-1]
        if len(kept):
            yield kept
        at += len(block)
        if at >= end:
            return
    raise SynthError(f"the sound ends after {at} frames, before its loop does ({end})")


def write_split(
    path: Path,
    blocks: Iterable[Block],
    rate_hz: int,
    loop: tuple[int, int],
    *,
    bits: str = "16",
    overwrite: bool = False,
    gain_db: float = 0.0,
    tags: Mapping[str, str] | None = None,
    file_format: str = "",
) -> tuple[AudioInfo, AudioInfo]:
    """Write what comes before the loop and the loop itself as two files (``--split-intro``).

    Parameters
    ----------
    path
        ``song.wav`` becomes ``song-intro.wav`` and ``song-loop.wav``.
    blocks
        Sound that ends with the loop, as from `seal_loop`.
    rate_hz
        Sample rate.
    loop
        First frame of the loop and the frame after its last.
    bits, overwrite, gain_db, tags, file_format
        As for `write_audio`.

    Returns
    -------
    tuple
        The files: intro, loop.

    Raises
    ------
    SynthError
        As `write_audio`.
    """
    paths = split_paths(path)
    for part in paths:
        check_writable(part, overwrite=overwrite)
    whole = (0, loop[1] - loop[0])
    with (
        open_audio(
            paths[0], rate_hz, bits=bits, overwrite=overwrite, gain_db=gain_db, tags=tags,
            file_format=file_format,
        ) as intro,
        open_audio(
            paths[1], rate_hz, bits=bits, overwrite=overwrite, gain_db=gain_db, tags=tags,
            loop=whole, file_format=file_format,
        ) as body,
    ):  # fmt: skip
        at = 0
        for block in blocks:
            cut = min(max(0, loop[0] - at), len(block))
            intro.write(block[:cut])
            body.write(block[cut : max(cut, loop[1] - at)])
            at += len(block)
    return (
        AudioInfo.of(intro, paths[0], rate_hz, gain_db),
        AudioInfo.of(body, paths[1], rate_hz, gain_db, whole),
    )


def split_paths(path: Path) -> tuple[Path, Path]:
    """Name the files of intro and loop after the file of the whole.

    Examples
    --------
    >>> [part.name for part in split_paths(Path("song.ogg"))]
    ['song-intro.ogg', 'song-loop.ogg']
    """
    intro, loop = (path.with_name(f"{path.stem}-{part}{path.suffix}") for part in ("intro", "loop"))
    return intro, loop


def _loop_start(log: RegisterLog) -> int:
    if log.loop_cycle is None:
        raise SynthError(
            "the music has no loop, and does not end with a repetition; "
            "mark one in the MIDI (markers loopStart and loopEnd, or CC 111)"
        )
    return log.loop_cycle


def _frame(cycle: int, log: RegisterLog, rate_hz: int) -> int:
    return round(cycle * rate_hz / log.region.clock_hz)
