"""`chipgen info`: shows what is in a file, field by field."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from chipgen.cli.command import Command
from chipgen.cli.files import INPUT_FILE
from chipgen.cli.json_output import echo_json, json_option
from chipgen.cli.options import asked, lists_formats, request_options
from chipgen.music.formats import ANYTHING
from chipgen.printable import echo
from chipgen.request.sound_fields import TrackFields
from chipgen.request.values import ALL_TRACKS

if TYPE_CHECKING:
    from chipgen.music.score import Score
    from synth.formats.chipfile import Track


@lists_formats(ANYTHING)
@click.command(
    cls=Command,
    epilog="""\b
Examples:
  chipgen info song.mid
  chipgen info song.vgz
  chipgen info album.nsf --track 3
""",
)
@click.argument("source", metavar="FILE", type=INPUT_FILE)
@request_options(TrackFields)
@json_option
def command(source: Path, as_json: bool, **options: Any) -> None:
    """Show what is in FILE: tracks, tempo and meter, or titles, chips, length, loop and region.

    Warnings name what chipgen cannot play.
    """
    from chipgen.music.formats import source_format

    row = source_format(source)
    track = asked(options).track
    fields = list_tracks(source) if track == ALL_TRACKS else DESCRIBERS[row.reads](source, track)
    if as_json:
        echo_json(as_object(fields))
        return
    for field, text in fields:
        echo(f"{field + ':':<12}{text}")


def as_object(fields: list[tuple[str, str]]) -> dict[str, str | list[str]]:
    """Return fields as a JSON object: notes, warnings and tracks as lists, the rest as texts.

    Examples
    --------
    >>> as_object([("format", "MIDI"), ("track 0", "lead"), ("track 1", "bass"), ("note", "a")])
    {'format': 'MIDI', 'tracks': ['lead', 'bass'], 'notes': ['a']}
    """
    found: dict[str, str | list[str]] = {}
    for name, text in fields:
        kind = "track" if re.fullmatch(r"track \d+", name) else name
        if kind in ("note", "warning") or (kind == "track" and kind != name):
            several = found.setdefault(f"{kind}s", [])
            if isinstance(several, list):
                several.append(text)
        else:
            found[name.replace(" ", "_")] = text
    return found


def describe_score_file(path: Path, track: int) -> list[tuple[str, str]]:
    """Describe a score's file as pairs of a name and what to say.

    Parameters
    ----------
    path
        A file of a format that holds a score.
    track
        Which song of a file that holds several, counted from 1.

    Raises
    ------
    ChipgenError
        If it cannot be read.
    """
    from chipgen.arranging.loop_points import find_loop
    from chipgen.errors import ChipgenError
    from chipgen.music.formats import read_score, source_format

    score = read_score(path, song=track)
    tempos = ", ".join(f"{tempo.bpm:.4g}" for tempo in score.tempos[:6])
    more = ", ..." if len(score.tempos) > 6 else ""
    try:
        loop = find_loop(score)
    except ChipgenError as error:
        raise ChipgenError(f"{path}: {error}") from error
    fields = [
        ("file", str(path)),
        ("format", source_format(path).name),
        ("dialect", {"gm": "General MIDI", "nesmdb": "NES-MDB"}[score.dialect]),
        ("length", f"{_minutes(score.duration_s)}, {len(score.bar_starts_beats())} bars"),
        ("tempo", f"{tempos}{more} bpm"),
        ("meter", ", ".join(f"{meter.numerator}/{meter.denominator}" for meter in score.meters)),
        ("key", score.key),
        ("loop", "none" if loop is None else f"beats {loop[0]:g} to {loop[1]:g}"),
        *describe_music(score),
        *describe_recipe(path),
        *(("note", remark) for remark in score.remarks),
    ]
    for index, part in enumerate(score.tracks):
        pitches = [note.pitch for note in part.notes]
        span = f", pitches {min(pitches)}-{max(pitches)}" if pitches else ""
        programs = [part.program, *(change.program for change in part.program_changes)]
        kind = "drums" if part.is_drums else f"program {', '.join(map(str, programs[:4]))}"
        kind += ", ..." if len(programs) > 4 else ""
        name = part.name or "(no name)"
        text = f"{name}: channel {part.channel}, {kind}, {len(pitches)} notes{span}"
        fields.append((f"track {index}", text))
    return [(name, text) for name, text in fields if text]


def describe_music(score: "Score") -> list[tuple[str, str]]:
    """Tell the key, chords and form that are heard, as pairs of a name and what to say."""
    from chipgen.errors import ChipgenError
    from chipgen.labels.describe_labels import (
        describe_chords,
        describe_ending,
        describe_form,
        describe_key,
    )
    from chipgen.labels.label_piece import label_prompt
    from chipgen.rows.prompt import Prompt

    try:
        labels = label_prompt(Prompt.of(score))
    except ChipgenError:
        return []  # nothing in it has a pitch
    sure = labels.lines.downbeat_confidence
    bars = "" if sure == 1.0 else f"inferred, {labels.bar_rows[0]} rows (confidence {sure:.2f})"
    return [
        ("heard bars", bars),
        ("heard key", describe_key(labels)),
        ("chords", describe_chords(labels)),
        ("form", describe_form(labels)),
        ("ends", describe_ending(labels)),
    ]


def describe_recipe(path: Path) -> list[tuple[str, str]]:
    """Tell how chipgen made a MIDI file, as pairs of a name and what to say; none if it did not."""
    from chipgen.app.provenance import read_recipe

    recipe = read_recipe(path)
    if recipe is None:
        return []
    seed = f", seed file {recipe.seed}" if recipe.seed else ""
    return [
        ("made by", recipe.command),
        ("made with", f"chipgen {recipe.version}, weights {recipe.weights}{seed}"),
        *([("plan", recipe.plan)] if recipe.plan else []),
    ]


def list_tracks(path: Path) -> list[tuple[str, str]]:
    """List a file's songs, in the order they are to be played, as pairs of name and text.

    Raises
    ------
    SynthError
        If it cannot be read.
    """
    from chipgen.app.source_files import is_chip_file
    from chipgen.music.formats import score_songs
    from synth.formats.chip_formats import chip_tracks

    tracks = chip_tracks(path) if is_chip_file(path) else score_songs(path)
    return [(f"track {track.number}", _said(track)) for track in tracks]


def describe_chip_file(path: Path, track: int) -> list[tuple[str, str]]:
    """Describe one track of a chip file as pairs of a name and what to say.

    Parameters
    ----------
    path
        A file that `synth.formats.chip_formats` reads.
    track
        Which track, counted from 1.

    Raises
    ------
    SynthError
        If it cannot be read.
    """
    from synth.formats.chip_formats import read_chip_file
    from synth.formats.chipfile import Track

    file = read_chip_file(path, track)
    log, titles = file.log, file.titles
    fields = [
        ("file", str(path)),
        ("format", file.format),
        ("title", titles.title),
        ("artist", titles.artist),
        ("album", titles.album),
        ("copyright", titles.copyright),
        ("chips", ", ".join(file.chips)),
        ("region", f"{log.region.name.upper()}, {log.region.clock_hz} Hz"),
        ("track", f"{file.track} of {file.tracks}"),
        ("played for", _said(Track(1, length_s=file.length_s, fade_s=file.fade_s))),
        ("length", _minutes(log.duration_s)),
        ("loop", _loop(log.loop_cycle, log.region.clock_hz, log.duration_s)),
        ("writes", str(len(log))),
        ("samples", f"{sum(len(block) for _, block in log.memory)} bytes" if log.memory else ""),
        *(("warning", warning) for warning in file.warnings),
    ]
    return [(name, text) for name, text in fields if text]


def describe_voices_file(path: Path, track: int) -> list[tuple[str, str]]:
    """Describe a file of the chip's own notes as pairs of a name and what to say.

    Parameters
    ----------
    path
        A file of a format that holds them.
    track
        Which song, counted from 1.

    Raises
    ------
    SynthError
        If it cannot be read.
    """
    from chipgen.music.formats import read_chip_score, source_format
    from synth.chip.voices import VOICES

    score, preset = read_chip_score(path, track)
    counts = {voice: len(score.voice(voice)) for voice in VOICES}
    return [
        ("file", str(path)),
        ("format", source_format(path).name),
        ("length", _minutes(score.end_s)),
        ("loop", "none" if score.loop_s is None else f"from {_minutes(score.loop_s)}"),
        ("notes", ", ".join(f"{voice} {count}" for voice, count in counts.items())),
        *([("preset", preset.name)] if preset is not None else []),
    ]


DESCRIBERS: Final[dict[str, Callable[[Path, int], list[tuple[str, str]]]]] = {
    "score": describe_score_file,
    "chip score": describe_voices_file,
    "log": describe_chip_file,
    "playlist": describe_chip_file,
}


def _said(track: "Track") -> str:
    """Say a track's name and times, as far as they are stated."""
    name = ", ".join(filter(None, (track.title, track.artist)))
    fade = f" and {track.fade_s:g} s of fading" if track.fade_s else ""
    time = "" if track.length_s is None else f"{_minutes(track.length_s)}{fade}"
    return " - ".join(filter(None, (name, time)))


def _loop(loop_cycle: int | None, clock_hz: int, duration_s: float) -> str:
    if loop_cycle is None:
        return "none"
    start_s = loop_cycle / clock_hz
    return f"from {_minutes(start_s)}, {_minutes(duration_s - start_s)} long"


def _minutes(seconds: float) -> str:
    minutes, rest = divmod(round(seconds * 10), 600)
    return f"{minutes}:{rest / 10:04.1f}"
