"""NES-MDB's files are told by their names, and their levels survive both ways."""

import pytest

from chipgen.errors import ChipgenError
from chipgen.music.midi import (
    chip_to_midi_level,
    detect_dialect,
    midi_to_chip_level,
    score_from_midi,
)
from chipgen.music.score import Control, Note
from tests import midi_files as smf


def test_levels_are_rescaled_and_roles_known() -> None:
    """Velocity and CC11 of 1–15 become 1–127; CC12 stays; the triangle is at full level."""
    score = score_from_midi(smf.NES_SONG)
    assert score.dialect == "nesmdb"
    p1, tr, no = score.tracks
    assert [track.role for track in score.tracks] == ["p1", "tr", "no"]
    assert p1.notes == (Note(0.0, 0.5, 60, 127), Note(0.5, 0.5, 62, 68))
    assert p1.controls == (Control(0.0, 12, 2), Control(0.5, 11, 59))
    assert tr.notes[0].velocity == 127
    assert no.notes == (Note(0.0, 735 / 22050, 16, 8),)
    assert not no.is_drums


@pytest.mark.parametrize(
    ("names", "dialect"),
    [
        (["", "p1", "p2", "tr", "no"], "nesmdb"),
        (["tr"], "nesmdb"),
        ([], "gm"),
        (["", ""], "gm"),
        (["p1", "p1"], "gm"),
        (["p1", "p2", "tr", "no", "drums"], "gm"),
        (["Piano"], "gm"),
    ],
)
def test_the_dialect_is_told_by_the_names(names: list[str], dialect: str) -> None:
    """All named tracks are voices of the chip, each once."""
    assert detect_dialect(names) == dialect


def test_the_dialect_can_be_overridden() -> None:
    """As gm the levels are what the file says; as nesmdb other names go by their channels."""
    raw = score_from_midi(smf.NES_SONG, dialect="gm")
    assert raw.dialect == "gm"
    assert raw.tracks[0].notes[0].velocity == 15
    assert raw.tracks[0].role == ""
    renamed = smf.nesmdb([("lead", *smf.NES_VOICES[0][1:]), ("beat", *smf.NES_VOICES[3][1:])])
    assert score_from_midi(renamed).dialect == "gm"
    forced = score_from_midi(renamed, dialect="nesmdb")
    assert [track.role for track in forced.tracks] == ["p1", "no"]
    assert forced.tracks[0].notes[0].velocity == 127


def test_what_is_not_four_voices_cannot_be_forced_to_be() -> None:
    """The track that does not fit is named."""
    with pytest.raises(ChipgenError, match=r"track 'flute' on channel 6.*read it as gm"):
        score_from_midi(
            smf.midi(smf.meta(0, 3, b"flute") + smf.note(60, 9, channel=5)), dialect="nesmdb"
        )


def test_every_level_survives_the_way_there_and_back() -> None:
    """The rescaling is exact for 0–15 and never falls silent."""
    assert [midi_to_chip_level(chip_to_midi_level(level)) for level in range(16)] == list(range(16))
    assert chip_to_midi_level(1) > 0
