"""Plays the samples of a score on the DMC: its register writes, and the memory it reads."""

import math
from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from synth.chip.dpcm import pad_sample
from synth.chip.hardware import Region
from synth.errors import SynthError
from synth.instrument.chip_score import ChipScore, SampleHit
from synth.instrument.frame_context import Setup
from synth.instrument.preset_format import Preset
from synth.instrument.register_writes import ALL_VOICES, LAST_SLOT, STATUS, STORE_CYCLES

FIRST_ADDRESS: Final = 0xC000
ROOM: Final = 0x4000  # bytes from there to the end of memory
ALIGNMENT: Final = 64
LOOP: Final = 0x40
DMC_ON: Final = 0x10
IN_TUNE: Final = 0.25  # semitones


@dataclass(frozen=True, slots=True)
class SampleWrites:
    """Writes in time order, and the memory that they play."""

    cycle: NDArray[np.int64]
    address: NDArray[np.uint16]
    value: NDArray[np.uint8]
    memory: tuple[tuple[int, bytes], ...]


def lay_out(score: ChipScore, preset: Preset) -> dict[str, tuple[int, bytes]]:
    """Give each sample of a score an address that $4012 can say, in the order they come.

    Raises
    ------
    SynthError
        If the preset lacks a sample, or they do not fit the 16 KB that the DMC reaches.
    """
    placed: dict[str, tuple[int, bytes]] = {}
    at = FIRST_ADDRESS
    for hit in score.dmc:
        if hit.sample not in placed:
            data = pad_sample(preset.sample(hit.sample).bytes)
            placed[hit.sample] = at, data
            at += -(-len(data) // ALIGNMENT) * ALIGNMENT
    if at > FIRST_ADDRESS + ROOM:
        sizes = ", ".join(f"{name} {len(data):,}" for name, (_, data) in placed.items())
        raise SynthError(
            f"preset {preset.name}: the samples take {at - FIRST_ADDRESS:,} bytes, and the DMC "
            f"reaches {ROOM:,} ({sizes}); shorten some, lower their rate or leave some out"
        )
    return placed


def sample_writes(score: ChipScore, preset: Preset, setup: Setup, rows: int) -> SampleWrites:
    """Return what the driver writes for the samples of a score.

    A hit stops what sounds, then sets rate, level, address and length, and starts. What sounds on
    past its hit's end, a loop as a rule, is stopped there, and at the point of the music's loop.

    Raises
    ------
    SynthError
        As `lay_out`.
    """
    placed = lay_out(score, preset)
    starts: dict[int, int] = {}
    for index, hit in enumerate(score.dmc):
        starts[min(round(hit.start_s * setup.tick_hz), rows - 1)] = index
    stops = {max(round(hit.end_s * setup.tick_hz), 1) for hit in score.dmc}
    if score.loop_s is not None:
        stops.add(min(round(score.loop_s * setup.tick_hz), rows - 1))
    written: list[tuple[int, int, int]] = []
    for tick in sorted({*starts, *(stop for stop in stops if stop < rows)}):
        begin = int(setup.tick_cycle(tick)) + STORE_CYCLES * (LAST_SLOT + 1)
        if tick not in starts:
            written.append((begin, STATUS, ALL_VOICES))
            continue
        hit = score.dmc[starts[tick]]
        sample = preset.sample(hit.sample)
        address, data = placed[hit.sample]
        rate = sample.played_rate if hit.rate is None else hit.rate
        stores = (
            (STATUS, ALL_VOICES),
            (0x4010, rate | (LOOP if sample.loop else 0)),
            (0x4011, sample.played_level),
            (0x4012, (address - FIRST_ADDRESS) // ALIGNMENT),
            (0x4013, (len(data) - 1) // 16),
            (STATUS, ALL_VOICES | DMC_ON),
        )
        written += [(begin + STORE_CYCLES * at, *store) for at, store in enumerate(stores)]
    table = np.array(written, dtype=np.int64).reshape(-1, 3)
    return SampleWrites(
        table[:, 0], table[:, 1].astype(np.uint16), table[:, 2].astype(np.uint8),
        tuple(placed.values()),
    )  # fmt: skip


def with_sampled_bass(score: ChipScore, preset: Preset, region: Region) -> ChipScore:
    """Return a score whose bass is played by samples, where a preset has some for it.

    A note of the triangle goes to the DMC if a sample, at one of the sixteen rates, sounds within a
    quarter of a semitone of it, and no other sample sounds in its time; else it stays.
    """
    periods = region.dmc_period_cycles
    tuned = [
        (name, rate, root + 12.0 * math.log2(periods[preset.sample(name).played_rate] / period))
        for name in preset.bass_samples
        if (root := preset.sample(name).note) is not None
        for rate, period in enumerate(periods)
    ]
    hits, kept = list(score.dmc), []
    starts_s = [hit.start_s for hit in score.dmc]
    for note in score.triangle:
        after = bisect_right(starts_s, note.start_s)
        busy = (after > 0 and score.dmc[after - 1].end_s > note.start_s) or (
            after < len(starts_s) and starts_s[after] < note.end_s
        )
        wanted = note.pitch
        name, rate, pitch = min(tuned, key=lambda way: (abs(way[2] - wanted), -way[1]))
        plain = not (note.arpeggio or note.bend or busy or not note.volume)
        if plain and abs(pitch - wanted) <= IN_TUNE:
            hits.append(SampleHit(note.start_s, note.end_s, name, rate))
        else:
            kept.append(note)
    hits.sort(key=lambda hit: hit.start_s)
    return replace(score, triangle=tuple(kept), dmc=tuple(hits))
