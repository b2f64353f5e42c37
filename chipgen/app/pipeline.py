"""Runs all stages: reads a source, composes, arranges, plays it on the chip and writes files.

Each function is a stretch of the line ``Score -> compose -> arrange -> drive -> render``; commands,
the batch renderer and the studio call these and nothing beneath them.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from chipgen.app.provenance import recipe_of
from chipgen.app.sound import Progress, Sound, Written, write_sound
from chipgen.app.source_files import kind_of
from chipgen.app.stage_settings import arrange_config, check, chip_choices, delivery_of
from chipgen.arranging import arrange, remark_effects
from chipgen.arranging.loop_points import with_loop
from chipgen.composing import Composition, make_piece
from chipgen.composing.passages import Passage
from chipgen.errors import CheckpointError, ChipgenError, RequestError
from chipgen.models.registry import weights_path
from chipgen.music import formats
from chipgen.music.score import Score
from chipgen.request import Request
from chipgen.request.targets import target_of
from synth.atomic_write import check_writable
from synth.chip.hardware import region_named
from synth.fileformat import Content
from synth.formats.chip_formats import read_chip_file
from synth.formats.log_frames import cut_log
from synth.instrument.driver import drive
from synth.instrument.preset_loader import Preset, load_preset
from synth.output.delivery import Delivery, check_delivery

_logger = logging.getLogger(__name__)


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
    except (RequestError, CheckpointError):
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
        remarks=score.remarks,
        chip=chip_choices(request),
        marks_loop=formats.source_format(source).marks_loop and score.loop_s is not None,
    )


def _for_region(preset: Preset, request: Request) -> Preset:
    """Return a preset for the console that is asked for, which tracker songs are written for."""
    if request.region is None:
        return preset
    engine = preset.engine.model_copy(update={"region": request.region})
    return preset.model_copy(update={"engine": engine})


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
    file_format: str = "",
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
    file_format
        Key of the format; empty where the file's name says it.
    """
    made = f"chipgen: model {take.model}, seed {take.rng_seed}" if take.generated_bars else ""
    if take.request is not None:
        made = recipe_of(take.request, source, take.plan).text
    formats.write_score(
        take.score, path,
        overwrite=overwrite, comment=made, loop_marks=loop_marks, file_format=file_format,
    )  # fmt: skip


def _sounds(score: Score) -> bool:
    return any(track.notes for track in score.tracks)


def make_file(
    source: Path | None,
    target: Path,
    request: Request,
    *,
    preset: Preset | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Written:
    """Turn a source into one file: a score, sound or chip file, as asked or by its name.

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
        write_score(
            target, take, source, overwrite=overwrite, loop_marks=request.loop_marks,
            file_format=request.file_format,
        )  # fmt: skip
        return Written({}, take.remarks)
    sound = make_sound(source, request, preset)
    written = write_sound(target, sound, wanted, overwrite=overwrite, progress=progress)
    return Written(written.audio, (*sound.remarks, *written.remarks))
