"""Everything that comes in from outside, as targets of the fuzzer.

Each file format brings its target by its row in the tables of formats; a test fails if one has
none. Beside files there are presets, settings, checkpoints, caches, states, journals, the page's
messages and the texts of options.
"""

import asyncio
import contextlib
import json
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from chipgen.errors import ChipgenError
from chipgen.music.formats import all_formats
from synth.extras import MissingExtraError
from synth.fileformat import FileFormat, load_function
from tests.fuzz.mutate import (
    Mutator,
    mutate_json,
    mutate_midi,
    mutate_safetensors,
    mutate_text,
)
from tests.fuzz.structured import (
    mutate_fields,
    mutate_in_place,
    mutate_journal,
    mutate_slice_cache,
    mutate_vgm,
    mutate_vgz,
    mutate_xml,
    mutate_zip,
)

LISTEN_S: Final = 1.0  # how much of a chip file is played


@dataclass(frozen=True, slots=True)
class Target:
    """What inputs of a kind are fed to.

    Attributes
    ----------
    name
        What it is called.
    seeds
        Returns small valid inputs.
    run
        Takes an input in, given its file in an empty folder; it may raise `SynthError`.
    mutate
        How inputs are damaged.
    suffix
        What their files' names end in.
    missing
        Returns why it cannot be run here; empty if it can.
    """

    name: str
    seeds: Callable[[], list[bytes]]
    run: Callable[[Path], None]
    mutate: Mutator
    suffix: str = ""
    missing: Callable[[], str] = lambda: ""


# How each format's files are damaged, beside turning bytes: by the key of its row.
_STRUCTURED: Final[dict[str, Mutator]] = {
    "mid": mutate_midi, "rmi": mutate_midi, "abc": mutate_text, "musicxml": mutate_xml,
    "m3u": mutate_text, "mscz": mutate_xml, "famistudio": mutate_fields,
    "famitracker": mutate_fields, "vgm": mutate_vgm, "vgz": mutate_vgz, "nsf": mutate_in_place,
    "nsfe": mutate_in_place, "chipgen": mutate_zip,
}  # fmt: skip


def all_targets() -> list[Target]:
    """Return every target."""
    return [*(target_of(row) for row in all_formats() if row.reads), *_OTHERS]


def target_of(row: FileFormat) -> Target:
    """Return the target of a format, by what its files hold.

    Raises
    ------
    KeyError
        If nothing here takes in what such files hold.
    """
    run = {
        "score": _take_score, "log": _take_chip_file, "playlist": _take_chip_file,
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
    from chipgen.app.file_facts import list_tracks
    from chipgen.app.sound import audio_blocks, write_sound
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


def _take_settings(path: Path) -> None:
    """Load the settings of a training, of every kind."""
    from chipgen.training.rows_settings import RowTransformerSettings
    from chipgen.training.slices_settings import TonnetzLstmSettings
    from chipgen.training.training_settings import load_settings

    with contextlib.suppress(ChipgenError):
        load_settings(path, RowTransformerSettings)
    load_settings(path, TonnetzLstmSettings)


def _settings_seeds() -> list[bytes]:
    from chipgen.models.registry import MODELS, settings_file

    return [settings_file(name).read_bytes() for name in MODELS]


def _take_checkpoint(path: Path) -> None:
    """Compose a bar with a checkpoint."""
    from chipgen.composing import make_piece
    from chipgen.music.formats import read_score
    from chipgen.request import Request

    seed = read_score(Path(__file__).parents[2] / "examples" / "seed.mid")
    make_piece(seed, Request(bars=1, model=str(path)))


def _checkpoint_seeds() -> list[bytes]:
    from tests.models.test_checkpoint_header import SMALL, small_arrays, write

    found = []
    with tempfile.TemporaryDirectory() as folder:
        for name in SMALL:
            path = write(Path(folder, "a.safetensors"), name, small_arrays(name))
            found.append(path.read_bytes())
    return found


def _take_dataset_cache(path: Path) -> None:
    from chipgen.dataset.slice_cache import load_cache

    load_cache(path)


def _dataset_cache_seeds() -> list[bytes]:
    from chipgen.dataset.slice_cache import save_cache
    from tests.tunes import make_data

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.cache")
        save_cache(make_data(2, 1), path, overwrite=False)
        return [path.read_bytes()]


def _take_rows_cache(path: Path) -> None:
    from chipgen.training.rows_cache import load_rows

    load_rows([Path(__file__).parents[2] / "examples" / "folk.mid"], path)


def _rows_cache_seeds() -> list[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "rows.npz")
        _take_rows_cache(path)
        return [path.read_bytes()]


def _take_state(path: Path) -> None:
    from chipgen.training.run_state import load_state

    load_state(path)


def _state_seeds() -> list[bytes]:
    from chipgen.training.run_state import save_state
    from tests.training.test_zip_integrity import small_state

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.pt")
        save_state(path, small_state())
        return [path.read_bytes()]


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


def _take_message(path: Path) -> None:
    """Let a studio's session with a piece take a message, and go on for a moment."""
    from chipgen.studio.session import Session

    async def talk() -> None:
        async def send(_: object) -> None:
            pass

        class Pool:
            async def ask(self, *_: object, **__: object) -> dict[str, Any]:
                raise ChipgenError("nobody composes here")

        session = Session(Pool(), 8_000, send, send)  # type: ignore[arg-type]
        running = asyncio.create_task(session.run())
        await session.receive(_message_seeds()[0])
        await session.receive(path.read_bytes())
        for _ in range(4):
            await asyncio.sleep(0.005)
        if running.done():
            running.result()
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        await session.close()

    asyncio.run(talk())


@cache
def _message_seeds() -> list[bytes]:
    track = {
        "name": "lead", "role": "", "channel": 0, "program": 80, "notes": [[0, 1, 60, 100]],
        "controls": [[0, 7, 100]], "bends": [[0, 0.5]],
    }  # fmt: skip
    score = {
        "name": "a", "dialect": "gm", "end_beats": 4, "tempos": [[0, 120]], "meters": [[0, 4, 4]],
        "markers": [[0, "loopStart"]], "tracks": [track],
    }  # fmt: skip
    sound = {"preset": "default", "values": {}, "muted": ["noise"], "solo": []}
    messages: list[dict[str, Any]] = [
        {"type": "document", "document": {**sound, "score": score, "loop": True}},
        {
            "type": "edit",
            "revision": 1,
            "digest": 3477604103,
            "changes": [
                {"tracks": [0, None]},
                {"track": 1, "set": {"name": "b"}},
                {"track": 0, "rows": "notes", "splices": [[0, 1, [[0, 2, 62, 90]]]]},
            ],
        },
        {"type": "sound", **sound, "region": "pal", "filter": "none"},
        {"type": "play", "from_beat": 0.5},
        {"type": "stop"},
        {"type": "seek", "beat": 1.0},
        {"type": "loop", "on": True},
        {"type": "compose", "id": 1, "request": {"bars": 1}},
        {"type": "cancel", "id": 1},
        {"type": "key", "note": 60, "on": True, "velocity": 100, "voice": "pulse1"},
        {"type": "keys_off"},
        {"type": "room", "frames": 1000, "upto": 3},
        {"type": "registers", "on": True},
    ]
    return [json.dumps(message).encode() for message in messages]


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


def _without_torch() -> str:
    try:
        import torch  # noqa: F401
    except ImportError:
        return "torch is not installed"
    return ""


_OTHERS: Final[tuple[Target, ...]] = (
    Target("preset", _preset_seeds, _take_preset, mutate_text, ".yaml"),
    Target("settings", _settings_seeds, _take_settings, mutate_text, ".yaml", _without_torch),
    Target("checkpoint", _checkpoint_seeds, _take_checkpoint, mutate_safetensors, ".safetensors"),
    Target(
        "dataset-cache", _dataset_cache_seeds, _take_dataset_cache, mutate_slice_cache, ".cache"
    ),
    Target("rows-cache", _rows_cache_seeds, _take_rows_cache, mutate_zip, ".npz", _without_torch),
    Target("state", _state_seeds, _take_state, mutate_zip, ".state.pt", _without_torch),
    Target("journal", _journal_seeds, _take_journal, mutate_journal),
    Target("message", lambda: list(_message_seeds()), _take_message, mutate_json, ".json"),
    Target("option", _option_seeds, _take_option, mutate_text),
    Target("synth-state", _synth_state_seeds, _take_synth_state, mutate_in_place),
)
