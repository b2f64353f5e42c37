"""`chipgen arrange`: writes any MIDI as an editable MIDI of the four voices."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from chipgen.cli.command import FILES, Command, option, status
from chipgen.cli.files import INPUT_FILE, OUTPUT_FILE, STREAM, output_file
from chipgen.cli.json_output import echo_json
from chipgen.cli.options import (
    asked,
    check,
    force_option,
    in_place_option,
    lists_formats,
    may_replace,
    request_options,
    tell_remarks,
)
from chipgen.errors import RequestError
from chipgen.music.formats import SCORE, suffix_of, target_format
from chipgen.printable import echo_lines
from chipgen.request import Request
from chipgen.request.output_fields import FormatFields, NotesFields
from chipgen.request.sound_fields import ArrangeFields, PresetFields, ReadFields
from chipgen.request.targets import ARRANGED
from synth.chip.voices import VOICES

if TYPE_CHECKING:
    from chipgen.arranging import Arrangement
    from chipgen.music.score import Score


@lists_formats(SCORE, SCORE)
@click.command(
    cls=Command,
    epilog="""\b
Examples:
  chipgen arrange song.mid -o four.mid
  chipgen arrange song.mid -o four.mid --report
  chipgen arrange song.mid -o four.mid --poly split --map bass=track:3,drop=channel:5
""",
)
@click.argument("source", metavar="INPUT", type=INPUT_FILE)
@option(
    "--output", "-o", type=OUTPUT_FILE, metavar="FILE", group=FILES,
    short="File to write; - is standard output.",
    help="File to write; - is standard output.  [default: beside INPUT]",
)  # fmt: skip
@request_options(FormatFields, PresetFields, ArrangeFields, ReadFields, NotesFields)
@option(
    "--report", is_flag=True, short="Print what became of the notes, and why.",
    help="Print what became of the notes, and why.",
)  # fmt: skip
@option("--json", "as_json", is_flag=True, help="With --report: print it as JSON.")
@force_option
@in_place_option
def command(
    source: Path,
    output: Path | None,
    report: bool,
    as_json: bool,
    force: bool,
    in_place: bool,
    **options: Any,
) -> None:
    """Arrange INPUT for the four voices and write them as tracks p1, p2, tr and no."""
    request = asked(options)
    if output == STREAM and report:
        raise RequestError("standard output takes the file or the report: name the file with -o")
    if as_json and not report:
        raise RequestError("--json is about the report: give --report too")
    with output_file(output, source, suffix_of(request.file_format or "mid", SCORE)) as path:
        _arrange(source, path, request, report, as_json, force=force, in_place=in_place)


def _arrange(
    source: Path,
    output: Path,
    request: Request,
    report: bool,
    as_json: bool,
    *,
    force: bool,
    in_place: bool,
) -> None:
    from chipgen.app.stage_settings import arrange_config
    from chipgen.arranging import arrange, chip_score_to_score, remark_effects
    from chipgen.errors import ChipgenError
    from chipgen.music.formats import read_score, write_score
    from synth.atomic_write import check_writable
    from synth.instrument.preset_loader import load_preset

    target_format(output, *SCORE, key=request.file_format)
    force = may_replace([output], [source], force=force, in_place=in_place)
    check_writable(output, overwrite=force)
    config = replace(arrange_config(request), as_midi=True)
    check(request, source, ARRANGED)
    score = read_score(source, song=request.track, keep_silence=request.keep_silence)
    if not any(track.notes for track in score.tracks):
        raise ChipgenError(f"{source} has no notes to arrange")
    arrangement = arrange(score, config, load_preset(request.preset))
    written = chip_score_to_score(arrangement.chip_score, score)
    write_score(
        written, output, overwrite=force, comment=f"arranged from {source.name}",
        loop_marks=request.loop_marks, file_format=request.file_format,
    )  # fmt: skip
    tell_remarks((*score.remarks, *remark_effects(score, arrangement)))
    if as_json:
        echo_json(report_object(score, arrangement))
    elif report:
        echo_lines(report_text(score, arrangement))
    counts = arrangement.counts()
    status(
        f"{output}: {len(arrangement.placements)} notes, "
        + ", ".join(f"{count} {what}" for what, count in counts.items())
    )


def report_object(score: "Score", arrangement: "Arrangement") -> dict[str, Any]:
    """Return an arrangement's account as JSON: counts by track, and what was changed why."""
    from chipgen.arranging import group_changes

    *rows, in_all = _track_rows(score, arrangement)
    return {
        "dialect": arrangement.dialect,
        "tracks": [
            {"name": track.name.strip(), "channel": track.channel, **row}
            for track, row in zip(score.tracks, rows, strict=True)
        ],
        "all": in_all,
        "changes": [
            {
                "track": change.track, "status": change.what, "notes": len(change.placements),
                "why": change.reason,
            }
            for change in group_changes(arrangement.placements)
        ],
        "remarks": [*score.remarks, *arrangement.remarks],
    }  # fmt: skip


def report_text(score: "Score", arrangement: "Arrangement") -> str:
    """Lay an arrangement's account out as tables: by track, by voice, and what was changed why."""
    from chipgen.arranging import group_changes

    names = [
        f"{k} {track.name.strip() or 'channel ' + str(track.channel)}"[:28]
        for k, track in enumerate(score.tracks)
    ]
    counts = [*_COUNTS[1:], *VOICES]
    lines = [f"dialect: {arrangement.dialect}", ""]
    lines += _columns(
        [
            ["track", "notes", "heard", *counts],
            *(
                [
                    name,
                    str(row["notes"]),
                    "-" if row["heard"] is None else f"{row['heard']:.0%}",
                    *(str(row[key]) for key in counts),
                ]
                for name, row in zip(
                    [*names, "in all"], _track_rows(score, arrangement), strict=True
                )
            ),
        ]
    )
    rows = [
        [names[change.track], change.what, str(len(change.placements)), change.reason]
        for change in group_changes(arrangement.placements)
    ]
    if rows:
        lines += ["", *_columns([["track", "status", "notes", "why"], *rows], numbers=(2,))]
    if arrangement.remarks:
        lines += ["", *arrangement.remarks]
    return "\n".join(lines)


_COUNTS: Final = ("notes", "kept", "arpeggiated", "doubled", "dropped", "folded")


def _track_rows(score: "Score", arrangement: "Arrangement") -> list[dict[str, Any]]:
    """Return counts of notes and the share that is heard, for each track and then for all."""
    from collections import Counter

    tables: list[Counter[str]] = [Counter() for _ in [*score.tracks, None]]
    for placement in arrangement.placements:
        for k in (placement.track, -1):
            tables[k].update(["notes", placement.status, placement.voice])
            tables[k].update(["folded"] if placement.folded_semitones else [])
    return [
        {"heard": share, **{name: table[name] for name in (*_COUNTS, *VOICES)}}
        for share, table in zip(_heard_shares(score, arrangement), tables, strict=True)
    ]


def _heard_shares(score: "Score", arrangement: "Arrangement") -> list[float | None]:
    """Return for each track, and for all, the share of its notes' time that is heard.

    It is None where there is no note.
    """
    heard_s = [0.0] * len(score.tracks)
    for placement in arrangement.placements:
        heard_s[placement.track] += placement.heard_s
    time_s = [
        float(
            sum(
                score.beats_to_seconds([note.end_beats for note in track.notes])
                - score.beats_to_seconds([note.onset_beats for note in track.notes])
            )
        )
        for track in score.tracks
    ]
    pairs = [*zip(heard_s, time_s, strict=True), (sum(heard_s), sum(time_s))]
    return [min(1.0, heard / time) if time else None for heard, time in pairs]


def _columns(rows: Sequence[Sequence[str]], numbers: Sequence[int] | None = None) -> list[str]:
    """Line columns up: numbers to the right, words to the left."""
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    right = range(1, len(widths)) if numbers is None else numbers
    return [
        "  ".join(
            cell.rjust(widths[k]) if k in right else cell.ljust(widths[k])
            for k, cell in enumerate(row)
        ).rstrip()
        for row in rows
    ]
