"""A chip score written as a tracker's text and read again sounds as it did."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings

from benchmarks.tracker_songs import TRACKERS, kept_share, look_at
from chipgen.app.pipeline import make_sound
from chipgen.request import Request
from synth.errors import SynthError
from synth.formats.chipfile import Titles
from synth.instrument.chip_score import Bar, ChipNote, ChipScore
from synth.instrument.demo_scores import demo_score
from synth.instrument.driver import drive, play_score
from synth.instrument.preset_loader import load_preset, preset_names
from synth.tracker.famitracker import famitracker_text
from synth.tracker.song import FAMITRACKER, TrackerBar, TrackerSong
from tests.instrument_scores import chip_scores, preset_of

EXAMPLES = Path(__file__).parents[3] / "examples"
NAMES = ["", "lead", "second", "pluck", "bass", "bell", "kick"]
SWELLS = ChipScore(  # from silence, after a note that is hardly there
    pulse2=(
        ChipNote(0.0, 0.001, 33, volume=0),
        ChipNote(0.001, 1.101, 33, volume=0, volume_changes=((1.0, 1),)),
    ),
    end_s=1.101,
)
HARDWARE = {"hardware", "early-nes"}  # hardware envelopes, which the trackers lack


@pytest.mark.parametrize("tracker", TRACKERS)
@pytest.mark.parametrize("song", ["piano", "groove", "seed"])
def test_an_arranged_song_is_as_a_musician_writes_it(song: str, tracker: str) -> None:
    """Most frames hold the same in all registers, with few instruments, columns and effects."""
    sound = make_sound(EXAMPLES / f"{song}.mid", Request(bars=0))
    assert sound.chip_score is not None
    assert sound.preset is not None
    look = look_at(sound.chip_score, sound.preset, tracker)
    assert look.kept >= 0.95
    assert look.instruments <= 20
    assert look.bar_columns <= 1.2
    assert look.beat_rows == 4
    assert look.effect_rows <= 0.45
    assert look.tempo_rows <= (0.1 if tracker == "FamiTracker" else 0.6)


@pytest.mark.parametrize("name", [name for name in preset_names() if name not in HARDWARE])
def test_every_presets_demonstration_sounds_as_it_did(name: str) -> None:
    """In nearly all frames all registers are to hold the same, whatever a preset does."""
    preset = load_preset(name)
    for tracker in TRACKERS:
        assert kept_share(demo_score(preset), preset, tracker) >= 0.94


@pytest.mark.parametrize("tracker", TRACKERS)
def test_an_echo_begins_within_the_end_of_its_note(tracker: str) -> None:
    """Where the echo is louder than what is left of a note, it is a note of its own."""
    preset = preset_of(
        "instruments: {lead: {adsr: {sustain: 12, release_frames: 30}, "
        "echo: {delay_frames: 9, volume_scale: 0.8, repeats: 2}}}"
    )
    notes = tuple(ChipNote(k, k + 0.2, 60 + 2 * k, instrument="lead") for k in range(4))
    assert kept_share(ChipScore(pulse1=notes, end_s=4.0), preset, tracker) >= 0.97


@pytest.mark.parametrize("tracker", TRACKERS)
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(score=chip_scores(NAMES))
@example(score=SWELLS)
def test_any_score_is_written_and_read(tracker: str, score: ChipScore) -> None:
    """Whatever notes bring, length and loop stay, and levels are those of before."""
    write, read = TRACKERS[tracker]
    preset = load_preset("default")
    data, _ = write(score, preset, Titles("x"))
    again, instruments = read(data, "x.txt", 1)
    before, after = play_score(score, preset), play_score(again, instruments)
    assert abs(before.rows - after.rows) <= 1
    assert before.loop_tick == after.loop_tick
    count = min(before.rows, after.rows)
    if tracker == "FamiTracker" or count < 60:  # not all of these notes have a row of their own
        return
    for voice in ("pulse1", "pulse2", "noise"):
        level = before.frames[voice].level[:count]
        same = level == after.frames[voice].level[:count]
        assert same.mean() >= 0.9


def test_notes_bars_and_instruments_come_back() -> None:
    """Onsets, lengths, pitches, volumes, instruments and bars are what they were."""
    beat_s = 24 / 60.0988
    notes = tuple(
        ChipNote(k * beat_s, (k + 0.75) * beat_s, 60 + k, volume=15 - k, instrument="pluck")
        for k in range(8)
    )
    bars = (Bar(0.0, 4), Bar(4 * beat_s, 4))
    score = ChipScore(pulse1=notes, end_s=8 * beat_s, loop_s=4 * beat_s, bars=bars)
    for write, read in TRACKERS.values():
        again, preset = read(write(score, load_preset("default"), Titles("x"))[0], "x.txt", 1)
        assert [n.pitch for n in again.pulse1] == [n.pitch for n in notes]
        assert {n.instrument.split()[0] for n in again.pulse1} == {"pluck"}
        times = [(n.start_s, n.end_s) for n in again.pulse1]
        assert np.allclose(times, [(n.start_s, n.end_s) for n in notes], atol=1 / 60)
        assert [bar.beats for bar in again.bars] == [4, 4]
        assert again.loop_s == pytest.approx(score.loop_s, abs=1 / 60)
        own = load_preset("default").instruments["pluck"].volume_sequence.values
        made = next(iter(preset.instruments.values())).volume_sequence.values
        assert np.abs(np.array(made) - np.array(own)).max() <= 2


def test_what_the_tracker_lacks_is_told() -> None:
    """Hardware envelopes become steps of volume, and the reader of the messages knows."""
    score = ChipScore(pulse1=(ChipNote(0.0, 0.5, 60, instrument="hard"),), end_s=0.5)
    preset = preset_of("instruments: {hard: {hardware_envelope: {period: 3}}}")
    for write, _ in TRACKERS.values():
        _, lost = write(score, preset, Titles("x"))
        assert any("no hardware envelopes" in line for line in lost)


def test_notes_that_find_no_row_are_counted() -> None:
    """A noise of one frame and the one after it cannot both stand in a row; a few do not matter."""
    frame_s = 1 / 60.0988
    notes = tuple(
        ChipNote((320 * k + late) * frame_s, (320 * k + late + 1) * frame_s, pitch)
        for k in range(3)
        for late, pitch in ((0, 8), (1, 3), (12, 3))
    )
    bars = tuple(Bar(2.0 * k, 4) for k in range(8))
    score = ChipScore(noise=notes, end_s=960 * frame_s, bars=bars)
    lost = TRACKERS["FamiTracker"][0](score, load_preset("plain"), Titles("x"))[1]
    counted = [int(line.split()[0]) for line in lost if "are left out" in line]
    assert len(counted) == 1
    assert 0 < counted[0] < len(notes)


def test_a_driver_of_another_speed_is_refused() -> None:
    """A tracker's step is a video frame; the message names the field."""
    preset = preset_of("engine: {tick_hz: 120}")
    for write, _ in TRACKERS.values():
        with pytest.raises(SynthError, match=r"engine\.tick_hz = 120"):
            write(ChipScore(end_s=1.0), preset, Titles("x"))


def test_a_long_song_fits_by_sharing_patterns() -> None:
    """More bars than a tracker has patterns share them; beyond its memory it is told."""
    preset = load_preset("plain")
    bars = tuple(Bar(0.2 * k, 4) for k in range(300))
    notes = tuple(ChipNote(0.2 * k, 0.2 * k + 0.15, 60 + k % 12) for k in range(300))
    score = ChipScore(pulse1=notes, end_s=60.0, bars=bars)
    for tracker in TRACKERS:
        assert kept_share(score, preset, tracker) > 0.99
    endless = tuple(
        TrackerBar(200 * k, rows=tuple(range(200 * k, 200 * k + 200)), tempi=((0, 1, 150),))
        for k in range(130)
    )
    with pytest.raises(SynthError, match="FamiTracker has 128"):
        famitracker_text(TrackerSong(rules=FAMITRACKER, frames=130 * 200, bars=endless))


@pytest.mark.parametrize("tracker", TRACKERS)
@pytest.mark.parametrize("name", ["kit-dmc", "bass-dmc"])
def test_samples_come_back(tracker: str, name: str) -> None:
    """What the DMC plays, its bytes and its levels are in the file, and are read from it."""
    preset = load_preset(name)
    write, read = TRACKERS[tracker]
    score = demo_score(preset)
    again, own = read(write(score, preset, Titles("x"))[0], "x.txt", 1)
    before, after = drive(score, preset), drive(again, own)
    assert after.memory == before.memory
    for address in (0x4010, 0x4011, 0x4012, 0x4013):
        here = before.value[before.address == address].astype(int)
        there = after.value[after.address == address].astype(int)
        off = 1 if address == 0x4011 else 0  # FamiStudio's levels are even
        assert np.abs(here - there).max() <= off
