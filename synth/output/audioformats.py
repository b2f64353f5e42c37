"""File name suffixes to audio formats: what each can hold, and what finishes its files."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from synth.errors import SynthError
from synth.output import containers

LOWEST_RATE_HZ: Final = 8_000
HIGHEST_RATE_HZ: Final = 192_000


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """What one file name suffix stands for.

    Attributes
    ----------
    name
        What people call it.
    container
        soundfile's name of the container.
    subtypes
        soundfile's name of the encoding by bit depth. The key ``""`` marks a lossy format, which
        has none.
    rates_hz
        The only sample rates it carries, or empty for any from 8 to 192 kHz.
    finish
        Called as ``finish(path, loop, rate_hz)`` on the written file.
    keeps_loop
        Whether loop points can be written into it.
    settings
        Further arguments to soundfile, such as how hard to compress (0 best sounding, 1 smallest).
    """

    name: str
    container: str
    subtypes: Mapping[str, str]
    rates_hz: tuple[int, ...] = ()
    finish: containers.Finish = containers.leave
    keeps_loop: bool = True
    settings: Mapping[str, float | str] = field(default_factory=dict)


FORMATS: Final[dict[str, AudioFormat]] = {
    ".wav": AudioFormat(
        "WAV", "WAV", {"16": "PCM_16", "24": "PCM_24", "float": "FLOAT"}, finish=containers.wav
    ),
    ".flac": AudioFormat(
        "FLAC", "FLAC", {"16": "PCM_16", "24": "PCM_24"}, finish=containers.flac
    ),
    ".ogg": AudioFormat(
        "Ogg Vorbis", "OGG", {"": "VORBIS"}, finish=containers.ogg,
        settings={"compression_level": 0.3},
    ),
    ".opus": AudioFormat(
        "Opus", "OGG", {"": "OPUS"}, finish=containers.ogg,
        rates_hz=(8_000, 12_000, 16_000, 24_000, 48_000),
    ),
    ".mp3": AudioFormat(
        "MP3", "MP3", {"": "MPEG_LAYER_III"}, keeps_loop=False,
        rates_hz=(8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000),
        settings={"bitrate_mode": "VARIABLE", "compression_level": 0.2},
    ),
}  # fmt: skip


def audio_format(path: Path) -> AudioFormat:
    """Return the format that a file's suffix stands for.

    Raises
    ------
    SynthError
        If the suffix is unknown, or the installed libsndfile lacks the format.

    Examples
    --------
    >>> audio_format(Path("song.ogg")).name
    'Ogg Vorbis'
    """
    row = FORMATS.get(path.suffix.lower())
    if row is None:
        known = ", ".join(FORMATS)
        named = f"suffix {path.suffix!r}" if path.suffix else "a name without a suffix"
        raise SynthError(f"{path}: {named} is no audio format known here; end it in one of {known}")
    available = import_soundfile().available_formats()
    if row.container not in available or not set(row.subtypes.values()) <= set(
        import_soundfile().available_subtypes(row.container)
    ):
        raise SynthError(
            f"{path}: the installed libsndfile cannot write {row.name}; "
            "install libsndfile 1.1 or newer, or choose .wav or .flac"
        )
    return row


def default_rate_hz(suffix: str) -> int:
    """Return the sample rate to render a format at where the user named none.

    Examples
    --------
    >>> default_rate_hz(".wav"), default_rate_hz(".opus")
    (44100, 48000)
    """
    rates_hz = FORMATS[suffix.lower()].rates_hz
    return 44_100 if not rates_hz or 44_100 in rates_hz else 48_000


def encoding(path: Path, rate_hz: int, bits: str) -> str:
    """Return soundfile's name of the encoding for a file, rate and bit depth.

    Raises
    ------
    SynthError
        If the format does not carry that rate or depth. Lossy formats have no depth and take any.

    Examples
    --------
    >>> encoding(Path("song.flac"), 44_100, "24")
    'PCM_24'
    """
    row = audio_format(path)
    if row.rates_hz and rate_hz not in row.rates_hz:
        allowed = ", ".join(str(rate) for rate in row.rates_hz)
        raise SynthError(f"{path}: {row.name} carries {allowed} Hz, not {rate_hz}; choose one")
    if not LOWEST_RATE_HZ <= rate_hz <= HIGHEST_RATE_HZ:
        raise SynthError(
            f"sample rate {rate_hz} Hz is out of range; choose {LOWEST_RATE_HZ}-{HIGHEST_RATE_HZ}"
        )
    if "" in row.subtypes:
        return row.subtypes[""]
    if bits not in row.subtypes:
        allowed = ", ".join(row.subtypes)
        raise SynthError(f"{path}: {row.name} has no {bits!r} bits; choose one of {allowed}")
    return row.subtypes[bits]


def import_soundfile() -> Any:
    """Return the module `soundfile`, imported only now: commands that write no sound need none.

    Raises
    ------
    SynthError
        If libsndfile is missing.
    """
    try:
        import soundfile
    except OSError as error:
        raise SynthError(
            "libsndfile is missing; install it (apt install libsndfile1, brew install libsndfile)"
        ) from error
    return soundfile
