"""Options that several commands share, and the values they turn into."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

import click

from chipgen.models.registry import DEFAULT_MODEL
from chipgen.music.formats import most_songs, read_suffixes, written_suffixes
from synth.fileformat import Content

if TYPE_CHECKING:
    from chipgen.app.pipeline import Job, Progress
    from chipgen.compose import ComposeConfig

Command = TypeVar("Command", bound=Callable[..., Any])

DEFAULT_RATE_HZ: Final = 44_100
INPUT_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
OUTPUT_FILE: Final = click.Path(path_type=Path)


def together(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Return a decorator that adds several options to a command, in this order."""

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def lists_formats(
    reads: tuple[Content, ...] = (), writes: tuple[Content, ...] = ()
) -> Callable[[click.Command], click.Command]:
    """Return a decorator that lists below a command's help the formats it reads and writes."""
    found = (("Reads", read_suffixes(*reads)), ("Writes", written_suffixes(*writes)))
    lines = [f"{verb}: {' '.join(suffixes)}" for verb, suffixes in found if suffixes]

    def decorate(command: click.Command) -> click.Command:
        command.epilog = "\n".join([(command.epilog or "").rstrip(), "", "\b", *lines])
        return command

    return decorate


force_option = click.option("--force", "-f", is_flag=True, help="Replace files that exist.")

compose_options = together(
    click.option(
        "--bars",
        type=click.IntRange(0, 4096),
        default=16,
        show_default=True,
        help="Bars to compose after the seed; 0 plays the file as it is.",
    ),
    click.option(
        "--model",
        default=DEFAULT_MODEL,
        show_default=True,
        help="A shipped model's name, or the path of a checkpoint.",
    ),
    click.option(
        "--temperature",
        type=click.FloatRange(0.1, 3.0),
        default=1.0,
        show_default=True,
        help="How freely notes are chosen: below 1 safer, above 1 wilder.",
    ),
    click.option(
        "--top-p",
        type=click.FloatRange(0.05, 1.0),
        default=0.95,
        show_default=True,
        help="Keep only the likeliest choices that make up this share.",
    ),
    click.option(
        "--seed",
        "rng_seed",
        type=click.IntRange(0, 2**32 - 1),
        default=0,
        show_default=True,
        help="Number the take is drawn from; the same number gives the same bytes.",
    ),
    click.option(
        "--drums",
        type=click.Choice(["seed", "preset", "none"]),
        default="seed",
        show_default=True,
        help="Drums of the composed bars: going on from the seed's, a plain kit, or none.",
    ),
    click.option("--without-seed", is_flag=True, help="Leave the seed out of what is written."),
)

sound_options = together(
    click.option(
        "--preset",
        default="default",
        show_default=True,
        help="Name of a preset (chipgen preset list) or path of a YAML file.",
    ),
    click.option("--region", type=click.Choice(["ntsc", "pal"]), help="[default: the preset's]"),
    click.option(
        "--filter",
        "console_filter",
        type=click.Choice(["none", "nes", "famicom"]),
        help="Output stage of the console.  [default: the preset's]",
    ),
    click.option(
        "--rate",
        "rate_hz",
        type=click.IntRange(8_000, 192_000),
        help=f"Sample rate in Hz.  [default: {DEFAULT_RATE_HZ}, for Opus 48000]",
    ),
    click.option(
        "--ultrasonic",
        type=click.Choice(["silent", "exact"]),
        default="silent",
        show_default=True,
        help="What the triangle does above hearing: hold its level, or run on as the chip's does.",
    ),
    click.option(
        "--click-free",
        is_flag=True,
        help="New notes of a pulse leave its phase alone; the chip restarts it, with a click.",
    ),
    click.option(
        "--map",
        "voice_map",
        metavar="VOICE=PART,…",
        default="",
        help="Give a voice a part: bass=track:3,pulse1@17-24=channel:0,noise=channel:9:36-51,"
        "drop=track:Choir",
    ),
    click.option(
        "--poly",
        type=click.Choice(["auto", "arp", "newest", "hold", "split"]),
        default="auto",
        show_default=True,
        help="What becomes of chords that do not fit the voices.",
    ),
    click.option("--echo", is_flag=True, help="Let pulse 2 echo the melody where it rests."),
)


ALL_TRACKS: Final = 0


class TrackNumber(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.5 on
    """A track's number from 1 on, or ``all``, which is `ALL_TRACKS`."""

    name = "N|all"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read the number."""
        text = str(value).lower()
        if text == "all":
            return ALL_TRACKS
        if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= most_songs()):
            self.fail(f"{value!r} is no track; give 1 to {most_songs()}, or all", param, ctx)
        return int(text)


track_option = click.option(
    "--track",
    type=TrackNumber(),
    default=1,
    show_default=True,
    help="Song of a file that holds several, a chip file or MIDI of format 2; render and export "
    "write all by their names.",
)
reading_options = together(
    track_option,
    click.option(
        "--keep-silence",
        is_flag=True,
        help="Keep long silence at the end of a MIDI file, and a wait longer than all the rest.",
    ),
)

loop_marks_option = click.option(
    "--loop-marks",
    type=click.Choice(["markers", "brackets", "cc111", "cc116"]),
    default="markers",
    show_default=True,
    help="How MIDI that is written marks a loop: loopStart and loopEnd, [ and ], RPG Maker's "
    "controller 111, or XMI's 116 and 117.",
)

source_options = together(
    reading_options,
    click.option(
        "--seconds",
        type=click.FloatRange(0, 86_400, min_open=True),
        help="Play so much at most.  [default: all]",
    ),
)


def job(options: dict[str, Any]) -> "Job":
    """Take the options above as what is to be made of a source.

    The preset is loaded here, so that a wrong one is named before any long work begins.
    """
    from chipgen.app.pipeline import Job, SoundConfig
    from chipgen.arrange import ArrangeConfig, parse_map
    from synth.chip.stream import ChipChoices
    from synth.instrument.preset import load_preset

    if options.get("track") == ALL_TRACKS:
        raise click.UsageError("--track all is for render and export; name one track")
    sound = SoundConfig(
        preset=load_preset(options["preset"]),
        region=options["region"],
        console_filter=options["console_filter"],
        arrange=ArrangeConfig(
            poly=options["poly"],
            voice_map=parse_map(options["voice_map"]),
            echo=options["echo"],
        ),
        chip=ChipChoices(options["click_free"], options["ultrasonic"]),
    )
    return Job(
        sound,
        options["model"],
        compose_config(options),
        options["rng_seed"],
        options.get("track", 1),
        options.get("seconds"),
        any(options.get(name) for name in ("loop", "loops", "loop_points", "split_intro")),
        words=_arranger_words(options),
        keep_silence=options.get("keep_silence", False),
    )


def write_each_track(
    source: Path, output: Path, options: dict[str, Any], write: Callable[[Path], None]
) -> None:
    """Call `write` with the file to write, for the track that is asked for or for every one.

    Parameters
    ----------
    source
        Where the music comes from.
    output
        The file that was named; of several, each has its place and its name before the suffix.
    options
        The command's; ``track`` is set to the number of each.
    write
        Writes one.

    Raises
    ------
    ChipgenError
        If tracks could not be written; the others were.
    """
    from chipgen.app.pipeline import track_paths
    from chipgen.errors import ChipgenError
    from synth.errors import SynthError

    if options["track"] != ALL_TRACKS:
        write(output)
        return
    paths = track_paths(source, output)
    failed = 0
    for number, path in paths:
        options["track"] = number
        try:
            write(path)
        except SynthError as error:
            failed += 1
            click.echo(f"note: track {number} is left out: {error}", err=True)
    if failed:
        raise ChipgenError(f"{source}: {failed} of {len(paths)} tracks could not be written")


def _arranger_words(options: dict[str, Any]) -> tuple[str, ...]:
    """Return the options that say how MIDI is read and becomes voices, where they were given."""
    words = ["--track", str(options["track"])] if options.get("track", 1) != 1 else []
    words += ["--keep-silence"] if options.get("keep_silence") else []
    words += ["--map", options["voice_map"]] if options["voice_map"] else []
    words += ["--poly", options["poly"]] if options["poly"] != "auto" else []
    return (*words, *(["--echo"] if options["echo"] else []))


def compose_config(options: dict[str, Any]) -> "ComposeConfig | None":
    """Take the options of `compose_options` as the composer's configuration; None is as it is."""
    from chipgen.compose import ComposeConfig

    if options["bars"] == 0:
        return None
    loop = ""
    if options.get("make_loop"):
        loop = "composed" if options["intro"] or options["without_seed"] else "piece"
    return ComposeConfig(
        bars=options["bars"],
        temperature=options["temperature"],
        top_p=options["top_p"],
        drums=options["drums"],
        without_seed=options["without_seed"],
        loop=loop,
    )


def play_as_is(options: dict[str, Any]) -> None:
    """Let ``--as-is`` take the place of ``--bars``, and refuse what contradicts it.

    Raises
    ------
    click.UsageError
        If ``--bars`` or ``--without-seed`` was asked for too.
    """
    if (is_given("bars") and options["bars"]) or options["without_seed"]:
        raise click.UsageError("--as-is composes nothing: leave out --bars and --without-seed")
    options["bars"] = 0


def is_given(name: str) -> bool:
    """Tell whether a parameter was given on the command line, rather than left as it is."""
    source = click.get_current_context().get_parameter_source(name)
    return source is click.core.ParameterSource.COMMANDLINE


def tell_remarks(remarks: Sequence[str]) -> None:
    """Say on standard error what the user should know, a line each."""
    for remark in remarks:
        click.echo(f"note: {remark}", err=True)


@contextlib.contextmanager
def progress_bar(label: str) -> Iterator["Progress"]:
    """Show a bar on a terminal for work that takes longer than a second.

    It begins to count with the first block, so that compiling the synthesizer on its first use does
    not spoil the estimate.
    """
    from tqdm import tqdm

    with contextlib.ExitStack() as stack:
        bar: tqdm[NoReturn] | None = None

        def report(done: int, total: int) -> None:
            nonlocal bar
            if bar is None:
                bar = stack.enter_context(
                    tqdm(
                        desc=label, total=total, initial=done, unit="frame", unit_scale=True,
                        delay=1, leave=False, disable=None,
                    )
                )  # fmt: skip
            bar.update(done - bar.n)

        yield report
