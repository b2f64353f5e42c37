"""Runs all stages: reads a source, composes, arranges, plays it on the chip and writes files.

Each function is a stretch of the line ``Score -> compose -> arrange -> drive -> render``; commands,
the batch renderer and the studio call these and nothing beneath them.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from chipgen.app.provenance import recipe_of
from chipgen.app.source_files import kind_of
from chipgen.app.stage_settings import arrange_config, check, chip_choices, delivery_of
from chipgen.arranging import Arrangement, arrange, remark_effects
from chipgen.arranging.loop_points import with_loop
from chipgen.composing import Composition, make_piece
from chipgen.composing.passages import Passage
from chipgen.errors import ChipgenError, RequestError
from chipgen.models.registry import weights_path
from chipgen.music import formats
from chipgen.music.score import Score
from chipgen.request import Request
from chipgen.request.targets import target_of
from synth.atomic_write import check_writable, write_bytes
from synth.chip.audio_stream import HARDWARE, ChipChoices
from synth.chip.hardware import region_named
from synth.chip.register_log import RegisterLog
from synth.chip.render_log import frame_count, render_blocks
from synth.fileformat import Content, FileFormat, load_function
from synth.formats.chip_formats import read_chip_file, write_chip_file
from synth.formats.chipfile import Titles
from synth.formats.log_frames import cut_log
from synth.instrument.chip_score import ChipScore
from synth.instrument.driver import drive
from synth.instrument.preset_loader import Preset, load_preset
from synth.output.audiofile import AudioInfo
from synth.output.audioformats import audio_format
from synth.output.delivery import Delivery, check_delivery, deliver, sum_of

Progress = Callable[[int, int], None]
"""Called with the amount done and the whole amount: frames of sound, or bars composed."""

_logger = logging.getLogger(__name__)


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


def read_take(
    source: Path | None, request: Request, progress: Progress | None = None
) -> Composition:
    """Read a MIDI file and make of it what the request asks its model for.

    Parameters
    ----------
    source
        None where a piece is composed from scratch.
    request
        What is asked for.
    progress
        Called with the number of bars composed and the number of all bars.

    Raises
    ------
    RequestError
        If the request cannot be fulfilled.
    ChipgenError
        If the file cannot be read or gone on from, or holds no notes.
    """
    began = time.perf_counter()
    if request.composes:
        weights_path(request.model)  # report an unknown model before errors in the source
    score = (
        formats.read_score(source, song=request.track, keep_silence=request.keep_silence)
        if source is not None
        else None
    )
    if source is not None and score is not None and not request.composes and not _sounds(score):
        raise ChipgenError(f"{source} has no notes to play")
    try:
        take = make_piece(
            score, request, arrange_config(request), on_passage=_bar_counter(request, progress)
        )
    except RequestError:
        raise
    except ChipgenError as error:
        raise error if source is None else ChipgenError(f"{source}: {error}") from error
    if score is not None:
        take = replace(take, remarks=(*score.remarks, *take.remarks))
    _logger.info(
        "composing: %d bars of %s, %d new, in %.2f s",
        take.seed_bars + take.generated_bars, "nothing" if source is None else source,
        take.generated_bars, time.perf_counter() - began,
    )  # fmt: skip
    return take


def _bar_counter(request: Request, progress: Progress | None) -> Callable[[Passage], None] | None:
    """Return what counts the bars of passages for a progress."""
    if progress is None or not request.bars:
        return None
    done, total = 0.0, request.bars

    def count(passage: Passage) -> None:
        nonlocal done
        done += (passage.end_beats - passage.start_beats) / passage.meter.bar_beats
        progress(min(total, round(done)), total)

    return count


def voice_take(take: Composition, request: Request, preset: Preset | None = None) -> Sound:
    """Voice a take for the chip: arrange it and drive the preset's instruments with it.

    Parameters
    ----------
    take
        The piece.
    request
        How it is to sound.
    preset
        The timbres; None loads those that the request names.
    """
    began = time.perf_counter()
    preset = _for_region(preset or load_preset(request.preset), request)
    arrangement = arrange(take.score, arrange_config(request), preset)
    voices = with_loop(arrangement.chip_score, take.score, detect=request.seeks_loop)
    log = cut_log(drive(voices, preset, region_named(preset.engine.region)), request.seconds)
    _logger.info(
        "arranging: %d notes, %s, preset %s, %d register writes, in %.2f s",
        len(arrangement.placements),
        ", ".join(f"{count} {status}" for status, count in arrangement.counts().items()),
        preset.name, len(log), time.perf_counter() - began,
    )  # fmt: skip
    return Sound(
        log,
        request.console_filter or preset.engine.filter,
        take,
        arrangement,
        voices,
        preset,
        remarks=(*take.remarks, *remark_effects(take.score, arrangement)),
        chip=chip_choices(request),
    )


def make_sound(
    source: Path | None,
    request: Request,
    preset: Preset | None = None,
    composing: Progress | None = None,
) -> Sound:
    """Turn any source into register writes: a chip file's own, or notes, voiced.

    Parameters
    ----------
    source
        None composes from scratch.
    request
        The request; its track is one.
    preset
        The timbres; None loads those that the request names, before anything is composed.
    composing
        Called with the number of bars composed and the number of all bars.
    """
    held = kind_of(source)
    if source is not None and held == "chip score":
        return _play_chip_score(source, request, preset)
    if source is None or held == "score":
        preset = preset or load_preset(request.preset)
        take = read_take(source, request, composing)
        try:
            return voice_take(take, request, preset)
        except RequestError:
            raise
        except ChipgenError as error:
            raise error if source is None else ChipgenError(f"{source}: {error}") from error
    file = read_chip_file(source, request.track, request.seconds, request.region)
    titles = file.titles
    tags = {"title": titles.title, "artist": titles.artist, "copyright": titles.copyright}
    return Sound(
        file.log,
        request.console_filter or "nes",
        tags=tags,
        remarks=file.warnings,
        chip=chip_choices(request),
        length_s=file.length_s,
        fade_s=file.fade_s,
        second=file.second,
    )


def _play_chip_score(source: Path, request: Request, preset: Preset | None) -> Sound:
    """Play a file of the chip's own notes with the instruments it brings, or the request's."""
    score, own = formats.read_chip_score(source, request.track)
    preset = _for_region(own or preset or load_preset(request.preset), request)
    log = drive(score, preset, region_named(preset.engine.region))
    return Sound(
        cut_log(log, request.seconds),
        request.console_filter or preset.engine.filter,
        chip_score=score,
        preset=preset,
        chip=chip_choices(request),
        marks_loop=formats.source_format(source).marks_loop and score.loop_s is not None,
    )


def _for_region(preset: Preset, request: Request) -> Preset:
    """Return a preset for the console that is asked for, which tracker songs are written for."""
    if request.region is None:
        return preset
    engine = preset.engine.model_copy(update={"region": request.region})
    return preset.model_copy(update={"engine": engine})


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


def check_output(
    path: Path, contents: tuple[Content, ...], wanted: Delivery, *, overwrite: bool
) -> None:
    """Refuse an output file that cannot be written, before any long work begins.

    Raises
    ------
    SynthError
        If its suffix is of no format that holds one of `contents`, or as `check_delivery`.
    """
    if formats.target_format(path, *contents, key=wanted.file_format).writes == "samples":
        check_delivery(path, wanted, overwrite=overwrite)
    else:
        check_writable(path, overwrite=overwrite)


def write_score(
    path: Path,
    take: Composition,
    source: Path | None = None,
    *,
    overwrite: bool = False,
    loop_marks: str = "markers",
) -> None:
    """Write a take's score, with a note of how to make it again.

    Parameters
    ----------
    path
        Where to.
    take
        The piece.
    source
        The seed's file, if it came from one.
    overwrite
        Whether an existing file may be replaced.
    loop_marks
        How a loop is marked, as the field of a request.
    """
    made = f"chipgen: model {take.model}, seed {take.rng_seed}" if take.generated_bars else ""
    if take.request is not None:
        made = recipe_of(take.request, source, take.plan).text
    formats.write_score(take.score, path, overwrite=overwrite, comment=made, loop_marks=loop_marks)


def _sounds(score: Score) -> bool:
    return any(track.notes for track in score.tracks)


def write_sound(
    path: Path,
    sound: Sound,
    wanted: Delivery,
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Written:
    """Write a sound as the suffix of `path` asks: rendered, or as a chip file.

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
        lost = write_chip_file(path, log, **tags, overwrite=overwrite)
        if sound.second is not None:
            lost = (*lost, "the second chip's music is left out")
        return Written({}, lost)
    if row.writes == "chip score":
        return _write_chip_score(path, row, sound, tags, overwrite=overwrite)
    if sound.length_s is not None and not wanted.follows_loop:
        log = cut_log(log, sound.length_s + sound.fade_s)
        second = None if second is None else cut_log(second, sound.length_s + sound.fade_s)
        wanted = replace(wanted, end_fade_s=sound.fade_s)
    if sound.marks_loop and not wanted.follows_loop and audio_format(path).keeps_loop:
        wanted = replace(wanted, loop_points=True)
    audio = deliver(
        path, log, sound.console_filter, wanted,
        second=second, choices=sound.chip, overwrite=overwrite, progress=progress,
    )  # fmt: skip
    return Written(audio)


def _write_chip_score(
    path: Path, row: FileFormat, sound: Sound, tags: Mapping[str, str], *, overwrite: bool
) -> Written:
    if sound.chip_score is None or sound.preset is None:
        raise ChipgenError(
            f"{path}: {row.name} holds notes, and the source only register writes; give a score"
        )
    suffix = next((s for s in row.suffixes if path.name.lower().endswith(s)), path.suffix)
    titles = Titles(**{"title": path.name[: len(path.name) - len(suffix)], **tags})
    write = load_function(row.writer)
    data, lost = write(sound.chip_score, sound.preset, titles)
    write_bytes(path, data, overwrite=overwrite)
    return Written({}, tuple(lost))


def make_file(
    source: Path | None,
    target: Path,
    request: Request,
    *,
    preset: Preset | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Written:
    """Turn a source into one file: a score, sound or chip file, by the name of `target`.

    Parameters
    ----------
    source
        A score or a chip file; None composes from scratch.
    target
        The file to write.
    request
        What is asked for.
    preset
        The timbres; None loads those that the request names.
    overwrite
        Whether an existing file may be replaced.
    progress
        Called with the number of frames written and of all frames.

    Raises
    ------
    RequestError
        If something asked for does not apply to the source or the target.
    SynthError
        If the source cannot be read, or the target not be written.
    """
    row = formats.target_format(target, *formats.ANYTHING, key=request.file_format)
    check(request, source, target_of(row))
    wanted = delivery_of(request, target)
    if row.writes == "score":
        take = read_take(source, request)
        write_score(target, take, source, overwrite=overwrite, loop_marks=request.loop_marks)
        return Written({}, take.remarks)
    sound = make_sound(source, request, preset)
    written = write_sound(target, sound, wanted, overwrite=overwrite, progress=progress)
    return Written(written.audio, (*sound.remarks, *written.remarks))
