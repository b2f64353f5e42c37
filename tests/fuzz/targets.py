"""Everything that comes in from outside, as targets of the fuzzer.

Each file format brings its target by its row in the tables of formats; a test fails if one has
none, and another if a module reads what no target damages.
"""

import contextlib
import json
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Final
from unittest import mock

from chipgen.errors import ChipgenError
from chipgen.music.formats import all_formats
from synth.errors import SynthError
from synth.extras import MissingExtraError
from synth.fileformat import FileFormat, load_function
from tests.fuzz import studio_targets, training_targets
from tests.fuzz.mutate import Mutator, mutate_json, mutate_midi, mutate_text
from tests.fuzz.structured import (
    mutate_fields,
    mutate_in_place,
    mutate_journal,
    mutate_vgm,
    mutate_vgz,
    mutate_xml,
    mutate_zip,
)
from tests.fuzz.target import Target

LISTEN_S: Final = 1.0  # how much of a chip file is played

# How each format's files are damaged, beside turning bytes: by the key of its row.
_STRUCTURED: Final[dict[str, Mutator]] = {
    "mid": mutate_midi, "rmi": mutate_midi, "abc": mutate_text, "musicxml": mutate_xml,
    "m3u": mutate_text, "mscz": mutate_xml, "famistudio": mutate_fields,
    "famitracker": mutate_fields, "vgm": mutate_vgm, "vgz": mutate_vgz, "nsf": mutate_in_place,
    "nsfe": mutate_in_place, "chipgen": mutate_zip,
}  # fmt: skip


def all_targets() -> list[Target]:
    """Return every target."""
    formats = [target_of(row) for row in all_formats() if row.reads]
    return [*formats, *_OTHERS, *training_targets.TARGETS, *studio_targets.TARGETS]


def target_of(row: FileFormat) -> Target:
    """Return the target of a format, by what its files hold.

    Raises
    ------
    KeyError
        If nothing here takes in what such files hold.
    """
    run = {
        "score": _take_score, "log": _take_chip_file, "playlist": _take_playlist,
        "chip score": _take_voices,
    }[row.reads]  # fmt: skip
    return Target(
        row.key,
        lambda: list(load_function(row.fuzz_seeds)()),
        run,
        _STRUCTURED.get(row.key, mutate_in_place),
        row.suffixes[0],
        lambda: _missing(row),
    )


@cache
def _missing(row: FileFormat) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"seed{row.suffixes[0]}")
        path.write_bytes(load_function(row.fuzz_seeds)()[0])
        try:
            if row.reads == "score":
                load_function(row.reader)(path.read_bytes(), name="seed")
        except MissingExtraError as error:
            return str(error)
        except ChipgenError as error:
            return str(error) if "not installed" in str(error) else ""
    return ""


def _take_score(path: Path) -> None:
    """Describe a score, arrange it, write it as MIDI, play a moment of it."""
    from chipgen.app import pipeline
    from chipgen.app.file_facts import score_facts
    from chipgen.app.sound import audio_blocks
    from chipgen.request import Request

    score_facts(path, 1)
    request = Request(bars=0, rate_hz=8_000)
    take = pipeline.read_take(path, request)
    pipeline.write_score(path.with_name("out.mid"), take, path)
    sound = pipeline.voice_take(take, Request(bars=0, seconds=LISTEN_S))
    for _ in audio_blocks(sound, 8_000):
        pass
    path.with_name("out.mid").unlink()


def _take_chip_file(path: Path) -> None:
    """List the tracks of a chip file, play a moment of the first, write it as another."""
    from chipgen.app import pipeline, stage_settings
    from chipgen.app.sound import audio_blocks, write_sound
    from chipgen.app.source_files import list_tracks
    from chipgen.request import Request

    list_tracks(path)
    sound = pipeline.make_sound(path, Request(seconds=LISTEN_S))
    for _ in audio_blocks(sound, 8_000):
        pass
    with contextlib.suppress(ChipgenError):
        write_sound(
            path.with_name("out.vgm"), sound, stage_settings.delivery_of(Request(), Path("out.vgm"))
        )
    path.with_name("out.vgm").unlink(missing_ok=True)


def _take_playlist(path: Path) -> None:
    """Do the same with a playlist, beside which there is a file that it may list."""
    from synth.formats import fuzz_seeds

    listed = path.with_name("game.nsf")
    listed.write_bytes(fuzz_seeds.nsf()[0])
    try:
        _take_chip_file(path)
    finally:
        listed.unlink()


def _take_voices(path: Path) -> None:
    """Describe a file of the chip's own notes, and play a moment of it."""
    from chipgen.app import pipeline
    from chipgen.app.file_facts import voices_facts
    from chipgen.app.sound import audio_blocks
    from chipgen.request import Request

    voices_facts(path, 1)
    for _ in audio_blocks(pipeline.make_sound(path, Request(seconds=LISTEN_S)), 8_000):
        pass


def _take_preset(path: Path) -> None:
    """Say what is wrong with a preset, load it, drive a song with it."""
    from synth.instrument.demo_scores import demo_score
    from synth.instrument.driver import drive
    from synth.instrument.preset_loader import list_errors, load_preset, preset_yaml

    list_errors(path)
    preset = load_preset(path)
    preset_yaml(preset)
    drive(demo_score(preset), preset)


def _preset_seeds() -> list[bytes]:
    from synth.instrument.preset_loader import preset_names, preset_source

    return [preset_source(name).encode() for name in preset_names()]


def _take_sample(path: Path) -> None:
    """Load a preset with a sample that is a sound file, or bytes for the DMC."""
    from synth.instrument.preset_loader import load_preset

    preset, raw = path.with_name("a.yaml"), path.with_name("raw.dmc")
    raw.write_bytes(path.read_bytes())
    text = "format: 1\nname: a\nextends: plain\nsamples:\n  hit: {file: FILE}\n"
    try:
        for file in (raw, path):
            preset.write_text(text.replace("FILE", file.name))
            with contextlib.suppress(SynthError):
                load_preset(str(preset))
    finally:
        for made in (preset, raw):
            made.unlink()


def _sample_seeds() -> list[bytes]:
    import io

    import numpy as np
    import soundfile

    found = []
    sound = np.sin(np.arange(800) / 5.0).astype(np.float32)
    for kind, channels in (("WAV", 1), ("FLAC", 2)):
        packed = io.BytesIO()
        soundfile.write(packed, np.stack([sound] * channels, axis=1), 16_000, format=kind)
        found.append(packed.getvalue())
    return found


def _take_old_journal(path: Path) -> None:
    """Open a batch's folder that an earlier version kept its manifest in."""
    from chipgen.app.batch_journal import NAME, OLD_NAME, open_journal

    path.rename(path.with_name(OLD_NAME))
    try:
        with open_journal(path.parent) as journal:
            made = journal.last("a.wav")
            for name in {} if made is None else made.files:
                (path.parent / "a.wav").with_name(name)
    finally:
        path.with_name(OLD_NAME).unlink()
        path.with_name(NAME).unlink(missing_ok=True)


def _old_journal_seeds() -> list[bytes]:
    return [json.dumps({"a.wav": {"source": "a", "sha256": {"a.wav": "0" * 64}}}).encode()]


def _take_kernels(path: Path) -> None:
    """Open the library of kernels by a manifest, and compare a kernel with it."""
    from chipgen.dataset import nesmdb
    from synth.kernels import library
    from synth.kernels.stamps import is_current

    with mock.patch.object(library, "MANIFEST", path):
        opened = library.open_library.__wrapped__()
    if isinstance(opened, library.Library):
        is_current(nesmdb._scan, opened.manifest)


def _kernel_seeds() -> list[bytes]:
    from synth.kernels.library import MANIFEST

    return [MANIFEST.read_bytes()]


def _take_journal(path: Path) -> None:
    """Open a batch's journal that holds anything."""
    from chipgen.app.batch_journal import NAME, open_journal

    shutil.move(path, path.with_name(NAME))
    try:
        with open_journal(path.parent) as journal:
            journal.last("a.wav")
            journal.knows("a.wav", "a.wav", "0" * 64)
            journal.digest(path.parent / "a.wav")
    finally:
        path.with_name(NAME).unlink()


def _journal_seeds() -> list[bytes]:
    from chipgen.app.batch_journal import NAME, Made, append_line, write_made

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_made(folder, "a.wav", Made("f", {"a.wav": "0" * 64}))
        append_line(folder, {"seen": "/a.wav", "about": [1, 2, 3, "0" * 64]}, flush=False)
        return [(folder / NAME).read_bytes()]


def _take_option(path: Path) -> None:
    """Give a text to each option that is read as one, and to the map of voices."""
    from chipgen.arranging.voice_map import parse_map
    from chipgen.music.chord_symbols import read_chords
    from chipgen.music.key_names import parse_key
    from chipgen.music.phrase_letters import read_form
    from chipgen.request.values import read_bars, read_meter, read_track, read_voices

    text = path.read_bytes().decode("utf-8", "replace")
    for read in (read_bars, read_meter, read_track, read_voices):
        with contextlib.suppress(ValueError):
            read(text)
    for read_text in (parse_key, read_form, read_chords):
        with contextlib.suppress(ChipgenError):
            read_text(text)
    parse_map(text)


def _option_seeds() -> list[bytes]:
    texts = (
        "pulse1=channel:3", "bass=track:0:C2-B3,drop@1-4=track:lead", "drums@3=channel:9:36-",
        "3/4", "9-12", "all", "pulse1,noise", "F#m", "A A' B A",
        "C Am7 F#dim Bb/D G7sus4",
    )  # fmt: skip
    return [text.encode() for text in texts]


def _take_synth_state(path: Path) -> None:
    from synth.instrument.synthesizer import Synth

    Synth("default", rate_hz=8_000).load_state(path.read_bytes())


def _synth_state_seeds() -> list[bytes]:
    from synth.instrument.synthesizer import Synth

    synth = Synth("default", rate_hz=8_000)
    return [synth.save_state()]


_OTHERS: Final[tuple[Target, ...]] = (
    Target("preset", _preset_seeds, _take_preset, mutate_text, ".yaml"),
    Target("sample", _sample_seeds, _take_sample, mutate_in_place, ".wav"),
    Target("journal", _journal_seeds, _take_journal, mutate_journal),
    Target("old-journal", _old_journal_seeds, _take_old_journal, mutate_json, ".json"),
    Target("option", _option_seeds, _take_option, mutate_text),
    Target("synth-state", _synth_state_seeds, _take_synth_state, mutate_in_place),
    Target("kernels", _kernel_seeds, _take_kernels, mutate_json, ".json"),
)
