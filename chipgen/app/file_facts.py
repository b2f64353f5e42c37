"""Tells what is in a file that chipgen reads, as plain values."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from chipgen.app.provenance import read_recipe
from chipgen.arranging.loop_points import find_loop
from chipgen.errors import ChipgenError
from chipgen.labels.label_piece import label_prompt
from chipgen.music import formats
from chipgen.rows.prompt import Prompt
from synth.chip.voices import VOICES
from synth.formats.chip_formats import read_chip_file

if TYPE_CHECKING:
    from chipgen.labels import RowLabels
    from chipgen.music.score import Score

Facts = dict[str, Any]
"""Facts of a file, by the names that docs/json.md explains. Numbers, lists and truth values are
that; what a file does not state is None."""


def score_facts(path: Path, track: int) -> tuple[Facts, "RowLabels | None"]:
    """Return the facts of a score's file, and the labels that are heard in it.

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
    score = formats.read_score(path, song=track)
    try:
        loop = find_loop(score)
    except ChipgenError as error:
        raise ChipgenError(f"{path}: {error}") from error
    recipe = read_recipe(path)
    labels = _labels_of(score)
    return {
        "file": path,
        "format": formats.source_format(path).name,
        "dialect": score.dialect,
        "duration_s": float(score.duration_s),
        "bars": len(score.bar_starts_beats()),
        "tempos": [{"beat": float(t.beat), "bpm": float(t.bpm)} for t in score.tempos],
        "meters": [
            {"beat": float(m.beat), "numerator": m.numerator, "denominator": m.denominator}
            for m in score.meters
        ],
        "key": score.key or None,
        "loop": None if loop is None else {"start_beat": loop[0], "end_beat": loop[1]},
        "made_by": None if recipe is None else {
            "command": recipe.command, "version": recipe.version, "weights": recipe.weights,
            "seed": recipe.seed or None, "plan": recipe.plan or None,
        },
        "remarks": [*score.remarks],
        "tracks": [
            {
                "number": number,
                "name": part.name,
                "channel": part.channel,
                "drums": part.is_drums,
                "programs": [part.program, *(change.program for change in part.program_changes)],
                "notes": len(part.notes),
                "lowest_pitch": min((note.pitch for note in part.notes), default=None),
                "highest_pitch": max((note.pitch for note in part.notes), default=None),
            }
            for number, part in enumerate(score.tracks)
        ],
    }, labels  # fmt: skip


def _labels_of(score: "Score") -> "RowLabels | None":
    try:
        return label_prompt(Prompt.of(score))
    except ChipgenError:
        return None  # nothing in it has a pitch


def chip_file_facts(path: Path, track: int) -> tuple[Facts, None]:
    """Return the facts of one track of a chip file.

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
    file = read_chip_file(path, track)
    log, titles = file.log, file.titles
    clock_hz = log.region.clock_hz
    loop_s = None if log.loop_cycle is None else log.loop_cycle / clock_hz
    return {
        "file": path,
        "format": file.format,
        "title": titles.title or None,
        "artist": titles.artist or None,
        "album": titles.album or None,
        "copyright": titles.copyright or None,
        "chips": [*file.chips],
        "region": log.region.name.upper(),
        "clock_hz": clock_hz,
        "track": file.track,
        "tracks": file.tracks,
        "stated_length_s": file.length_s,
        "stated_fade_s": None if file.length_s is None else file.fade_s,
        "duration_s": float(log.duration_s),
        "loop": None if loop_s is None else {
            "start_s": loop_s, "length_s": float(log.duration_s) - loop_s
        },
        "writes": len(log),
        "sample_bytes": sum(len(block) for _, block in log.memory),
        "warnings": [*file.warnings],
    }, None  # fmt: skip


def voices_facts(path: Path, track: int) -> tuple[Facts, None]:
    """Return the facts of a file of the chip's own notes.

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
    score, preset = formats.read_chip_score(path, track)
    return {
        "file": path,
        "format": formats.source_format(path).name,
        "duration_s": float(score.end_s),
        "loop": None if score.loop_s is None else {"start_s": float(score.loop_s)},
        "notes": {voice: len(score.voice(voice)) for voice in VOICES},
        "preset": None if preset is None else preset.name,
    }, None


READERS: Final[Mapping[str, Callable[[Path, int], "tuple[Facts, RowLabels | None]"]]] = {
    "score": score_facts,
    "chip score": voices_facts,
    "log": chip_file_facts,
    "playlist": chip_file_facts,
}
"""What returns a file's facts, by what its format holds."""
