"""Errors of the Python functions speak Python."""

from pathlib import Path

import pytest

import chipgen
from chipgen.api.errors import in_python
from synth.errors import SynthError

SEED = Path(__file__).parents[2] / "examples" / "seed.mid"


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ("add --force to replace it", "add force=True to replace it"),
        ("--only and --keep say the same", "only and keep say the same"),
        ("compose with --bars 1 or more", "compose with bars=1 or more"),
        ("leave out --end open", "leave out end='open'"),
        ("--bars 9999 is not allowed", "bars 9999 is not allowed"),
        ("--map noise=track:0 plays it", "map='noise=track:0' plays it"),
        ("--map a=track:9: the piece", "map='a=track:9': the piece"),
        ("(chipgen preset list)", "(chipgen.list_presets())"),
    ],
)
def test_options_become_keywords(told: str, said: str) -> None:
    """Switches are true, values are Python's, commands are functions."""
    assert in_python(told) == said


def test_no_message_names_an_option_or_a_temporary_file(tmp_path: Path) -> None:
    """Neither of a file that exists, nor of bytes that were given."""
    song = chipgen.open(SEED.read_bytes())
    path = song.save(tmp_path / "a.vgm")
    with pytest.raises(SynthError, match="exists; add force=True"):
        song.save(path)
    for data in (b"MThd", b"", b"MThd\0\0\0\6\0\0\0\0\0\1"):
        with pytest.raises(SynthError, match=r"^the source") as caught:
            chipgen.compose(data)
        assert "chipgen-" not in str(caught.value)


def test_remarks_speak_python_too() -> None:
    """What the command line tells as notes."""
    remarks = chipgen.open("example:orchestra").remarks
    assert any("map='pulse2=track:10'" in remark for remark in remarks)
    assert not any("--" in remark for remark in remarks)
