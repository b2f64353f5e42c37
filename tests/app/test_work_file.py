"""Works are read within limits, and rendered as the studio plays them."""

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from chipgen.app.work_file import MOST_BYTES, Work, fuzz_seeds, read_work, work_bytes
from chipgen.errors import ChipgenError
from tests.commandline import run


def archive(**parts: bytes) -> bytes:
    """Return a work's archive, some of its entries replaced; those with _ for their dots."""
    entries = {}
    with zipfile.ZipFile(io.BytesIO(fuzz_seeds()[0])) as made:
        entries = {name: made.read(name) for name in made.namelist()}
    entries |= {name.replace("_", "."): data for name, data in parts.items()}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in entries.items():
            if data:
                made.writestr(name, data)
    return packed.getvalue()


def test_a_work_comes_back_as_it_was() -> None:
    """All parts are kept, whatever the letters, and the same work gives the same bytes."""
    work = Work("月光", b"MThd", "format: 1\n", "pal", "famicom", '{"é": 1}'.encode())
    assert read_work(work_bytes(work), "a") == work
    assert work_bytes(work) == work_bytes(replace(work))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no archive"),
        (b"PK\x03\x04" + bytes(60), "no archive"),
        (fuzz_seeds()[0][:-30], "no archive"),
        (archive(music_mid=b""), "no music.mid"),
        (archive(work_json=b"[" * 5000), "work.json"),
        (archive(work_json=b"{}"), "work.json"),
        (archive(work_json=json.dumps({"format": "chipgen work", "version": 2}).encode()), "'2'"),
        (
            archive(work_json=b'{"format": "chipgen work", "version": 1, "region": "moon"}'),
            "ntsc, pal",
        ),
        (archive(preset_yaml=b"\xff"), "UTF-8"),
        (archive(preset_yaml=bytes(MOST_BYTES["preset.yaml"] + 1)), "0.2 MB"),  # packs to nothing
    ],
)
def test_what_is_no_work_is_refused_in_a_line(data: bytes, words: str) -> None:
    """Damaged, hostile and later files name the file and what is wrong."""
    with pytest.raises(ChipgenError) as error:
        read_work(data, "mine.chipgen")
    assert words in str(error.value)
    assert str(error.value).startswith("mine.chipgen")
    assert "\n" not in str(error.value)


def test_a_work_packed_by_other_means_is_refused() -> None:
    """Their decoders have errors of their own."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_BZIP2) as packed:
        packed.writestr("work.json", b"{}")
    with pytest.raises(ChipgenError, match="other means than Deflate"):
        read_work(data.getvalue(), "mine.chipgen")


def test_other_entries_are_passed_over() -> None:
    """Names that lead elsewhere are no entries of a work, and nothing is unpacked to the disk."""
    packed = io.BytesIO(fuzz_seeds()[0])
    with zipfile.ZipFile(packed, "a") as made:
        made.writestr("../../evil.mid", b"MThd")
        made.writestr("/etc/passwd", b"root")
    assert read_work(packed.getvalue(), "a") == read_work(fuzz_seeds()[0], "a")


def test_the_command_line_takes_works(tmp_path: Path) -> None:
    """`info` describes one, `render` plays it as it is, and one without music is refused."""
    path = tmp_path / "a.chipgen"
    path.write_bytes(fuzz_seeds()[1])
    told = run("info", path)
    assert told.exit_code == 0, told.stderr
    assert "chipgen work" in told.stdout
    assert "plain" in told.stdout
    made = run("render", path, "-o", tmp_path / "a.vgm")
    assert made.exit_code == 0, made.stderr
    assert "PAL" in run("info", tmp_path / "a.vgm").stdout
    path.write_bytes(archive(music_mid=b"no music"))
    refused = run("render", path, "-o", tmp_path / "b.wav")
    assert refused.exit_code == 1
    assert "music.mid" in refused.stderr
    assert not (tmp_path / "b.wav").exists()
