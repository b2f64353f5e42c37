"""The one place that knows all stages: from a source's file to the files that are wanted of it.

Each function is a stretch of the line ``Score -> compose -> arrange -> drive -> render``; commands,
the batch renderer and the studio call these and nothing beneath them.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.arrange import ArrangeConfig, Arrangement, arrange
from chipgen.arrange.looping import with_loop
from chipgen.compose import ComposeConfig, Composition, Wishes, make_piece
from chipgen.compose.provenance import Making
from chipgen.errors import ChipgenError
from chipgen.music import formats
from chipgen.music.score import Score
from synth.chip.hardware import region_named
from synth.chip.registers import RegisterLog
from synth.chip.stream import HARDWARE, ChipChoices, frame_count, render_blocks
from synth.fileformat import Content, FileFormat, load_function
from synth.files import check_writable, write_bytes
from synth.formats.chipfile import Titles
from synth.formats.files import chip_tracks, read_chip_file, write_chip_file
from synth.formats.frames import cut_log
from synth.instrument.driver import drive
from synth.instrument.preset import Preset
from synth.instrument.voices import ChipScore
from synth.output.audiofile import AudioInfo
from synth.output.delivery import Delivery, check_delivery, deliver, sum_of

MAX_TITLE_CHARS: Final = 80  # of a file's name

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
    arrange
        What the arranger is told.
    chip
        Where the chip may be other than the hardware.
    """

    preset: Preset
    region: str | None = None
    console_filter: str | None = None
    arrange: ArrangeConfig = field(default_factory=ArrangeConfig)
    chip: ChipChoices = HARDWARE


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be made of a source.

    Attributes
    ----------
    sound
        How it is voiced and heard.
    model, compose, rng_seed
        Who composes on from it, how, and from which number; `compose` None takes it as it is.
    track
        Which song of a file that holds several, counted from 1.
    seconds
        How much of it is played at most; None plays all.
    detect_loop
        Whether music without loop marks loops over the repetition it ends with.
    wishes
        What else is asked of the composer.
    words
        The command line's words for the arranger's part in it, kept with the score.
    keep_silence
        Whether long silence in a score is kept.
    """

    sound: SoundConfig
    model: str = ""
    compose: ComposeConfig | None = None
    rng_seed: int = 0
    track: int = 1
    seconds: float | None = None
    detect_loop: bool = False
    wishes: Wishes = field(default_factory=Wishes)
    words: tuple[str, ...] = ()
    keep_silence: bool = False


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
    """Tell whether a source holds the chip's writes or notes rather than a score.

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
    tracks = chip_tracks(source) if is_chip_file(source) else formats.score_songs(source)
    if len(tracks) < 2 and not is_chip_file(source):
        raise ChipgenError(f"{source} holds one score; leave out --track all")
    paths = []
    for place, track in enumerate(tracks, start=1):
        name = "".join("_" if char in '<>:"/\\|?*' else char for char in track.title).strip(" .")
        stem = " ".join(filter(None, (target.stem, f"{place:02d}", name[:MAX_TITLE_CHARS])))
        paths.append((track.number, target.with_name(stem + target.suffix)))
    return paths


def read_take(source: Path | None, job: Job) -> Composition:
    """Read a score's file and make of it what the job asks its model for.

    Parameters
    ----------
    source
        None where the job composes from scratch.

    Raises
    ------
    ChipgenError
        If the file cannot be read or gone on from, or holds no notes.
    """
    score = (
        formats.read_score(source, song=job.track, keep_silence=job.keep_silence)
        if source is not None
        else None
    )
    composes = job.compose is not None or job.wishes.is_rewriting
    if source is not None and score is not None and not composes and not _sounds(score):
        raise ChipgenError(f"{source} has no notes to play")
    try:
        take = make_piece(
            score, job.model, job.compose, job.wishes, job.rng_seed, job.sound.arrange
        )
    except ChipgenError as error:
        raise error if source is None else ChipgenError(f"{source}: {error}") from error
    if score is not None:
        take = replace(take, remarks=(*score.remarks, *take.remarks))
    if not composes:
        return take
    config = job.compose or ComposeConfig()
    making = Making(source, job.model, job.rng_seed, config, job.wishes, job.words)
    return replace(take, making=making)


def voice_take(take: Composition, job: Job) -> Sound:
    """Voice a take for the chip: arrange it and drive the preset's instruments with it."""
    config, engine = job.sound, job.sound.preset.engine
    arrangement = arrange(take.score, config.arrange, config.preset)
    region = region_named(config.region or engine.region)
    voices = with_loop(arrangement.chip_score, take.score, detect=job.detect_loop)
    log = drive(voices, config.preset, region)
    return Sound(
        cut_log(log, job.seconds),
        config.console_filter or engine.filter,
        take,
        arrangement,
        voices,
        config.preset,
        remarks=take.remarks,
        chip=config.chip,
    )


def make_sound(source: Path, job: Job) -> Sound:
    """Turn any source into register writes: a chip file's own, or notes, voiced."""
    held = formats.source_format(source).reads
    if held == "chip score":
        return _play_chip_score(source, job)
    if held == "score":
        take = read_take(source, job)
        try:
            return voice_take(take, job)
        except ChipgenError as error:
            raise ChipgenError(f"{source}: {error}") from error
    file = read_chip_file(source, job.track, job.seconds, job.sound.region)
    titles = file.titles
    tags = {"title": titles.title, "artist": titles.artist, "copyright": titles.copyright}
    return Sound(
        file.log,
        job.sound.console_filter or "nes",
        tags=tags,
        remarks=file.warnings,
        chip=job.sound.chip,
        length_s=file.length_s,
        fade_s=file.fade_s,
        second=file.second,
    )


def _play_chip_score(source: Path, job: Job) -> Sound:
    """Play a file of the chip's own notes with the instruments it brings, or the job's."""
    config = job.sound
    score, own = formats.read_chip_score(source, job.track)
    preset = own or config.preset
    log = drive(score, preset, region_named(config.region or preset.engine.region))
    return Sound(
        cut_log(log, job.seconds),
        config.console_filter or preset.engine.filter,
        chip_score=score,
        preset=preset,
        chip=config.chip,
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
    if formats.target_format(path, *contents).writes == "samples":
        check_delivery(path, wanted, overwrite=overwrite)
    else:
        check_writable(path, overwrite=overwrite)


def write_score(
    path: Path, take: Composition, *, overwrite: bool = False, loop_marks: str = "markers"
) -> None:
    """Write a take's score, with a note of how to make it again."""
    made = f"chipgen: model {take.model}, seed {take.rng_seed}" if take.generated_bars else ""
    if take.making is not None:
        made = take.making.recipe().text
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
    row = formats.target_format(path, *formats.SOUND)
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
    source: Path,
    target: Path,
    job: Job,
    wanted: Delivery,
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Written:
    """Turn a source into one file: a score, sound or chip file, by the suffix of `target`."""
    if formats.target_format(target, *formats.ANYTHING).writes == "score":
        take = read_take(source, job)
        write_score(target, take, overwrite=overwrite)
        return Written({}, take.remarks)
    sound = make_sound(source, job)
    written = write_sound(target, sound, wanted, overwrite=overwrite, progress=progress)
    return Written(written.audio, (*sound.remarks, *written.remarks))
