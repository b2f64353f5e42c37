"""`chipgen dataset`: prepares training data, reports on it, renders it, and puts songs in bars."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from chipgen.cli.command import Choice, Group, Number, is_quiet, status
from chipgen.cli.dataset_render import render
from chipgen.cli.files import ReadFile
from chipgen.cli.options import in_place_option, may_replace
from chipgen.printable import echo, echo_lines

if TYPE_CHECKING:
    from chipgen.dataset.slice_cache import DatasetConfig, SliceData

_WHY = """\
Here a file is dropped if it lasts under {min_track:g} s (to its last event), if it holds no note,
or if no pitched note of at least {min_note:g} s is left once percussion and breath noise are gone.
Of NES-MDB that leaves 4,176 train and 371 valid songs. Version 1.0 of the model card kept 4,160
and 373: on valid exactly the files of at least 2.5 s, with one that holds no note and one that
holds no pitched note long enough. By that rule train has 4,212; 30 of these are over 10,000,000
ticks long, which pretty_midi refuses unless told otherwise, and the other 22 are not accounted
for on the card."""


def _settings(
    step: float, min_track: float, min_note: float, keep_auxiliary: bool
) -> "DatasetConfig":
    from chipgen.dataset.clean_score import CleanConfig
    from chipgen.dataset.slice_cache import DatasetConfig

    return DatasetConfig(CleanConfig(min_track, min_note, not keep_auxiliary), step)


_options = [
    click.option(
        "--step-beats",
        metavar="BEATS",
        type=Number(0.01, 64),
        default=1.0,
        show_default=True,
        help="Length of a slice; NES-MDB's beat is 0.5 s in every file.",
    ),
    click.option(
        "--min-track",
        metavar="SECONDS",
        type=Number(0),
        default=2.5,
        show_default=True,
        help="Shortest song kept, in seconds.",
    ),
    click.option(
        "--min-note",
        metavar="SECONDS",
        type=Number(0),
        default=0.0625,
        show_default=True,
        help="Shortest note kept, in seconds.",
    ),
    click.option("--keep-auxiliary", is_flag=True, help="Keep percussion and effect tracks."),
]


@click.group(cls=Group)
def command() -> None:
    """Prepare and count the training data, and render data sets of audio."""


command.add_command(render)


@command.command(
    short_help="Read folders of MIDI into one file that trains fast.",
    epilog="""\b
Examples:
  chipgen dataset prepare nesmdb_midi -o nesmdb.cache
  chipgen dataset prepare nesmdb_midi -o nesmdb.cache --rows nesmdb.rows.jsonl
""",
)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--output",
    "-o",
    metavar="CACHE",
    type=click.Path(path_type=Path),
    required=True,
    help="Cache file to write; it is left alone if it is up to date.",
)
@click.option(
    "--rows",
    metavar="JSONL",
    type=click.Path(path_type=Path),
    help="Also write each song's rows, tempo, meter and loop, a line of JSON a song.",
)
@click.option("--force", "-f", is_flag=True, help="Replace a cache of other files or settings.")
def prepare(
    folder: Path,
    output: Path,
    rows: Path | None,
    step_beats: float,
    min_track: float,
    min_note: float,
    keep_auxiliary: bool,
    force: bool,
) -> None:
    """Read DIR's train/, valid/ and test/ folders of MIDI into one file that trains fast."""
    from chipgen.dataset.musical_time_table import format_rows, tell_rows, write_rows
    from chipgen.dataset.slice_cache import update_cache
    from chipgen.dataset.splits import split_files
    from synth.atomic_write import check_writable

    songs = [path for files in split_files(folder).values() for path in files]
    may_replace([output, *([] if rows is None else [rows])], songs, force=force)
    if rows is not None:
        check_writable(rows, overwrite=force)
    config = _settings(step_beats, min_track, min_note, keep_auxiliary)
    data, made = update_cache(folder, output, config, overwrite=force, progress=not is_quiet())
    echo_lines(format_stats(data))
    status(f"{output}: {'written' if made else 'up to date'}")
    if rows is not None:
        entries = tell_rows(folder, progress=not is_quiet())
        write_rows(entries, rows, overwrite=force)
        echo()
        echo_lines(format_rows(entries))
        status(f"{rows}: written")


@command.command(
    short_help="Write POP909 or music21's corpus as MIDI to learn from.",
    name="import",
    epilog="""\b
Examples:
  chipgen dataset import pop909 --source POP909-Dataset/POP909 -o corpora/pop909
  chipgen dataset import music21 -o corpora/music21
""",
)
@click.argument("corpus", metavar="CORPUS", type=Choice(["pop909", "music21"]))
@click.option(
    "--source",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Where the corpus is, unless a package brings it along.",
)
@click.option(
    "--output",
    "-o",
    metavar="DIR",
    type=click.Path(path_type=Path),
    required=True,
    help="A new folder, or one whose import was stopped; train/, valid/ and test/ are made in it.",
)
def import_(corpus: str, source: Path | None, output: Path) -> None:
    """Write other music to learn from as MIDI: pop909, or music21 (extra corpora).

    Songs that are held out, such as POP909's numbers that end in 7, go into valid/ and test/. The
    same command goes on with an import that was stopped.
    """
    from chipgen.dataset.import_corpus import format_import, import_corpus

    echo_lines(format_import(import_corpus(corpus, output, source, progress=not is_quiet())))


@command.command(
    short_help="Report rows, tempi, meters, loops, keys and forms.",
    epilog="""\b
Example:
  chipgen dataset report nesmdb_midi -o report.md
""",
)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--output",
    "-o",
    metavar="MD",
    type=click.Path(path_type=Path),
    help="Write the report here, and its plots beside it as PNG, instead of printing it.",
)
@click.option("--force", "-f", is_flag=True, help="Replace files that exist.")
def report(folder: Path, output: Path | None, force: bool) -> None:
    """Report how rows fit the songs of DIR, and their tempi, meters, loops, keys and form."""
    from chipgen.dataset.measure_songs import measure_folder
    from chipgen.dataset.report import format_report
    from chipgen.dataset.report_plot import plot_report
    from chipgen.dataset.splits import split_files
    from synth.atomic_write import check_writable, write_bytes
    from synth.extras import require_extra

    if output is None:
        echo_lines(format_report(measure_folder(folder, progress=not is_quiet())), nl=False)
        return
    require_extra("plot", "the report's picture")
    check_writable(output, overwrite=force)
    picture = output.with_suffix(".png")
    files = [path for split in split_files(folder).values() for path in split]
    may_replace([output, picture], files, force=force)
    for path in (output, picture):
        check_writable(path, overwrite=force)
    songs = measure_folder(folder, progress=not is_quiet())
    plot_report(songs, picture, overwrite=force)
    text = format_report(songs, picture.name).encode("utf-8", "surrogateescape")
    write_bytes(output, text, overwrite=force)
    status(f"{output} and {picture}: written")


@command.command(
    short_help="Write a song of the chip's voices in its tempo and bars.",
    epilog="""\b
Example:
  chipgen dataset convert song.mid -o song_in_bars.mid
""",
)
@click.argument("song", metavar="MIDI", type=ReadFile("MIDI"))
@click.option(
    "--output",
    "-o",
    metavar="MIDI",
    type=click.Path(path_type=Path),
    required=True,
    help="File to write.",
)
@click.option("--guess-loop", is_flag=True, help="Mark a loop that is only guessed, too.")
@click.option("--force", "-f", is_flag=True, help="Replace a file that exists.")
@in_place_option
def convert(song: Path, output: Path, guess_loop: bool, force: bool, in_place: bool) -> None:
    """Write a song of the chip's voices in its true tempo, bars and loop; nothing moves in time."""
    from chipgen.errors import ChipgenError
    from chipgen.music.formats import read_score, target_format, write_score
    from chipgen.rows.true_bars import put_in_bars, tell_bars
    from synth.atomic_write import check_writable

    target_format(output, "score")
    force = may_replace([output], [song], force=force, in_place=in_place)
    check_writable(output, overwrite=force)
    score = read_score(song)
    if score.dialect != "nesmdb":
        raise ChipgenError(
            f"{song} has a tempo and bars of its own; only songs whose tracks are the chip's "
            "voices (p1, p2, tr, no), as in NES-MDB, are converted"
        )
    try:
        barred = put_in_bars(score, guess_loop=guess_loop)
    except ChipgenError as error:
        raise ChipgenError(f"{song}: {error}") from None
    told = tell_bars(barred.time)
    write_score(barred.score, output, overwrite=force, comment=f"Inferred: {told}")
    echo_lines(told)


@command.command(
    short_help="Report how many songs are kept, and why others are not.",
    epilog="\b\nExample:\n  chipgen dataset stats nesmdb.cache",
)
@click.argument("source", metavar="CACHE|DIR", type=click.Path(path_type=Path))
def stats(
    source: Path, step_beats: float, min_track: float, min_note: float, keep_auxiliary: bool
) -> None:
    """Report how many songs of each split are kept, and why others are not."""
    from chipgen.dataset.slice_cache import load_data

    config = _settings(step_beats, min_track, min_note, keep_auxiliary)
    data = load_data(source, config, progress=not is_quiet())
    echo_lines(format_stats(data))
    echo()
    clean = data.config.clean
    echo_lines(_WHY.format(min_track=clean.min_track_s, min_note=clean.min_note_s))


for _option in reversed(_options):
    prepare = _option(prepare)
    stats = _option(stats)


def format_stats(data: "SliceData") -> str:
    """Lay out what was kept of each split as a table."""
    from chipgen.dataset.splits import CARD_SONGS

    lines = ["split   files    kept  card v1.0   slices  songs > 16 slices    hours  dropped"]
    for split, stats in data.stats.items():
        dropped = ", ".join(f"{count} {reason}" for reason, count in stats.dropped.items())
        lines.append(
            f"{split:<6} {stats.files:6,} {stats.kept:7,} {CARD_SONGS[split]:10,} "
            f"{stats.slices:8,} {stats.slices_over_16:18,} {stats.seconds / 3600:8.1f}  {dropped}"
        )
    return "\n".join(lines)
