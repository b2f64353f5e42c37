"""Any score becomes four valid voices, and nothing is lost unsaid."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from chipgen.arranging import (
    arrange,
    mark_gains,
)
from chipgen.music.formats import write_score
from chipgen.music.midi import read_midi
from chipgen.music.score import Bend, Control, Marker, Note, Score, Tempo, Track
from tests.arranging.pieces import bass_line, line, score_of
from tests.work import count_lines

ORCHESTRA = Path(__file__).parents[2] / "examples" / "orchestra.mid"
FIGURE = (47, 49, 50, 52, 54, 50, 54, 53, 49, 53, 52, 48, 52, 47, 49, 50)
PHRASE = (76, 79, 81, 79, 83, 81, 79, 76) * 4


def test_roles_are_found_from_the_music():
    """A tune over chords over a bass, nameless and in any track order, finds its voices."""
    tune = Track(notes=tuple(Note(k, 1, p) for k, p in enumerate([72, 74, 76, 77])))
    chords = Track(notes=tuple(Note(k, 1, p) for k in range(4) for p in (55, 60, 64)))
    bass = Track(notes=tuple(Note(k, 1, p) for k, p in enumerate([36, 43, 36, 43])))
    drums = Track(channel=9, notes=tuple(Note(k, 0.25, 36 + 2 * (k % 2)) for k in range(4)))
    chip = arrange(score_of(chords, drums, bass, tune)).chip_score
    assert [n.pitch for n in chip.pulse1] == [72, 74, 76, 77]
    assert [n.pitch for n in chip.triangle] == [36, 43, 36, 43]
    assert all({n.pitch + offset for offset in n.arpeggio} == {55, 60, 64} for n in chip.pulse2)
    assert len(chip.noise) == 4


def test_pedal_volume_and_bends_are_played():
    """The pedal holds notes on, CC7 and CC11 shape volume, bends become cents."""
    track = Track(
        notes=(Note(0, 0.5, 60, 127),),
        controls=(
            Control(0, 7, 127), Control(0, 64, 127), Control(1, 11, 64), Control(2, 64, 0),
        ),
        bends=(Bend(0.25, 2.0),),
    )  # fmt: skip
    score = Score(tracks=(track,), tempos=(Tempo(0, 60.0),), end_beats=4.0)
    (note,) = arrange(score).chip_score.pulse1
    assert note.end_s == 2.0
    assert note.volume_changes == ((0.0, 15), (1.0, 8))
    assert note.bend[-1] == (0.25, 200.0)


def test_a_bass_alone_is_still_a_bass():
    """A track that says it is a bass plays the triangle, though no melody sounds above it."""
    for track in (Track(name="E-Bass"), Track(program=33)):
        notes = tuple(Note(k, 1, 40 + k) for k in range(4))
        chip = arrange(score_of(replace(track, notes=notes))).chip_score
        assert [n.pitch for n in chip.triangle] == [40, 41, 42, 43]
        assert chip.pulse1 == ()
    bassoon = Track(name="Bassoon", program=70, notes=(Note(0, 1, 60),))
    assert arrange(score_of(bassoon)).chip_score.triangle == ()


def voices_of(score: Score, track: int) -> set[str]:
    """Return the voices that play a track, "" where another voice doubles it."""
    return {place.voice for place in arrange(score).placements if place.track == track}


def test_a_lone_line_has_pulse_1_however_low_it_is() -> None:
    """A low solo over the bass is on pulse 1 although a higher tune takes that later."""
    solo = Track(channel=0, program=70, notes=line(0.0, FIGURE))
    tune = Track(channel=2, program=73, notes=line(9.0, PHRASE))
    score = score_of(solo, bass_line(24), tune)
    assert voices_of(score, 0) == {"pulse1"}
    assert voices_of(score, 1) == {"triangle"}
    assert voices_of(score, 2) == {"pulse1"}


def test_two_players_in_unison_are_one_line() -> None:
    """A doubled solo is on pulse 1 and the doubling on no other voice."""
    solo = Track(channel=0, program=70, notes=line(0.0, FIGURE))
    double = Track(channel=3, program=42, notes=line(0.0, FIGURE, velocity=70))
    tune = Track(channel=2, program=73, notes=line(9.0, PHRASE))
    arrangement = arrange(score_of(solo, double, bass_line(24), tune))
    assert [note.pitch for note in arrangement.chip_score.pulse1] == [*FIGURE, *PHRASE]
    assert arrangement.chip_score.pulse2 == ()
    assert arrangement.counts()["doubled"] == len(FIGURE)


def test_an_accompaniment_that_goes_on_keeps_its_voice() -> None:
    """Where the tune rests for two beats, the figure beneath it does not jump to pulse 1."""
    tune = Track(channel=0, notes=(*line(0.0, PHRASE[:16]), *line(10.0, PHRASE[:16])))
    figure = Track(channel=2, program=24, notes=line(0.0, (60, 64, 67, 64) * 9))
    score = score_of(tune, bass_line(18), figure)
    assert voices_of(score, 0) == {"pulse1"}
    assert voices_of(score, 2) == {"pulse2"}


def test_the_orchestra_hands_its_melody_on_without_breaking_it() -> None:
    """Bars 1-8: bassoon, then clarinet, are on pulse 1 from their first note to their last."""
    score = read_midi(ORCHESTRA)
    arrangement = arrange(score)
    for name in ("bassoon", "clarinet"):
        (position,) = (k for k, track in enumerate(score.tracks) if track.name == name)
        places = [place for place in arrangement.placements if place.track == position]
        assert len(places) >= 24
        assert {place.voice for place in places} == {"pulse1"}
    bar_9_s = float(score.beats_to_seconds(32.0))
    tune = [note for note in arrangement.chip_score.pulse1 if note.start_s < bar_9_s - 0.01]
    assert len(tune) == 50


@pytest.mark.parametrize("velocity", [12, 40, 70, 100, 127])
def test_loud_notes_of_any_piece_are_loud_on_the_pulses(velocity: int) -> None:
    """The 95th percentile is at 13-15 whatever the velocities; half as loud stays half as loud."""
    tune = Track(channel=0, notes=line(0.0, PHRASE, velocity=velocity))
    soft = Track(channel=2, notes=line(0.0, (60, 64, 67, 64) * 8, velocity=velocity // 2))
    chip = arrange(score_of(tune, bass_line(16), soft)).chip_score
    volumes = [note.volume for voice in (chip.pulse1, chip.pulse2) for note in voice]
    assert 13 <= np.percentile(volumes, 95) <= 15
    loud, half = chip.pulse1[0].volume, chip.pulse2[0].volume
    assert abs(half - loud * (velocity // 2) / velocity) <= 1


def test_controllers_count_as_loudness_and_silence_stays_silent() -> None:
    """A soft CC11 is made up for, its steps in proportion; what is soft is heard, silence not."""
    fade = tuple(Control(beat, 11, value) for beat, value in ((0, 40), (2, 20), (4, 0), (5, 40)))
    tune = Track(
        notes=(Note(0, 3, 72, 100), Note(4, 0.5, 74, 100), Note(6, 1, 76, 1)),
        controls=fade,
    )
    arrangement = arrange(score_of(tune))
    first, last = arrangement.chip_score.pulse1
    assert 13 <= first.volume <= 15
    assert first.volume_changes[0] == (0.0, first.volume)
    assert first.volume_changes[1][1] in (first.volume // 2, first.volume // 2 + 1)
    assert last.volume == 1
    assert [place.status for place in arrangement.placements] == ["kept", "dropped", "kept"]


def test_volumes_that_are_the_chips_own_are_left_alone() -> None:
    """NES-MDB's levels are what the composer wrote, however soft."""
    tune = Track(name="p1", role="p1", notes=line(0.0, PHRASE, velocity=34))
    chip = arrange(score_of(tune)).chip_score
    assert {note.volume for note in chip.pulse1} == {4}


def test_a_marker_holds_the_level_of_a_piece_that_is_cut() -> None:
    """A soft beginning alone is raised by more than within its piece, unless a marker says so."""
    soft = tuple(Note(float(k), 1.0, 72, 40) for k in range(8))
    loud = tuple(Note(float(k), 1.0, 72, 100) for k in range(8, 16))
    whole = arrange(Score(tracks=(Track(notes=soft + loud),), end_beats=16.0))
    cut = Score(tracks=(Track(notes=soft),), end_beats=8.0)
    alone = arrange(cut)
    marked = arrange(mark_gains(cut, whole.gains))
    volumes = [note.volume for note in whole.chip_score.pulse1[:8]]
    assert alone.gains[0] > whole.gains[0] > 1.0
    assert [note.volume for note in alone.chip_score.pulse1] > volumes
    assert [note.volume for note in marked.chip_score.pulse1] == volumes
    assert marked.gains == whole.gains


@pytest.mark.parametrize("text", ["gain pulses=1e9 drums=1", "gain pulses= drums=", "gain"])
def test_other_markers_are_no_levels(text: str) -> None:
    """A marker that only looks alike changes nothing, and is no error."""
    score = Score(tracks=(Track(notes=(Note(0.0, 1.0, 72, 40),)),), end_beats=4.0)
    marked = replace(score, markers=(Marker(0.0, text),))
    assert arrange(marked).chip_score == arrange(score).chip_score


def test_levels_in_a_file_are_kept_within_reason(tmp_path: Path) -> None:
    """They survive being written, and absurd ones are held to what raises a velocity of 1."""
    score = Score(tracks=(Track(notes=(Note(0.0, 1.0, 72, 40),)),), end_beats=4.0)
    write_score(mark_gains(score, (1.25, 1.0)), tmp_path / "a.mid", overwrite=False)
    assert arrange(read_midi(tmp_path / "a.mid")).gains == (1.25, 1.0)
    absurd = replace(score, markers=(Marker(0.0, "gain pulses=999999 drums=0.001"),))
    assert arrange(absurd).gains == (127.0, 1.0)
    numberless = replace(score, markers=(Marker(0.0, "gain pulses=1.2.3 drums=1"),))
    assert arrange(numberless).gains == arrange(score).gains


def test_arranging_takes_work_in_proportion_to_the_notes():
    """Dense four-part music four times as long is four times the work."""

    def music_of(n_chords: int) -> Score:
        notes = tuple(
            Note(k * 0.25, 0.25, p + (5 * k) % 11)
            for k in range(n_chords)
            for p in (36, 52, 60, 72)
        )
        return Score(tracks=(Track(notes=notes),), end_beats=n_chords / 4 + 1)

    some, more = music_of(300), music_of(1200)
    assert arrange(more).counts()["kept"] >= 3 * 1000
    lines = count_lines(lambda: arrange(some))
    assert lines < 1000 * 4 * 300
    assert count_lines(lambda: arrange(more)) < 4.2 * lines
