"""A note's own steps, bends and chords replace those of its instrument."""

from synth.chip.hardware import NTSC
from synth.instrument.chip_score import ChipNote
from synth.instrument.driver import drive
from synth.instrument.preset_loader import load_preset
from tests.instrument_scores import levels, one_voice, periods, preset_of, states

PLAIN = load_preset("plain")

FRAME_S = 1 / NTSC.frame_hz


def frames(count: float) -> float:
    """Return the length of some NTSC frames in seconds."""
    return count * FRAME_S


def note(start: float, end: float, pitch: int = 69, **more: object) -> ChipNote:
    """Return a note with its times in frames."""
    return ChipNote(frames(start), frames(end), pitch, **more)  # type: ignore[arg-type]


def test_score_volume_changes_replace_the_sequence() -> None:
    """A note with volume changes follows them, leaving sequence, release and tremolo out."""
    preset = preset_of(
        "instruments: {steady: {volume: 3 2 | 1 1, tremolo: {depth: 9, rate_hz: 9}}}"
    )
    steps = ((frames(2), 4), (frames(3), 0), (frames(4), 9))
    log = drive(one_voice("pulse1", note(1, 7, volume=12, volume_changes=steps)), preset)
    assert levels(log, "pulse1") == [0, 12, 12, 4, 0, 9, 9, 0]


def test_score_timbre_changes_replace_the_duties() -> None:
    """A note with timbre changes starts on the instrument's first duty and follows the score."""
    preset = preset_of("instruments: {steady: {duty: 1 2 3}}")
    steps = ((frames(1), 3), (frames(2), 0))
    log = drive(one_voice("pulse1", note(0, 3, timbre_changes=steps), note(3, 6, 70)), preset)
    assert (states(log)[:6, 0] >> 6).tolist() == [1, 3, 0, 1, 2, 3]


def test_arpeggio_goes_round_and_may_rest() -> None:
    """A chord's offsets last as long as the preset says, from the first; then it may rest."""
    preset = preset_of("arpeggio: {frames: 2}")
    chord = one_voice("pulse1", note(0, 8, 69, arpeggio=(0, 12, 24)))
    assert periods(drive(chord, preset), "pulse1")[:8] == [253, 253, 126, 126, 63, 63, 253, 253]
    resting = one_voice("pulse1", note(0, 8, 69, arpeggio=(0, 12), arpeggio_s=frames(4)))
    assert periods(drive(resting, preset), "pulse1")[:8] == [253, 253, 126, 126, *[253] * 4]


def test_chord_replaces_the_instruments_arpeggio() -> None:
    """An instrument's own arpeggio sounds only where the note brings none; its pitch always."""
    preset = preset_of("instruments: {steady: {arpeggio: '[12 0]', pitch: 12}}")
    alone = drive(one_voice("pulse1", note(0, 2, 57)), preset)
    assert periods(alone, "pulse1")[:2] == [126, 253]
    chord = drive(one_voice("pulse1", note(0, 4, 57, arpeggio=(0, 24))), preset)
    assert periods(chord, "pulse1")[:4] == [253, 253, 63, 63]


def test_bend_is_joined_by_straight_lines() -> None:
    """The bend starts on its first value, moves straight and holds its last."""
    bend = ((frames(2), 0.0), (frames(4), 1200.0))
    heard = periods(drive(one_voice("pulse1", note(0, 6, 57, bend=bend)), PLAIN), "pulse1")
    assert [heard[0], heard[1], heard[2], heard[4], heard[5]] == [507, 507, 507, 253, 253]
    assert 253 < heard[3] < 507
