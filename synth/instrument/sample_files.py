"""The sound files that a preset's samples name, read and encoded for the DMC."""

import io
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from synth.chip.dpcm import LONGEST_BYTES, Dpcm, encode_sound, pad_sample
from synth.errors import SynthError
from synth.fileformat import read_regular
from synth.instrument.preset_format import Preset, Sample
from synth.instrument.yamltree import Node
from synth.package_data import shipped_folder

MOST_FILE_BYTES: Final = 20_000_000
RAW: Final = (".dmc",)
_BEGINNINGS: Final = (b"RIFF", b"RIFX", b"RF64", b"fLaC", b"FORM", b"OggS")


def with_encoded_samples(preset: Preset, tree: Node) -> Preset:
    """Return a preset whose samples hold bytes in place of the names of files.

    Parameters
    ----------
    preset
        As its file says.
    tree
        The file with its parents, which shows which of them a name comes from.

    Raises
    ------
    SynthError
        If a file cannot be read, is no sound, or is too long: with file, line and field.
    """
    if not any(sample.file for sample in preset.samples.values()):
        return preset
    samples = {}
    for name, sample in preset.samples.items():
        node = _node(tree, ("samples", name, "file"))
        try:
            samples[name] = sample if sample.file is None else _encode(sample, node.file)
        except SynthError as error:
            raise SynthError(f"{node.file}:{node.line}: samples.{name}.file: {error}") from None
    return preset.model_copy(update={"samples": samples})


def _node(tree: Node, path: tuple[str, ...]) -> Node:
    for key in path:
        below = tree.value.get(key) if isinstance(tree.value, dict) else None
        tree = below if below is not None else tree
    return tree


def _encode(sample: Sample, preset_file: str) -> Sample:
    assert sample.file is not None
    data = _read(sample.file, preset_file)
    if sample.file.lower().endswith(RAW):
        if len(data) > LONGEST_BYTES:
            raise SynthError(
                f"{sample.file} has {len(data):,} bytes, and a sample {LONGEST_BYTES:,} at most"
            )
        made: dict[str, Any] = {"data": pad_sample(data).hex()}
    else:
        dpcm = _encoded(sample.file, data, sample.rate, sample.level, sample.loop)
        start = dpcm.level if sample.start is None else sample.start
        made = {"data": dpcm.data.hex(), "rate": dpcm.rate, "start": start}
    return sample.model_copy(update={"file": None, **made})


@lru_cache(maxsize=64)
def _encoded(name: str, data: bytes, rate: int | None, level: float, loop: bool) -> Dpcm:
    """Encode a sound file, once for all songs of a batch and messages of a studio."""
    sound, sound_hz = _sound(name, data)
    return encode_sound(sound, sound_hz, rate, level, loop=loop)


def _read(name: str, preset_file: str) -> bytes:
    shipped = shipped_folder("synth", "presets").joinpath(name)
    beside = Path(preset_file).parent / name
    if preset_file == Path(preset_file).name and not beside.is_file() and shipped.is_file():
        return shipped.read_bytes()
    return read_regular(beside, "WAV, FLAC or .dmc", MOST_FILE_BYTES)


def _sound(name: str, data: bytes) -> tuple["np.ndarray[Any, np.dtype[np.float64]]", float]:
    """Return a file's sound in one channel, and its rate."""
    import soundfile

    wrong = f"{name} is no WAV, FLAC or .dmc file that can be read"
    if not data.startswith(_BEGINNINGS):  # other decoders print what they think of a file
        raise SynthError(wrong)
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            if file.frames * file.channels > MOST_FILE_BYTES:  # whatever its header says
                raise SynthError(f"{name} is too long; a sample lasts a few seconds at most")
            sound, sound_hz = file.read(dtype="float64", always_2d=True), file.samplerate
    except soundfile.SoundFileError:
        raise SynthError(wrong) from None
    return sound.mean(axis=1), float(sound_hz)
