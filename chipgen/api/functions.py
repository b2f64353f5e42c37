"""Functions that make songs: the command line's work, called from Python."""

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Unpack

from chipgen.api.errors import in_python, speaks_python
from chipgen.api.options import HEARD, SAVED, WRITTEN, Options, make_request, takes_options
from chipgen.api.song import Song, check_stream, make_song
from chipgen.api.sources import Source, SourceFile, source_file
from chipgen.app import pipeline, stage_settings
from chipgen.app.examples import EXAMPLES, PREFIX
from chipgen.app.source_files import is_chip_file
from chipgen.composing import Composition
from chipgen.errors import ChipgenError, RequestError
from chipgen.music import formats
from chipgen.request import Request
from chipgen.request.compose_fields import ComposeFields, RewriteFields
from chipgen.request.output_fields import DeliveryFields, FormatFields
from chipgen.request.sound_fields import ReadFields
from chipgen.request.targets import Target, target_of
from chipgen.request.values import ALL_TRACKS
from synth.atomic_write import is_input
from synth.errors import SynthError
from synth.instrument.preset_loader import Preset, load_preset, preset_names

if TYPE_CHECKING:
    from chipgen.app.batch_runner import Outcome
    from synth.output.playback import Device

_ANYTHING = Target("songs", frozenset(
    ("notes", "voices", "timbres", "sound", "sound file", "bit depth", "loop points", "two files",
     "titles")
))  # fmt: skip


@takes_options(*HEARD, *WRITTEN, ReadFields, also=("seconds", "key", "tempo"))
def open(source: Source, **options: Unpack[Options]) -> Song:  # noqa: A001 (chipgen.open)
    """Open music as it is: a score, arranged for the chip, or a chip file.

    Parameters
    ----------
    source
        A path or ``example:NAME``, the bytes of a file, an open binary file, a ``PrettyMIDI`` or a
        ``mido.MidiFile``.
    **options
        What to take of it and how it sounds.

    Returns
    -------
    Song
        Nothing is composed.

    Raises
    ------
    RequestError
        If an option is unknown, out of range, or does not apply.
    SynthError
        If the music cannot be read.

    Examples
    --------
    >>> import chipgen
    >>> chipgen.open("example:seed").audio.shape[1]
    1
    """
    return _make(*_asked(source, {"bars": 0, **options}))


@takes_options()
def compose(source: Source | None = None, *, takes: int = 1, **options: Unpack[Options]) -> Song:
    """Continue music with a model, rewrite a part of it, or compose a piece from nothing.

    Parameters
    ----------
    source
        As for `open`; None composes from nothing.
    takes
        How many to compose, with seed numbers that count up; `Song.takes` has all.
    **options
        What to compose and how it sounds.

    Returns
    -------
    Song
        The input and its continuation.

    Raises
    ------
    RequestError
        If an option is unknown, out of range, or does not apply.
    SynthError
        If the music cannot be read or gone on from.

    Examples
    --------
    >>> import chipgen
    >>> song = chipgen.compose("example:seed", bars=2, seed=7)
    >>> song.generated_bars
    2
    """
    takes = _count("takes", takes)
    return _make_takes(*_asked(source, options), takes)


@takes_options(*HEARD, *WRITTEN, ReadFields, also=("seconds",))
def arrange(source: Source, **options: Unpack[Options]) -> Song:
    """Arrange any music for the four voices; its score has them as tracks p1, p2, tr and no.

    Parameters
    ----------
    source
        As for `open`; a score.
    **options
        How it is arranged and sounds.

    Returns
    -------
    Song
        `Song.arrangement` says what became of each note, and why.

    Raises
    ------
    RequestError
        If an option is unknown, out of range, or does not apply.
    SynthError
        If the music cannot be read.

    Examples
    --------
    >>> import chipgen
    >>> [track.name for track in chipgen.arrange("example:piano").score.tracks]
    ['p1', 'p2', 'tr', 'no']
    """
    from chipgen.arranging import arrange as arrange_score
    from chipgen.arranging import chip_score_to_score, remark_effects

    file = source_file(source)
    request = make_request({"bars": 0, **options})
    preset = _check(request, file)
    score = formats.read_score(file.path, song=request.track, keep_silence=request.keep_silence)
    if not any(track.notes for track in score.tracks):
        raise ChipgenError(f"{file.path} has no notes to arrange")
    config = replace(stage_settings.arrange_config(request), as_midi=True)
    arrangement = arrange_score(score, config, preset)
    take = Composition(
        chip_score_to_score(arrangement.chip_score, score), len(score.bar_starts_beats()), 0,
        remarks=(*score.remarks, *remark_effects(score, arrangement)),
    )  # fmt: skip
    sound = replace(pipeline.voice_take(take, request, preset), arrangement=arrangement)
    return make_song(request, file, take, sound, comment=f"arranged from {file.path.name}")


@takes_options()
def render(
    source: Source | None,
    output: "str | os.PathLike[str] | BinaryIO",
    *,
    as_is: bool = False,
    midi: "str | os.PathLike[str] | None" = None,
    takes: int = 1,
    force: bool = False,
    in_place: bool = False,
    **options: Unpack[Options],
) -> Song:
    """Make a file of music, as ``chipgen render`` does: the same bytes.

    Parameters
    ----------
    source
        As for `open`; None composes from nothing.
    output
        The file to write; its suffix chooses the format unless `format` does. Several takes are
        numbered.
    as_is
        Play the file as it is; the same as ``bars=0``.
    midi
        Keep the score in this file too.
    takes
        How many to compose.
    force
        Replace files that exist.
    in_place
        Allow the output to replace the input.
    **options
        What to compose, how it sounds, and how it is written.

    Returns
    -------
    Song
        What was written.

    Raises
    ------
    RequestError
        If an option is unknown, out of range, or does not apply.
    SynthError
        If something cannot be read or written.
    """
    if as_is:
        if options.get("bars"):
            raise RequestError("as_is composes nothing: leave out bars, or leave out as_is")
        options["bars"] = 0
    takes = _count("takes", takes)
    if not isinstance(output, str | os.PathLike):
        if midi is not None or takes > 1:
            raise RequestError("output: an open file takes one file; give a path for several")
        check_stream(output)
        song = _make(*_asked(source, options))
        song.save(output, **_for_file(options))
        return song
    if midi is not None and not isinstance(midi, str | os.PathLike):
        raise RequestError(f"midi {midi!r} is no file; give a path")
    outputs, scores = (
        [] if path is None else _numbered(Path(path), takes) for path in (output, midi)
    )
    request, file = _asked(source, options)
    force = _may_write(request, file, outputs, scores, force=force, in_place=in_place)
    song = _make_takes(request, file, takes)
    for take, path in zip(song.takes, outputs, strict=True):
        take.save(path, force=force, **_for_file(options))
    for take, path in zip(song.takes, scores, strict=False):
        take.save(path, force=force)
    return song


@takes_options(FormatFields, ComposeFields, RewriteFields, *HEARD, ReadFields, DeliveryFields)
def batch(
    folder: "str | os.PathLike[str]",
    output: "str | os.PathLike[str]",
    *,
    as_is: bool = False,
    jobs: int | None = None,
    on: str | None = None,
    force: bool = False,
    **options: Unpack[Options],
) -> "list[Outcome]":
    """Render every score of a folder, several at a time, as ``chipgen batch`` does.

    Parameters
    ----------
    folder
        Searched with its sub-folders.
    output
        Folder to write to; made if missing. What is up to date there is kept.
    as_is
        Play the files as they are; the same as ``bars=0``.
    jobs
        Processes; one a core and, on several, one more if None.
    on
        A Dask cluster whose workers do the work instead, as ``"dask://HOST:PORT"``.
    force
        Replace files that earlier calls did not make.
    **options
        What is made of each; `format` is ``"wav"`` if not given.

    Returns
    -------
    list of Outcome
        What became of each file, with the reason where it failed.

    Raises
    ------
    RequestError
        If an option is unknown, out of range, or does not apply.
    SynthError
        If there is nothing to render, or two sources would be written to one file.
    """
    from chipgen.app.batch_runner import BatchConfig, render_folder
    from chipgen.app.cluster import parse_cluster
    from chipgen.app.worker_processes import default_workers
    from chipgen.request import check_request

    if as_is:
        options["bars"] = 0
    suffix = formats.suffix_of(str(options.pop("format", "wav")), formats.ANYTHING)
    request = make_request(options)
    _load_preset(request)
    example = Path(f"song{suffix}")
    row = formats.target_format(example, *formats.ANYTHING)
    check_request(request, target_of(row), "score", folder)
    stage_settings.delivery_of(request, example)
    workers = default_workers() if jobs is None else _count("jobs", jobs)
    outcomes = render_folder(
        _folder("folder", folder, must_exist=True), _folder("output", output),
        BatchConfig(suffix, request),
        workers=workers, cluster="" if on is None else parse_cluster(str(on)), overwrite=force,
    )  # fmt: skip
    return [
        replace(
            each, reason=in_python(each.reason),
            remarks=tuple(in_python(remark) for remark in each.remarks),
        )
        for each in outcomes
    ]  # fmt: skip


def list_presets() -> dict[str, str]:
    """Return the shipped presets with what they sound like."""
    return {name: load_preset(name).description for name in preset_names()}


def list_models() -> dict[str, str]:
    """Return the shipped models with what they do."""
    from chipgen.models.registry import MODELS

    return {name: entry.summary for name, entry in MODELS.items()}


def list_examples() -> dict[str, str]:
    """Return the example seeds, by the names that every function takes, with their titles."""
    return {PREFIX + name: title for name, title in EXAMPLES.items()}


@speaks_python
def list_devices() -> "list[Device]":
    """Return the sound devices that `Song.play` can use.

    Raises
    ------
    SynthError
        If this machine has no sound system.
    """
    from synth.output import playback

    return list(playback.list_devices())


def _make_takes(request: Request, file: SourceFile | None, takes: int) -> Song:
    if takes == 1:
        return _make(request, file)
    seeds = [(request.rng_seed + k) % 2**32 for k in range(takes)]
    songs = [_make(request.model_copy(update={"rng_seed": seed}), file) for seed in seeds]
    songs[0].takes = tuple(songs)
    return songs[0]


def _make(request: Request, file: SourceFile | None) -> Song:
    """Return the song that a request makes of a source."""
    _check(request, file)
    path = None if file is None else file.path
    if path is not None and is_chip_file(path):
        return make_song(request, file, None, pipeline.make_sound(path, request))
    song = make_song(request, file, pipeline.read_take(path, request))
    if request.voice_map:
        _ = song.arrangement  # a part that is not there is told at once
    return song


def _asked(source: Any, options: Any) -> tuple[Request, SourceFile | None]:
    """Return what is asked for, and the file that the source is: an open file is read but once."""
    if source is not None and options.get("from_scratch"):
        raise RequestError("from_scratch begins from nothing: leave out the source")
    if source is None and options.get("bars") == 0:
        raise RequestError("source: give music; chipgen.compose() begins from nothing")
    request = make_request(options if source is not None else {**options, "from_scratch": True})
    return request, None if source is None else source_file(source)


def _check(request: Request, file: SourceFile | None, target: Target = _ANYTHING) -> Preset:
    """Refuse what does not apply, and return the preset, before anything is composed."""
    if request.track == ALL_TRACKS:
        raise RequestError("track: name one track; a song is one piece of music")
    stage_settings.check(request, None if file is None else file.path, target)
    stage_settings.arrange_config(request)
    return _load_preset(request)


def _load_preset(request: Request) -> Preset:
    try:
        return load_preset(request.preset)
    except SynthError as error:
        raise RequestError(f"preset: {error}") from None


def _may_write(
    request: Request,
    file: SourceFile | None,
    outputs: list[Path],
    scores: list[Path],
    *,
    force: bool,
    in_place: bool,
) -> bool:
    """Refuse files that cannot be written, and return whether those that exist may be replaced."""
    row = formats.target_format(outputs[0], *formats.ANYTHING, key=request.file_format)
    target = target_of(row)
    _check(request, file, Target(target.name, target.holds | ({"notes"} if scores else set())))
    read = [] if file is None else [file.path]
    over = [path for path in (*outputs, *scores) if is_input(path, read)]
    if over and not in_place:
        raise RequestError(f"{over[0]} is read for this; name another file, or add in_place=True")
    force = force or bool(over)
    wanted = stage_settings.delivery_of(request, outputs[0])
    for path in outputs:
        pipeline.check_output(path, formats.ANYTHING, wanted, overwrite=force)
    for path in scores:
        pipeline.check_output(path, formats.SCORE, replace(wanted, file_format=""), overwrite=force)
    return force


def _numbered(path: Path, takes: int) -> list[Path]:
    if takes == 1:
        return [path]
    return [path.with_name(f"{path.stem}-{k + 1}{path.suffix}") for k in range(takes)]


def _count(keyword: str, value: Any) -> int:
    if type(value) is not int or value < 1:
        raise RequestError(f"{keyword} {value!r} is not allowed; give a whole number from 1 on")
    return value


def _folder(keyword: str, value: Any, *, must_exist: bool = False) -> Path:
    if not isinstance(value, str | os.PathLike):
        raise RequestError(f"{keyword} {value!r} is no folder; give a path")
    path = Path(os.fsdecode(value))
    if must_exist and not path.is_dir():
        raise RequestError(f"{keyword}: there is no folder {path}; check the name")
    return path


def _for_file(options: Any) -> Any:
    """Return the options that are about the sound and the file, which `Song.save` takes."""
    return {keyword: value for keyword, value in options.items() if keyword in SAVED}
