"""Renders a folder of songs as a data set of audio: takes, presets, stems, scores, register logs.

Each take has its files beside it in a numbered folder, a shard; ``manifest.jsonl`` lists them all.
"""

import hashlib
import json
import math
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from chipgen import __version__
from chipgen.app import batch_journal, pipeline, stage_settings
from chipgen.app.batch_journal import Made
from chipgen.app.batch_runner import (
    BatchConfig,
    Outcome,
    Task,
    file_digest,
    run_tasks,
    settings_digest,
)
from chipgen.app.folder_songs import find_songs
from chipgen.app.sound import write_sound, written_files
from chipgen.errors import ChipgenError, RequestError
from chipgen.models.registry import weights_path
from chipgen.music.formats import MIDI, target_format
from chipgen.request import Request
from chipgen.request.targets import target_of
from synth.atomic_write import atomic_path, check_writable
from synth.instrument.preset_loader import SUFFIXES, load_preset, preset_names
from synth.output.audiofile import AudioInfo
from synth.output.loudness import check_loudness

MANIFEST: Final = "manifest.jsonl"
ALL: Final = "all"
_HEAD_BYTES: Final = 20_000
_LOG: Final = ".vgm"
_LINES: Final = ".jsonl"  # a take's lines of the manifest


@dataclass(frozen=True, slots=True)
class AudioDatasetConfig:
    """What is made of each song.

    Attributes
    ----------
    suffix
        Suffix of the sound files, with its dot; it chooses their format.
    request
        What is asked for, but for the preset. Loudness is measured and stems are written always.
    presets
        Names or files of the presets that each take is played with.
    takes
        How many takes of each song; their seed numbers count up. 1 where nothing is composed.
    shard_size
        How many takes a folder holds at most.
    """

    suffix: str
    request: Request
    presets: tuple[str, ...] = ("default",)
    takes: int = 1
    shard_size: int = 1000


def parse_presets(text: str) -> tuple[str, ...]:
    """Return the presets that a list names, separated by commas; ``all`` is every shipped one.

    Raises
    ------
    RequestError
        If it names none, or two of one name.
    SynthError
        If one does not exist.

    Examples
    --------
    >>> parse_presets("bright, soft")
    ('bright', 'soft')
    """
    if text.strip() == ALL:
        return tuple(preset_names())
    presets = tuple(name.strip() for name in text.split(","))
    labels = [_label(name) for name in presets]
    for name, label in zip(presets, labels, strict=True):
        if not name:
            raise RequestError(f"--presets {text[:60]!r}: give names, such as bright,soft, or all")
        if labels.count(label) > 1:
            raise RequestError(f"--presets {text[:60]!r} names {label} twice; leave one out")
        load_preset(name)
    return presets


def render_dataset(
    folder: Path,
    out: Path,
    config: AudioDatasetConfig,
    *,
    workers: int,
    cluster: str = "",
    overwrite: bool = False,
    on_outcome: Callable[[Outcome, int, int], None] | None = None,
) -> list[Outcome]:
    """Render takes of every song under `folder` with each preset, and write the manifest.

    A take is composed once, and is kept if an earlier call made it from the same bytes with the
    same settings. The manifest has a line for each preset of each take that is there.

    Parameters
    ----------
    folder, workers, cluster, overwrite, on_outcome
        As for `chipgen.app.batch_runner.render_folder`.
    out
        Another folder, made if missing.
    config
        What is made of each song.

    Returns
    -------
    list of Outcome
        One for each take, by song, then one for each file that is no score.

    Raises
    ------
    RequestError
        If `out` is `folder`, or takes are asked for where nothing is composed.
    ChipgenError
        If there is nothing to render, or two songs would be written to one file.
    SynthError
        If a preset does not exist, the manifest exists and no earlier call wrote it, or loudness
        cannot be measured (extra ``loudness``).
    """
    check_loudness()
    composes = config.request.composes
    request = config.request.model_copy(
        update={"stems": config.request.stems or "isolated", "loudness": True}
    )
    if out.resolve() == folder.resolve():
        raise RequestError(f"{out} holds the songs; name another folder with -o")
    if config.takes > 1 and not composes:
        raise RequestError("--takes counts what is composed, and nothing is: leave out --takes")
    songs, others = find_songs(folder, out, MIDI.suffixes[0], request.track)
    weights = file_digest(weights_path(request.model)) if composes else ""
    settings = _settings(replace(config, request=request), weights)
    tasks: list[_Take] = []
    for song in songs:
        asked, name = song.request(request), song.source.relative_to(folder).as_posix()
        for number in range(1, config.takes + 1):
            place = Path(f"{len(tasks) // config.shard_size:04d}") / song.place
            take = asked
            if composes:
                place = place.with_name(f"{place.stem}-{number}{place.suffix}")
                seed = (asked.rng_seed + number - 1) % 2**32
                take = asked.model_copy(update={"rng_seed": seed})
            tasks.append(
                _Take(
                    song.source, out / place, take, f"{settings} {song.track} {number} {name}",
                    place.parent, name, song.track, number, config.suffix, config.presets, weights,
                )
            )  # fmt: skip
    manifest = out / MANIFEST
    if manifest.exists():
        if not manifest.is_file():
            raise ChipgenError(f"{manifest} is no file; remove it, or name another folder")
        check_writable(manifest, overwrite=overwrite or _is_ours(manifest))
    outcomes = run_tasks(
        tasks, others, out,
        workers=workers, cluster=cluster, overwrite=overwrite, on_outcome=on_outcome,
    )  # fmt: skip
    made = [each.target for each in outcomes if each.status in ("rendered", "up to date")]
    with atomic_path(manifest, overwrite=True) as whole, whole.open("wb") as stream:
        for target in made:
            with target.with_suffix(_LINES).open("rb") as lines:
                shutil.copyfileobj(lines, stream)
        stream.flush()
        batch_journal.write_made(out, MANIFEST, Made("", {MANIFEST: file_digest(whole)}))
    return outcomes


def _is_ours(manifest: Path) -> bool:
    """Tell whether a manifest is as an earlier run wrote it."""
    folder = manifest.parent
    if not (folder / batch_journal.NAME).is_file():
        return False
    made = batch_journal.read_made(folder, MANIFEST)
    if made:
        digest = file_digest(manifest)
        return any(each.files.get(MANIFEST) == digest for each in made)
    with manifest.open("rb") as stream:  # no journal of earlier versions knows theirs
        head = stream.read(_HEAD_BYTES)
    return not head or (head.startswith(b'{"audio": ') and b'"source_sha256": ' in head)


@dataclass(frozen=True)
class _Take(Task):
    """A take of a song: its score, and sound, stems and register log with each preset.

    Attributes
    ----------
    place
        Its folder in the data set.
    name
        The song's file below the folder of songs.
    track, number
        The song's number in the file, and the take's.
    suffix, presets
        As for `AudioDatasetConfig`.
    weights
        SHA-256 of the model's weights; empty where nothing is composed.
    """

    place: Path
    name: str
    track: int | None
    number: int
    suffix: str
    presets: tuple[str, ...]
    weights: str

    def files(self) -> list[Path]:
        """Return all files that may be written."""
        paths = [self.target, self.target.with_suffix(_LINES)]
        for preset in self.presets:
            sound = self._file(self.target.parent, preset, self.suffix)
            log = self._file(self.target.parent, preset, _LOG)
            paths += [*written_files(sound, self.request), log]
        return paths

    def make(self, folder: Path) -> Sequence[str]:
        """Write the files into a folder, and return remarks for the user."""
        request = self.request
        row = target_format(Path(f"take{self.suffix}"), "samples")
        stage_settings.check(request, self.source, target_of(row))
        take = pipeline.read_take(self.source, request)
        score = folder / self.target.name
        pipeline.write_score(score, take, self.source)
        remarks = dict.fromkeys(take.remarks)
        records = []
        for preset in self.presets:
            path = self._file(folder, preset, self.suffix)
            log = self._file(folder, preset, _LOG)
            wanted = stage_settings.delivery_of(request, path)
            sound = pipeline.voice_take(take, request, load_preset(preset))
            written = write_sound(path, sound, wanted)
            lost = write_sound(log, sound, wanted).remarks
            remarks.update(dict.fromkeys((*sound.remarks, *written.remarks, *lost)))
            records.append(self._record(preset, score, log, written.audio))
        lines = "".join(f"{json.dumps(record)}\n" for record in records)
        score.with_suffix(_LINES).write_text(lines, "ascii")
        return tuple(remarks)

    def _file(self, folder: Path, preset: str, suffix: str) -> Path:
        return folder / f"{self.target.stem}.{_label(preset)}{suffix}"

    def _record(
        self, preset: str, score: Path, log: Path, audio: dict[str, AudioInfo]
    ) -> dict[str, Any]:
        """Return a line of the manifest; its files are named from the data set's folder."""
        mix = audio["mix"]

        def named(path: Path) -> str:
            return (self.place / path.name).as_posix()

        return {
            "audio": named(mix.path),
            "stems": {voice: named(audio[voice].path) for voice in audio if voice != "mix"},
            "midi": named(score),
            "log": named(log),
            "source": self.name,
            "source_sha256": file_digest(self.source),
            "track": self.track,
            "take": self.number,
            "seed": self.request.rng_seed if self.weights else None,
            "preset": _label(preset),
            "model": self.request.model if self.weights else None,
            "weights_sha256": self.weights or None,
            "version": __version__,
            "sample_rate_hz": mix.rate_hz,
            "frames": mix.frames,
            "duration_s": round(mix.duration_s, 6),
            "loudness_lufs": _number(mix.lufs),
            "peak_dbfs": _number(mix.peak_dbfs),
        }


def _settings(config: AudioDatasetConfig, weights: str) -> str:
    """Return a digest of what a take depends on besides its song and number."""
    each = (
        settings_digest(
            BatchConfig(config.suffix, config.request.model_copy(update={"preset": preset}))
        )
        for preset in config.presets
    )
    return hashlib.sha256(" ".join([*each, weights]).encode()).hexdigest()


def _label(preset: str) -> str:
    """Return what a preset is called in the names of files."""
    path = Path(preset)
    return path.stem if path.suffix in SUFFIXES else path.name


def _number(value: float | None) -> float | None:
    """Return a number of decibels that JSON knows; None for silence."""
    return None if value is None or not math.isfinite(value) else round(value, 2)
