"""Drives a growing score: each time only the frames of its new part are computed."""

import math
from dataclasses import replace
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from synth.chip.hardware import Region
from synth.chip.register_log import RegisterLog
from synth.chip.voices import PULSES, VOICE_BY_NAME, VOICES
from synth.errors import SynthError
from synth.instrument.chip_score import ChipNote, ChipScore, SampleHit
from synth.instrument.dmc_writes import lay_out, sample_writes
from synth.instrument.driver import play_score, uses_units
from synth.instrument.frame_context import set_up
from synth.instrument.preset_format import Preset
from synth.instrument.preset_score import with_preset_notes
from synth.instrument.register_writes import (
    NO_STORES,
    REGISTERS,
    TIMBRE_BITS,
    Bytes,
    Stores,
    Writes,
    emit_writes,
    frame_table,
)

HELD_BACK_S: Final = 2.5  # end of a log that later music may change

_Timed = TypeVar("_Timed", ChipNote, SampleHit)


class IncrementalDriver:
    """Turns a score into register writes stretch by stretch, as `drive` does the whole at once.

    A log that `drive` returned stays as it is but for its last `HELD_BACK_S`: there the end of one
    version rings out, and the next goes on.

    Parameters
    ----------
    preset, region
        As for `synth.instrument.driver.drive`.

    Examples
    --------
    >>> from synth.instrument.chip_score import ChipNote
    >>> from synth.instrument.preset_loader import load_preset
    >>> notes = tuple(ChipNote(k, k + 0.5, 60 + k) for k in range(9))
    >>> driver = IncrementalDriver(load_preset("plain"))
    >>> first = driver.drive(ChipScore(pulse1=notes[:5], end_s=5.0))
    >>> then = driver.drive(ChipScore(pulse1=notes[2:], end_s=9.0), from_s=2.0)
    >>> len(first) < len(then)
    True
    """

    def __init__(self, preset: Preset, region: Region | None = None) -> None:
        self._setup = set_up(preset, region)
        self._clocks_each_frame = False
        self._placed: dict[str, tuple[int, bytes]] = {}
        self._rows: Bytes = np.zeros((0, REGISTERS), np.uint8)  # what was written in each call
        self._first = 0  # the call of the first of them
        self._stores = NO_STORES

    def drive(self, score: ChipScore, from_s: float = 0.0, *, forget_s: float = 0.0) -> RegisterLog:
        """Return the log of the piece up to now.

        Parameters
        ----------
        score
            The piece, in which what ended before `from_s` may be missing.
        from_s
            In seconds of the piece; before the held back end of the log that was returned last. The
            first log begins there.
        forget_s
            What lies before is left out of the log, whose first write is then where it begins.

        Raises
        ------
        SynthError
            As `drive`; also if `from_s` is too late.
        """
        setup, preset = self._setup, self._setup.preset
        score = with_preset_notes(score, preset, setup.region)
        onsets_s = [score.voice(voice)[0].start_s for voice in VOICES if score.voice(voice)]
        origin = max(0, math.floor(min([from_s, *onsets_s]) * setup.tick_hz))
        played = play_score(_earlier(score, origin / setup.tick_hz), preset, setup.region)
        table, forced = frame_table(played.frames)
        start = origin
        if len(self._rows):
            start = max(self._sure, self._first + 1)
            if start <= origin:
                raise SynthError(f"a score that grows is needed from {start / setup.tick_hz:g} s")
        new = slice(start - origin, None)
        self._clocks_each_frame |= uses_units(preset, score)
        before = self._rows[start - 1 - self._first] if len(self._rows) else None
        if before is not None:
            for voice, placed in played.placed.items():
                rests = int(placed.start[0]) if len(placed.start) else len(table)
                _rest_as_before(table[new][: max(0, origin + rests - start)], before, voice)
        stores = self._on_cycles(self._emit(table[new], forced[new], before), start)
        if preset.samples:
            stores = stores.merged(self._samples(score, start, origin + played.rows))
        self._append(table[new], stores, start)
        forget = math.floor(forget_s * setup.tick_hz)
        if self._first < min(forget, self._sure - 1):
            self._forget(min(forget, self._sure - 1))
        end_cycle = int(setup.tick_cycle(origin + played.rows))
        return RegisterLog(
            cycle=self._stores.cycle,
            address=self._stores.address,
            value=self._stores.value,
            end_cycle=max(end_cycle, round(score.end_s * setup.region.clock_hz)),
            region=setup.region,
            memory=tuple(self._placed.values()),
        )

    @property
    def _sure(self) -> int:
        """The first call that later music may change."""
        held_back = math.ceil(HELD_BACK_S * self._setup.tick_hz)
        return self._first + len(self._rows) - held_back

    def _emit(self, table: Bytes, forced: NDArray[np.bool_], before: Bytes | None) -> Writes:
        return emit_writes(
            table, forced, before,
            click_free=self._setup.preset.engine.click_free,
            clock_each_frame=self._clocks_each_frame,
        )  # fmt: skip

    def _on_cycles(self, writes: Writes, first: int) -> Stores:
        cycle = self._setup.tick_cycle(first + writes.frame) + writes.offset_cycles
        return Stores(cycle, writes.address, writes.value)

    def _samples(self, score: ChipScore, start: int, rows: int) -> Stores:
        """Return the writes for samples from a call on; all samples have their place at once."""
        preset = self._setup.preset
        used = [hit.sample for hit in score.dmc]
        if not self._placed or not self._placed.keys() >= set(used):
            known = [*self._placed, *used]
            try:
                self._placed = lay_out([*known, *preset.samples], preset)
            except SynthError:
                self._placed = lay_out(known, preset)
        stores = sample_writes(score, preset, self._setup, rows, self._placed)
        return stores.between(int(self._setup.tick_cycle(start)))

    def _append(self, table: Bytes, stores: Stores, start: int) -> None:
        """Put rows and their writes in place of what there is from a call on."""
        if not len(self._rows):
            self._first = start
        self._rows = np.concatenate((self._rows[: start - self._first], table))
        before = self._stores.between(None, int(self._setup.tick_cycle(start)))
        self._stores = before.merged(stores)

    def _forget(self, first: int) -> None:
        """Begin the log at a call, with all that stands in the registers there."""
        row = self._rows[first - self._first : first - self._first + 1]
        head = self._on_cycles(self._emit(row, np.zeros(row.shape, np.bool_), None), first)
        self._stores = head.merged(self._stores.between(int(self._setup.tick_cycle(first + 1))))
        self._rows, self._first = self._rows[first - self._first :], first


def _rest_as_before(rows: Bytes, before: Bytes, voice: str) -> None:
    """Leave timbre and period as they were where a voice has not played since `from_s`."""
    first = VOICE_BY_NAME[voice].register % REGISTERS
    rows[:, first + 2 : first + 4] = before[first + 2 : first + 4]
    if voice in PULSES:
        rows[:, first] = rows[:, first] & ~TIMBRE_BITS | before[first] & TIMBRE_BITS


def _earlier(score: ChipScore, seconds: float) -> ChipScore:
    """Return a score so much earlier, without bars and loop."""

    def moved(part: tuple[_Timed, ...]) -> tuple[_Timed, ...]:
        return tuple(
            replace(one, start_s=max(0.0, one.start_s - seconds), end_s=one.end_s - seconds)
            for one in part
        )

    return ChipScore(
        moved(score.pulse1),
        moved(score.pulse2),
        moved(score.triangle),
        moved(score.noise),
        end_s=score.end_s - seconds,
        dmc=moved(score.dmc),
    )
