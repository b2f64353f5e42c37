"""`chipgen arrange`: any MIDI becomes an editable MIDI of the four voices."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chipgen.cli.options import (
    INPUT_FILE,
    OUTPUT_FILE,
    force_option,
    lists_formats,
    loop_marks_option,
    reading_options,
    tell_remarks,
)
from chipgen.music.formats import SCORE, target_format
from synth.chip.voices import VOICES

if TYPE_CHECKING:
    from chipgen.arrange import Arrangement
    from chipgen.music.score import Score


@lists_formats(SCORE, SCORE)
@click.command(
    epilog="""\b
Examples:
  chipgen arrange song.mid -o four.mid
  chipgen arrange song.mid -o four.mid --report
  chipgen arrange song.mid -o four.mid --poly split --map bass=track:3,drop=channel:5
"""
)
@click.argument("source", metavar="IN.mid", type=INPUT_FILE)
@click.option("--output", "-o", type=OUTPUT_FILE, required=True, help="File to write.")
@click.option("--preset", default="default", show_default=True, help="Whose drums and chords.")
@click.option(
    "--map",
    "voice_map",
    metavar="VOICE=PART,…",
    default="",
    help="Give a voice a part: bass=track:3,pulse1@17-24=channel:0,noise=channel:9:36-51,"
    "drop=track:Choir",
)
@click.option(
    "--poly",
    type=click.Choice(["auto", "arp", "newest", "hold", "split"]),
    default="auto",
    show_default=True,
    help="What becomes of chords that do not fit the voices.",
)
@click.option("--echo", is_flag=True, help="Let pulse 2 echo the melody where it rests.")
@reading_options
@loop_marks_option
@click.option("--report", is_flag=True, help="Print what became of the notes, and why.")
@force_option
def command(
    source: Path,
    output: Path,
    preset: str,
    voice_map: str,
    track: int,
    keep_silence: bool,
    loop_marks: str,
    report: bool,
    force: bool,
    **options: Any,
) -> None:
    """Arrange IN.mid for the four voices and write them as tracks p1, p2, tr and no."""
    from chipgen.arrange import ArrangeConfig, arrange, chip_score_to_score, parse_map
    from chipgen.errors import ChipgenError
    from chipgen.music.formats import read_score, write_score
    from synth.files import check_writable
    from synth.instrument.preset import load_preset

    target_format(output, *SCORE)
    check_writable(output, overwrite=force)
    config = ArrangeConfig(voice_map=parse_map(voice_map), **options)
    score = read_score(source, song=track, keep_silence=keep_silence)
    if not any(track.notes for track in score.tracks):
        raise ChipgenError(f"{source} has no notes to arrange")
    arrangement = arrange(score, config, load_preset(preset))
    written = chip_score_to_score(arrangement.chip_score, score)
    write_score(
        written, output, overwrite=force, comment=f"arranged from {source.name}",
        loop_marks=loop_marks,
    )  # fmt: skip
    tell_remarks(score.remarks)
    if report:
        click.echo(report_text(score, arrangement))
    counts = arrangement.counts()
    click.echo(
        f"chipgen: {output}: {len(arrangement.placements)} notes, "
        + ", ".join(f"{count} {fate}" for fate, count in counts.items()),
        err=True,
    )


def report_text(score: "Score", arrangement: "Arrangement") -> str:
    """Lay an arrangement's account out as tables: by track, by voice, and what was changed why."""
    from collections import Counter

    from chipgen.arrange import group_changes

    names = [
        f"{k} {track.name.strip() or 'channel ' + str(track.channel)}"[:28]
        for k, track in enumerate(score.tracks)
    ]
    fates = ["notes", "kept", "arpeggiated", "doubled", "dropped", "folded"]
    voices = list(VOICES)
    table: dict[str, Counter[str]] = {name: Counter() for name in [*names, "in all"]}
    for placement in arrangement.placements:
        what = placement.fate
        for name in (names[placement.track], "in all"):
            table[name].update(["notes", what, placement.voice])
            table[name].update(["folded"] if placement.folded_semitones else [])
    lines = [f"dialect: {arrangement.dialect}", ""]
    lines += _columns(
        [
            ["track", *fates, *voices],
            *([name, *(str(row[key]) for key in [*fates, *voices])] for name, row in table.items()),
        ]
    )
    rows = [
        [names[change.track], change.what, str(len(change.placements)), change.reason]
        for change in group_changes(arrangement.placements)
    ]
    if rows:
        lines += ["", *_columns([["track", "fate", "notes", "why"], *rows], numbers=(2,))]
    if arrangement.remarks:
        lines += ["", *arrangement.remarks]
    return "\n".join(lines)


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
