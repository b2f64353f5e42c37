"""How tempo, meter, loop and parts of a song change, by the page's own modules, which Node runs."""

from typing import Any

import pytest

from chipgen.arranging.loop_points import find_loop
from chipgen.studio.score_json import ScoreJson, score_of
from synth.instrument.preset_format import FAMILIES
from tests.studio.page_modules import told_by

EDITS = """
import { INSTRUMENTS } from "./instruments.js";
import { placeNotes } from "./note-edits.js";
import { barCount, emptyScore, tempoAt } from "./score.js";
import * as song from "./song-edits.js";

const eight = {
  ...emptyScore(), end_beats: 32, tempos: [[0, 120], [16, 90]], markers: [[4, "verse"]],
  tracks: emptyScore().tracks.map((track) => ({ ...track, notes: [[0, 32, 60, 100]] })),
};
const odd = song.withMeter(eight, 2, 3, 4);
const looped = song.withLoop(eight, [8, 16]);
const whole = song.withLoop(looped, [0, 32]);
const grown = placeNotes(whole, new Set(), [{ track: 0, note: [32, 4, 60, 100] }]).score;
const shrunk = (score) => placeNotes(score, new Set(score.tracks.flatMap((t) => t.notes)),
  [{ track: 0, note: [0, 12, 60, 100] }]).score;
const other = { ...eight, tracks: eight.tracks.map((t) => ({ ...t, controls: [[4, 111, 0]] })) };
const named = { ...eight, markers: [[4, "Loop Start"], [8, "constructor"], [12, "loop_end"]] };
const keyed = song.withKey({ ...eight, key: "C" }, 2, "Dm");
const more = song.withPart(song.withPart(eight, "pad", 89, false), "kit", 0, true);
console.log(JSON.stringify({
  tempo: song.withTempo(eight, 1, 100).tempos,
  again: song.withTempo(song.withTempo(eight, 1, 100), 1, 120).tempos,
  keys: [keyed, song.withKey(keyed, 4, "Am"), song.withKey(keyed, 2, "C"),
    song.withKey(keyed, 2, "")].map((score) => score.markers),
  keyAt: [0, 7.9, 8, 31].map((beat) => song.keyAt(keyed, beat)),
  at: [0, 15.9, 16].map((beat) => tempoAt(eight, beat)),
  meter: [odd.meters, barCount(odd), odd.end_beats, odd.tracks[0].notes],
  back: song.withMeter(odd, 2, 4, 4).meters,
  loops: [eight, looped, whole, grown, shrunk(looped), song.withLoop(whole, null), other,
    song.withLoop(other, null), named, song.withLoop(named, [0, 8]),
  ].map((score) => [song.loopOf(score), score]),
  whole: [looped, whole, grown].map(song.loopsWhole),
  parts: more.tracks.map(({ name, channel, program }) => [name, channel, program]),
  renamed: song.withPartName(more, 4, "choir").tracks[4].name,
  instrument: song.withInstrument(more, 4, 52).tracks[4].program,
  drums: song.withInstrument(more, 5, 52) === more,
  removed: song.withoutPart(more, 1).tracks.length,
  programs: INSTRUMENTS.map(({ family, instruments }) => [family, instruments.length,
    instruments[0].program]),
}));
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return what the modules make of a song of eight bars."""
    folder = tmp_path_factory.mktemp("page")
    modules = ("instruments.js", "note-edits.js", "score.js", "song-edits.js")
    return told_by(EDITS, modules, folder)


def test_a_tempo_holds_from_its_bar_to_the_next_change(told: Any) -> None:
    """One that changes nothing is left out."""
    assert told["tempo"] == [[0, 120], [4, 100], [16, 90]]
    assert told["again"] == [[0, 120], [16, 90]]
    assert told["at"] == [120, 120, 90]


def test_bar_lines_follow_the_meter_and_notes_stay(told: Any) -> None:
    """Six bars of four become two of four and eight of three, whole to the end."""
    assert told["meter"] == [[[0, 4, 4], [8, 3, 4]], 10, 32, [[0, 32, 60, 100]]]
    assert told["back"] == [[0, 4, 4]]


def test_a_key_holds_from_its_bar_to_the_next_change(told: Any) -> None:
    """Changes are markers that MIDI has as key signatures; one that changes nothing is left out."""
    verse = [4, "verse"]
    assert told["keys"] == [
        [verse, [8, "key Dm"]], [verse, [8, "key Dm"], [16, "key Am"]], [verse], [verse]
    ]  # fmt: skip
    assert told["keyAt"] == ["C", "C", "Dm", "Dm"]


def test_the_loop_is_the_one_that_is_heard_and_exported(told: Any) -> None:
    """The page and the arranger read the same marks; a loop of the whole grows with the piece."""
    expected = [None, [8, 16], [0, 32], [0, 36], [8, 12], None, [4, 32], None, [4, 12], [0, 8]]
    for (page, score), wanted in zip(told["loops"], expected, strict=True):
        read = find_loop(score_of(ScoreJson.model_validate(score)))
        assert page == wanted
        assert read == (wanted and tuple(wanted))
    assert [4, "verse"] in told["loops"][5][1]["markers"]
    assert [8, "constructor"] in told["loops"][9][1]["markers"]
    assert told["whole"] == [False, True, True]


def test_parts_come_and_go(told: Any) -> None:
    """A new part has a channel of its own, drums the tenth; drums have no instrument."""
    assert told["parts"][3:] == [["drums", 9, 0], ["pad", 3, 89], ["kit", 9, 0]]
    assert [told["renamed"], told["instrument"], told["removed"]] == ["choir", 52, 5]
    assert told["drums"]


def test_every_general_midi_program_has_a_name(told: Any) -> None:
    """Sixteen families of eight, in MIDI's order, by the names that presets use for them."""
    rows = [
        (name.lower().replace(" ", "-"), count, first) for name, count, first in told["programs"]
    ]
    assert rows == [(name, 8, 8 * index) for index, name in enumerate(FAMILIES)]
