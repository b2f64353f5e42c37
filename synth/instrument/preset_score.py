"""Changes a score as its preset asks: instruments by key and volume, doubled lead, sampled bass."""

from collections.abc import Iterator
from dataclasses import replace

from synth.chip.hardware import Region
from synth.chip.voices import VOICES
from synth.instrument.chip_score import ChipNote, ChipScore
from synth.instrument.dmc_writes import with_sampled_bass
from synth.instrument.frame_context import set_up
from synth.instrument.preset_format import DoubleLead, Preset


def with_preset_notes(score: ChipScore, preset: Preset, region: Region | None = None) -> ChipScore:
    """Return a score with the notes and instruments that a preset adds to it.

    Parameters
    ----------
    score, preset
        The notes, and how they sound.
    region
        The chip; by default the preset's.

    Raises
    ------
    SynthError
        If a note names an instrument that the preset lacks.
    """
    setup = set_up(preset, region)
    if any(instrument.switch for instrument in preset.instruments.values()):
        score = _with_switched_instruments(score, preset)
    if preset.double_lead is not None:
        lead = _named(score.pulse1, preset.voices.pulse1)
        shortest_s = preset.double_lead.shortest_frames / setup.tick_hz
        second = _with_double(lead, score.pulse2, preset.double_lead, shortest_s)
        score = replace(score, pulse2=second)
    if preset.bass_samples:
        score = with_sampled_bass(score, preset, setup.region)
    return score


def _with_switched_instruments(score: ChipScore, preset: Preset) -> ChipScore:
    """Return a score in which each note names the instrument that its switches choose."""

    def switched(note: ChipNote, voice: str) -> ChipNote:
        name = preset.switched(note.instrument, voice, note.pitch, note.volume)
        return note if name == note.instrument else replace(note, instrument=name)

    voices = {v: tuple(switched(note, v) for note in score.voice(v)) for v in VOICES}
    return replace(
        score, pulse1=voices["pulse1"], pulse2=voices["pulse2"], triangle=voices["triangle"],
        noise=voices["noise"],
    )  # fmt: skip


def _named(notes: tuple[ChipNote, ...], default: str) -> list[ChipNote]:
    return [note if note.instrument else replace(note, instrument=default) for note in notes]


def _with_double(
    lead: list[ChipNote], second: tuple[ChipNote, ...], double: DoubleLead, shortest_s: float
) -> tuple[ChipNote, ...]:
    """Return a voice whose rests are filled with the lead's notes."""
    rests = _rests(second, shortest_s)
    copies: list[ChipNote] = []
    begin_s, end_s = next(rests)
    for note in lead:
        while end_s <= note.start_s:
            begin_s, end_s = next(rests)
        while begin_s < note.end_s:
            start_s, stop_s = max(note.start_s, begin_s), min(note.end_s, end_s)
            begun_s = note.begun_s + start_s - note.start_s
            copies.append(
                replace(_detuned(note, double), start_s=start_s, end_s=stop_s, begun_s=begun_s)
            )
            if note.end_s < end_s:
                break
            begin_s, end_s = next(rests)
    return tuple(sorted([*second, *copies], key=lambda note: note.start_s))


def _rests(notes: tuple[ChipNote, ...], shortest_s: float) -> Iterator[tuple[float, float]]:
    """Yield when a voice rests for some time, the last time without end."""
    free_s = 0.0
    for note in notes:
        if note.start_s - free_s >= shortest_s:
            yield free_s, note.start_s
        free_s = note.end_s
    yield free_s, float("inf")


def _detuned(note: ChipNote, double: DoubleLead) -> ChipNote:
    """Return a note as the doubling voice plays it."""

    def softer(volume: int) -> int:
        return max(round(volume * double.volume_scale), min(volume, 1))

    points = note.bend or ((0.0, 0.0),)
    return replace(
        note,
        volume=softer(note.volume),
        bend=tuple((time_s, cents + double.cents) for time_s, cents in points),
        volume_changes=tuple((time_s, softer(value)) for time_s, value in note.volume_changes),
    )
