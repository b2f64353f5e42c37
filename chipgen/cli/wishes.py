"""Options that say what else is asked of the composer: voices, bars, loops, keys, tempi."""

import difflib
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import click

from chipgen.cli.options import is_given, job, tell_remarks, together

if TYPE_CHECKING:
    from chipgen.app.pipeline import Job
    from chipgen.compose import Wishes
    from chipgen.compose.rewrite import Bars

_SPAN: Final = re.compile(r"(\d{1,6})(?:\s*-\s*(\d{1,6}))?")

wish_options = together(
    click.option(
        "--only",
        metavar="VOICES",
        help="Keep the piece, and write only these voices of it anew, around the others: some of "
        "pulse1,pulse2,triangle,noise.",
    ),
    click.option(
        "--keep",
        metavar="VOICES",
        help="The other way round: keep these voices, and write all others anew around them.",
    ),
    click.option(
        "--fill",
        metavar="FIRST-LAST",
        help="Write these bars of the piece anew (9-12, counted from 1), leading into what "
        "follows; with --only or --keep, some voices of them.",
    ),
    click.option(
        "--loop",
        "make_loop",
        is_flag=True,
        help="Compose an end that leads back to the beginning, and mark the loop.",
    ),
    click.option(
        "--intro",
        is_flag=True,
        help="With --loop: the seed is heard once, and only the composed bars loop.",
    ),
    click.option(
        "--key",
        metavar="KEY",
        help='Transpose the seed into this key first: "D minor", Eb, F#m.',
    ),
    click.option(
        "--tempo",
        "tempo_bpm",
        type=click.FloatRange(20, 400),
        metavar="BPM",
        help="Set the piece to so many beats a minute.  [default: the seed's]",
    ),
)


def wished_job(options: dict[str, Any]) -> "Job":
    """Take all options of a command that composes as what is to be made of its source."""
    wished = wishes(options)
    return replace(job(options), wishes=wished)


def wishes(options: dict[str, Any]) -> "Wishes":
    """Take the options of `wish_options` as what else is asked of the composer.

    Raises
    ------
    click.UsageError
        If they contradict each other, or one cannot be understood.
    """
    from chipgen.compose import Wishes
    from chipgen.errors import ChipgenError
    from chipgen.music.keys import parse_key

    try:
        key = parse_key(options["key"]) if options["key"] is not None else None
    except ChipgenError as error:
        raise click.BadParameter(str(error), param_hint="--key") from error
    write, fill = _voices_to_write(options), _bars_to_fill(options)
    wished = Wishes(
        write,
        fill,
        key,
        options["tempo_bpm"],
        options.get("from_scratch", False),
        options.get("meter") or (4, 4),
    )
    _refuse_contradictions(options, rewrites=wished.is_rewriting)
    return wished


def refuse_wishes(source: object, options: dict[str, Any]) -> None:
    """Refuse wishes about a chip file, which holds no notes that could be changed."""
    for name, flag in (
        ("only", "--only"),
        ("keep", "--keep"),
        ("fill", "--fill"),
        ("make_loop", "--loop"),
        ("key", "--key"),
        ("tempo_bpm", "--tempo"),
    ):
        if options[name]:
            raise click.UsageError(f"{source} holds register writes, not notes: leave out {flag}")


def tell_ignored(source: object) -> None:
    """Say which options of the command line change nothing of a chip file."""
    flags = {
        "bars": "--bars",
        "preset": "--preset",
        "voice_map": "--map",
        "poly": "--poly",
        "echo": "--echo",
    }
    given = ", ".join(flag for name, flag in flags.items() if is_given(name))
    if given:
        tell_remarks((f"{source} brings its own notes and timbres; left aside: {given}",))


def _voices_to_write(options: dict[str, Any]) -> tuple[str, ...]:
    from synth.chip.voices import VOICES

    only, keep = (_voice_list(options[name], f"--{name}") for name in ("only", "keep"))
    if only and keep:
        raise click.UsageError("--only and --keep say the same thing in two ways; give one of them")
    write = tuple(voice for voice in VOICES if voice in only or (keep and voice not in keep))
    if keep and not write:
        raise click.UsageError("--keep keeps every voice: there is nothing to write")
    if len(write) == len(VOICES) and options["fill"] is None:
        raise click.UsageError(
            "--only names every voice, so nothing would be kept; name bars with --fill, or compose "
            "with `chipgen generate --from-scratch`"
        )
    return write


def _voice_list(text: str | None, hint: str) -> tuple[str, ...]:
    """Read names of voices between commas."""
    from synth.chip.voices import VOICES

    if text is None:
        return ()
    names = [name.strip().lower() for name in text.split(",") if name.strip()]
    if not names:
        raise click.BadParameter(f"name some of {', '.join(VOICES)}", param_hint=hint)
    for name in names:
        if name not in VOICES:
            near = difflib.get_close_matches(name, VOICES, 1, 0.0)
            likely = f"; did you mean {near[0]}?" if near else ""
            raise click.BadParameter(
                f"{name!r} is no voice of the chip{likely} There are {', '.join(VOICES)}",
                param_hint=hint,
            )
    return tuple(names)


def _bars_to_fill(options: dict[str, Any]) -> "Bars | None":
    from chipgen.compose.rewrite import Bars

    text = options["fill"]
    if text is None:
        return None
    found = _SPAN.fullmatch(text.strip())
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    if not 1 <= first <= last:
        raise click.BadParameter(
            f"{text!r} is no span of bars, such as 9-12 or 5, counted from 1", param_hint="--fill"
        )
    return Bars(first, last)


def _refuse_contradictions(options: dict[str, Any], *, rewrites: bool) -> None:
    """Refuse options that say two things at once."""
    rewriting = next((f"--{name}" for name in ("only", "keep", "fill") if options[name]), "")
    if rewrites:
        for name, flag in (
            ("bars", "--bars"),
            ("drums", "--drums"),
            ("without_seed", "--without-seed"),
            ("make_loop", "--loop"),
        ):
            if is_given(name):
                raise click.UsageError(
                    f"{rewriting} writes inside the piece, and {flag} is about bars composed after "
                    "it; do one after the other"
                )
        if options["bars"] == 0:
            raise click.UsageError(
                f"--as-is composes nothing: leave it out, or leave out {rewriting}"
            )
    if options["make_loop"] and options["bars"] == 0:
        raise click.UsageError(
            "--loop composes an end that leads back; it needs --bars of 1 or more"
        )
    if options["intro"] and not options["make_loop"]:
        raise click.UsageError("--intro says what --loop repeats; give --loop too")
    if options["intro"] and options["without_seed"]:
        raise click.UsageError("--intro keeps the seed as introduction; leave out --without-seed")
