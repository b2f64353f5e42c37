"""Writes a document as files, equal to those of the command line."""

import re
import shlex
import unicodedata
import zipfile
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from chipgen.app import pipeline, source_files
from chipgen.app.pipeline import write_score
from chipgen.app.work_file import Work, work_bytes
from chipgen.arranging.loop_points import find_loop
from chipgen.composing import Composition
from chipgen.errors import ChipgenError
from chipgen.music import formats
from chipgen.music.midi import midi_bytes
from chipgen.request import Request, fit_request
from chipgen.request.command_line import words_of
from chipgen.request.targets import Target, target_of
from chipgen.studio.page_messages import Document, Made, OwnPreset
from chipgen.studio.score_json import digest, score_of
from chipgen.studio.voicer import base_preset, turned_preset
from synth.fileformat import formats_by_suffix
from synth.instrument.overrides import turned_yaml
from synth.instrument.preset_loader import Preset, preset_source, read_preset

SPECIAL: Final = ("stems", "preset", "command")
_NAME_BYTES: Final = 180  # file systems take 255, endings included
_ZIP_TIME: Final = (1980, 1, 1, 0, 0, 0)  # the same sound gives the same archive


def kinds() -> tuple[str, ...]:
    """Return everything that can be exported: suffixes of formats, and other kinds."""
    return (*formats.written_suffixes(*formats.ANYTHING), *SPECIAL)


def offered() -> list[dict[str, Any]]:
    """Return what the page offers in groups: a heading, and kinds with their names."""
    headings = {"score": "Score", "samples": "Sound", "log": "Chip", "chip score": "Tracker"}
    groups: dict[str, list[dict[str, str]]] = {heading: [] for heading in headings.values()}
    for row in formats.all_formats():
        if row.writes:
            groups[headings[row.writes]].append({"kind": row.suffixes[0], "name": row.name})
    groups["Sound"].append({"kind": "stems", "name": "Stems (ZIP)"})
    groups["Timbre"] = [{"kind": "preset", "name": "Preset (YAML)"}]
    return [{"heading": heading, "kinds": found} for heading, found in groups.items() if found]


def export(document: Document, kind: str, folder: Path, made: Made | None = None) -> dict[str, Any]:
    """Write a requested export of a document into an empty folder.

    Parameters
    ----------
    document
        The piece and its sound.
    kind
        One of `kinds`.
    folder
        Where; files are named after the piece.
    made
        How the piece was composed. A piece that was edited since is exported as one that nobody
        composed.

    Returns
    -------
    dict
        ``file``, the name of what was written, and ``remarks``; for the command ``answer``, with
        the command and the files that it reads, in base64.

    Raises
    ------
    SynthError
        As the command line's: no notes, no such format, nothing to loop.
    """
    kind = kind.lower()
    if kind not in kinds():
        raise ChipgenError(f"{kind[:20]!r} is no format here; choose of {', '.join(kinds())}")
    name = file_name(document.score.name)
    made = if_unedited(made, document)
    if kind == "command":
        return {"answer": reproduce(document, name, folder, made)}
    label, text = preset_file(document, name)
    if kind == "preset":
        target = folder / f"{name}.yaml"
        target.write_text(text or _alone(base_preset(document), name), encoding="utf-8")
        return {"file": target.name, "remarks": []}
    if kind in formats.written_suffixes("score"):
        target = folder / f"{name}{kind}"
        write_score(target, *take_of(document, folder, name, made))
        return {"file": target.name, "remarks": []}
    source = folder / f"{name}.mid"
    write_score(source, *take_of(document, folder, name, made))
    preset = read_preset(text.encode(), label) if text else base_preset(document)
    target = folder / f"{name}{'.wav' if kind == 'stems' else kind}"
    stems: dict[str, Any] = {"stems": "isolated"} if kind == "stems" else {}
    request = Request(bars=0, **stems, **_sound(document))
    request = fit_request(request, _target(target), "score")
    written = pipeline.make_file(source, target, request, preset=preset)
    if kind == "stems":
        parts = [target, *sorted(folder.glob(f"{name}-*.wav"))]
        target = folder / f"{name}-stems.zip"
        _pack(target, parts)
    return {"file": target.name, "remarks": list(written.remarks)}


def save_work(document: Document, page: bytes, folder: Path) -> dict[str, Any]:
    """Write a work, with what the page keeps of it, into an empty folder.

    ``chipgen render`` makes the sound of it that `export` makes of the document.

    Returns
    -------
    dict
        As `export`.

    Raises
    ------
    ChipgenError
        If it is larger than a work may be.
    """
    name = file_name(document.score.name)
    _, text = preset_file(document, name)
    if not text:
        assert isinstance(document.preset, str)
        text = preset_source(document.preset)
    work = Work(
        document.score.name,
        midi_bytes(score_of(document.score)),
        text,
        document.region or "",
        document.filter or "",
        page,
    )
    target = folder / f"{name}.chipgen"
    target.write_bytes(work_bytes(work))
    return {"file": target.name, "remarks": []}


def reproduce(document: Document, name: str, folder: Path, made: Made | None) -> dict[str, Any]:
    """Return the command that makes the sound of a document again, and the files it reads.

    A take, of which ``made`` says how it was composed, is composed again from its seed; any other
    piece is played as it is.
    """
    label, text = preset_file(document, name)
    target = _target(Path(f"{name}.wav"))
    if made is None:
        write_score(folder / f"{name}.mid", *take_of(document, folder, name, made))
        words = ["render", f"{name}.mid", "--as-is", "-o", f"{name}.wav"]
        request = Request(bars=0, preset=label, **_sound(document))
        words += words_of(request, target, without=("bars",))
    else:
        seed = seed_of(made, folder, name)
        asked = made.request.model_dump(exclude_unset=True)
        request = Request(**asked, preset=label, **_sound(document))
        words = ["generate", *([seed.name] if seed else []), "-o", f"{name}.wav"]
        words += words_of(request, target, source_files.kind_of(seed))
    if text:
        (folder / label).write_text(text, encoding="utf-8")
    return {
        "command": shlex.join(["chipgen", *words]),
        "files": [
            {"name": file.name, "base64": b64encode(file.read_bytes()).decode()}
            for file in sorted(folder.glob("[!.]*"))
        ],
    }


def _sound(document: Document) -> dict[str, Any]:
    """Return what a document asks of console and loop, as fields of a request."""
    looping = find_loop(score_of(document.score)) is not None
    return {
        "region": document.region,
        "console_filter": document.filter,
        **({"loop_points": True} if looping else {}),
    }


def _target(path: Path) -> Target:
    return target_of(formats.target_format(path, *formats.ANYTHING))


def take_of(
    document: Document, folder: Path, name: str, made: Made | None
) -> tuple[Composition, Path | None]:
    """Return the piece of a document, and its seed's file, written into a folder.

    With ``made`` the request that composed it comes with it.
    """
    score = score_of(document.score)
    if not any(track.notes for track in score.tracks):
        raise ChipgenError("the piece has no notes to play; draw some, or compose")
    bars = len(score.bar_starts_beats())
    if made is None:
        return Composition(score, seed_bars=bars, generated_bars=0), None
    asked = made.request
    new = asked.bars or 0 if asked.fill is None else asked.fill.last - asked.fill.first + 1
    take = Composition(
        score, max(0, bars - new), min(bars, new), asked.model, asked.rng_seed, request=asked,
        plan=made.plan,
    )  # fmt: skip
    return take, seed_of(made, folder, name)


def seed_of(made: Made, folder: Path, name: str) -> Path | None:
    """Write the seed of a take into a folder and return its file; None if it has none."""
    if made.request.from_scratch:
        return None
    seed = score_of(made.seed_score)
    path = folder / f"{name}-seed.mid"
    bars = len(seed.bar_starts_beats())
    write_score(path, Composition(seed, seed_bars=bars, generated_bars=0), overwrite=True)
    return path


def if_unedited(made: Made | None, document: Document) -> Made | None:
    """Return how a piece was composed; None if it has been edited since."""
    if made is None or made.digest != digest(score_of(document.score)):
        return None
    return made


def preset_file(document: Document, name: str) -> tuple[str, str]:
    """Return what ``--preset`` is given, and the text of that file; none for a shipped preset."""
    base, turned = base_preset(document), turned_preset(document)
    if turned == base:
        if isinstance(document.preset, OwnPreset):
            return f"{name}.yaml", document.preset.yaml
        return document.preset, ""
    return f"{name}.yaml", turned_yaml(base, turned, name[:64])


def file_name(title: str) -> str:
    """Return a name for files, of at most 60 letters and digits of any script, - and _.

    Examples
    --------
    >>> file_name("../My song?.mid"), file_name("月光 (I)"), file_name("")
    ('My-song', '月光-I', 'piece')
    """
    title = title.strip()
    found = [end for end in formats.read_suffixes("score") if title.lower().endswith(end)]
    title = title[: -len(max(found, key=len))] if found else title
    composed = unicodedata.normalize("NFC", title)
    plain = "".join(letter if _in_names(letter) else " " for letter in composed)
    plain = re.sub(" +", "-", plain).strip("-_")[:60]
    short = plain.encode()[:_NAME_BYTES].decode(errors="ignore")
    return short.strip("-_") or "piece"


def _in_names(letter: str) -> bool:
    """Return whether a character may be in a file's name: letters, their marks, digits, - and _."""
    return letter in "-_" or unicodedata.category(letter)[0] in "LMN"


def media_type(file: str) -> str:
    """Return the Internet media type of a file that `export` wrote."""
    named = formats_by_suffix(Path(file), formats.all_formats())
    other = _OTHER_MEDIA.get(Path(file).suffix, "application/octet-stream")
    return named[0].media_type if named else other


_OTHER_MEDIA: Final[Mapping[str, str]] = {".zip": "application/zip", ".yaml": "application/yaml"}


def _alone(preset: Preset, name: str) -> str:
    return turned_yaml(preset, preset, name[:64])


def _pack(target: Path, files: list[Path]) -> None:
    with zipfile.ZipFile(target, "x", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for file in files:
            entry = zipfile.ZipInfo(file.name, _ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, file.read_bytes())
