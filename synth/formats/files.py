"""Chip files on disk, by suffix: the table of formats, and the two verbs that use it."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Final

from synth.chip.registers import RegisterLog
from synth.errors import SynthError
from synth.files import check_writable, write_bytes
from synth.formats.chipfile import ChipFile, Titles
from synth.formats.frames import cut_log
from synth.formats.nes_write import write_nes
from synth.formats.nsf import read_nsf
from synth.formats.nsf_write import write_nsf
from synth.formats.vgm import read_vgm
from synth.formats.vgm_write import compress_vgz, write_vgm

MAX_FILE_BYTES: Final = 64 << 20
MAX_SECONDS: Final = 86_400.0

Reader = Callable[[bytes, str, int, float | None, str | None], ChipFile]
Writer = Callable[[RegisterLog, Titles], tuple[bytes, tuple[str, ...]]]


@dataclasses.dataclass(frozen=True, slots=True)
class Format:
    """One kind of chip file.

    Attributes
    ----------
    name
        What people call it.
    read
        ``read(data, name, track, seconds, region)``, or None if we only write it.
    write
        ``write(log, titles)``, giving the file and what it could not keep.
    """

    name: str
    read: Reader | None
    write: Writer


def read_chip_file(
    path: Path, track: int = 1, seconds: float | None = None, region: str | None = None
) -> ChipFile:
    """Read one track of a chip file.

    Parameters
    ----------
    path
        A file whose suffix stands in `FORMATS`.
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
    form = _format_of(path)
    if form.read is None:
        readable = ", ".join(suffix for suffix, row in FORMATS.items() if row.read)
        raise SynthError(f"{path}: {form.name} files can be written, not read; give {readable}")
    if seconds is not None and not 0 < seconds <= MAX_SECONDS:
        raise SynthError(f"{seconds:g} seconds cannot be read; give more than 0 and up to 86400")
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise SynthError(f"{path} is larger than 64 MB, more than any chip file")
        data = path.read_bytes()
    except OSError as error:
        raise SynthError(f"{path}: cannot be read ({error.strerror})") from error
    file = form.read(data, str(path), track, seconds, region)
    own = file.log.region.name
    if region is None or region == own:
        return file
    warning = f"it is made for {own.upper()} and plays so, not as {region.upper()}"
    return dataclasses.replace(file, warnings=(*file.warnings, warning))


def write_chip_file(
    path: Path,
    log: RegisterLog,
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
    check_chip_path(path, overwrite=overwrite)
    form = _format_of(path)
    titles = Titles(title=title or path.stem, artist=artist, copyright=copyright)
    data, warnings = form.write(log, titles)
    write_bytes(path, data, overwrite=overwrite)
    return warnings


def check_chip_path(path: Path, *, overwrite: bool) -> None:
    """Refuse a path that no chip file can be written to, before any long work begins.

    Raises
    ------
    SynthError
        If the suffix is unknown, or as `synth.files.check_writable`.
    """
    _format_of(path)
    check_writable(path, overwrite=overwrite)


def _format_of(path: Path) -> Format:
    try:
        return FORMATS[path.suffix.lower()]
    except KeyError:
        raise SynthError(f"{path}: no chip file by its suffix; give {', '.join(FORMATS)}") from None


def _read_vgm(
    data: bytes, name: str, track: int, seconds: float | None, _region: str | None
) -> ChipFile:
    if track != 1:
        raise SynthError(f"{name}: a VGM file has one track; there is no track {track}")
    file = read_vgm(data, name)
    return dataclasses.replace(file, log=cut_log(file.log, seconds))


def _write_vgm(log: RegisterLog, titles: Titles) -> tuple[bytes, tuple[str, ...]]:
    return write_vgm(log, titles), ()


def _write_vgz(log: RegisterLog, titles: Titles) -> tuple[bytes, tuple[str, ...]]:
    return compress_vgz(write_vgm(log, titles)), ()


FORMATS: Final[dict[str, Format]] = {
    ".vgm": Format("VGM", _read_vgm, _write_vgm),
    ".vgz": Format("compressed VGM", _read_vgm, _write_vgz),
    ".nsf": Format("NSF", read_nsf, write_nsf),
    ".nes": Format("NES ROM", None, write_nes),
}
