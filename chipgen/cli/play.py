"""`chipgen play`: plays a file through the speakers, controlled by keys on a terminal."""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from chipgen.cli.command import FILES, Command, option, status
from chipgen.cli.dashboard import clock
from chipgen.cli.files import INPUT_FILE, OUTPUT_FILE
from chipgen.cli.options import (
    asked,
    check,
    force_option,
    lists_formats,
    may_replace,
    named_files,
    request_options,
    tell_remarks,
)
from chipgen.cli.progress import progress_bar
from chipgen.errors import RequestError
from chipgen.music.formats import ANYTHING, target_format, written_suffixes
from chipgen.printable import echo
from chipgen.request import Request
from chipgen.request.compose_fields import ComposeFields
from chipgen.request.output_fields import RateFields
from chipgen.request.sound_fields import ArrangeFields, SoundFields, SourceFields
from chipgen.request.targets import SPEAKERS

if TYPE_CHECKING:
    from chipgen.app.sound import Sound
    from chipgen.composing import Composition
    from chipgen.music.score import Score
    from chipgen.playing.prefetch import Prefetcher
    from chipgen.playing.transport import Tune
    from synth.instrument.chip_score import ChipScore
    from synth.instrument.preset_loader import Preset

_NO_KEEPING: Final = "--save belongs to --continue; chipgen render writes what there is already"
_NO_BARS: Final = "--continue never ends and plays the seed first: leave out "


@lists_formats(ANYTHING)
@click.command(
    cls=Command,
    context_settings={"default_map": {"bars": 0}},
    epilog="""\b
Examples:
  chipgen play song.mid
  chipgen play song.mid --preset soft --device headphones
  chipgen play seed.mid --bars 16
  chipgen play seed.mid --continue
  chipgen play seed.mid --continue --save evening.mid
  chipgen play game.nsf --track 3

\b
Keys: space pauses, left and right seek 5 s, comma and point a bar, up and down
choose the preset, 1 to 4 mute a voice, q stops.
""",
)
@click.argument("source", metavar="FILE", type=INPUT_FILE)
@click.option("--continue", "goes_on", is_flag=True, help="Continue FILE until you stop.")
@option(
    "--save", "keep", type=OUTPUT_FILE, metavar="FILE", group=FILES, aliases=["--keep"],
    short="Write what --continue played to this file.",
    help=f"Write what --continue played to this file: {' '.join(written_suffixes(*ANYTHING))}",
)  # fmt: skip
@click.option(
    "--device", metavar="NAME", help="Number or part of the name (chipgen devices) of a device."
)
@request_options(ComposeFields, SoundFields, RateFields, ArrangeFields, SourceFields)
@force_option
def command(
    source: Path,
    goes_on: bool,
    keep: Path | None,
    device: str | None,
    force: bool,
    **options: Any,
) -> None:
    """Play FILE through the speakers; q or Ctrl-C stops.

    A score is played as it is, or continued with --bars. A chip file brings its own timbres. With
    --continue the model composes for as long as you listen, and --save writes what you heard.
    """
    from chipgen.app import pipeline, stage_settings
    from chipgen.cli.player_controls import listen
    from chipgen.cli.terminal import is_interactive
    from synth.output.playback import find_device

    request = asked(options)
    if keep is not None and not goes_on:
        raise RequestError(_NO_KEEPING)
    if goes_on:
        if request.bars or request.without_seed:
            raise RequestError(_NO_BARS + ("--bars" if request.bars else "--without-seed"))
        request = request.model_copy(update={"bars": None})
    check(request, source, SPEAKERS)
    if keep is not None:
        wanted = stage_settings.delivery_of(request, keep)
        may_replace([keep], [source, *named_files(request)], force=force)
        pipeline.check_output(keep, ANYTHING, wanted, overwrite=force)
    find_device(device)
    if goes_on:
        _play_on(source, device, keep, force, request)
        return
    with progress_bar(source.name, "bar") as composing:
        sound = pipeline.make_sound(source, request, composing=composing)
    tell_remarks(sound.remarks)
    if is_interactive():
        prefetcher = _load_prefetcher(sound, request)
        listen(prefetcher, source.name, device)
        _tell_underruns(prefetcher.transport.underruns)
    else:
        _play_plainly(sound, source.name, device, stage_settings.rate_of(request))


def position_line(name: str, duration_s: float) -> Callable[[float], None] | None:
    """Return what shows the position on standard error, or None where nobody watches."""
    if not sys.stderr.isatty():
        return None

    def show(position_s: float) -> None:
        ended = position_s >= duration_s
        place = f"{name}  {clock(position_s)} / {clock(duration_s)}"
        echo(place, nl=ended, err=True, over=True)

    return show


def _play_plainly(sound: "Sound", name: str, device: str | None, rate_hz: int) -> None:
    from chipgen.app.sound import audio_blocks
    from synth.output.playback import play

    played = play(
        audio_blocks(sound, rate_hz),
        rate_hz,
        device,
        on_position=position_line(name, sound.log.duration_s),
    )
    _tell_underruns(played.underruns)


def _load_prefetcher(sound: "Sound", request: Request) -> "Prefetcher":
    """Return a prefetcher for a piece that is whole, or for a chip file, which has no presets."""
    from chipgen.app import pipeline, stage_settings
    from chipgen.playing.prefetch import Prefetcher, Selection
    from synth.instrument.preset_loader import load_preset

    first: Sound | None = sound

    def voice(name: str) -> "Tune":
        nonlocal first
        made, first = first, None
        if made is None:
            assert sound.take is not None  # a chip file has no presets to ask for
            made = pipeline.voice_take(sound.take, request, load_preset(name))
        return _tune(made)

    names = _names(request.preset) if sound.take is not None else []
    return Prefetcher(voice, Selection(request.preset), names, stage_settings.rate_of(request))


def _names(preset: str) -> list[str]:
    """Return the presets to choose from: those shipped, and a file's own before them."""
    from synth.instrument.preset_loader import preset_names

    names = preset_names()
    return names if preset in names else [preset, *names]


def _tune(sound: "Sound") -> "Tune":
    from chipgen.playing.transport import Tune

    bars_s: tuple[float, ...] = ()
    if sound.take is not None:
        score = sound.take.score
        bars_s = tuple(score.beats_to_seconds(score.bar_starts_beats()).tolist())
    return Tune(sound.log, sound.console_filter, bars_s, chip=sound.chip)


def _play_on(
    source: Path, device: str | None, keep: Path | None, force: bool, request: Request
) -> None:
    """Play a seed and what is composed on from it without an end; then keep what was heard."""
    from chipgen.app import pipeline, stage_settings
    from chipgen.arranging import arrange, mark_gains
    from chipgen.cli.player_controls import listen
    from chipgen.composing import Composition, complete_seed
    from chipgen.playing.endless import Endless
    from chipgen.playing.growing import GrowingPiece, GrowingTune
    from chipgen.playing.prefetch import Prefetcher, Selection
    from synth.instrument.preset_loader import load_preset

    whole = request.model_copy(update={"seconds": None})  # they limit what is heard
    given = pipeline.read_take(source, whole.model_copy(update={"bars": 0}))
    prompt, added = complete_seed(given.score, whole)
    tell_remarks(added)
    seed = replace(given, score=prompt.seed)
    endless = Endless(prompt, whole)

    # The level is the seed's: that of the whole is known only when there is one.
    config, preset = stage_settings.arrange_config(request), load_preset(request.preset)
    gains = arrange(seed.score, config, preset).gains

    late = replace(config, gains=gains, excerpt=True)

    def give_voices(score: "Score", preset: "Preset") -> "ChipScore":
        return arrange(score, late, preset).chip_score

    tune = GrowingTune(
        GrowingPiece(seed.score, endless.ending),
        give_voices,
        request.region,
        request.console_filter,
        stage_settings.chip_choices(request),
    )

    def voice(name: str) -> "Tune":
        return tune.voice(load_preset(name), endless.take(), endless.heard_s)

    ended: SystemExit | None = None
    endless.start()
    try:
        names, rate_hz = _names(request.preset), stage_settings.rate_of(request)
        prefetcher = Prefetcher(voice, Selection(request.preset), names, rate_hz)
        listen(prefetcher, source.name, device, endless, request.seconds)
    except SystemExit as error:  # it was told to end, and can still keep without asking
        if keep is None:
            raise
        ended = error
    finally:
        endless.stop()
    tell_remarks(endless.remarks)
    _tell_underruns(prefetcher.transport.underruns)
    _tell_waits(prefetcher.transport.waits)
    score, composed = endless.heard()
    take = Composition(
        mark_gains(score, gains),
        endless.ending.seed_bars,
        composed,
        request.model,
        request.rng_seed,
    )
    _keep(take, keep, whole.model_copy(update={"preset": prefetcher.selection.preset}), force)
    if ended is not None:
        raise ended


def _keep(take: "Composition", keep: Path | None, request: Request, force: bool) -> None:
    """Write what was heard where it was asked for, or ask; an empty answer keeps nothing."""
    from chipgen.cli.terminal import is_interactive
    from synth.errors import SynthError

    if keep is not None:
        _write(keep, take, request, force)
        return
    while is_interactive():
        answer = click.prompt(
            f"{take.generated_bars} composed bars were heard; keep them as "
            "(name.mid, .wav, ...; empty: not at all)",
            default="", show_default=False, err=True,
        )  # fmt: skip
        if not answer.strip():
            return
        try:
            _write(Path(answer.strip()), take, request, force)
        except SynthError as error:
            echo(f"chipgen: {error}", err=True)
        else:
            return


def _write(path: Path, take: "Composition", request: Request, force: bool) -> None:
    from chipgen.app import pipeline, stage_settings
    from chipgen.app.sound import write_sound

    wanted = stage_settings.delivery_of(request, path)
    pipeline.check_output(path, ANYTHING, wanted, overwrite=force)
    if target_format(path, *ANYTHING).writes == "score":
        pipeline.write_score(path, take, overwrite=force)
    else:
        write_sound(path, pipeline.voice_take(take, request), wanted, overwrite=force)
    status(f"{path}: {take.seed_bars} seed bars + {take.generated_bars} generated")


def _tell_waits(waits: int) -> None:
    if waits:
        echo(
            f"chipgen: the composer was behind, so playing paused {waits} times; "
            "the machine was too busy",
            err=True,
        )


def _tell_underruns(underruns: int) -> None:
    if underruns:
        echo(
            f"chipgen: the sound was interrupted {underruns} times; "
            "the machine was too busy, try a lower --rate",
            err=True,
        )
