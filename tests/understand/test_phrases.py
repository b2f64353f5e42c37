"""How many bars of a seed are carried on, and where its closing is."""

from dataclasses import replace

from chipgen.composing import compose
from chipgen.music.score import Note, Score, Track
from chipgen.request import ComposeRequest
from chipgen.understand import understand
from tests.seeds import band
from tests.work import count_lines

MODEL = "tonnetz-lstm"


def composed(score: Score, start: float) -> list[tuple[int, Note]]:
    """Return (track, note) of what begins at or after `start`."""
    return [
        (index, note)
        for index, track in enumerate(score.tracks)
        for note in track.notes
        if note.onset_beats >= start - 1e-6
    ]


def test_phrases_of_three_bars_are_carried_on_in_threes() -> None:
    """A rhythm that comes again every three bars is not cut after eight."""
    notes = tuple(
        Note(bar * 4.0 + k * 4 / count, 0.5, 60 + k)
        for bar in range(12)
        for count in (([3, 4, 1])[bar % 3],)
        for k in range(count)
    )
    ending = understand(Score((Track("tune", 0, 79, notes),), end_beats=48.0)).ending
    assert (ending.pattern_bars, ending.closing_bars) == (6, 0)


def test_a_closing_chord_is_not_carried_on() -> None:
    """Where the last phrase comes to rest, the phrases before it lend their rhythm and drums."""
    seed = band(12)
    tracks = [
        replace(track, notes=tuple(n for n in track.notes if n.onset_beats < 41))
        for track in seed.tracks[:3]
    ]
    kit = tuple(n for n in seed.tracks[3].notes if n.onset_beats < 41)
    rolls = tuple(Note(44 + k / 8, 0.1, 38) for k in range(32))
    chord = Note(44.0, 4.0, 60)
    tracks[0] = replace(tracks[0], notes=(*tracks[0].notes, chord))
    seed = replace(
        seed, tracks=(*tracks, replace(seed.tracks[3], notes=(*kit, *rolls))), end_beats=48.0
    )
    ending = understand(seed).ending
    assert (ending.pattern_bars, ending.closing_bars, ending.pattern_end) == (8, 4, 32.0)
    score = compose(seed, ComposeRequest(model=MODEL, bars=8)).score
    for track in score.tracks:
        for bar in range(12, 20):
            assert any(4 * bar <= n.onset_beats < 4 * bar + 4 for n in track.notes), track.name
    assert len([n for n in score.tracks[3].notes if n.onset_beats >= 48]) == 8 * 8


def test_bars_in_which_the_music_thins_out_are_closing() -> None:
    """A song of 24 bars that fades out over eight more is gone on from in its full texture."""
    seed = band(24)
    fading = tuple(Note(96.0 + 4 * bar, 3.5, 72 - bar) for bar in range(8))
    tracks = (
        replace(seed.tracks[0], notes=(*seed.tracks[0].notes, *fading)),
        *seed.tracks[1:],
    )
    ending = understand(replace(seed, tracks=tracks, end_beats=128.0)).ending
    assert (ending.start_beats, ending.closing_bars, ending.pattern_end) == (128.0, 8, 96.0)


def test_the_work_for_a_bar_is_the_same_in_a_long_piece() -> None:
    """Eight times the bars take eight times the work, not sixty-four times."""
    short, long = (
        count_lines(lambda bars=bars: understand(band(bars)).ending) for bars in (25, 200)
    )
    assert long < 10 * short
