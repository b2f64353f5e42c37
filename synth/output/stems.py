"""Writes one audio file for each channel of the chip."""

import contextlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from synth.atomic_write import check_writable
from synth.chip.register_log import RegisterLog
from synth.chip.voices import CHANNELS
from synth.errors import SynthError
from synth.output.audiofile import AudioInfo
from synth.output.audioformats import encoding
from synth.output.audiowriter import Block, open_audio

DMC_REGISTERS: Final = range(0x4010, 0x4014)


def stem_names(log: RegisterLog) -> tuple[str, ...]:
    """Return the channels worth a file: all, but the DMC only if the log plays it."""
    if any(int(address) in DMC_REGISTERS for address in set(log.of_chip().address.tolist())):
        return CHANNELS
    return tuple(name for name in CHANNELS if name != "dmc")


def stem_paths(path: Path, names: Sequence[str]) -> dict[str, Path]:
    """Name a file for each channel after the file of the mix.

    Examples
    --------
    >>> stem_paths(Path("song.wav"), ["pulse1", "noise"])["noise"].name
    'song-noise.wav'
    """
    return {name: path.with_name(f"{path.stem}-{name}{path.suffix}") for name in names}


def check_stems(
    path: Path, rate_hz: int, *, bits: str = "16", overwrite: bool, file_format: str = ""
) -> None:
    """Refuse what `write_stems` would refuse, before any long work begins.

    Raises
    ------
    SynthError
        If the format, rate or bits are not possible, or any channel's file exists unasked.
    """
    encoding(path, rate_hz, bits, file_format)
    for stem in stem_paths(path, CHANNELS).values():
        check_writable(stem, overwrite=overwrite)


def write_stems(
    path: Path,
    blocks: Iterable[Block],
    rate_hz: int,
    *,
    names: Sequence[str] = CHANNELS,
    bits: str = "16",
    overwrite: bool = False,
    gain_db: float = 0.0,
    loop: tuple[int, int] | None = None,
    file_format: str = "",
) -> dict[str, AudioInfo]:
    """Write one mono file a channel in a single pass; an error on the way leaves none.

    Parameters
    ----------
    path
        File of the mix, after which the stems are named (`stem_paths`); it is not written.
    blocks
        float32 arrays of shape (frames, 5), a column for each of `CHANNELS`. Rendered with the
        outputs ``"isolated"`` each column is a channel alone; with ``"apu"`` the columns add up to
        the mix, exactly so in float files, where nothing is rounded to steps.
    rate_hz
        Sample rate.
    names
        Channels to write (see `stem_names`).
    bits, overwrite, file_format
        As for `write_audio`.
    gain_db
        The same gain for all, such as the one that normalised the mix.
    loop
        As for `write_audio`, into every file.

    Returns
    -------
    dict
        The files, by channel.

    Raises
    ------
    SynthError
        As `write_audio`.
    """
    unknown = sorted(set(names) - set(CHANNELS))
    if unknown:
        raise SynthError(f"channel {unknown[0]!r} is unknown; choose of {', '.join(CHANNELS)}")
    paths = stem_paths(path, names)
    for stem in paths.values():
        check_writable(stem, overwrite=overwrite)
    with contextlib.ExitStack() as stack:
        writers = {
            name: stack.enter_context(
                open_audio(
                    stem,
                    rate_hz,
                    bits=bits,
                    overwrite=overwrite,
                    gain_db=gain_db,
                    loop=loop,
                    file_format=file_format,
                )
            )
            for name, stem in paths.items()
        }
        for block in blocks:
            if block.ndim != 2 or block.shape[1] != len(CHANNELS):
                raise ValueError(f"stems need blocks of {len(CHANNELS)} columns")
            for name, writer in writers.items():
                column = CHANNELS.index(name)
                writer.write(block[:, column : column + 1])
    return {
        name: AudioInfo.of(writer, paths[name], rate_hz, gain_db, loop)
        for name, writer in writers.items()
    }
