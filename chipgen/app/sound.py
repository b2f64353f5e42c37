"""Sound as the pipeline makes it, register writes, and its ways out: samples and files."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from chipgen.arranging import Arrangement
from chipgen.composing import Composition
from chipgen.errors import ChipgenError
from chipgen.music import formats
from chipgen.request import Request
from synth.atomic_write import write_bytes
from synth.chip.audio_stream import HARDWARE, ChipChoices
from synth.chip.register_log import RegisterLog
from synth.chip.render_log import frame_count, render_blocks
from synth.chip.voices import CHANNELS
from synth.fileformat import FileFormat, ending_of, load_function
from synth.formats.chip_formats import write_chip_file
from synth.formats.chipfile import Titles
from synth.formats.log_frames import cut_log
from synth.instrument.chip_score import ChipScore
from synth.instrument.preset_loader import Preset
from synth.output.audiofile import AudioInfo
from synth.output.audioformats import audio_format
from synth.output.delivery import Delivery, deliver, sum_of
from synth.output.loops_and_fades import split_paths
from synth.output.stems import stem_paths

Progress = Callable[[int, int], None]
"""Called with the amount done and the whole amount: frames of sound, or bars composed."""


@dataclass(frozen=True, slots=True)
class Sound:
    """Music as the chip's register writes.

    Attributes
    ----------
    log
        The writes.
    console_filter
        Output stage it is heard through.
    take, arrangement
        The score it came from and how that was voiced; None for a chip file.
    chip_score, preset
        The notes of the four voices and their instruments; None where only writes are known.
    tags
        What a chip file says of itself: title, artist, copyright.
    remarks
        Remarks about it for the user, one line each.
    chip
        Where the chip may be other than the hardware.
    length_s, fade_s
        How long a chip file says that it is played, and how long it then fades out; None where it
        does not say so.
    second
        What a second chip plays beside the first; None but for a VGM of two.
    marks_loop
        Whether a sound file says where it loops, if its format can.
    """

    log: RegisterLog
    console_filter: str
    take: Composition | None = None
    arrangement: Arrangement | None = None
    chip_score: ChipScore | None = None
    preset: Preset | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    chip: ChipChoices = HARDWARE
    length_s: float | None = None
    fade_s: float = 0.0
    second: RegisterLog | None = None
    marks_loop: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """The files written: facts of each audio file by its part, and remarks."""

    audio: dict[str, AudioInfo]
    remarks: tuple[str, ...] = ()


def audio_blocks(
    sound: Sound, rate_hz: int, progress: Progress | None = None
) -> Iterator[NDArray[np.float32]]:
    """Yield the sound as float32 blocks of shape (n_frames, 1), in order."""
    total = frame_count(sound.log, rate_hz)
    done = 0
    blocks = sum_of(
        render_blocks(
            log, rate_hz, sound.console_filter,
            click_free=sound.chip.click_free, ultrasonic=sound.chip.ultrasonic,
        )
        for log in (sound.log, sound.second) if log is not None
    )  # fmt: skip
    for block in blocks:
        yield block
        done += len(block)
        if progress is not None:
            progress(done, total)


def write_sound(
    path: Path,
    sound: Sound,
    wanted: Delivery,
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Written:
    """Write a sound as the format or the suffix of `path` asks: rendered, or as a chip file.

    Raises
    ------
    SynthError
        If the file cannot be written, or its format holds notes and only writes are known.
    """
    log, second = sound.log, sound.second
    row = formats.target_format(path, *formats.SOUND, key=wanted.file_format)
    tags = {**sound.tags, **wanted.tags}
    if row.writes == "log":
        if log.loop_cycle is None:  # without the fade, which no chip file can hold
            log = cut_log(log, sound.length_s)
        lost = write_chip_file(
            path, log, **tags, overwrite=overwrite, file_format=wanted.file_format
        )
        if sound.second is not None:
            lost = (*lost, "the second chip's music is left out")
        return Written({}, lost)
    if row.writes == "chip score":
        return _write_chip_score(path, row, sound, replace(wanted, tags=tags), overwrite=overwrite)
    if sound.length_s is not None and not wanted.follows_loop:
        log = cut_log(log, sound.length_s + sound.fade_s)
        second = None if second is None else cut_log(second, sound.length_s + sound.fade_s)
        wanted = replace(wanted, end_fade_s=sound.fade_s)
    keeps_loop = audio_format(path, wanted.file_format).keeps_loop
    if sound.marks_loop and not wanted.follows_loop and keeps_loop:
        wanted = replace(wanted, loop_points=True)
    audio = deliver(
        path, log, sound.console_filter, wanted,
        second=second, choices=sound.chip, overwrite=overwrite, progress=progress,
    )  # fmt: skip
    return Written(audio)


def _write_chip_score(
    path: Path, row: FileFormat, sound: Sound, wanted: Delivery, *, overwrite: bool
) -> Written:
    if sound.chip_score is None or sound.preset is None:
        raise ChipgenError(
            f"{path}: {row.name} holds notes, and the source only register writes; give a score"
        )
    suffix = ending_of(path, row.suffixes) or path.suffix
    titles = Titles(**{"title": path.name.removesuffix(suffix), **wanted.tags})
    write = load_function(row.writer)
    data, lost = write(sound.chip_score, sound.preset, titles, beat_rows=wanted.beat_rows)
    write_bytes(path, data, overwrite=overwrite)
    return Written({}, tuple(lost))


def written_files(target: Path, request: Request) -> list[Path]:
    """Return the files that may be written for a target: parts and stems too."""
    row = formats.target_format(target, *formats.ANYTHING, key=request.file_format)
    if row.writes != "samples":
        return [target]
    stems = stem_paths(target, CHANNELS if request.stems else [])
    return [*(split_paths(target) if request.split_intro else [target]), *stems.values()]
