"""A data set of audio is what its manifest says, to the byte, whoever rendered it and how often."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
import soundfile

from chipgen.app.audio_dataset import AudioDatasetConfig, parse_presets, render_dataset
from chipgen.errors import RequestError
from chipgen.music.formats import read_score, write_score
from chipgen.music.score import Note, Score, Track
from chipgen.request import Request
from synth.errors import SynthError
from synth.formats.chip_formats import read_chip_file

CONFIG = AudioDatasetConfig(
    ".wav", Request(bars=1, rng_seed=5, rate_hz=22_050), ("plain", "soft"), takes=2, shard_size=3
)


def write_song(path: Path, low: int) -> None:
    """Write two bars of a tune."""
    notes = tuple(Note(float(k), 1.0, low + (0, 4, 7, 5)[k % 4]) for k in range(8))
    write_score(Score((Track("Tune", notes=notes),), end_beats=8.0), path, overwrite=False)


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of two songs in a split, and a file that is none."""
    folder = tmp_path_factory.mktemp("songs")
    (folder / "train").mkdir()
    write_song(folder / "train" / "a.mid", 60)
    write_song(folder / "train" / "b.mid", 62)
    (folder / "notes.txt").write_text("buy milk")
    return folder


@pytest.fixture(scope="module")
def made(songs: Path) -> Path:
    """Return the data set of the songs."""
    out = songs.parent / f"{songs.name}-audio"
    outcomes = render_dataset(songs, out, CONFIG, workers=1)
    assert [each.status for each in outcomes] == ["rendered"] * 4 + ["left out"], outcomes
    return out


def records(out: Path) -> list[dict[str, Any]]:
    """Read a manifest."""
    return [json.loads(line) for line in (out / "manifest.jsonl").read_text().splitlines()]


def files(out: Path) -> dict[str, bytes]:
    """Return what is in a data set but for what is hidden."""
    paths = [path for path in out.rglob("*") if path.is_file() and path.name[0] != "."]
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in paths}


def test_the_manifest_lists_every_mix_with_what_it_was_made_from(songs: Path, made: Path) -> None:
    """A line for each preset of each take; its files exist, and hold what it says."""
    lines = records(made)
    assert [(each["source"], each["take"], each["seed"], each["preset"]) for each in lines] == [
        (f"train/{name}.mid", take, 4 + take, preset)
        for name in "ab" for take in (1, 2) for preset in ("plain", "soft")
    ]  # fmt: skip
    for each in lines:
        sound = soundfile.info(made / each["audio"])
        assert sound.samplerate == each["sample_rate_hz"] == 22_050
        assert sound.frames == each["frames"]
        assert each["duration_s"] == pytest.approx(sound.frames / 22_050, abs=1e-5)
        assert -60 < each["loudness_lufs"] < 0
        assert set(each["stems"]) >= {"pulse1", "pulse2", "triangle", "noise"}
        assert {soundfile.info(made / stem).frames for stem in each["stems"].values()} == {
            sound.frames
        }
        assert len(read_chip_file(made / each["log"], 1, None, None).log)
        assert read_score(made / each["midi"]).tracks
        source = (songs / each["source"]).read_bytes()
        assert each["source_sha256"] == hashlib.sha256(source).hexdigest()
        assert each["model"] == "row-transformer"
        assert len(each["weights_sha256"]) == 64
    named = {name for each in lines for name in (each["audio"], each["midi"], each["log"])}
    named |= {name for each in lines for name in each["stems"].values()}
    written = {name for name in files(made) if not name.endswith(".jsonl")}
    assert written == named


def test_takes_and_presets_differ(made: Path) -> None:
    """No two mixes are the same, and the presets of a take play the same notes."""
    lines = records(made)
    assert len({(made / each["audio"]).read_bytes() for each in lines}) == 8
    assert len({(made / each["midi"]).read_bytes() for each in lines}) == 4


def test_a_folder_holds_so_many_takes(made: Path) -> None:
    """The fourth take opens the second folder, where the limit is three."""
    folders = [each["audio"].split("/")[0] for each in records(made)]
    assert folders == ["0000"] * 6 + ["0001"] * 2


def test_it_goes_on_where_it_was_stopped(songs: Path, made: Path) -> None:
    """What is there is kept; what is missing is made again, and is the same."""
    before = files(made)
    (made / "manifest.jsonl").unlink()
    lost = made / records_of(before)[0]["stems"]["noise"]
    lost.unlink()
    outcomes = render_dataset(songs, made, CONFIG, workers=2)
    assert [each.status for each in outcomes[:4]] == ["rendered", *["up to date"] * 3]
    assert files(made) == before


def records_of(found: dict[str, bytes]) -> list[dict[str, Any]]:
    """Return the manifest among the files of a data set."""
    return [json.loads(line) for line in found["manifest.jsonl"].splitlines()]


def test_a_song_that_fails_is_left_out_of_the_manifest(tmp_path: Path) -> None:
    """The others are there; songs as they are have neither seed number nor model."""
    folder, out = tmp_path / "songs", tmp_path / "out"
    folder.mkdir()
    write_song(folder / "a.mid", 60)
    (folder / "broken.mid").write_bytes(b"MThd")
    config = AudioDatasetConfig(".ogg", Request(bars=0, rate_hz=22_050), ("plain",))
    outcomes = render_dataset(folder, out, config, workers=1)
    assert [each.status for each in outcomes] == ["rendered", "failed"]
    (line,) = records(out)
    assert line["audio"] == "0000/a.plain.ogg"
    assert line["seed"] is line["model"] is line["weights_sha256"] is None


def test_what_is_not_its_own_is_not_replaced(songs: Path, tmp_path: Path) -> None:
    """A manifest that chipgen did not write is kept, and the folder of songs is no output."""
    (tmp_path / "manifest.jsonl").write_text("mine")
    with pytest.raises(SynthError, match="--force"):
        render_dataset(songs, tmp_path, CONFIG, workers=1)
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.jsonl"]
    (tmp_path / "manifest.jsonl").unlink()
    (tmp_path / "manifest.jsonl").symlink_to(os.devnull)
    with pytest.raises(SynthError, match="is no file; remove it"):
        render_dataset(songs, tmp_path, CONFIG, workers=1)
    with pytest.raises(RequestError, match="holds the songs"):
        render_dataset(songs, songs, CONFIG, workers=1)


@pytest.mark.parametrize("text", ["", "plain,,soft", "plain,plain", "plain,my/plain.yaml"])
def test_presets_are_named_once_each(text: str) -> None:
    """An empty name or two files of one name are wrong usage."""
    with pytest.raises(RequestError, match="--presets"):
        parse_presets(text)


def test_a_song_s_name_need_not_be_utf_8(tmp_path: Path) -> None:
    """It is in the manifest as Python writes such names, and the song is up to date afterwards."""
    name = os.fsdecode(b"caf\xe9.mid")
    (tmp_path / "songs").mkdir()
    write_song(tmp_path / "songs" / name, 60)
    config = AudioDatasetConfig(".wav", Request(bars=0, rate_hz=8_000, seconds=0.2), ("plain",))
    for status in ("rendered", "up to date"):
        outcomes = render_dataset(tmp_path / "songs", tmp_path / "out", config, workers=1)
        assert [each.status for each in outcomes] == [status]
    assert records(tmp_path / "out")[0]["source"] == name


def test_a_manifest_that_was_changed_is_kept(songs: Path, made: Path) -> None:
    """A run replaces only the manifest that a run wrote, whatever journal lies beside it."""
    manifest = made / "manifest.jsonl"
    before = manifest.read_text()
    manifest.write_text(before * 2)
    with pytest.raises(SynthError, match=r"manifest\.jsonl exists"):
        render_dataset(songs, made, CONFIG, workers=1)
    assert manifest.read_text() == before * 2
    manifest.write_text(before)
    render_dataset(songs, made, CONFIG, workers=1)
    assert manifest.read_text() == before
