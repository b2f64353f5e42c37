"""The one lookup of file formats: every row keeps its word, and every reader withstands damage."""

import contextlib
import re
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chipgen.errors import ChipgenError
from chipgen.music.formats import (
    ANYTHING,
    all_formats,
    read_score,
    source_format,
    target_format,
    written_suffixes,
)
from chipgen.music.notation import _MUSESCORE as MUSESCORE
from synth.errors import SynthError
from synth.extras import MissingExtraError
from synth.fileformat import FileFormat, load_function
from synth.formats.chipfile import Titles

READ = [row for row in all_formats() if row.reads]


def read(row: FileFormat, data: bytes) -> object:
    """Read a file's bytes as the row does."""
    if row.reads == "score":
        if row.key == "mscz" and not any(map(shutil.which, MUSESCORE)):
            pytest.skip("needs MuseScore")
        try:
            return load_function(row.reader)(data, name="song")
        except MissingExtraError as error:
            pytest.skip(str(error))
    if row.reads == "playlist":
        return load_function(row.reader)(data, "song")
    if row.reads == "chip score":
        return load_function(row.reader)(data, "song", 1)
    return load_function(row.reader)(data, "song", 1, 2.0, None)


def test_every_key_is_one_formats() -> None:
    """Keys tell all formats apart, and each row says what it reads or writes and by what."""
    rows = all_formats()
    assert len({row.key for row in rows}) == len(rows)
    for row in rows:
        assert row.reads or row.writes
        assert bool(row.reader) == bool(row.reads)
        assert bool(row.writer) == (row.writes not in ("", "samples"))
        re.compile(row.first_bytes)
        assert bool(row.lister) == (row.reads != "playlist" and row.most_songs > 1)
        for function in filter(None, (row.reader, row.writer, row.lister, row.fuzz_seeds)):
            assert callable(load_function(function))
        assert all(suffix == suffix.lower() and suffix[0] == "." for suffix in row.suffixes)


@pytest.mark.parametrize("row", READ, ids=lambda row: row.key)
def test_every_format_that_is_read_brings_fuzz_seeds(row: FileFormat, tmp_path: Path) -> None:
    """The seeds are files of the format, are known as such without a suffix, and can be read."""
    seeds = load_function(row.fuzz_seeds)()
    assert seeds
    for data in seeds:
        path = tmp_path / "song"
        path.write_bytes(data)
        assert source_format(path) is row
        assert read(row, data)


@pytest.mark.parametrize("row", READ, ids=lambda row: row.key)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_damage_is_read_or_refused(row: FileFormat, data: st.DataObject) -> None:
    """Whatever bytes are changed, doubled or cut, the answer is music or one line."""
    broken = bytearray(data.draw(st.sampled_from(load_function(row.fuzz_seeds)())))
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, min(len(broken) - 1, 400)))
        broken[at] = data.draw(st.integers(0, 255))
    start = data.draw(st.integers(0, len(broken)))
    if data.draw(st.booleans()):
        broken[start:start] = broken[start : start + 40]
    cut = data.draw(st.integers(0, len(broken)) | st.just(len(broken)))
    with contextlib.suppress(SynthError):
        read(row, bytes(broken[:cut]))


def test_a_row_writes_what_it_says(tmp_path: Path) -> None:
    """Written files begin as their row says, so that they are known again."""
    from chipgen.music.midi.fuzz_seeds import midi
    from synth.formats.chip_formats import FORMATS
    from synth.formats.fuzz_seeds import vgm
    from synth.formats.vgm_read import read_vgm

    log = read_vgm(vgm()[0], "seed").log
    for row in filter(lambda row: row.writes, FORMATS):
        data, _ = load_function(row.writer)(log, Titles("A", "B"))
        assert row.begins(data), row.key
    (tmp_path / "a.xyz").write_bytes(midi()[0])
    assert read_score(tmp_path / "a.xyz").markers[0].text == "loopStart"


def test_what_is_only_written_is_refused_as_a_source(tmp_path: Path) -> None:
    """A ROM or a WAV is known, and said to be no source; nonsense is refused by name."""
    for name, data, words in (
        ("game.nes", b"NES\x1a" + bytes(12), "NES ROM files are written, not read"),
        ("sound", b"RIFF\0\0\0\0WAVEfmt ", "WAV files are written, not read"),
        ("what.xyz", b"????", "neither its first bytes nor its suffix"),
    ):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(ChipgenError, match=words) as caught:
            source_format(tmp_path / name)
        assert name in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_target_is_of_what_was_asked_for() -> None:
    """A score is not sound: only formats that hold what is asked for are offered."""
    assert target_format(Path("a.MID"), "score").key == "mid"
    with pytest.raises(SynthError, match=r"use one of \.mid, \.midi, \.kar, \.smf$"):
        target_format(Path("a.wav"), "score")
    assert target_format(Path("a"), *ANYTHING, key="opus").key == "opus"
    assert ".rmi" not in written_suffixes(*ANYTHING)


def test_the_documentation_lists_every_format() -> None:
    """The table in docs/formats.md is what the rows say."""
    page = (Path(__file__).parents[2] / "docs" / "formats.md").read_text()
    listed = page[page.index("## All formats") :]
    held = {"log": "register writes", "chip score": "the chip's notes", "samples": "sound"}
    for row in all_formats():
        content = row.reads or row.writes
        marks = ["yes" if told else "no" for told in (row.reads, row.writes)]
        cells = [
            f"`{row.key}`", row.name, " ".join(f"`{suffix}`" for suffix in row.suffixes),
            held.get(content, content), *marks, f"{row.most_songs:,}",
            "yes" if row.streams else "no",
        ]  # fmt: skip
        assert f"| {' | '.join(cells)} |\n" in listed
    assert listed.count("\n| `") == len(all_formats())
