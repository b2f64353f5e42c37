"""A song is on rows of the beat where that keeps what the driver plays, else it is exact."""

import pytest

from synth.formats.chipfile import Titles
from synth.instrument.chip_score import Bar, ChipNote, ChipScore
from synth.instrument.preset_loader import load_preset
from synth.tracker.closest_text import ENOUGH, write_closest
from synth.tracker.detail import DETAILS
from synth.tracker.famistudio import famistudio_text
from synth.tracker.famistudio_read import famistudio_song
from synth.tracker.famitracker import famitracker_text
from synth.tracker.famitracker_read import famitracker_song
from synth.tracker.from_score import SongWriter
from synth.tracker.song import FAMISTUDIO, FAMITRACKER, Rules

BEAT_S = 24 / 60.0988
TRACKERS = {
    FAMISTUDIO: (famistudio_text, famistudio_song),
    FAMITRACKER: (famitracker_text, famitracker_song),
}


def tune(*, bent: bool) -> ChipScore:
    """Return two bars, with a pitch that a player bends up and down if asked for."""
    bend = tuple((0.02 * k, 35.0 * (-1) ** k) for k in range(16)) if bent else ()
    notes = tuple(ChipNote(k * BEAT_S, (k + 0.9) * BEAT_S, 60 + k, bend=bend) for k in range(8))
    bars = (Bar(0.0, 4), Bar(4 * BEAT_S, 4))
    return ChipScore(pulse1=notes, end_s=8 * BEAT_S, bars=bars)


@pytest.mark.parametrize("rules", TRACKERS, ids=lambda rules: rules.name)
@pytest.mark.parametrize("bent", [False, True])
def test_rows_are_as_fine_as_the_music_needs(rules: Rules, bent: bool) -> None:
    """Each text keeps enough; one that leaves the rows of the beat says so."""
    writer = SongWriter(tune(bent=bent), load_preset("plain"), rules)
    written, remarks = write_closest(writer, Titles("x"), *TRACKERS[rules])
    assert written.kept >= ENOUGH
    assert written.detail is DETAILS[2 if bent else 0]
    assert any("frame" in line and "would be the same" in line for line in remarks) == bent
    rows = {len(bar.rows) for bar in written.song.bars}
    assert rows == ({96} if bent and rules is FAMITRACKER else {16})
    assert len(written.again.bars) == 2


@pytest.mark.parametrize("rules", TRACKERS, ids=lambda rules: rules.name)
def test_rows_stay_on_the_beat_if_asked(rules: Rules) -> None:
    """A text to edit has the rows of its beats, and a line tells how many frames it keeps."""
    writer = SongWriter(tune(bent=True), load_preset("plain"), rules)
    written, remarks = write_closest(writer, Titles("x"), *TRACKERS[rules], beat_rows=True)
    assert {len(bar.rows) for bar in written.song.bars} == {16}
    assert written.kept < ENOUGH
    assert any(line.startswith(f"{rules.name} plays") for line in remarks)
