"""What a preset by itself does to a score: other instruments, a doubled lead."""

import numpy as np
import pytest

from synth.chip.render_log import render
from synth.errors import SynthError
from synth.formats.chipfile import Titles
from synth.formats.nsf_read import read_nsf
from synth.formats.nsf_write import write_nsf
from synth.instrument.chip_score import ChipNote, ChipScore
from synth.instrument.driver import drive
from synth.instrument.preset_loader import load_preset
from synth.instrument.preset_score import with_preset_notes
from synth.tracker.famistudio import write_famistudio
from synth.tracker.famistudio_read import read_famistudio
from tests.instrument_scores import levels, one_voice, periods, preset_of

RATE_HZ = 48_000
DOUBLE = "double_lead: {{cents: {cents}, volume_scale: {scale}}}"


def heard_hz(score: ChipScore, preset_text: str, voice: int) -> float:
    """Return the frequency of one voice, from the first to the last rise of its wave."""
    preset = preset_of(preset_text)
    sound = render(drive(score, preset), RATE_HZ, "none", "isolated")[:, voice].astype(np.float64)
    sound -= (sound.max() + sound.min()) / 2
    before = np.flatnonzero((sound[:-1] < 0) & (sound[1:] >= 0))
    rise = before + sound[before] / (sound[before] - sound[before + 1])
    return float(RATE_HZ * (len(rise) - 1) / (rise[-1] - rise[0]))


@pytest.mark.parametrize("cents", [-20, -8, 5, 12, 40])
@pytest.mark.parametrize("pitch", [36, 45, 57])
def test_the_second_pulse_sounds_by_so_many_cents_above_the_first(cents: int, pitch: int) -> None:
    """Heard, not read: the ratio of both frequencies is as asked, within half a timer step each."""
    score = one_voice("pulse1", ChipNote(0.0, 2.0, pitch))
    text = DOUBLE.format(cents=cents, scale=1)
    lead_hz, double_hz = (heard_hz(score, text, voice) for voice in (0, 1))
    period = min(periods(drive(score, preset_of(text)), "pulse1"))
    step_cents = 1200 * np.log2((period + 2) / (period + 1))
    assert abs(1200 * np.log2(double_hz / lead_hz) - cents) <= step_cents


def test_a_part_of_its_own_comes_first() -> None:
    """Pulse 2 doubles before and after its own note, softer, with the lead's instrument."""
    lead = (ChipNote(0.0, 1.0, 60, 12), ChipNote(1.0, 2.0, 64, 12))
    own = ChipNote(0.5, 1.5, 72, 9)
    preset = preset_of(DOUBLE.format(cents=10, scale=0.5))
    made = with_preset_notes(ChipScore(lead, (own,), end_s=2.0), preset)
    assert made.pulse1 == lead
    assert [(n.start_s, n.end_s, n.pitch, n.volume) for n in made.pulse2] == [
        (0.0, 0.5, 60, 6), (0.5, 1.5, 72, 9), (1.5, 2.0, 64, 6),
    ]  # fmt: skip
    assert made.pulse2[2].begun_s == 0.5
    assert made.pulse2[0].bend == ((0.0, 10.0),)


def test_short_rests_stay() -> None:
    """A rest of fewer frames than asked for is a breath, not room for the lead."""
    lead = (ChipNote(0.0, 1.0, 60),)
    own = (ChipNote(0.0, 0.45, 72), ChipNote(0.5, 1.0, 74))
    preset = preset_of("double_lead: {cents: 9, shortest_frames: 6}")
    assert with_preset_notes(ChipScore(lead, own, end_s=1.0), preset).pulse2 == own


def test_bends_and_volumes_of_the_lead_come_along() -> None:
    """The double follows what the lead's own score does to it."""
    note = ChipNote(
        0.0, 1.0, 60, 10, bend=((0.0, 0.0), (1.0, 200.0)), volume_changes=((0.5, 4), (0.7, 0))
    )
    preset = preset_of("double_lead: {cents: -7, volume_scale: 0.5}")
    (double,) = with_preset_notes(one_voice("pulse1", note), preset).pulse2
    assert double.bend == ((0.0, -7.0), (1.0, 193.0))
    assert double.volume_changes == ((0.5, 2), (0.7, 0))


TOUCH = """
instruments:
  steady: {switch: {low: {highest_key: 59}, loud: {softest: 13}, soft: {loudest: 6}}}
  low: {volume: 5}
  loud: {volume: 14}
  soft: {volume: 3}
"""


@pytest.mark.parametrize(
    ("pitch", "volume", "expected"),
    [(59, 15, "low"), (60, 15, "loud"), (60, 13, "loud"), (60, 12, ""), (60, 6, "soft")],
)
def test_key_and_volume_choose_the_instrument(pitch: int, volume: int, expected: str) -> None:
    """The first zone that holds a note has it; a note in none keeps its instrument."""
    made = with_preset_notes(one_voice("pulse1", ChipNote(0, 1, pitch, volume)), preset_of(TOUCH))
    assert made.pulse1[0].instrument == expected


def test_the_chosen_instrument_is_heard() -> None:
    """The driver plays it: its volume, scaled by the note's."""
    score = one_voice("pulse1", ChipNote(0, 0.5, 59, 15), ChipNote(0.5, 1.0, 60, 15))
    heard = levels(drive(score, preset_of(TOUCH)), "pulse1")
    assert heard[10] == 5
    assert heard[40] == 14


@pytest.mark.parametrize(
    ("zone", "told"),
    [
        ("{nobody: {loudest: 3}}", "no instrument 'nobody'"),
        ("{hit: {lowest_key: 60, highest_key: 59}}", "60 is above highest_key, 59"),
        ("{hit: {softest: 9, loudest: 8}}", "9 is above loudest, 8"),
        ("{hit: {loudest: 16}}", "must be a whole number from 1 to 15"),
    ],
)
def test_wrong_zones_are_told(zone: str, told: str) -> None:
    """One line with the field, its value and what is allowed."""
    with pytest.raises(SynthError, match=told):
        preset_of(f"instruments: {{steady: {{switch: {zone}}}}}")


@pytest.mark.parametrize("name", ["lead-double", "lead-touch"])
def test_files_carry_what_the_preset_did(name: str) -> None:
    """An NSF has the same registers; a tracker's song sounds the doubled and switched notes."""
    preset = load_preset(name)
    lead = tuple(ChipNote(k * 0.5, k * 0.5 + 0.45, 55 + 5 * k, 5 * k + 5) for k in range(3))
    score = ChipScore(pulse1=lead, end_s=1.5)
    log = drive(score, preset)
    back = read_nsf(write_nsf(log, Titles())[0], "x.nsf").log
    for voice in ("pulse1", "pulse2"):
        frames = min(len(levels(log, voice)), len(levels(back, voice)))
        assert levels(back, voice)[:frames] == levels(log, voice)[:frames]
    text, _ = write_famistudio(score, preset, Titles())
    again, made = read_famistudio(text, "x.txt", 1)
    for voice in ("pulse1", "pulse2"):
        expected, found = (levels(drive(*song), voice) for song in ((score, preset), (again, made)))
        assert np.mean([a == b for a, b in zip(expected, found, strict=False)]) >= 0.95
