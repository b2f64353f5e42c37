"""Makes files of music: what `render`, `generate` and `export` do."""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from chipgen.cli.command import status
from chipgen.cli.files import STREAM, output_file
from chipgen.cli.level_report import describe_level
from chipgen.cli.options import (
    check,
    file_target,
    may_replace,
    named_files,
    tell_remarks,
    write_each_track,
)
from chipgen.cli.progress import progress_bar
from chipgen.errors import RequestError
from chipgen.music.formats import SCORE, suffix_of, target_format
from chipgen.request import Request
from chipgen.request.targets import Target
from chipgen.request.values import ALL_TRACKS
from synth.fileformat import Content

if TYPE_CHECKING:
    from chipgen.app.sound import Sound, Written
    from chipgen.composing import Composition


def make_music(
    source: Path | None,
    output: Path | None,
    request: Request,
    *,
    usual: str,
    contents: tuple[Content, ...],
    takes: int = 1,
    midi: Path | None = None,
    force: bool,
    in_place: bool,
) -> None:
    """Make of a source what is asked for, and tell about it on standard error.

    Parameters
    ----------
    source
        The score or chip file; None composes from nothing.
    output
        The file to write, ``-`` for standard output, None for one beside the source.
    request
        What is asked for.
    usual
        The format where neither the file's name nor the request says one.
    contents
        What may be written.
    takes
        How many to compose; their seed numbers count up, and so do their files.
    midi
        Where the score is kept too.
    force, in_place
        Whether files may be replaced, and the one that is read.

    Raises
    ------
    RequestError
        If what is asked for does not apply, or contradicts itself.
    SynthError
        If something cannot be read or written.
    """
    if source is None and not request.from_scratch:
        raise RequestError("name a file to continue, or give --from-scratch")
    if source is not None and request.from_scratch:
        raise RequestError(f"--from-scratch begins from nothing: leave out {source}")
    if output == STREAM and (takes > 1 or request.track == ALL_TRACKS or _writes_more(request)):
        raise RequestError("standard output takes one file: name a file with -o")
    suffix = suffix_of(request.file_format or usual, contents)
    with output_file(output, source, suffix) as path:
        _make(source, path, request, contents, takes, midi, force=force, in_place=in_place)


def _writes_more(request: Request) -> bool:
    return bool(request.stems or request.split_intro)


def _make(
    source: Path | None,
    output: Path,
    request: Request,
    contents: tuple[Content, ...],
    takes: int,
    midi: Path | None,
    *,
    force: bool,
    in_place: bool,
) -> None:
    from chipgen.app import pipeline, source_files, stage_settings
    from chipgen.app.sound import written_files
    from synth.instrument.preset_loader import load_preset

    target = file_target(output, contents, request.file_format)
    if midi is not None:
        target = Target(target.name, target.holds | {"notes"})
    check(request, source, target, takes_all=True)
    wanted = stage_settings.delivery_of(request, output)
    load_preset(request.preset)  # a wrong name is told before anything is composed
    targets = [output] if takes == 1 else [numbered(output, k + 1) for k in range(takes)]
    scores = [] if midi is None else [midi] if takes == 1 else [
        numbered(midi, k + 1) for k in range(takes)
    ]  # fmt: skip
    inputs = [source, *named_files(request)]
    parts = [part for path in targets for part in written_files(path, request)]
    force = may_replace([*parts, *scores], inputs, force=force, in_place=in_place)
    for path in targets:
        pipeline.check_output(path, contents, wanted, overwrite=force)
    for path in scores:
        pipeline.check_output(path, SCORE, replace(wanted, file_format=""), overwrite=force)
    if midi is not None and source is not None and source_files.is_chip_file(source):
        raise RequestError(f"--midi needs a score, and {source} holds register writes")
    told: set[str] = set()
    for index, path in enumerate(targets):
        number = (request.rng_seed + index) % 2**32
        take = request if takes == 1 else request.model_copy(update={"rng_seed": number})
        score = scores[index] if scores else None
        if source is None:
            _write_one(None, path, score, take, told, force=force)
        else:
            write_each_track(
                source, path, take,
                lambda each, asked, score=score: _write_one(  # type: ignore[misc]
                    source, each, score, asked, told, force=force
                ),
            )  # fmt: skip


def _write_one(
    source: Path | None,
    output: Path,
    midi: Path | None,
    request: Request,
    told: set[str],
    *,
    force: bool,
) -> None:
    """Write one piece of music and tell about it."""
    from chipgen.app import pipeline, stage_settings
    from chipgen.app.sound import write_sound

    began = time.perf_counter()
    marks = request.loop_marks
    row = target_format(output, "score", "samples", "log", "chip score", key=request.file_format)
    if row.writes == "score":
        with progress_bar(output.name, "bar") as composing:
            take = pipeline.read_take(source, request, composing)
        _tell_new(take.remarks, told)
        for path, key in ((output, request.file_format), (midi, "")):
            if path is not None:
                pipeline.write_score(
                    path, take, source, overwrite=force, loop_marks=marks, file_format=key
                )
        account = [describe_take(take)]
    else:
        wanted = stage_settings.delivery_of(request, output)
        with progress_bar(output.name, "bar") as composing:
            sound = pipeline.make_sound(source, request, composing=composing)
        with progress_bar(output.name) as progress:
            written = write_sound(output, sound, wanted, overwrite=force, progress=progress)
        if midi is not None and sound.take is not None:
            pipeline.write_score(midi, sound.take, source, overwrite=force, loop_marks=marks)
        _tell_new((*sound.remarks, *written.remarks), told)
        if request.find_loop and sound.log.loop_cycle is None:
            why = "music without a repetition at its end" if sound.take else "register writes"
            tell_remarks((f"{source or 'this'} holds {why}: {output} does not loop",))
        account = _account(sound, written)
        if "mix" not in written.audio and written.audio:
            output = Path(" + ".join(str(info.path) for info in written.audio.values()))
    account.append(f"took {time.perf_counter() - began:.1f} s")
    status(f"{output}: {', '.join(account)}")


def _tell_new(remarks: Sequence[str], told: set[str]) -> None:
    """Tell remarks that earlier takes have not told."""
    tell_remarks([remark for remark in remarks if remark not in told])
    told.update(remarks)


def _account(sound: "Sound", written: "Written") -> list[str]:
    account = [] if sound.take is None else [describe_take(sound.take)]
    account += [] if sound.take is None or sound.preset is None else [f"preset {sound.preset.name}"]
    if "mix" in written.audio:
        mix = written.audio["mix"]
        return [*account, f"{mix.duration_s:.1f} s", describe_level(mix)]
    if written.audio:
        return account + [
            f"{part} {info.duration_s:.1f} s, {describe_level(info)}"
            for part, info in written.audio.items()
        ]
    loop = ", looping" if sound.log.loop_cycle is not None else ""
    return [*account, f"{sound.log.duration_s:.1f} s{loop}"]


def describe_take(take: "Composition") -> str:
    """Say in a few words how many bars of what a take holds."""
    if take.done:
        return f"{take.done} ({take.model}, seed {take.rng_seed})"
    bars = f"{take.seed_bars} seed {'bar' if take.seed_bars == 1 else 'bars'}"
    if not take.generated_bars:
        return f"{bars}, nothing composed"
    return f"{bars} + {take.generated_bars} generated ({take.model}, seed {take.rng_seed})"


def numbered(path: Path, number: int) -> Path:
    """Return `path` with a number before its suffix.

    Examples
    --------
    >>> numbered(Path("take.wav"), 2).name
    'take-2.wav'
    """
    return path.with_name(f"{path.stem}-{number}{path.suffix}")
