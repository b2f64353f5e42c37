"""Runs all stages: reads a source, composes, arranges, plays it on the chip and writes files.

Each function is a stretch of the line ``Score -> compose -> arrange -> drive -> render``; commands,
the batch renderer and the studio call these and nothing beneath them.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.app.provenance import recipe_of
from chipgen.arrange import ArrangeConfig, Arrangement, arrange, remark_effects
from chipgen.arrange.loop_points import with_loop
from chipgen.arrange.voicemap import parse_map
from chipgen.compose import Composition, make_piece
from chipgen.errors import ChipgenError, RequestError
from chipgen.music import formats
from chipgen.music.score import Score
from chipgen.request import Request, check_request
from chipgen.request.output_fields import NORMAL_PEAK_DBFS
from chipgen.request.sound_fields import ArrangeFields
from chipgen.request.targets import Target, target_of
from synth.atomic_write import check_writable, write_bytes
from synth.chip.audio_stream import HARDWARE, ChipChoices, frame_count, render_blocks
from synth.chip.hardware import region_named
from synth.chip.registers import RegisterLog
from synth.errors import SynthError
from synth.fileformat import Content, FileFormat, load_function
from synth.formats.chip_formats import chip_tracks, read_chip_file, write_chip_file
from synth.formats.chipfile import Titles
from synth.formats.log_frames import cut_log
from synth.instrument.chip_score import ChipScore
from synth.instrument.driver import drive
from synth.instrument.preset_loader import Preset, load_preset
from synth.output.audiofile import AudioInfo
from synth.output.audioformats import USUAL_RATE_HZ, default_rate_hz
from synth.output.delivery import Delivery, check_delivery, deliver, sum_of
from synth.output.loudness import check_loudness

MAX_TITLE_CHARS: Final = 80  # of a file's name

Progress = Callable[[int, int], None]
"""Called with (frames done, frames in all) while audio is written."""


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
        What the user should know about it, a line each.
    chip
        Where the chip may be other than the hardware.
    length_s, fade_s
        How long a chip file says that it is played, and how long it then fades out; None where it
        does not say so.
    second
        What a second chip plays beside the first; None but for a VGM of two.
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


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: an account of each audio file by its part, and remarks."""

    audio: dict[str, AudioInfo]
    remarks: tuple[str, ...] = ()


def is_chip_file(path: Path) -> bool:
    """Return whether a source holds the chip's writes or notes rather than a score.

    Raises
    ------
    ChipgenError
        If it is of no format that is read.
    """
    return formats.source_format(path).reads in formats.CHIP


def track_paths(source: Path, target: Path) -> list[tuple[int, Path]]:
    """Return the number of each of a source's tracks and the file that it is to be written to.

    Parameters
    ----------
    source
        A file that holds several songs, or a playlist.
    target
        What the files are named after: ``album.wav`` gives ``album 01 Title.wav``.

    Raises
    ------
    ChipgenError
        If the source is of no format that is read, or holds one score.
    SynthError
        If it is broken.
    """
    logs = formats.source_format(source).reads in ("log", "playlist")
    tracks = chip_tracks(source) if logs else formats.score_songs(source)
    if len(tracks) < 2 and not is_chip_file(source):
        raise ChipgenError(f"{source} holds one score; leave out --track all")
    paths = []
    for place, track in enumerate(tracks, start=1):
        name = "".join("_" if char in '<>:"/\\|?*' else char for char in track.title).strip(" .")
        stem = " ".join(filter(None, (target.stem, f"{place:02d}", name[:MAX_TITLE_CHARS])))
        paths.append((track.number, target.with_name(stem + target.suffix)))
    return paths


def kind_of(source: Path | None) -> str:
    """Return which of `chipgen.request.field.SOURCES` a source is; None is no file."""
    if source is None:
        return "nothing"
    return formats.source_format(source).reads


def check(request: Request, source: Path | None, target: Target) -> None:
    """Refuse what was asked for but does not apply to a source or a target.

    Raises
    ------
    RequestError
        Names the option.
    SynthError
        If the source cannot be read.
    """
    kind = kind_of(source)
    check_request(request, target, kind, source)
    chooses = source is not None and kind == "score" and "track" in request.model_fields_set
    if chooses and source is not None and len(formats.score_songs(source)) < 2:
        raise RequestError(
            f"{source} holds one score; --track is for files of several: leave it out"
        )


def arrange_config(request: ArrangeFields) -> ArrangeConfig:
    """Return what a request tells the arranger.

    Raises
    ------
    ChipgenError
        If its map cannot be read.
    """
    return ArrangeConfig(
        poly=request.poly, voice_map=parse_map(request.voice_map), echo=request.echo
    )


def chip_choices(request: Request) -> ChipChoices:
    """Return where a request lets the chip be other than the hardware."""
    return ChipChoices(request.click_free, request.ultrasonic)


def rate_of(request: Request, path: Path | None = None) -> int:
    """Return the sample rate in Hz: the request's, or what is usual for a file, or for ears."""
    return request.rate_hz or (USUAL_RATE_HZ if path is None else default_rate_hz(path))


def delivery_of(request: Request, path: Path) -> Delivery:
    """Return what a request wants of the files that are written.

    Raises
    ------
    RequestError
        If wishes exclude each other.
    MissingExtraError
        If what measures loudness is wished for and not installed.
    """
    if request.loudness:
        check_loudness()
    titles = {"title": request.title, "artist": request.artist, "copyright": request.rights}
    try:
        return Delivery(
            rate_hz=rate_of(request, path),
            bits=request.bits,
            normalize_dbfs=NORMAL_PEAK_DBFS if request.normalize else None,
            loudness=request.loudness,
            tags={name: text for name, text in titles.items() if text is not None},
            stems=request.stems or "",
            loops=request.loops,
            fade_s=request.fade_s,
            loop_points=request.loop_points,
            split_intro=request.split_intro,
            file_format=request.file_format,
        )
    except SynthError as error:
        raise RequestError(str(error)) from error


def read_take(source: Path | None, request: Request) -> Composition:
    """Read a MIDI file and make of it what the request asks its model for.

    Parameters
    ----------
    source
        None where a piece is composed from scratch.
    request
        What is asked for.

    Raises
    ------
    ChipgenError
        If the file cannot be read or gone on from, or holds no notes.
    """
    score = (
        formats.read_score(source, song=request.track, keep_silence=request.keep_silence)
        if source is not None
        else None
    )
    if source is not None and score is not None and not request.composes and not _sounds(score):
        raise ChipgenError(f"{source} has no notes to play")
    try:
        take = make_piece(score, request, arrange_config(request))
    except RequestError:
        raise
    except ChipgenError as error:
        raise error if source is None else ChipgenError(f"{source}: {error}") from error
    if score is not None:
        take = replace(take, remarks=(*score.remarks, *take.remarks))
    return take


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
    preset = preset or load_preset(request.preset)
    arrangement = arrange(take.score, arrange_config(request), preset)
    region = region_named(request.region or preset.engine.region)
    voices = with_loop(arrangement.chip_score, take.score, detect=request.seeks_loop)
    return Sound(
        cut_log(drive(voices, preset, region), request.seconds),
        request.console_filter or preset.engine.filter,
        take,
        arrangement,
        voices,
        preset,
        remarks=(*take.remarks, *remark_effects(take.score, arrangement)),
        chip=chip_choices(request),
    )


def make_sound(source: Path | None, request: Request, preset: Preset | None = None) -> Sound:
    """Turn any source into register writes: a chip file's own, or notes, voiced.

    Parameters
    ----------
    source
        None composes from scratch.
    request
        What is asked for; its track is one.
    preset
        The timbres; None loads those that the request names, before anything is composed.
    """
    held = kind_of(source)
    if source is not None and held == "chip score":
        return _play_chip_score(source, request, preset)
    if source is None or held == "score":
        preset = preset or load_preset(request.preset)
        take = read_take(source, request)
        try:
            return voice_take(take, request, preset)
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
    preset = own or preset or load_preset(request.preset)
    log = drive(score, preset, region_named(request.region or preset.engine.region))
    return Sound(
        cut_log(log, request.seconds),
        request.console_filter or preset.engine.filter,
        chip_score=score,
        preset=preset,
        chip=chip_choices(request),
    )


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
        made = recipe_of(take.request, source).text
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
    titles = Titles(**{"title": path.stem, **tags})
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
        Told how far the sound is.

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
