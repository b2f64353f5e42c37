"""Every format that is written is a target."""

from chipgen.music.formats import MIDI, all_formats
from chipgen.request.field import TARGETS
from chipgen.request.targets import target_of


def test_every_format_that_is_written_is_a_target() -> None:
    """A new row of any table of formats can be asked for without a word here."""
    for row in all_formats():
        if row.writes:
            held = target_of(row).holds
            assert held <= set(TARGETS)
            assert ("notes" in held) == (row.writes == "score")
    assert target_of(MIDI).name == "MIDI files"
