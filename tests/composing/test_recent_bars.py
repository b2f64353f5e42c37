"""Of a long seed its last bars are read, and what is composed lies behind the whole."""

from dataclasses import replace

import pytest

from chipgen.composing import compose, recent_bars, stream
from chipgen.composing.recent_bars import RecentBars, from_beat
from chipgen.music.key_changes import key_change
from chipgen.music.score import (
    Bend,
    Control,
    Marker,
    Meter,
    Note,
    ProgramChange,
    Score,
    Tempo,
    Track,
)
from chipgen.request import ComposeRequest
from tests.composing.takes import composed
from tests.seeds import band

BARS = 12
CUT = 32.0  # of eight bars, so that four are left


@pytest.fixture(autouse=True)
def shorter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Call a seed long that is longer than ten bars, of which the last four are to be read."""
    monkeypatch.setattr(recent_bars, "LONG_BEATS", 40.0)
    monkeypatch.setattr(recent_bars, "READ_BEATS", 15.0)


@pytest.mark.parametrize("model", ["tonnetz-lstm", "row-transformer"])
def test_what_is_composed_is_what_its_end_asks_for(model: str) -> None:
    """The end alone gives the same notes; they lie behind the whole seed, which stays as it is."""
    seed = band(BARS)
    request = ComposeRequest(model=model, bars=1, rng_seed=3)
    whole, end = compose(seed, request), compose(from_beat(seed, CUT), request)
    assert (whole.seed_bars, end.seed_bars) == (BARS, BARS - 8)
    assert whole.score.end_beats == end.score.end_beats + CUT == 4.0 * (BARS + 1)
    assert composed(whole.score, 0.0)[: len(composed(seed, 0.0))]
    for before, after in zip(seed.tracks, whole.score.tracks, strict=False):
        assert after.notes[: len(before.notes)] == before.notes
    made = composed(whole.score, 4.0 * BARS)
    assert made == [
        (track, replace(note, onset_beats=note.onset_beats + CUT))
        for track, note in composed(end.score, 4.0 * BARS - CUT)
    ]
    assert made
    passages = list(stream(seed, request))
    assert [passages[0].start_beats, passages[-1].end_beats] == [4.0 * BARS, 4.0 * (BARS + 1)]
    streamed = [
        (track, note)
        for track, _ in enumerate(passages[0].tracks)
        for passage in passages
        for note in passage.tracks[track].notes
    ]
    assert streamed == made


def test_voices_that_are_added_begin_with_what_is_read() -> None:
    """A tune alone is given a band under the bars that are read, where they lie in the seed."""
    tune = band(BARS).with_tracks(band(BARS).tracks[:1])
    told: list[Score] = []
    request = ComposeRequest(bars=1, rng_seed=3, band="full")
    take = compose(tune, request, on_seed=told.append)
    assert told[0].tracks[0] == tune.tracks[0]
    added = [note for track in told[0].tracks[1:] for note in track.notes]
    assert added
    assert min(note.onset_beats for note in added) >= CUT
    assert max(note.end_beats for note in added) <= 4.0 * BARS + 1e-6
    assert len(take.score.tracks) == len(told[0].tracks) > 1


def test_short_seeds_and_loops_of_the_whole_piece_are_read_whole() -> None:
    """What leads back to the beginning has to know it; an end that says nothing is not enough."""
    request = ComposeRequest(bars=1)
    long, silent = band(BARS), band(4)
    drums = Track("kit", 9, notes=tuple(Note(float(beat), 0.2, 36) for beat in range(4 * BARS)))
    silent = replace(silent, end_beats=4.0 * BARS, tracks=(*silent.tracks[:3], drums))
    assert RecentBars.of(long, request).begin_beats == CUT
    assert RecentBars.of(band(10), request).begin_beats == 0.0
    assert RecentBars.of(long, ComposeRequest(bars=1, loop=True)).begin_beats == 0.0
    assert RecentBars.of(silent, request).begin_beats == 0.0


def test_what_is_in_force_at_the_cut_holds_from_there() -> None:
    """Tempo, meter, key, program, controls and bends that were set before begin the end."""
    track = Track(
        "lead", 3, 80, (Note(0.0, 3.0, 60), Note(8.0, 1.0, 62)),
        (Control(1.0, 7, 90), Control(2.0, 11, 50), Control(8.0, 11, 60), Control(9.0, 7, 80)),
        (Bend(2.0, 1.0), Bend(9.0, 0.0)),
        program_changes=(ProgramChange(4.0, 81), ProgramChange(9.0, 82)),
    )  # fmt: skip
    score = Score(
        (track, Track("gone", notes=(Note(0.0, 1.0, 60),))),
        (Tempo(0.0, 120.0), Tempo(4.0, 90.0), Tempo(10.0, 60.0)),
        (Meter(0.0, 4, 4), Meter(4.0, 2, 4), Meter(10.0, 3, 4)),
        end_beats=13.0, key="C", markers=(key_change(4.0, "Dm"), Marker(9.0, "verse")),
    )  # fmt: skip
    end = from_beat(score, 8.0)
    assert end.tempos == (Tempo(0.0, 90.0), Tempo(2.0, 60.0))
    assert end.meters == (Meter(0.0, 2, 4), Meter(2.0, 3, 4))
    assert (end.key, end.markers, end.end_beats) == ("Dm", (Marker(1.0, "verse"),), 5.0)
    lead, gone = end.tracks
    assert (lead.program, lead.program_changes) == (81, (ProgramChange(1.0, 82),))
    assert lead.controls == (Control(0.0, 7, 90), Control(0.0, 11, 60), Control(1.0, 7, 80))
    assert lead.bends == (Bend(0.0, 1.0), Bend(1.0, 0.0))
    assert (lead.notes, gone.notes) == ((Note(0.0, 1.0, 62),), ())
