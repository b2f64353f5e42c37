"""The table of chip file formats, and how chip files are read and written."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Final

from synth.atomic_write import check_writable, write_bytes
from synth.errors import SynthError
from synth.fileformat import (
    FileFormat,
    call_reader,
    format_of_file,
    format_to_write,
    load_function,
    read_limited,
    suffixes_of,
)

if TYPE_CHECKING:
    from synth.chip.register_log import RegisterLog
    from synth.formats.chipfile import ChipFile, Track
    from synth.formats.m3u import Entry

MAX_SECONDS: Final = 86_400.0

# A reader is called as ``reader(data, name, track, seconds, region)`` and returns a `ChipFile`; a
# writer as ``writer(log, titles)`` and returns the file's bytes and one line for each thing that
# the format could not keep. They live beside their format. What reads a playlist is called as
# ``reader(data, name)`` and returns `Entry` rows of `synth.formats.m3u`.
FORMATS: tuple[FileFormat, ...] = (
    FileFormat(
        key="vgm", name="VGM", suffixes=(".vgm",), first_bytes=rb"Vgm ",
        media_type="audio/x-vgm",
        reads="log", reader="synth.formats.vgm_read:read_vgm",
        writes="log", writer="synth.formats.vgm_write:vgm_file",
        fuzz_seeds="synth.formats.fuzz_seeds:vgm",
    ),
    FileFormat(
        key="vgz", name="VGZ", suffixes=(".vgz",), first_bytes=rb"\x1f\x8b",
        media_type="application/gzip",
        reads="log", reader="synth.formats.vgm_read:read_vgm",
        writes="log", writer="synth.formats.vgm_write:vgz_file",
        fuzz_seeds="synth.formats.fuzz_seeds:vgz",
    ),
    FileFormat(
        key="nsf", name="NSF", suffixes=(".nsf",), first_bytes=rb"NESM\x1a",
        media_type="audio/x-nsf",
        reads="log", reader="synth.formats.nsf_read:read_nsf",
        writes="log", writer="synth.formats.nsf_write:write_nsf",
        most_songs=256, lister="synth.formats.nsf_read:list_tracks",
        fuzz_seeds="synth.formats.fuzz_seeds:nsf",
    ),
    FileFormat(
        key="nsfe", name="NSFe", suffixes=(".nsfe",), first_bytes=rb"NSFE",
        media_type="audio/x-nsf",
        reads="log", reader="synth.formats.nsf_read:read_nsf",
        most_songs=256, lister="synth.formats.nsf_read:list_tracks",
        fuzz_seeds="synth.formats.fuzz_seeds:nsfe",
    ),
    FileFormat(
        key="m3u", name="playlist", suffixes=(".m3u", ".m3u8"),
        first_bytes=rb"(\xef\xbb\xbf)?(#EXTM3U|(#[^\n]*\n\s*)*[^\x00-\x1f#]+::\w+,)",
        media_type="audio/x-mpegurl",
        reads="playlist", reader="synth.formats.m3u:read_m3u", most_songs=10_000,
        max_bytes=4_000_000, fuzz_seeds="synth.formats.fuzz_seeds:m3u",
    ),
    FileFormat(
        key="nes", name="NES ROM", suffixes=(".nes",), first_bytes=rb"NES\x1a",
        media_type="application/x-nes-rom",
        writes="log", writer="synth.formats.nes_write:write_nes",
    ),
)  # fmt: skip


def read_chip_file(
    path: Path, track: int = 1, seconds: float | None = None, region: str | None = None
) -> "ChipFile":
    """Read one track of a chip file.

    Parameters
    ----------
    path
        A file of one of `FORMATS`, recognised by its first bytes, or else by its suffix.
    track
        Which track, counted from 1.
    seconds
        How much of it to take, in ]0, 86400]. By default all of it: until it loops, ends or stops
        as the file says.
    region
        ``"ntsc"`` or ``"pal"``, for files that are made for both. Others play on the chip that they
        are made for, with a warning if it is not this one.

    Raises
    ------
    SynthError
        If the file cannot be read, is broken, has no such track, or has no music for the 2A03.
    """
    row = _source_format(path)
    if seconds is not None and not 0 < seconds <= MAX_SECONDS:
        raise SynthError(f"{seconds:g} seconds cannot be read; give more than 0 and up to 86400")
    data = read_limited(path, row)
    if row.reads == "playlist":
        return _read_entry(
            path, call_reader(row, row.reader, str(path), data, str(path)), track, seconds, region
        )
    file: ChipFile = call_reader(
        row, row.reader, str(path), data, str(path), track, seconds, region
    )
    own = file.log.region.name
    if region is None or region == own:
        return file
    warning = f"it is made for {own.upper()} and plays so, not as {region.upper()}"
    return dataclasses.replace(file, warnings=(*file.warnings, warning))


def chip_tracks(path: Path) -> "tuple[Track, ...]":
    """Return the track information of a chip file or playlist, in playing order.

    No program is run and no music read.

    Parameters
    ----------
    path
        As for `read_chip_file`.

    Raises
    ------
    SynthError
        If the file cannot be read or is broken.
    """
    from synth.formats.chipfile import Track

    row = _source_format(path)
    data = read_limited(path, row)
    tracks: tuple[Track, ...] = (Track(1),)
    if row.reads == "playlist":
        entries = call_reader(row, row.reader, str(path), data, str(path))
        numbered = enumerate(entries, start=1)
        return tuple(dataclasses.replace(entry.track, number=place) for place, entry in numbered)
    if row.lister:
        tracks = call_reader(row, row.lister, str(path), data, str(path))
    return tracks


def _read_entry(
    path: Path,
    entries: "tuple[Entry, ...]",
    track: int,
    seconds: float | None,
    region: str | None,
) -> "ChipFile":
    """Read the file that one line of a playlist names."""
    from synth.formats.m3u import find_file

    if not 1 <= track <= len(entries):
        raise SynthError(f"{path} has tracks 1 to {len(entries)}; there is no track {track}")
    entry = entries[track - 1]
    said, source = entry.track, find_file(entry.file)
    if _source_format(source).reads == "playlist":
        raise SynthError(f"{path}: track {track} is a playlist itself; name {source}")
    stated_s = said.length_s if seconds is None else None
    taken_s = seconds if stated_s is None else min(stated_s + said.fade_s, MAX_SECONDS)
    file = read_chip_file(source, said.number, taken_s, region)
    titles = file.titles
    if said.title:
        titles = dataclasses.replace(titles, title=said.title, album=titles.album or titles.title)
    return dataclasses.replace(
        file, titles=titles, track=track, tracks=len(entries), playlist=chip_tracks(path),
        length_s=stated_s or file.length_s, fade_s=said.fade_s if stated_s else file.fade_s,
    )  # fmt: skip


def _source_format(path: Path) -> FileFormat:
    """Return the format of a chip file that is to be read."""
    row = format_of_file(path, FORMATS)
    if row is None:
        raise SynthError(
            f"{path}: no chip file by its first bytes or its suffix; give {_readable()}"
        )
    if not row.reads:
        raise SynthError(f"{path}: {row.name} files can be written, not read; give {_readable()}")
    return row


def write_chip_file(
    path: Path,
    log: "RegisterLog",
    *,
    title: str = "",
    artist: str = "",
    copyright: str = "",  # noqa: A002 (the field's name in every format)
    overwrite: bool = False,
    file_format: str = "",
) -> tuple[str, ...]:
    """Write a register log as a chip file.

    Parameters
    ----------
    path
        Where to; the suffix names the format, unless `file_format` does.
    log
        What to write.
    title, artist, copyright
        The titles. An empty title becomes the file's name.
    overwrite
        Whether an existing file may be replaced.
    file_format
        Key of one of `FORMATS`.

    Returns
    -------
    tuple of str
        One line for each thing that the format could not keep.

    Raises
    ------
    SynthError
        If the suffix is unknown, the log does not fit the format, or the file cannot be written.
    """
    from synth.formats.chipfile import Titles

    row = format_to_write(path, FORMATS, file_format)
    check_writable(path, overwrite=overwrite)
    titles = Titles(title=title or path.stem, artist=artist, copyright=copyright)
    data, warnings = load_function(row.writer)(log.of_chip(), titles)
    write_bytes(path, data, overwrite=overwrite)
    others = ", ".join(name for name in log.chips if name != "2A03")
    lost = (f"the sound of {others} is left out; {row.name} holds the 2A03's",) if others else ()
    return (*warnings, *lost)


def _readable() -> str:
    return ", ".join(suffixes_of(row for row in FORMATS if row.reads))
