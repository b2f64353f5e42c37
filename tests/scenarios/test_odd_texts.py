"""Names of any bytes are taken, and no text of a file plays tricks with a terminal."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from chipgen.music.midi import read_midi
from tests import midi_files as smf

TUNE = b"".join(smf.note(60 + k, 480) for k in range(8))
NAME = os.fsdecode(b"caf\xe9 \x1b[31m.mid")  # Latin-1, and an escape sequence


def chipgen(*arguments: object, **environment: str) -> "subprocess.CompletedProcess[bytes]":
    """Run the command line as its own process, as its streams are what is looked at."""
    return subprocess.run(
        [sys.executable, "-m", "chipgen", *map(str, arguments)],
        capture_output=True, check=False, timeout=300, env={**os.environ, **environment},
    )  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8:strict", "ascii:strict", "utf-8:surrogateescape"])
def test_file_names_need_not_be_utf_8(encoding: str, tmp_path: Path) -> None:
    """Reading, writing and telling work, whatever the terminal can show."""
    source, target = tmp_path / NAME, tmp_path / os.fsdecode(b"\xff\xfe out.mid")
    source.write_bytes(smf.midi(TUNE))
    for command in (["info", source], ["arrange", source, "-o", target]):
        result = chipgen(*command, PYTHONIOENCODING=encoding)
        assert result.returncode == 0, result.stderr
        assert b"Traceback" not in result.stderr
        assert b"\x1b" not in result.stdout
    assert sum(len(track.notes) for track in read_midi(target).tracks) == 8
    missing = chipgen("info", tmp_path / os.fsdecode(b"\xe9.mid"), PYTHONIOENCODING=encoding)
    assert missing.returncode == 2
    assert b"Traceback" not in missing.stderr


def test_texts_of_files_are_told_without_control_characters(tmp_path: Path) -> None:
    """Neither names nor the note of how a take was made reach the terminal with escapes."""
    recipe = b"chipgen 0.1 | chipgen generate x\x1b]0;owned\x07\nkey: y | weights abc123"
    body = smf.meta(0, 1, recipe) + smf.meta(0, 3, b"a\x1b[2Jb\x07") + TUNE
    path = tmp_path / "song.mid"
    path.write_bytes(smf.midi(body))
    result = chipgen("info", path)
    assert result.returncode == 0
    assert not {byte for byte in result.stdout if byte < 32} - {10}
    assert b"\nkey: y" not in result.stdout
    assert b"a[2Jb" in result.stdout
