"""A score through a preset becomes exactly the register writes that were meant."""

import pytest

from synth.chip.hardware import NTSC
from synth.errors import SynthError
from synth.instrument.chip_score import ChipNote, ChipScore
from synth.instrument.driver import drive
from synth.instrument.preset_loader import load_preset
from tests.instrument_scores import levels, one_voice, periods, preset_of
from tests.work import count_lines

PLAIN = load_preset("plain")

FRAME_S = 1 / NTSC.frame_hz


def frames(count: float) -> float:
    """Return the length of some NTSC frames in seconds."""
    return count * FRAME_S


def note(start: float, end: float, pitch: int = 69, **more: object) -> ChipNote:
    """Return a note with its times in frames."""
    return ChipNote(frames(start), frames(end), pitch, **more)  # type: ignore[arg-type]


def test_release_part_rings_on_after_the_score() -> None:
    """A release part plays after the note, and after the score's end, then there is silence."""
    preset = preset_of("instruments: {steady: {volume: '12 [10 9] | 6 3 1'}}")
    log = drive(one_voice("pulse1", note(0, 4)), preset)
    assert levels(log, "pulse1") == [12, 10, 9, 10, 6, 3, 1, 0]


def test_release_gives_way_to_the_next_note() -> None:
    """A release is cut where the next note begins."""
    preset = preset_of("instruments: {steady: {volume: 12 | 6 5 4 3}}")
    log = drive(one_voice("pulse1", note(0, 2), note(4, 5, 72)), preset)
    assert levels(log, "pulse1")[:5] == [12, 12, 6, 5, 12]


def test_note_delay_and_cut() -> None:
    """A note may begin late and be cut early, but it is never lost."""
    preset = preset_of("instruments: {steady: {delay_frames: 2, cut_frames: 3}}")
    log = drive(one_voice("pulse1", note(0, 8), note(8, 9, 72)), preset)
    assert levels(log, "pulse1")[:9] == [0, 0, 15, 15, 15, 0, 0, 0, 15]


def test_echo_fills_rests_only() -> None:
    """Copies come late and softer where the voice rests, and never over a note."""
    preset = preset_of(
        "instruments: {steady: {echo: {delay_frames: 3, volume_scale: 0.5, repeats: 2}}}"
    )
    log = drive(one_voice("pulse1", note(0, 2), note(4, 5, 57), end_s=frames(12)), preset)
    assert levels(log, "pulse1")[:12] == [15, 15, 0, 8, 15, 0, 4, 8, 0, 0, 4, 0]
    assert periods(log, "pulse1")[3:8] == [253, 507, 507, 253, 507]


def test_repeated_note_is_separated_by_a_frame() -> None:
    """A steady note struck again is preceded by one silent frame, on every voice."""
    for voice, pitch in (("pulse1", 60), ("pulse2", 60), ("triangle", 60), ("noise", 6)):
        log = drive(one_voice(voice, note(0, 4, pitch), note(4, 8, pitch)), PLAIN)
        assert levels(log, voice)[:8] == [15, 15, 15, 0, 15, 15, 15, 15]


def test_repeated_note_needs_no_gap_where_the_level_tells() -> None:
    """A decaying note struck again, or another pitch, loses nothing."""
    preset = preset_of("instruments: {steady: {volume: 15 12 9 6}}")
    log = drive(one_voice("pulse1", note(0, 4), note(4, 8)), preset)
    assert levels(log, "pulse1")[:8] == [15, 12, 9, 6, 15, 12, 9, 6]
    log = drive(one_voice("pulse1", note(0, 4), note(4, 8, 70)), PLAIN)
    assert levels(log, "pulse1")[:8] == [15] * 8


def test_short_notes_are_never_lost() -> None:
    """Notes shorter than a frame get one each, in order, where there is room."""
    notes = [note(k * 2 + 0.2, k * 2 + 0.3, 60 + k) for k in range(5)]
    heard = levels(drive(one_voice("pulse1", *notes), PLAIN), "pulse1")
    assert heard == [15, 0] * 5
    crowd = [note(k * 0.25, k * 0.25 + 0.2, 60 + k) for k in range(4)]
    log = drive(one_voice("pulse1", *crowd), PLAIN)
    assert levels(log, "pulse1") == [15, 15, 15, 15, 0]
    assert len(set(periods(log, "pulse1")[:4])) == 4


def test_retrigger_restarts_the_phase() -> None:
    """An instrument that asks for it writes $4003 at each onset, changed or not."""
    preset = preset_of("instruments: {steady: {retrigger: true}}")
    log = drive(one_voice("pulse1", note(0, 3), note(3, 6)), preset)
    assert (log.address == 0x4003).sum() == 2
    assert levels(log, "pulse1")[:6] == [15] * 6


def test_loop_point_falls_on_a_frame_and_restores_what_changed() -> None:
    """A looping log ends on the loop's end, and its loop start writes what the end left other."""
    score = ChipScore(
        pulse1=(note(0, 60, 69), note(60, 90, 45, timbre_changes=((0.0, 0),))),
        end_s=frames(90), loop_s=frames(30),
    )  # fmt: skip
    log = drive(score, PLAIN)
    assert log.loop_cycle == NTSC.frame_cycle(30)
    assert log.end_cycle == NTSC.frame_cycle(90)
    at_loop = (log.cycle >= NTSC.frame_cycle(30)) & (log.cycle < NTSC.frame_cycle(31))
    assert log.address[at_loop].tolist() == [0x4000, 0x4002, 0x4003]


def test_unknown_instrument_is_named() -> None:
    """A note that names an instrument the preset lacks is refused with the nearest name."""
    with pytest.raises(SynthError, match="did you mean 'steady'"):
        drive(one_voice("pulse1", note(0, 3, instrument="stedy")), PLAIN)


@pytest.mark.parametrize("end_s", [1e9, float("inf"), float("nan")])
def test_endless_scores_are_refused(end_s: float) -> None:
    """A score too long for memory, or without an end, is a one-line error at once."""
    with pytest.raises(SynthError, match="too long"):
        drive(ChipScore(end_s=end_s), PLAIN)


def test_driving_takes_work_in_proportion_to_the_notes() -> None:
    """Three times the dense music is three times the work; a note is at most 100 lines of it."""
    preset = load_preset("default")

    def work(seconds: int) -> int:
        def part(lowest: int, span: int) -> tuple[ChipNote, ...]:
            return tuple(
                ChipNote(k / 8, (k + 1) / 8, lowest + k * 7 % span, 10) for k in range(seconds * 8)
            )

        score = ChipScore(part(48, 36), part(45, 36), part(33, 24), part(0, 16), end_s=seconds)
        return count_lines(lambda: drive(score, preset))

    lines = work(30)
    assert lines < 100 * 30 * 8 * 4
    assert work(90) < 3.2 * lines
