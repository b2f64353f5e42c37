"""The table of audio formats: what each can hold."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from synth.errors import SynthError
from synth.fileformat import Content, FileFormat, format_named, formats_by_suffix, suffixes_of
from synth.output.flac_loop import finish_flac
from synth.output.ogg_loop import finish_ogg
from synth.output.vorbis_comments import Loop
from synth.output.wav_loop import finish_wav

LOWEST_RATE_HZ: Final = 8_000
HIGHEST_RATE_HZ: Final = 192_000
USUAL_RATE_HZ: Final = 44_100

Finish = Callable[[Path, Loop, int], None]


def leave(path: Path, loop: Loop, rate_hz: int) -> None:
    """Leave the file as it is."""
    del path, loop, rate_hz


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioFormat(FileFormat):
    """An audio format: what the file can hold and how soundfile writes it.

    Attributes
    ----------
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

    container: str
    subtypes: Mapping[str, str]
    rates_hz: tuple[int, ...] = ()
    finish: Finish = leave
    keeps_loop: bool = True
    settings: Mapping[str, float | str] = field(default_factory=dict)
    writes: Content = "samples"
    streams: bool = True


FORMATS: tuple[AudioFormat, ...] = (
    AudioFormat(
        key="wav", name="WAV", suffixes=(".wav",), first_bytes=rb"RIFF....WAVE",
        media_type="audio/wav", container="WAV",
        subtypes={"16": "PCM_16", "24": "PCM_24", "float": "FLOAT"}, finish=finish_wav,
    ),
    AudioFormat(
        key="flac", name="FLAC", suffixes=(".flac",), first_bytes=rb"fLaC",
        media_type="audio/flac", container="FLAC",
        subtypes={"16": "PCM_16", "24": "PCM_24"}, finish=finish_flac,
    ),
    AudioFormat(
        key="ogg", name="Ogg Vorbis", suffixes=(".ogg",), first_bytes=rb"OggS.{24,279}\x01vorbis",
        media_type="audio/ogg", container="OGG",
        subtypes={"": "VORBIS"}, finish=finish_ogg, settings={"compression_level": 0.3},
    ),
    AudioFormat(
        key="opus", name="Opus", suffixes=(".opus",), first_bytes=rb"OggS.{24,279}OpusHead",
        media_type="audio/ogg", container="OGG",
        subtypes={"": "OPUS"}, finish=finish_ogg,
        rates_hz=(8_000, 12_000, 16_000, 24_000, 48_000),
    ),
    AudioFormat(
        key="mp3", name="MP3", suffixes=(".mp3",),
        first_bytes=rb"ID3|\xff[\xe2\xe3\xf2\xf3\xfa\xfb]",
        media_type="audio/mpeg", container="MP3",
        subtypes={"": "MPEG_LAYER_III"}, keeps_loop=False,
        rates_hz=(8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000),
        settings={"bitrate_mode": "VARIABLE", "compression_level": 0.2},
    ),
)  # fmt: skip


def audio_format(path: Path, key: str = "") -> AudioFormat:
    """Return the format that a key names, or else the one that a file's suffix stands for.

    Raises
    ------
    SynthError
        If the key or the suffix is unknown, or the installed libsndfile lacks the format.

    Examples
    --------
    >>> audio_format(Path("song.ogg")).name
    'Ogg Vorbis'
    """
    named = [format_named(key, FORMATS)] if key else formats_by_suffix(path, FORMATS)
    if not named:
        known = ", ".join(suffixes_of(FORMATS))
        given = f"suffix {path.suffix!r}" if path.suffix else "a name without a suffix"
        raise SynthError(f"{path}: {given} is no audio format known here; end it in one of {known}")
    row = named[0]
    available = import_soundfile().available_formats()
    if row.container not in available or not set(row.subtypes.values()) <= set(
        import_soundfile().available_subtypes(row.container)
    ):
        raise SynthError(
            f"{path}: the installed libsndfile cannot write {row.name}; "
            "install libsndfile 1.1 or newer, or choose .wav or .flac"
        )
    return row


def default_rate_hz(path: Path, key: str = "") -> int:
    """Return the sample rate to render a file at where the user named none.

    Parameters
    ----------
    path
        The file; one that holds no sound has the usual rate.
    key
        Of its format, or a suffix without the dot, where its name does not say it.

    Examples
    --------
    >>> default_rate_hz(Path("song.wav")), default_rate_hz(Path("song.opus"))
    (44100, 48000)
    >>> default_rate_hz(Path("song.mid"))
    44100
    """
    name = Path(f"sound.{key.lstrip('.')}") if key else path
    for row in formats_by_suffix(name, FORMATS):
        if row.rates_hz and USUAL_RATE_HZ not in row.rates_hz:
            return row.rates_hz[-1]
    return USUAL_RATE_HZ


def encoding(path: Path, rate_hz: int, bits: str, key: str = "") -> str:
    """Return soundfile's name of the encoding for a file, rate and bit depth.

    The format is found as by `audio_format`.

    Raises
    ------
    SynthError
        If the format does not carry that rate or depth. Lossy formats have no depth and take any.

    Examples
    --------
    >>> encoding(Path("song.flac"), 44_100, "24")
    'PCM_24'
    """
    row = audio_format(path, key)
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
