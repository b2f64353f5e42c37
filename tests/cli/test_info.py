"""`chipgen info` names what is in a chip file."""

from pathlib import Path

from tests.commandline import run


def test_info_tells_what_is_in_a_file(song: Path) -> None:
    """Titles, chips, region, length, loop and samples stand on lines of their own."""
    result = run("info", song)
    assert result.exit_code == 0
    lines = dict(line.split(": ", 1) for line in result.stdout.splitlines())
    told = {name: text.strip() for name, text in lines.items()}
    assert told["title"] == "A Song"
    assert told["artist"] == "Somebody"
    assert told["copyright"] == "1989"
    assert told["format"] == "VGM 1.71"
    assert told["chips"] == "2A03"
    assert told["region"].startswith("PAL")
    assert told["length"] == "0:02.0"
    assert told["loop"] == "from 0:00.5, 0:01.5 long"
    assert told["samples"] == "17 bytes"
    assert "warning" not in told
