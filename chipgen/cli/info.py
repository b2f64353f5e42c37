"""`chipgen info`: shows what is in a file, field by field."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from chipgen.cli.command import Command, counted
from chipgen.cli.files import INPUT_FILE
from chipgen.cli.json_output import echo_json, json_option
from chipgen.cli.options import asked, lists_formats, request_options
from chipgen.music.formats import ANYTHING
from chipgen.printable import echo
from chipgen.request.sound_fields import TrackFields
from chipgen.request.values import ALL_TRACKS

if TYPE_CHECKING:
    from chipgen.labels import RowLabels

Lines = list[tuple[str, str]]
"""What is told, as pairs of a field and a text; fields without a text are left out."""

_DIALECTS: Final = {"gm": "General MIDI", "nesmdb": "NES-MDB"}


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
    from chipgen.app.file_facts import READERS
    from chipgen.app.source_files import list_tracks
    from chipgen.labels.labels_object import labels_object
    from chipgen.music.formats import source_format

    holds = source_format(source).reads
    track = asked(options).track
    if track == ALL_TRACKS:
        tracks = list_tracks(source)
        if as_json:
            echo_json({"file": source, "tracks": tracks})
            return
        lines = [
            (f"track {each.number}", _track(each.title, each.artist, each.length_s, each.fade_s))
            for each in tracks
        ]
    else:
        facts, labels = READERS[holds](source, track)
        if as_json:
            if holds == "score":
                facts["heard"] = None if labels is None else labels_object(labels)
            echo_json(facts)
            return
        lines = [(name, text) for name, text in LAYOUTS[holds](facts, labels) if text]
    for field, text in lines:
        echo(f"{field + ':':<12}{text}")


def _score_lines(facts: dict[str, Any], labels: "RowLabels | None") -> Lines:
    tempos = ", ".join(f"{tempo['bpm']:.4g}" for tempo in facts["tempos"][:6])
    more = ", ..." if len(facts["tempos"]) > 6 else ""
    loop, made = facts["loop"], facts["made_by"]
    meters = ", ".join(f"{each['numerator']}/{each['denominator']}" for each in facts["meters"])
    lines = [
        ("file", str(facts["file"])),
        ("format", facts["format"]),
        ("dialect", _DIALECTS[facts["dialect"]]),
        ("length", f"{_minutes(facts['duration_s'])}, {counted(facts['bars'], 'bar')}"),
        ("tempo", f"{tempos}{more} bpm"),
        ("meter", meters),
        ("key", facts["key"] or ""),
        (
            "loop",
            "none" if loop is None else f"beats {loop['start_beat']:g} to {loop['end_beat']:g}",
        ),
    ]
    if labels is not None:
        lines += _heard_lines(labels)
    if made is not None:
        seed = f", seed file {made['seed']}" if made["seed"] else ""
        lines += [
            ("made by", made["command"]),
            ("made with", f"chipgen {made['version']}, weights {made['weights']}{seed}"),
            ("plan", made["plan"] or ""),
        ]
    lines += [("note", remark) for remark in facts["remarks"]]
    return [*lines, *(_part_line(part) for part in facts["tracks"])]


def _heard_lines(labels: "RowLabels") -> Lines:
    from chipgen.labels.describe_labels import (
        describe_chords,
        describe_ending,
        describe_form,
        describe_key,
    )

    sure = labels.lines.downbeat_confidence
    bars = "" if sure == 1.0 else f"inferred, {labels.bar_rows[0]} rows (confidence {sure:.2f})"
    return [
        ("heard bars", bars),
        ("heard key", describe_key(labels)),
        ("chords", describe_chords(labels)),
        ("form", describe_form(labels)),
        ("ends", describe_ending(labels)),
    ]


def _part_line(part: dict[str, Any]) -> tuple[str, str]:
    low, high, programs = part["lowest_pitch"], part["highest_pitch"], part["programs"]
    span = "" if low is None else f", pitches {low}-{high}"
    kind = "drums" if part["drums"] else f"program {', '.join(map(str, programs[:4]))}"
    kind += ", ..." if len(programs) > 4 else ""
    name = part["name"] or "(no name)"
    text = f"{name}: channel {part['channel']}, {kind}, {counted(part['notes'], 'note')}{span}"
    return f"track {part['number']}", text


def _chip_file_lines(facts: dict[str, Any], _labels: object) -> Lines:
    loop, samples = facts["loop"], facts["sample_bytes"]
    told = "none" if loop is None else (
        f"from {_minutes(loop['start_s'])}, {_minutes(loop['length_s'])} long"
    )  # fmt: skip
    return [
        ("file", str(facts["file"])),
        ("format", facts["format"]),
        *((name, facts[name] or "") for name in ("title", "artist", "album", "copyright")),
        ("chips", ", ".join(facts["chips"])),
        ("region", f"{facts['region']}, {facts['clock_hz']} Hz"),
        ("track", f"{facts['track']} of {facts['tracks']}"),
        ("played for", _track("", "", facts["stated_length_s"], facts["stated_fade_s"] or 0.0)),
        ("length", _minutes(facts["duration_s"])),
        ("loop", told),
        ("writes", str(facts["writes"])),
        ("samples", f"{samples} bytes" if samples else ""),
        *(("warning", warning) for warning in facts["warnings"]),
    ]


def _voices_lines(facts: dict[str, Any], _labels: object) -> Lines:
    loop = facts["loop"]
    return [
        ("file", str(facts["file"])),
        ("format", facts["format"]),
        ("length", _minutes(facts["duration_s"])),
        ("loop", "none" if loop is None else f"from {_minutes(loop['start_s'])}"),
        ("notes", ", ".join(f"{voice} {count}" for voice, count in facts["notes"].items())),
        ("preset", facts["preset"] or ""),
    ]


LAYOUTS: Final[dict[str, Callable[[dict[str, Any], "RowLabels | None"], Lines]]] = {
    "score": _score_lines,
    "chip score": _voices_lines,
    "log": _chip_file_lines,
    "playlist": _chip_file_lines,
}
"""How a file's facts are told, by what its format holds."""


def _track(title: str, artist: str, length_s: float | None, fade_s: float) -> str:
    """Say a track's name and times, as far as they are stated."""
    name = ", ".join(filter(None, (title, artist)))
    fade = f" and {fade_s:g} s of fading" if fade_s else ""
    time = "" if length_s is None else f"{_minutes(length_s)}{fade}"
    return " - ".join(filter(None, (name, time)))


def _minutes(seconds: float) -> str:
    minutes, rest = divmod(round(seconds * 10), 600)
    return f"{minutes}:{rest / 10:04.1f}"
