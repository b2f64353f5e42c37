"""Chip files on disk: the table of their formats, and the functions that read and write by it."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Final

from synth.errors import SynthError
from synth.fileformat import (
    FileFormat,
    format_of_file,
    format_to_write,
    load_function,
    read_limited,
    suffixes_of,
)
from synth.files import check_writable, write_bytes

if TYPE_CHECKING:
    from synth.chip.registers import RegisterLog
    from synth.formats.chipfile import ChipFile

MAX_SECONDS: Final = 86_400.0

# A reader is called as ``reader(data, name, track, seconds, region)`` and returns a `ChipFile`; a
# writer as ``writer(log, titles)`` and returns the file's bytes and one line for each thing that
# the format could not keep. They live beside their format.
FORMATS: tuple[FileFormat, ...] = (
    FileFormat(
        key="vgm", name="VGM", suffixes=(".vgm",), first_bytes=rb"Vgm ",
        media_type="audio/x-vgm",
        reads="log", reader="synth.formats.vgm:read_vgm",
        writes="log", writer="synth.formats.vgm_write:vgm_file",
        fuzz_seeds="synth.formats.fuzz_seeds:vgm",
    ),
    FileFormat(
        key="vgz", name="VGZ", suffixes=(".vgz",), first_bytes=rb"\x1f\x8b",
        media_type="application/gzip",
        reads="log", reader="synth.formats.vgm:read_vgm",
        writes="log", writer="synth.formats.vgm_write:vgz_file",
        fuzz_seeds="synth.formats.fuzz_seeds:vgz",
    ),
    FileFormat(
        key="nsf", name="NSF", suffixes=(".nsf",), first_bytes=rb"NESM\x1a",
        media_type="audio/x-nsf",
        reads="log", reader="synth.formats.nsf:read_nsf",
        writes="log", writer="synth.formats.nsf_write:write_nsf",
        most_songs=256, fuzz_seeds="synth.formats.fuzz_seeds:nsf",
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
        A file of one of `FORMATS`, told by its first bytes, or else by its suffix.
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
    row = format_of_file(path, FORMATS)
    if row is None:
        raise SynthError(
            f"{path}: no chip file by its first bytes or its suffix; give {_readable()}"
        )
    if not row.reads:
        raise SynthError(f"{path}: {row.name} files can be written, not read; give {_readable()}")
    if seconds is not None and not 0 < seconds <= MAX_SECONDS:
        raise SynthError(f"{seconds:g} seconds cannot be read; give more than 0 and up to 86400")
    data = read_limited(path, row)
    file: ChipFile = load_function(row.reader)(data, str(path), track, seconds, region)
    own = file.log.region.name
    if region is None or region == own:
        return file
    warning = f"it is made for {own.upper()} and plays so, not as {region.upper()}"
    return dataclasses.replace(file, warnings=(*file.warnings, warning))


def write_chip_file(
    path: Path,
    log: "RegisterLog",
    *,
    title: str = "",
    artist: str = "",
    copyright: str = "",  # noqa: A002 (the field's name in every format)
    overwrite: bool = False,
) -> tuple[str, ...]:
    """Write a register log as a chip file.

    Parameters
    ----------
    path
        Where to; the suffix names the format.
    log
        What to write.
    title, artist, copyright
        What the file says of itself. An empty title becomes the file's name.
    overwrite
        Whether an existing file may be replaced.

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

    row = format_to_write(path, FORMATS)
    check_writable(path, overwrite=overwrite)
    titles = Titles(title=title or path.stem, artist=artist, copyright=copyright)
    data, warnings = load_function(row.writer)(log, titles)
    write_bytes(path, data, overwrite=overwrite)
    return tuple(warnings)


def _readable() -> str:
    return ", ".join(suffixes_of(row for row in FORMATS if row.reads))
