"""Functions that make songs: the command line's work, called from Python."""

import multiprocessing
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from chipgen.api.options import Options, in_keywords, make_request, takes_options
from chipgen.api.song import Song
from chipgen.api.sources import Source, SourceFile, source_file
from chipgen.app import pipeline, stage_settings
from chipgen.app.examples import EXAMPLES, PREFIX
from chipgen.app.source_files import is_chip_file
from chipgen.composing import Composition
from chipgen.errors import ChipgenError, RequestError
from chipgen.music import formats
from chipgen.request import Request
from chipgen.request.targets import ARRANGED, Target
from chipgen.request.values import ALL_TRACKS
from synth.instrument.preset_loader import load_preset, preset_names

if TYPE_CHECKING:
    from chipgen.app.batch_runner import Outcome

_ANYTHING = Target("songs", frozenset(
    ("notes", "voices", "timbres", "sound", "sound file", "bit depth", "loop points", "two files",
     "titles")
))  # fmt: skip


@takes_options
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
    return _make(source, {"bars": 0, **options})


@takes_options
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
    if source is None:
        options["from_scratch"] = True
    return _make_takes(source, options, takes)


@takes_options
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
    _check(request, file, ARRANGED)
    score = formats.read_score(file.path, song=request.track, keep_silence=request.keep_silence)
    if not any(track.notes for track in score.tracks):
        raise ChipgenError(f"{file.path} has no notes to arrange")
    config = replace(stage_settings.arrange_config(request), as_midi=True)
    preset = load_preset(request.preset)
    arrangement = arrange_score(score, config, preset)
    take = Composition(
        chip_score_to_score(arrangement.chip_score, score), len(score.bar_starts_beats()), 0,
        remarks=(*score.remarks, *remark_effects(score, arrangement)),
    )  # fmt: skip
    sound = replace(pipeline.voice_take(take, request, preset), arrangement=arrangement)
    return Song(request, file, take, sound, comment=f"arranged from {file.path.name}")


@takes_options
def render(
    source: Source | None,
    output: str | Path,
    *,
    as_is: bool = False,
    midi: str | Path | None = None,
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
        The file to write; its suffix chooses the format. Several takes are numbered.
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
    from synth.atomic_write import is_input

    if source is None:
        options["from_scratch"] = True
    if as_is:
        if options.get("bars"):
            raise RequestError("as_is composes nothing: leave out bars, or leave out as_is")
        options["bars"] = 0
    target = Path(output)
    song = _make_takes(source, options, takes)
    for number, take in enumerate(song.takes, start=1):
        path, score = (
            _numbered(Path(each), number if takes > 1 else 0) if each is not None else None
            for each in (target, midi)
        )
        read = [] if take._path is None else [take._path]
        for each in filter(None, (path, score)):
            over = is_input(each, read)
            if over and not in_place:
                raise RequestError(f"{each} is read for this; name another file, or add in_place")
            take.save(each, force=force or over, **_suited(options, each, path))
    return song


@takes_options
def batch(
    folder: str | Path,
    output: str | Path,
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
        Processes; one a core if None.
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

    Notes
    -----
    Workers begin by running a script's top level again, as `multiprocessing` has it: in a script,
    call this under ``if __name__ == "__main__":``.
    """
    script = sys.modules.get("__mp_main__")
    if getattr(script, "__name__", "") == "__mp_main__" and not multiprocessing.parent_process():
        raise ChipgenError(
            "chipgen.batch() was called by a worker of its own, which began by running the script "
            'again; call it under: if __name__ == "__main__":'
        )
    from chipgen.app.batch_runner import BatchConfig, default_workers, render_folder
    from chipgen.app.cluster import parse_cluster
    from chipgen.request import check_request
    from chipgen.request.targets import target_of
    from synth.fileformat import format_named

    key = options.pop("format", "wav")
    if as_is:
        options["bars"] = 0
    request = make_request(options)
    row = format_named(key, [row for row in formats.all_formats() if row.writes])
    try:
        check_request(request, target_of(row), "score", folder)
    except RequestError as error:
        raise in_keywords(error) from None
    plain = f".{key.lower().lstrip('.')}"
    suffix = plain if plain in row.suffixes else row.suffixes[0]
    return render_folder(
        Path(folder), Path(output), BatchConfig(suffix, request),
        workers=jobs or default_workers(), cluster="" if on is None else parse_cluster(on),
        overwrite=force,
    )  # fmt: skip


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


def _make_takes(source: Any, options: Any, takes: int) -> Song:
    if takes < 1:
        raise RequestError(f"takes is {takes}; give 1 or more")
    first = int(options.get("seed", 0))
    if takes == 1:
        return _make(source, options)
    songs = [_make(source, {**options, "seed": (first + k) % 2**32}) for k in range(takes)]
    songs[0].takes = tuple(songs)
    return songs[0]


def _make(source: Any, options: Any) -> Song:
    """Return the song that keywords make of a source."""
    file = None if source is None else source_file(source)
    request = make_request(options)
    if file is not None and request.from_scratch:
        raise RequestError("from_scratch begins from nothing: leave out the source")
    _check(request, file, _ANYTHING)
    load_preset(request.preset)  # a wrong name is told before anything is composed
    path = None if file is None else file.path
    try:
        if path is not None and is_chip_file(path):
            return Song(request, file, None, pipeline.make_sound(path, request))
        return Song(request, file, pipeline.read_take(path, request))
    except RequestError as error:
        raise in_keywords(error) from None


def _check(request: Request, file: SourceFile | None, target: Target) -> None:
    if request.track == ALL_TRACKS:
        raise RequestError("track: name one track; a song is one piece of music")
    try:
        stage_settings.check(request, None if file is None else file.path, target)
    except RequestError as error:
        raise in_keywords(error) from None


def _numbered(path: Path, number: int) -> Path:
    return path.with_name(f"{path.stem}-{number}{path.suffix}") if number else path


def _suited(options: Any, path: Path, output: Path | None) -> Any:
    """Return the options that are about a file: those that its format was asked for in any case."""
    from chipgen.api.options import COMPOSING

    if path != output:
        return {}  # the score beside it, as MIDI
    return {keyword: value for keyword, value in options.items() if keyword not in COMPOSING}
