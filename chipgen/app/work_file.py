"""Reads and writes works of the studio: one archive of music, timbres and all that the page keeps.

The archive (ZIP) holds

- ``work.json``: its version, title, console and filter;
- ``music.mid``: the take that is heard;
- ``preset.yaml``: its timbres, as they were turned;
- ``page.json``: takes, undo and controls, which only the studio's page reads.

Other entries are passed over. Nothing is unpacked to the disk.
"""

import json
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any, Final

from chipgen.arranging import ArrangeConfig, arrange
from chipgen.arranging.loop_points import with_loop
from chipgen.errors import ChipgenError
from chipgen.music.midi import midi_bytes, score_from_midi
from chipgen.music.score import Note, Score, Track
from synth.chip.filters import CONSOLE_FILTERS
from synth.chip.hardware import REGIONS
from synth.instrument.chip_score import ChipScore
from synth.instrument.preset_loader import Preset, preset_source, read_preset

VERSION: Final = 1
MOST_BYTES: Final = {
    "work.json": 64_000, "music.mid": 20_000_000, "preset.yaml": 200_000, "page.json": 64_000_000,
}  # fmt: skip
MOST_ENTRIES: Final = 64
_TIME: Final = (1980, 1, 1, 0, 0, 0)  # the same work gives the same archive
_ENCRYPTED: Final = 0x1


@dataclass(frozen=True, slots=True)
class Work:
    """What an archive holds.

    Attributes
    ----------
    title
        The piece's name.
    midi
        Its music, as a MIDI file.
    preset_yaml
        Its timbres, as a preset file.
    region, console_filter
        Those of the preset if empty.
    page
        What the studio's page keeps, as JSON.
    """

    title: str
    midi: bytes
    preset_yaml: str
    region: str = ""
    console_filter: str = ""
    page: bytes = b"{}"


def work_bytes(work: Work) -> bytes:
    """Return a work as an archive.

    Raises
    ------
    ChipgenError
        If a part of it is larger than an archive may hold.
    """
    about = {
        "format": "chipgen work",
        "version": VERSION,
        "title": work.title,
        "region": work.region,
        "filter": work.console_filter,
    }
    parts = {
        "work.json": json.dumps(about, ensure_ascii=False, indent=1).encode(),
        "music.mid": work.midi,
        "preset.yaml": work.preset_yaml.encode(),
        "page.json": work.page,
    }
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, data in parts.items():
            if len(data) > MOST_BYTES[name]:
                raise ChipgenError(f"{name} is larger than {MOST_BYTES[name] / 1e6:g} MB")
            entry = zipfile.ZipInfo(name, _TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return packed.getvalue()


def read_work(data: bytes, name: str) -> Work:
    """Take an archive apart.

    Parameters
    ----------
    data
        The file.
    name
        What errors call it.

    Raises
    ------
    ChipgenError
        If it is no work, is damaged, is larger unpacked than a work may be, or was made by a later
        version.
    """
    parts = _read_parts(data, name)
    try:
        about = json.loads(parts["work.json"])
    except (ValueError, RecursionError) as error:
        raise ChipgenError(f"{name}: work.json is no JSON; the file may be damaged") from error
    if not isinstance(about, dict) or about.get("format") != "chipgen work":
        raise ChipgenError(f"{name}: work.json is not a work's; save it in the studio again")
    version = about.get("version")
    if version != VERSION:
        raise ChipgenError(
            f"{name} is of version {str(version)[:20]!r}; this chipgen reads {VERSION}: update it"
        )
    return Work(
        str(about.get("title", ""))[:400],
        parts["music.mid"],
        _text(parts["preset.yaml"], name),
        _choice(about, "region", REGIONS, name),
        _choice(about, "filter", CONSOLE_FILTERS, name),
        parts.get("page.json", b"{}"),
    )


def read_voices(data: bytes, name: str, track: int = 1) -> tuple[ChipScore, Preset]:
    """Return a work's four voices and its timbres: what ``chipgen render`` plays of it.

    Raises
    ------
    SynthError
        As `read_work`, or if its music or its preset cannot be read.
    """
    if track != 1:
        raise ChipgenError(f"{name} holds one piece: leave out --track")
    work = read_work(data, name)
    score = score_from_midi(work.midi, name=f"{name} (music.mid)")
    preset = read_preset(work.preset_yaml.encode(), f"{name} (preset.yaml)")
    chosen = {"region": work.region, "filter": work.console_filter}
    engine = preset.engine.model_copy(update={k: value for k, value in chosen.items() if value})
    preset = preset.model_copy(update={"engine": engine})
    arrangement = arrange(score, ArrangeConfig(), preset)
    return with_loop(arrangement.chip_score, score), preset


def fuzz_seeds() -> list[bytes]:
    """Return works from which fuzzing starts."""
    notes = tuple(Note(beat / 2, 0.5, 60 + beat % 12) for beat in range(8))
    midi = midi_bytes(Score(tracks=(Track(notes=notes),), end_beats=4.0))
    work = Work("a piece", midi, preset_source("plain"), page=b'{"takes": []}')
    return [work_bytes(work), work_bytes(replace(work, region="pal", console_filter="none"))]


def _read_parts(data: bytes, name: str) -> dict[str, bytes]:
    """Return the entries that a work has, read within their limits."""
    parts: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            entries = archive.infolist()
            if len(entries) > MOST_ENTRIES:
                raise ChipgenError(f"{name} has {len(entries)} entries, more than any work")
            for entry in entries:
                if entry.filename not in MOST_BYTES:
                    continue
                if entry.filename in parts:
                    raise ChipgenError(f"{name} has two entries called {entry.filename}")
                parts[entry.filename] = _read_entry(archive, entry, name)
    except (
        zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError,
        ValueError, UnicodeDecodeError, OverflowError,
    ) as error:  # fmt: skip
        raise ChipgenError(f"{name} is no archive, or is damaged; open an older copy") from error
    missing = MOST_BYTES.keys() - parts.keys() - {"page.json"}
    if missing:
        raise ChipgenError(f"{name} has no {min(missing)}; it is no work of the studio")
    return parts


def _read_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> bytes:
    most = MOST_BYTES[entry.filename]
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ChipgenError(f"{name} is packed by other means than Deflate; pack it anew")
    if entry.flag_bits & _ENCRYPTED:
        raise ChipgenError(f"{name} is encrypted; save it without a password")
    with archive.open(entry) as stream:
        data = stream.read(most + 1)  # what the entry says of its size may be wrong
    if len(data) > most:
        raise ChipgenError(f"{name}: {entry.filename} is larger than {most / 1e6:g} MB unpacked")
    return data


def _text(data: bytes, name: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise ChipgenError(f"{name}: preset.yaml is no text in UTF-8") from error


def _choice(about: dict[str, Any], field: str, allowed: Iterable[str], name: str) -> str:
    given = about.get(field) or ""
    if given not in ("", *allowed):
        wanted = ", ".join(allowed)
        raise ChipgenError(f"{name}: {field} {str(given)[:20]!r} is unknown; it can be {wanted}")
    return str(given)
