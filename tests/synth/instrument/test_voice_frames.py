"""A note's volume, timbre and period in each frame."""

import numpy as np

from synth.chip.hardware import NTSC
from synth.instrument.chip_score import ChipNote, ChipScore
from synth.instrument.driver import drive
from synth.instrument.frame_context import Cells, set_up
from synth.instrument.macro_sequence import NOT_RELEASED
from synth.instrument.modulation import SOFTWARE
from synth.instrument.preset_format import Knobs, Preset
from synth.instrument.preset_loader import load_preset
from synth.instrument.voice_frames import (
    VoiceFrames,
    note_frames,
    scale_volume,
    silent_frames,
    tail_frames,
    voice_frames,
)
from tests.instrument_scores import levels, one_voice, periods, preset_of, states

PLAIN = load_preset("plain")

FRAME_S = 1 / NTSC.frame_hz


def frames(count: float) -> float:
    """Return the length of some NTSC frames in seconds."""
    return count * FRAME_S


def note(start: float, end: float, pitch: int = 69, **more: object) -> ChipNote:
    """Return a note with its times in frames."""
    return ChipNote(frames(start), frames(end), pitch, **more)  # type: ignore[arg-type]


def test_noise_plays_periods_and_modes() -> None:
    """The noise voice's pitch is the index of the period table, its timbre the mode."""
    table = states(
        drive(one_voice("noise", note(0, 2, 5), note(2, 4, 12, timbre_changes=((0.0, 1),))), PLAIN)
    )
    assert table[:4, 14].tolist() == [0x05, 0x05, 0x8C, 0x8C]
    assert table[0, 12] == 0x3F


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


def shown(
    played: ChipNote, voice: str, preset: Preset, at: list[int], **more: float
) -> VoiceFrames:
    """Return a note's state in some frames."""
    return note_frames(played, voice, np.array(at), set_up(preset), **more)  # type: ignore[arg-type]


def test_the_score_s_own_volume_wins_until_the_release() -> None:
    """It replaces the sequence, 0 is silence, and with the release the note is over."""
    preset = preset_of("instruments: {steady: {volume: 8 | 7 6}}")
    played = note(0, 9, volume=12, volume_changes=((0.0, 0), (frames(2), 9)))
    assert shown(played, "pulse1", preset, [0, 1, 2, 5], release_frame=5).level.tolist() == [
        0, 0, 9, 0
    ]  # fmt: skip
    plain = note(0, 9, volume=15)
    assert shown(plain, "pulse1", preset, [0, 4, 5, 6, 7], release_frame=5).level.tolist() == [
        8, 8, 7, 6, 0
    ]  # fmt: skip


def test_how_long_a_note_may_sound_after_its_release() -> None:
    """As long as its sequence goes on; the score's own volume and the chip's envelope end it."""
    preset = preset_of(
        "instruments: {steady: {volume: 8 | 7 6}, decaying: {hardware_envelope: {period: 3}}}"
    )
    steady, decaying = preset.instruments["steady"], preset.instruments["decaying"]
    assert tail_frames(note(0, 9), steady) == 2
    assert tail_frames(note(0, 9, volume_changes=((0.0, 9),)), steady) == 0
    assert tail_frames(note(0, 9), decaying) == 0


def test_noise_has_no_pitch_to_bend_but_periods() -> None:
    """A semitone up is one step towards the highest of 16 periods, and no further."""
    up = note(0, 9, 2, bend=((0.0, 100.0), (frames(1), 600.0), (frames(2), -2_000.0)))
    assert shown(up, "noise", PLAIN, [0, 1, 2]).period.tolist() == [1, 0, 15]
    laid_over = Knobs(vibrato_cents=1_000.0, vibrato_hz=8.0)
    setup, count = set_up(PLAIN), 30
    cells = Cells(
        np.zeros(count, np.int64), np.arange(count), np.full(count, NOT_RELEASED), np.zeros(1),
        np.zeros(1),
    )  # fmt: skip
    still = voice_frames((note(0, 30, 8),), "noise", cells, setup, laid_over).period
    moved = voice_frames((note(0, 30, 69),), "pulse1", cells, setup, laid_over).period
    assert len(set(still.tolist())) == 1
    assert len(set(moved.tolist())) > 2


def test_a_level_is_silent_only_where_something_is() -> None:
    """However low the mix, what sounds keeps a level of 1; what is at 0 has none."""
    shape, volume = np.array([0, 0, 1, 1, 15]), np.array([0, 15, 0, 1, 15])
    for mix, expected in ((1.0, [0, 0, 0, 1, 15]), (0.01, [0, 0, 0, 1, 1]), (0.0, [0] * 5)):
        assert scale_volume(shape, volume, mix).tolist() == expected


def test_the_chip_s_envelope_sounds_where_a_note_does() -> None:
    """Not after its release, nor where the score brings its own volume."""
    preset = preset_of("instruments: {decaying: {hardware_envelope: {period: 3}}}")
    played = note(0, 9, volume=1, instrument="decaying")
    heard = shown(played, "pulse1", preset, [0, 3, 4], release_frame=4)
    assert (heard.level.tolist(), heard.envelope.tolist()) == ([1, 1, 0], [3, 3, SOFTWARE])
    own = note(0, 9, volume_changes=((0.0, 9),), instrument="decaying")
    heard = shown(own, "pulse1", preset, [0, 3])
    assert (heard.level.tolist(), heard.envelope.tolist()) == ([9, 9], [SOFTWARE, SOFTWARE])


def test_the_score_s_own_timbre_wins() -> None:
    """From where it is given, 0 included."""
    preset = preset_of("instruments: {steady: {duty: 2}}")
    played = note(0, 9, timbre_changes=((frames(2), 0),), instrument="steady")
    assert shown(played, "pulse1", preset, [0, 1, 2, 3]).timbre.tolist() == [2, 2, 0, 0]


def test_timer_steps_lengthen_the_period() -> None:
    """By as many steps of a tonal voice's timer, or of the noise's table."""
    preset = preset_of("instruments: {steady: {period: 0 5 -5}}")
    played = note(0, 9, 8, instrument="steady")
    assert shown(played, "noise", preset, [0, 1, 2]).period.tolist() == [8, 13, 3]
    first, *rest = shown(note(0, 9, instrument="steady"), "pulse1", preset, [0, 1, 2]).period
    assert [period - first for period in rest] == [5, -5]


def test_each_note_plays_its_own_instrument() -> None:
    """Where the notes of a voice change instruments, frames keep their order."""
    preset = preset_of("instruments: {steady: {duty: 1}, decaying: {duty: 3}}")
    notes = (note(0, 9, instrument="decaying"), note(9, 18, instrument="steady"))
    cells = Cells(
        np.array([0, 1, 1, 0]), np.zeros(4, np.int64), np.full(4, NOT_RELEASED), np.zeros(2),
        np.zeros(2),
    )  # fmt: skip
    assert voice_frames(notes, "pulse1", cells, set_up(preset)).timbre.tolist() == [3, 1, 1, 3]


def test_a_voice_that_has_not_played_is_silent() -> None:
    """Its level, timbre and period are 0, and no frame is no frame."""
    silent = silent_frames(3)
    for name in ("level", "timbre", "period"):
        assert getattr(silent, name).tolist() == [0, 0, 0]
    assert not silent.strike.any()
    assert len(silent.first(2).level) == 2
    assert len(shown(note(0, 9), "pulse1", PLAIN, []).level) == 0
