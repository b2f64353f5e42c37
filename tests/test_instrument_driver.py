"""A score through a preset becomes exactly the register writes that were meant."""

import numpy as np
import pytest

from synth.chip.hardware import NTSC, PAL, Region
from synth.errors import SynthError
from synth.instrument.chip_score import ChipNote, ChipScore
from synth.instrument.driver import drive
from synth.instrument.frame_context import set_up
from synth.instrument.preset_loader import load_preset
from synth.instrument.voice_frames import note_frames
from tests.instrument_scores import levels, one_voice, periods, preset_of, states
from tests.work import count_lines

PLAIN = load_preset("plain")
FRAME_S = 1 / NTSC.frame_hz


def frames(count: float) -> float:
    """Return the length of some NTSC frames in seconds."""
    return count * FRAME_S


def note(start: float, end: float, pitch: int = 69, **more: object) -> ChipNote:
    """Return a note with its times in frames."""
    return ChipNote(frames(start), frames(end), pitch, **more)  # type: ignore[arg-type]


def test_first_frame_switches_the_chip_on() -> None:
    """The sequencer and the voices are switched on first, then every register is written once."""
    log = drive(ChipScore(end_s=0.5), PLAIN)
    first = [(int(a), int(v)) for a, v in zip(log.address, log.value, strict=True)]
    assert first[:2] == [(0x4017, 0xC0), (0x4015, 0x0F)]
    assert (0x4001, 0x08) in first
    assert (0x4005, 0x08) in first
    assert (0x4008, 0x80) in first
    assert {address for address, _ in first} == {
        *range(0x4000, 0x4009), 0x400A, 0x400B, 0x400C, 0x400E, 0x400F, 0x4015, 0x4017,
    }  # fmt: skip
    assert log.cycle[-1] < 400


def test_note_writes_exact_bytes() -> None:
    """A4 on pulse 1: duty 2, constant volume 15, period 253 high byte 0, silent when it ends."""
    table = states(drive(one_voice("pulse1", note(3, 6)), PLAIN))
    assert table[2:7, 0].tolist() == [0x30, 0xBF, 0xBF, 0xBF, 0xB0]
    assert table[3, 1:4].tolist() == [0x08, 0xFD, 0x08]


def test_lowest_pulse_note() -> None:
    """MIDI 33 is the lowest a pulse plays: period 2033, $7F1, on NTSC; PAL reaches it too."""
    score = one_voice("pulse2", note(0, 4, 33))
    assert periods(drive(score, PLAIN), "pulse2")[0] == 0x7F1
    assert periods(drive(score, PLAIN, PAL), "pulse2")[0] == 1888


def test_triangle_is_gated_by_its_linear_counter() -> None:
    """The triangle sounds with $4008 = $FF and holds its level with $80, clocked at once."""
    log = drive(one_voice("triangle", note(2, 4, 45), note(6, 7, 57)), PLAIN)
    assert levels(log, "triangle") == [0, 0, 15, 15, 0, 0, 15, 0]
    assert set(log.value[log.address == 0x4008].tolist()) == {0xFF, 0x80}
    clocks = log.cycle[log.address == 0x4017][1:]
    gates = log.cycle[log.address == 0x4008]
    assert len(clocks) == len(gates)
    assert np.all((clocks > gates) & (clocks < gates + 100))


def test_noise_plays_periods_and_modes() -> None:
    """The noise voice's pitch is the index of the period table, its timbre the mode."""
    table = states(
        drive(one_voice("noise", note(0, 2, 5), note(2, 4, 12, timbre_changes=((0.0, 1),))), PLAIN)
    )
    assert table[:4, 14].tolist() == [0x05, 0x05, 0x8C, 0x8C]
    assert table[0, 12] == 0x3F


def test_nothing_is_written_unless_it_changes() -> None:
    """A held note costs no writes, and a note on the same high byte does not restart the phase."""
    log = drive(one_voice("pulse1", note(0, 600), note(600, 700, 71)), PLAIN)
    later = log.cycle > 1000
    assert log.address[later].tolist() == [0x4002, 0x4000]


def test_volume_scales_the_sequence_and_never_to_silence() -> None:
    """The level is round(sequence x volume / 15), 1 at least where both are above 0."""
    preset = preset_of("instruments: {steady: {volume: 15 8 1 0}}")
    for volume in range(16):
        heard = levels(drive(one_voice("pulse1", note(0, 4, volume=volume)), preset), "pulse1")
        expected = [max(1, round(value * volume / 15)) if value * volume else 0
                    for value in (15, 8, 1, 0)]  # fmt: skip
        assert heard[:4] == expected


def test_mix_scales_a_voice() -> None:
    """The mix scales a voice's 4-bit volume and switches a triangle off at 0."""
    preset = preset_of("mix: {pulse1: 0.5, triangle: 0}")
    score = ChipScore(pulse1=(note(0, 2),), triangle=(note(0, 2),), end_s=frames(2))
    assert levels(drive(score, preset), "pulse1")[0] == 8
    assert not any(levels(drive(score, preset), "triangle"))


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


def test_pitch_macros_add_up() -> None:
    """Semitones, cents and timer steps add; a positive period step sounds lower."""
    plain = periods(drive(one_voice("pulse1", note(0, 1, 81)), PLAIN), "pulse1")[0]
    preset = preset_of(
        "instruments: {steady: {pitch: 12, fine_pitch: 700, arpeggio: -7, period: 3}}"
    )
    assert periods(drive(one_voice("pulse1", note(0, 1, 69)), preset), "pulse1")[0] == plain + 3


def test_noise_macros_count_periods() -> None:
    """On noise a semitone up is one step to a higher sounding period."""
    preset = preset_of("instruments: {hit: {arpeggio: 2 1 0 -20}}")
    table = states(drive(one_voice("noise", note(0, 4, 5)), preset))
    assert table[:4, 14].tolist() == [3, 4, 5, 15]


def test_vibrato_waits_and_swings_in_time() -> None:
    """A vibrato begins after its delay and swings at its rate and depth, on NTSC and PAL."""
    preset = preset_of(
        "instruments: {steady: {vibrato: {depth_cents: 100, rate_hz: 2, delay_s: 0.5}}}"
    )
    for region in (NTSC, PAL):
        log = drive(one_voice("pulse1", ChipNote(0, 2, 45)), preset, region)
        heard = np.array(periods(log, "pulse1"))[: int(2 * region.frame_hz)]
        still, quarter = round(0.5 * region.frame_hz), round(0.125 * region.frame_hz)
        assert len(set(heard[:still])) == 1
        cents = 1200 * np.log2((heard[0] + 1) / (heard + 1))
        assert cents[still + quarter] == pytest.approx(100, abs=6)
        assert cents[still + 3 * quarter] == pytest.approx(-100, abs=6)
        assert cents.max() == pytest.approx(100, abs=6)


def test_slide_stops_at_its_limit() -> None:
    """A slide moves by its cents each frame as far as its limit."""
    preset = preset_of(
        "instruments: {steady: {slide: "
        "{cents_per_frame: -600, delay_frames: 1, limit_cents: 1200}}}"
    )
    heard = periods(drive(one_voice("triangle", note(0, 6, 57)), preset), "triangle")
    assert heard[:2] == [253, 253]
    assert heard[3:6] == [507, 507, 507]


def test_portamento_glides_only_where_notes_are_tied() -> None:
    """A tied note starts on the pitch before and arrives in time; a new one starts at home."""
    preset = preset_of("instruments: {steady: {portamento: {frames: 4}}}")
    notes = (note(0, 4, 57), note(4, 10, 69), note(12, 16, 57))
    heard = periods(drive(one_voice("pulse1", *notes), preset), "pulse1")
    assert heard[4] == 507
    assert heard[4] > heard[5] > heard[6] > heard[7] > heard[8] == 253
    assert heard[12] == 507


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


@pytest.mark.parametrize("region", [NTSC, PAL])
@pytest.mark.parametrize("tick_hz", [None, 24.0, 120.0, 240.0])
def test_musical_time_is_kept(region: Region, tick_hz: float | None) -> None:
    """Onsets lie within half a driver call of the score's, on either chip and at any rate."""
    preset = preset_of(f"engine: {{tick_hz: {tick_hz}}}") if tick_hz else PLAIN
    starts_s = [0.37 * k for k in range(200)]
    score = one_voice("pulse1", *(ChipNote(s, s + 0.2, 60) for s in starts_s), end_s=75.0)
    log = drive(score, preset, region)
    volume = (log.address == 0x4000) & (log.value == 0xBF)
    heard_s = log.cycle[volume] / region.clock_hz
    half_call_s = 0.5 / (tick_hz or region.frame_hz)
    assert len(heard_s) == 200
    assert np.abs(heard_s - np.array(starts_s)).max() <= half_call_s + 200 / region.clock_hz
    assert log.duration_s == pytest.approx(75.0, abs=3 * half_call_s)


def test_hardware_envelope_restarts_at_each_onset() -> None:
    """An instrument with the chip's envelope writes it and $4003 at each onset, then silence."""
    preset = preset_of("instruments: {steady: {volume: null, hardware_envelope: {period: 5}}}")
    log = drive(one_voice("pulse1", note(0, 3), note(3, 6)), preset)
    assert states(log)[:7, 0].tolist() == [0x85] * 6 + [0xB0]
    frame = log.cycle[log.address == 0x4003] // (NTSC.frame_half_cycles // 2)
    assert {0, 3} <= set(frame.tolist())
    assert (log.address == 0x4017).sum() == len(states(log)) + 1  # clocked once a frame, and first


def test_hardware_sweep_is_switched_on_and_off() -> None:
    """A sweep is written with its period at each onset, and its trace is wiped afterwards."""
    preset = preset_of("instruments: {zap: {hardware_sweep: {period: 1, negate: true, shift: 2}}}")
    log = drive(one_voice("pulse2", note(0, 3, instrument="zap"), note(3, 6)), preset)
    table = states(log)
    assert table[:6, 5].tolist() == [0x9A] * 3 + [0x08] * 3
    third = (log.cycle // (NTSC.frame_half_cycles // 2)) == 3
    assert {0x4005, 0x4006, 0x4007} <= set(log.address[third].tolist())


def test_retrigger_restarts_the_phase() -> None:
    """An instrument that asks for it writes $4003 at each onset, changed or not."""
    preset = preset_of("instruments: {steady: {retrigger: true}}")
    log = drive(one_voice("pulse1", note(0, 3), note(3, 6)), preset)
    assert (log.address == 0x4003).sum() == 2
    assert levels(log, "pulse1")[:6] == [15] * 6


def test_click_free_steps_the_high_byte_without_a_restart() -> None:
    """Vibrato across a high byte writes $4003 only once, and every frame's period is right."""
    text = "instruments: {steady: {vibrato: {depth_cents: 60, rate_hz: 6}}}\nengine: {click_free: "
    score = one_voice("pulse1", ChipNote(0, 2, 69))
    smooth = drive(score, preset_of(text + "true}"))
    plain = drive(score, preset_of(text + "false}"))
    assert (smooth.address == 0x4003).sum() == 1
    assert (plain.address == 0x4003).sum() > 10
    low = [log.value[(log.address == 0x4002)] for log in (smooth, plain)]
    assert len(low[0]) > len(low[1])
    assert states(smooth)[:, 2].tolist() == states(plain)[:, 2].tolist()


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


def test_live_frames_equal_the_offline_ones() -> None:
    """The pure function of one note, asked frame by frame, gives what the driver writes."""
    preset = load_preset("late-nes")
    setup = set_up(preset)
    played = ChipNote(0.0, 0.5, 60, 13, bend=((0.0, 0.0), (0.4, 100.0)))
    log = drive(one_voice("pulse1", played), preset)
    release = round(0.5 * setup.tick_hz)
    live = [
        note_frames(played, "pulse1", np.array([frame]), setup, release) for frame in range(release)
    ]
    assert [int(f.level[0]) for f in live] == levels(log, "pulse1")[:release]
    assert [int(f.period[0]) for f in live] == periods(log, "pulse1")[:release]
    assert [int(f.timbre[0]) for f in live] == (states(log)[:release, 0] >> 6).tolist()


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
