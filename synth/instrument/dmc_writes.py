"""Plays the samples of a score on the DMC: its register writes, and the memory it reads."""

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Final

import numpy as np

from synth.chip.dpcm import pad_sample, rate_hz
from synth.chip.hardware import Region
from synth.errors import SynthError
from synth.instrument.chip_score import ChipScore, SampleHit
from synth.instrument.frame_context import Setup
from synth.instrument.preset_format import DRUM_FRAMES_HZ, Drum, Preset, Sample
from synth.instrument.register_writes import ALL_VOICES, LAST_SLOT, STATUS, STORE_CYCLES, Stores

FIRST_ADDRESS: Final = 0xC000
ROOM: Final = 0x4000  # bytes from there to the end of memory
ALIGNMENT: Final = 64
LOOP: Final = 0x40
DMC_ON: Final = 0x10
FIRST_STORE_CYCLES: Final = STORE_CYCLES * (LAST_SLOT + 1)  # after all other writes of a frame
STOP_STORES: Final = ((STATUS, ALL_VOICES),)
IN_TUNE: Final = 0.25  # semitones


def lay_out(names: Iterable[str], preset: Preset) -> dict[str, tuple[int, bytes]]:
    """Give each sample an address that $4012 can say, in the order in which they are named.

    Raises
    ------
    SynthError
        If the preset lacks a sample, or they do not fit the 16 KB that the DMC reaches.
    """
    placed: dict[str, tuple[int, bytes]] = {}
    at = FIRST_ADDRESS
    for name in names:
        if name not in placed:
            data = pad_sample(preset.sample(name).bytes)
            placed[name] = at, data
            at += -(-len(data) // ALIGNMENT) * ALIGNMENT
    if at > FIRST_ADDRESS + ROOM:
        sizes = ", ".join(f"{name} {len(data):,}" for name, (_, data) in placed.items())
        raise SynthError(
            f"preset {preset.name}: the samples take {at - FIRST_ADDRESS:,} bytes, and the DMC "
            f"reaches {ROOM:,} ({sizes}); shorten some, lower their rate or leave some out"
        )
    return placed


def start_stores(
    sample: Sample, rate: int | None, address: int, data: bytes
) -> tuple[tuple[int, int], ...]:
    """Return the register writes that stop the current sample and start another.

    Parameters
    ----------
    sample
        What is played.
    rate
        Index of the DMC's rates; None is the sample's own.
    address, data
        As from `lay_out`.
    """
    played = sample.played_rate if rate is None else rate
    return (
        *STOP_STORES,
        (0x4010, played | (LOOP if sample.loop else 0)),
        (0x4011, sample.played_level),
        (0x4012, (address - FIRST_ADDRESS) // ALIGNMENT),
        (0x4013, (len(data) - 1) // 16),
        (STATUS, ALL_VOICES | DMC_ON),
    )


def drum_sample_s(drum: Drum, preset: Preset, region: Region) -> float:
    """Return how long the sample of a drum sounds: a loop as long as the drum, 0 without one."""
    if drum.sample is None:
        return 0.0
    sample = preset.sample(drum.sample)
    if sample.loop:
        return drum.frames / DRUM_FRAMES_HZ
    return 8 * len(sample.bytes) / rate_hz(sample.played_rate, region)


def sample_writes(
    score: ChipScore,
    preset: Preset,
    setup: Setup,
    rows: int,
    placed: Mapping[str, tuple[int, bytes]],
) -> Stores:
    """Return the driver's writes for the samples of a score, laid out by `lay_out`.

    A hit stops what sounds, then sets rate, level, address and length, and starts. What sounds on
    past its hit's end, a loop as a rule, is stopped there, and at the point of the music's loop.
    """
    starts: dict[int, int] = {}
    for index, hit in enumerate(score.dmc):
        starts[min(round(hit.start_s * setup.tick_hz), rows - 1)] = index
    stops = {max(round(hit.end_s * setup.tick_hz), 1) for hit in score.dmc}
    if score.loop_s is not None:
        stops.add(min(round(score.loop_s * setup.tick_hz), rows - 1))
    written: list[tuple[int, int, int]] = []
    for tick in sorted({*starts, *(stop for stop in stops if stop < rows)}):
        begin = int(setup.tick_cycle(tick)) + FIRST_STORE_CYCLES
        if tick not in starts:
            written += [(begin, *store) for store in STOP_STORES]
            continue
        hit = score.dmc[starts[tick]]
        stores = start_stores(preset.sample(hit.sample), hit.rate, *placed[hit.sample])
        written += [(begin + STORE_CYCLES * at, *store) for at, store in enumerate(stores)]
    table = np.array(written, dtype=np.int64).reshape(-1, 3)
    return Stores(table[:, 0], table[:, 1].astype(np.uint16), table[:, 2].astype(np.uint8))


def find_bass_sample(pitch: int, preset: Preset, region: Region) -> tuple[str, int] | None:
    """Return the sample and the rate that sound a MIDI note, or None if none is in tune.

    A sample is in tune within a quarter of a semitone.
    """
    return _bass_samples(tuple(_tuned(preset)), region).get(pitch)


def _tuned(preset: Preset) -> Iterator[tuple[str, int, int]]:
    """Yield name, note and rate of each sample for the bass."""
    for name in preset.bass_samples:
        sample = preset.sample(name)
        if sample.note is not None:
            yield name, sample.note, sample.played_rate


@lru_cache(maxsize=16)
def _bass_samples(
    samples: tuple[tuple[str, int, int], ...], region: Region
) -> dict[int, tuple[str, int]]:
    """Return the nearest sample and rate for each MIDI note that one is in tune with."""
    periods = region.dmc_period_cycles
    tuned = [
        (name, rate, note + 12.0 * math.log2(periods[own] / period))
        for name, note, own in samples
        for rate, period in enumerate(periods)
    ]
    found = {}
    for pitch in range(128 if tuned else 0):
        name, rate, sounded = min(tuned, key=lambda way: (abs(way[2] - pitch), -way[1]))
        if abs(sounded - pitch) <= IN_TUNE:
            found[pitch] = name, rate
    return found


def with_sampled_bass(score: ChipScore, preset: Preset, region: Region) -> ChipScore:
    """Return a score whose bass is played by samples, where a preset has some for it.

    A note of the triangle goes to the DMC if a sample, at one of the sixteen rates, sounds within a
    quarter of a semitone of it, and no other sample sounds in its time; else it stays.
    """
    hits, kept = list(score.dmc), []
    starts_s = [hit.start_s for hit in score.dmc]
    for note in score.triangle:
        after = bisect_right(starts_s, note.start_s)
        busy = (after > 0 and score.dmc[after - 1].end_s > note.start_s) or (
            after < len(starts_s) and starts_s[after] < note.end_s
        )
        plain = not (note.arpeggio or note.bend or note.begun_s or busy or not note.volume)
        found = find_bass_sample(note.pitch, preset, region) if plain else None
        if found is not None:
            hits.append(SampleHit(note.start_s, note.end_s, *found))
        else:
            kept.append(note)
    hits.sort(key=lambda hit: hit.start_s)
    return replace(score, triangle=tuple(kept), dmc=tuple(hits))
