"""`chipgen play`: a file through the speakers, with the keys of a terminal or without."""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from chipgen.cli.dashboard import clock
from chipgen.cli.options import (
    DEFAULT_RATE_HZ,
    INPUT_FILE,
    OUTPUT_FILE,
    compose_options,
    force_option,
    job,
    lists_formats,
    sound_options,
    source_options,
    tell_remarks,
)
from chipgen.music.formats import ANYTHING, target_format, written_suffixes

if TYPE_CHECKING:
    from chipgen.app.pipeline import Job, Sound
    from chipgen.compose import Composition
    from chipgen.playing.jukebox import Jukebox
    from chipgen.playing.transport import Tune

_NO_KEEPING: Final = "--keep belongs to --continue; chipgen render writes what there is already"
_NO_BARS: Final = "--continue never ends and plays the seed first: leave out "


@lists_formats(ANYTHING)
@click.command(
    context_settings={"default_map": {"bars": 0}},
    epilog="""\b
Examples:
  chipgen play song.mid
  chipgen play song.mid --preset soft --device headphones
  chipgen play seed.mid --bars 16
  chipgen play seed.mid --continue
  chipgen play seed.mid --continue --keep evening.mid
  chipgen play game.nsf --track 3

\b
Keys: space pauses, left and right seek 5 s, comma and point a bar, up and down
choose the preset, 1 to 4 mute a voice, q stops.
""",
)
@click.argument("source", metavar="FILE", type=INPUT_FILE)
@click.option("--continue", "goes_on", is_flag=True, help="Compose on from FILE until you stop it.")
@click.option(
    "--keep", type=OUTPUT_FILE, metavar="FILE",
    help=f"Where --continue writes what was heard: {' '.join(written_suffixes(*ANYTHING))}",
)  # fmt: skip
@click.option(
    "--device", metavar="NAME", help="Number or part of the name (chipgen devices) of a device."
)
@compose_options
@sound_options
@source_options
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

    A score is played as it is, or with bars composed on; a chip file with the timbres it brings
    itself. With --continue the model goes on from it for as long as you listen,
    and what was heard can be kept.
    """
    from chipgen.app import pipeline
    from chipgen.cli.listening import listen
    from chipgen.cli.terminal import is_interactive
    from synth.output.delivery import Delivery
    from synth.output.playback import find_device

    if keep is not None and not goes_on:
        raise click.UsageError(_NO_KEEPING)
    if goes_on and (options["bars"] or options["without_seed"]):
        raise click.UsageError(_NO_BARS + ("--bars" if options["bars"] else "--without-seed"))
    wanted = Delivery(rate_hz=options["rate_hz"] or DEFAULT_RATE_HZ)
    if keep is not None:
        pipeline.check_output(keep, ANYTHING, wanted, overwrite=force)
    todo = job(options)
    find_device(device)
    if goes_on:
        _play_on(source, device, keep, wanted.rate_hz, force, options)
        return
    sound = pipeline.make_sound(source, todo)
    tell_remarks(sound.remarks)
    if is_interactive():
        jukebox = _load_jukebox(sound, todo, options["preset"], wanted.rate_hz)
        listen(jukebox, source.name, device)
        _tell_underruns(jukebox.transport.underruns)
    else:
        _play_plainly(sound, source.name, device, wanted.rate_hz)


def position_line(name: str, duration_s: float) -> Callable[[float], None] | None:
    """Return what shows the position on standard error, or None where nobody watches."""
    if not sys.stderr.isatty():
        return None

    def show(position_s: float) -> None:
        ended = position_s >= duration_s
        click.echo(f"\r{name}  {clock(position_s)} / {clock(duration_s)}", nl=ended, err=True)

    return show


def _play_plainly(sound: "Sound", name: str, device: str | None, rate_hz: int) -> None:
    from chipgen.app import pipeline
    from synth.output.playback import play

    played = play(
        pipeline.audio_blocks(sound, rate_hz),
        rate_hz,
        device,
        on_position=position_line(name, sound.log.duration_s),
    )
    _tell_underruns(played.underruns)


def _load_jukebox(sound: "Sound", todo: "Job", preset: str, rate_hz: int) -> "Jukebox":
    """Return a jukebox for a piece that is whole, or for a chip file, which has no presets."""
    from chipgen.app import pipeline
    from chipgen.playing.jukebox import Jukebox, Wish
    from synth.instrument.preset import load_preset

    first: Sound | None = sound

    def voice(name: str) -> "Tune":
        nonlocal first
        made, first = first, None
        if made is None:
            assert sound.take is not None  # a chip file has no presets to ask for
            turned = replace(todo, sound=replace(todo.sound, preset=load_preset(name)))
            made = pipeline.voice_take(sound.take, turned)
        return _tune(made)

    names = _names(preset) if sound.take is not None else []
    return Jukebox(voice, Wish(preset), names, rate_hz)


def _names(preset: str) -> list[str]:
    """Return the presets to choose from: those shipped, and a file's own before them."""
    from synth.instrument.preset import preset_names

    names = preset_names()
    return names if preset in names else [preset, *names]


def _tune(sound: "Sound", *, grows: bool = False) -> "Tune":
    from chipgen.playing.transport import Tune

    bars_s: tuple[float, ...] = ()
    if sound.take is not None:
        score = sound.take.score
        bars_s = tuple(score.beats_to_seconds(score.bar_starts_beats()).tolist())
    log = replace(sound.log, loop_cycle=None) if grows else sound.log
    return Tune(log, sound.console_filter, bars_s, grows, sound.chip)


def _play_on(
    source: Path,
    device: str | None,
    keep: Path | None,
    rate_hz: int,
    force: bool,
    options: dict[str, Any],
) -> None:
    """Play a seed and what is composed on from it without an end; then keep what was heard."""
    from chipgen.app import pipeline
    from chipgen.arrange import arrange, mark_gains
    from chipgen.cli.listening import listen
    from chipgen.cli.options import compose_config
    from chipgen.compose import Composition
    from chipgen.playing.endless import Endless
    from chipgen.playing.jukebox import Jukebox, Wish
    from synth.instrument.preset import load_preset

    config = compose_config({**options, "bars": 1})
    assert config is not None  # there is a bar to compose
    todo = replace(job(options), seconds=None)
    seed = pipeline.read_take(source, replace(todo, compose=None))
    endless = Endless(seed.score, todo.model, replace(config, bars=None), todo.rng_seed)

    # The level is the seed's: that of the whole is known only when there is one.
    gains = arrange(seed.score, todo.sound.arrange, todo.sound.preset).gains

    def voice(name: str) -> "Tune":
        take = Composition(mark_gains(endless.score(), gains), endless.seed_bars, 0)
        turned = replace(todo, sound=replace(todo.sound, preset=load_preset(name)))
        return _tune(pipeline.voice_take(take, turned), grows=True)

    ended: SystemExit | None = None
    endless.start()
    try:
        jukebox = Jukebox(voice, Wish(options["preset"]), _names(options["preset"]), rate_hz)
        listen(jukebox, source.name, device, endless, options["seconds"])
    except SystemExit as error:  # it was told to end, and can still keep without asking
        if keep is None:
            raise
        ended = error
    finally:
        endless.stop()
    tell_remarks(endless.remarks)
    _tell_underruns(jukebox.transport.underruns)
    preset = load_preset(jukebox.wish.preset)
    turned = replace(todo, sound=replace(todo.sound, preset=preset))
    score, composed = endless.heard()
    take = Composition(
        mark_gains(score, gains), endless.seed_bars, composed, todo.model, todo.rng_seed
    )
    _keep(take, keep, turned, rate_hz, force)
    if ended is not None:
        raise ended


def _keep(take: "Composition", keep: Path | None, todo: "Job", rate_hz: int, force: bool) -> None:
    """Write what was heard where it was asked for, or ask; an empty answer keeps nothing."""
    from chipgen.cli.terminal import is_interactive
    from synth.errors import SynthError

    if keep is not None:
        _write(keep, take, todo, rate_hz, force)
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
            _write(Path(answer.strip()), take, todo, rate_hz, force)
        except SynthError as error:
            click.echo(f"chipgen: {error}", err=True)
        else:
            return


def _write(path: Path, take: "Composition", todo: "Job", rate_hz: int, force: bool) -> None:
    from chipgen.app import pipeline
    from synth.output.audioformats import default_rate_hz
    from synth.output.delivery import Delivery

    if default_rate_hz(path) != DEFAULT_RATE_HZ:
        rate_hz = default_rate_hz(path)
    wanted = Delivery(rate_hz=rate_hz)
    pipeline.check_output(path, ANYTHING, wanted, overwrite=force)
    if target_format(path, *ANYTHING).writes == "score":
        pipeline.write_score(path, take, overwrite=force)
    else:
        pipeline.write_sound(path, pipeline.voice_take(take, todo), wanted, overwrite=force)
    click.echo(f"{path}: {take.seed_bars} seed bars + {take.generated_bars} generated", err=True)


def _tell_underruns(underruns: int) -> None:
    if underruns:
        click.echo(
            f"chipgen: the sound was interrupted {underruns} times; "
            "the machine was too busy, try a lower --rate",
            err=True,
        )
