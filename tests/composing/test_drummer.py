"""A seed's drums go on as they are, with fills."""

from dataclasses import replace

from chipgen.composing.drummer import Drummer
from chipgen.composing.lent_bars import LentBars
from chipgen.music.score import Note, Score, Track
from tests.composing.accompanied import planned
from tests.seeds import band


def drummer(seed: Score, number: int, bars: int = 16, *, cadence: bool = False) -> Drummer:
    """Return the drummer of a seed."""
    prompt, plan, _ = planned(seed, bars, cadence=cadence)
    return Drummer(prompt.seed, prompt.parts.drums, LentBars(prompt, plan), number)


def test_each_drum_goes_on_and_some_phrases_end_with_a_fill() -> None:
    """Most bars are the seed's, stroke for stroke; a third of the takes or more have fills."""
    with_fills = 0
    for number in range(12):
        plays = drummer(band(), number)
        bars = [plays.play(bar)[3] for bar in range(15)]
        usual = {(n.onset_beats, n.pitch) for n in bars[0]}
        plain = [{(n.onset_beats, n.pitch) for n in bar} == usual for bar in bars]
        assert all(like for bar, like in enumerate(plain) if (bar + 1) % 4)
        with_fills += not all(plain)
    assert with_fills >= 4


def test_drums_on_several_tracks_stay_there() -> None:
    """A kick on one track and a clap on another each keep their own."""
    seed = band(drums=False)
    kick = Track("kick", 9, 0, tuple(Note(float(k), 0.2, 36, 100) for k in range(16)))
    clap = Track("clap", 9, 0, tuple(Note(1.0 + 2 * k, 0.2, 39, 100) for k in range(8)))
    played = drummer(seed.with_tracks((*seed.tracks, kick, clap)), 1).play(1)
    assert {n.pitch for n in played[3]} == {36}
    assert {n.pitch for n in played[4]} == {39}


def test_a_bar_that_breaks_off_is_no_hole() -> None:
    """Where the seed's last bar has few strokes, the bar before it is played."""
    seed = band()
    kit = seed.tracks[3]
    short = replace(kit, notes=tuple(note for note in kit.notes if note.onset_beats < 12.5))
    plays = drummer(seed.with_tracks((*seed.tracks[:3], short)), 0)
    counts = [len(plays.play(bar)[3]) for bar in range(15)]
    assert min(counts) >= 6


def test_sections_of_a_long_piece_may_have_other_hats() -> None:
    """Some do, from their first bar to their last; kick and snare stay."""
    prompt, plan, _ = planned(band(), 40, form="B C D E F G H I J K")
    plays = Drummer(prompt.seed, prompt.parts.drums, LentBars(prompt, plan), 0, varies=True)
    sections = [[plays.play(4 * k + bar)[3] for bar in range(3)] for k in range(10)]
    hats = [[sum(n.pitch == 42 for n in bar) for bar in bars] for bars in sections]
    assert all(len(set(counts)) == 1 for counts in hats)
    assert len({counts[0] for counts in hats}) >= 2
    places = {tuple(n.onset_beats for n in bars[0] if n.pitch == 42) for bars in sections}
    assert len(places) == 3, "as usual, on the pulses, and doubled"
    loud = {tuple(n for n in bar if n.pitch != 42) for bars in sections for bar in bars}
    assert len(loud) == 1


def test_the_last_bar_of_a_cadence_is_one_stroke() -> None:
    """The piece ends with it."""
    last = drummer(band(), 0, bars=8, cadence=True).play(7)[3]
    assert [note.onset_beats for note in last] == [0.0]
