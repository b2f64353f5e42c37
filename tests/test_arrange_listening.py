"""What a listener would object to: torn lines, drowned melodies, unheard chords, cut crashes."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from chipgen.arrange import ArrangeConfig, arrange, mark_gains
from chipgen.music.formats import write_score
from chipgen.music.midi import read_midi
from chipgen.music.score import Control, Marker, Note, Score, Tempo, Track
from synth.instrument.preset_loader import load_preset

ORCHESTRA = Path(__file__).parents[1] / "examples" / "orchestra.mid"
FIGURE = (47, 49, 50, 52, 54, 50, 54, 53, 49, 53, 52, 48, 52, 47, 49, 50)
TUNE = (76, 79, 81, 79, 83, 81, 79, 76) * 4
CRASH, HAT, SNARE, KICK = 49, 42, 38, 36


def line(
    start: float, pitches: tuple[int, ...], step: float = 0.5, velocity: int = 90
) -> tuple[Note, ...]:
    """Return notes one after the other, each half as long as the step."""
    return tuple(Note(start + step * k, step / 2, p, velocity) for k, p in enumerate(pitches))


def score_of(*tracks: Track, bpm: float = 120.0) -> Score:
    """Return a piece that ends with its last note."""
    end = max(note.end_beats for track in tracks for note in track.notes)
    return Score(tracks=tracks, tempos=(Tempo(0.0, bpm),), end_beats=end)


def bass_line(beats: int) -> Track:
    """Return a bass that says so, a note a beat."""
    return Track(program=43, channel=1, notes=line(0.0, (35, 42) * (beats // 2), 1.0))


def voices_of(score: Score, track: int) -> set[str]:
    """Return the voices that play a track, "" where another voice doubles it."""
    return {place.voice for place in arrange(score).placements if place.track == track}


def drums(*hits: tuple[float, int], velocity: int = 100) -> Score:
    """Return hits of a kit under a tune, at 120 beats a minute."""
    kit = Track(channel=9, notes=tuple(Note(beat, 0.1, key, velocity) for beat, key in hits))
    return score_of(Track(notes=(Note(0, 8, 72),)), kit)


def test_a_lone_line_has_pulse_1_however_low_it_is() -> None:
    """A low solo over the bass is on pulse 1 although a higher tune takes that later."""
    solo = Track(channel=0, program=70, notes=line(0.0, FIGURE))
    tune = Track(channel=2, program=73, notes=line(9.0, TUNE))
    score = score_of(solo, bass_line(24), tune)
    assert voices_of(score, 0) == {"pulse1"}
    assert voices_of(score, 1) == {"triangle"}
    assert voices_of(score, 2) == {"pulse1"}


def test_two_players_in_unison_are_one_line() -> None:
    """A doubled solo is on pulse 1 and the doubling on no other voice."""
    solo = Track(channel=0, program=70, notes=line(0.0, FIGURE))
    double = Track(channel=3, program=42, notes=line(0.0, FIGURE, velocity=70))
    tune = Track(channel=2, program=73, notes=line(9.0, TUNE))
    arrangement = arrange(score_of(solo, double, bass_line(24), tune))
    assert [note.pitch for note in arrangement.chip_score.pulse1] == [*FIGURE, *TUNE]
    assert arrangement.chip_score.pulse2 == ()
    assert arrangement.counts()["doubled"] == len(FIGURE)


def test_an_accompaniment_that_goes_on_keeps_its_voice() -> None:
    """Where the tune rests for two beats, the figure beneath it does not jump to pulse 1."""
    tune = Track(channel=0, notes=(*line(0.0, TUNE[:16]), *line(10.0, TUNE[:16])))
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
    tune = Track(channel=0, notes=line(0.0, TUNE, velocity=velocity))
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
    tune = Track(name="p1", role="p1", notes=line(0.0, TUNE, velocity=34))
    chip = arrange(score_of(tune)).chip_score
    assert {note.volume for note in chip.pulse1} == {4}


def test_drums_are_raised_with_the_pulses_but_not_into_clipping() -> None:
    """In a soft piece with soft drums both are raised; loud drums keep their accents apart."""
    hits = tuple((float(k), (KICK, SNARE)[k % 2]) for k in range(8))
    kit = [
        Track(channel=9, notes=tuple(Note(b, 0.1, key, v - 20 * (k % 2)) for k, (b, key) in rows))
        for v, rows in ((50, list(enumerate(hits))), (127, list(enumerate(hits))))
    ]
    tune = Track(channel=0, notes=line(0.0, TUNE[:16], velocity=50))
    soft, loud = ([n.volume for n in arrange(score_of(tune, k)).chip_score.noise] for k in kit)
    assert max(soft) >= 13
    assert max(loud) == 15
    assert min(loud) == round(15 * 107 / 127)


@pytest.mark.parametrize("order", ["up", "updown"])
@pytest.mark.parametrize("name", ["ballad", "arpeggio-harp", "default"])
def test_a_long_chord_is_heard_twice_before_it_rests(name: str, order: str) -> None:
    """`poly: auto` lets every note of the arpeggio sound twice at the preset's own rate."""
    preset = load_preset(name)
    chord = (52, 55, 60, 64, 67)
    chords = Track(notes=tuple(Note(0, 8, pitch) for pitch in chord))
    tune = Track(channel=2, notes=line(0.0, TUNE[:16]))
    config = ArrangeConfig(poly="auto", arpeggio_order=order)
    preset = preset.model_copy(update={"poly": "auto"})
    score = score_of(tune, bass_line(8), chords)
    (note,) = [n for n in arrange(score, config, preset).chip_score.pulse2 if n.arpeggio]
    assert note.arpeggio_s is not None
    turn_s = len(note.arpeggio) * preset.arpeggio.frames / 60.1
    assert 2 * turn_s - 1 / 60 < note.arpeggio_s <= max(2 * turn_s + 1 / 60, 0.25)


def test_a_long_chord_outlasts_its_instruments_attack() -> None:
    """On an instrument that swells for a third of a second the arpeggio goes on beyond that."""
    preset = load_preset("default")
    pad = preset.instruments["pad"]
    assert pad.adsr is not None
    slow = pad.model_copy(update={"adsr": pad.adsr.model_copy(update={"attack_frames": 20})})
    preset = preset.model_copy(
        update={"instruments": {**preset.instruments, "slow": slow}, "programs": {89: "slow"}}
    )
    tune = Track(channel=2, notes=line(0.0, TUNE[:16]))
    for program, least_s in ((89, 20 / 60 + 0.1), (0, 0.25)):
        chords = Track(program=program, notes=tuple(Note(0, 8, p) for p in (55, 60, 64)))
        score = score_of(tune, bass_line(8), chords)
        (note,) = [n for n in arrange(score, preset=preset).chip_score.pulse2 if n.arpeggio]
        assert note.arpeggio_s is not None
        assert least_s <= note.arpeggio_s < least_s + 0.1


@pytest.mark.parametrize("name", [None, "default", "kit-big"])
def test_a_crash_rings_through_hats_but_not_through_a_snare(name: str | None) -> None:
    """A hat an eighth after a crash waits, the next ones are heard; a snare cuts the crash."""
    preset = load_preset(name) if name else None
    after = arrange(drums((0, CRASH), (0.25, HAT), (2.0, HAT)), preset=preset)
    assert [p.status for p in after.placements if p.track == 1] == ["kept", "dropped", "kept"]
    assert after.placements[2].reason == f"drum {CRASH} still rings"
    cut = arrange(drums((0, CRASH), (0.5, SNARE), (0.75, HAT)), preset=preset)
    assert [p.status for p in cut.placements if p.track == 1] == ["kept", "kept", "kept"]
    assert cut.chip_score.noise[0].end_s == 0.25


@pytest.mark.parametrize("name", [None, "default", "kit-tight"])
def test_hats_do_not_wait_for_kicks_and_snares(name: str | None) -> None:
    """Sixteenths at 140 beats a minute are all there."""
    keys = (KICK, HAT, HAT, HAT, SNARE, HAT, KICK, HAT)
    score = drums(*((0.25 * 120 / 140 * k, key) for k, key in enumerate(keys)))
    arrangement = arrange(score, preset=load_preset(name) if name else None)
    assert len(arrangement.chip_score.noise) == len(keys)


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
