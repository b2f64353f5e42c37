"""Builds batches of described rows on the device that trains on them.

A whole split lies on the device, a byte a code; passages are gathered there, and what chance does
to them is done there. Transposition and the change of pulses are looked up in tables.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from chipgen.rows.plan_features import (
    OFFSETS,
    PLAN_COLUMNS,
    SPANS,
    swap_plan_pulses,
    transpose_plan,
)
from chipgen.rows.row_features import (
    CODES,
    COLUMN_VOICES,
    COLUMNS,
    FRAME_COLUMNS,
    VOLUME_COLUMNS,
    describe_rows_all,
    swap_pulses,
    transpose_codes,
)
from chipgen.rows.row_states import HOLD, NOISE, REST, VOICES, Rows
from chipgen.training.rows_cache import RowSplit
from chipgen.training.rows_passages import LOUDEST, AugmentConfig, Choices, Passage, choose

_SILENT_ROWS: Final = 1024  # rows after which the codes of a resting voice no longer change


class RowBatches:
    """A split on a device, from which batches are made.

    Parameters
    ----------
    split
        Songs; with plans, these are given.
    augment
        What chance does to them.
    device
        Where they lie.
    """

    def __init__(self, split: RowSplit, augment: AugmentConfig, device: torch.device) -> None:
        self._split, self._augment, self._device = split, augment, device
        rows = split.rows
        self._codes = self._put(split.codes)
        self._plan = None if split.plan is None else self._put(split.plan)
        self._parts = self._put(np.stack([rows.states, rows.volume, rows.timbre]))
        self._tables = self._put(_tables(augment.transpose, planned=split.plan is not None))
        self._orders = self._put(_orders(planned=split.plan is not None))
        self._voice_of_column = self._put(COLUMN_VOICES)
        self._silence = self._put(_describe_silence()) if augment.drop_voices else None

    def build(self, passages: Sequence[Passage]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return passages of one length, changed as chance has decided.

        Returns
        -------
        codes
            What precedes each row, and for a split with plans what is given of it; int64, shape
            (passages, rows, COLUMNS or COLUMNS + PLAN_COLUMNS).
        parts
            States, volume and timbre; int64, shape (3, passages, rows, 4).
        valid
            False after a passage's end; shape (passages, rows).
        scored
            False where a voice's state is given, or the voice left out; shape (passages, rows, 4).
        """
        chosen = choose(self._split, passages, self._augment)
        length = passages[0].length
        at = torch.arange(length, device=self._device)
        valid = at < self._put(chosen.size)[:, None]
        index = (self._put(chosen.begin)[:, None] + at).clamp(max=len(self._codes) - 1)
        parts = self._parts[:, index].long()
        codes = self._codes[index].long()
        if self._plan is not None:
            codes = torch.cat([codes, self._tell(self._plan[index].long(), parts[0], chosen)], -1)
        scored = self._put(chosen.scored)
        if self._silence is not None:
            silent = self._put(chosen.silent)
            codes = self._leave_out(codes, silent, self._put(chosen.place)[:, None] + at)
            parts = parts.masked_fill(silent[None, :, None], REST)
            scored = scored & ~silent[:, None]
        codes, parts = self._change_loudness(codes, parts, chosen)
        codes, parts, scored = self._turn(codes, parts, scored, chosen)
        return codes * valid[..., None], parts * valid[..., None], valid, scored

    def _put(self, array: NDArray[Any]) -> Tensor:
        return torch.from_numpy(array).to(self._device)

    def _tell(self, plan: Tensor, states: Tensor, chosen: Choices) -> Tensor:
        """Return what is given of plans, shape (passages, rows, PLAN_COLUMNS)."""
        rows = plan.shape[1]
        fixed = torch.where(self._put(chosen.known), states + 1, 0)
        ahead = [F.pad(fixed[:, min(k, rows) :], (0, 0, 0, min(k, rows))) for k in OFFSETS]
        plan = plan * self._put(chosen.columns)[:, None]
        plan[..., SPANS["known"]] = torch.cat(ahead, -1) * self._put(chosen.told)[..., None]
        return plan

    def _leave_out(self, codes: Tensor, silent: Tensor, place: Tensor) -> Tensor:
        """Return codes in which voices have always rested.

        The candidates of all voices together stay those that were found with the voice.
        """
        assert self._silence is not None
        voices = self._voice_of_column
        here = F.pad(silent, (0, 1))[:, voices][:, None]  # -1, the last one, is of no voice
        resting = self._silence[place.clamp(max=_SILENT_ROWS - 1)].long()
        past = torch.where(here, resting, codes[..., :COLUMNS])
        if self._plan is None:
            return past
        plan = codes[..., COLUMNS:].clone()
        played = plan[..., SPANS["voices"]]
        bits = (silent.long() << torch.arange(VOICES, device=self._device)).sum(-1)
        left = 1 + ((played - 1) & ~bits[:, None, None])
        plan[..., SPANS["voices"]] = torch.where(played > 0, left, 0)
        for name, most in (("density", 1), ("reference", REST + 1), ("known", 0)):
            part = plan[..., SPANS[name]]
            of_voice = silent.repeat(1, part.shape[-1] // VOICES)[:, None]
            plan[..., SPANS[name]] = torch.where(of_voice, part.clamp(max=most), part)
        return torch.cat([past, plan], -1)

    def _change_loudness(
        self, codes: Tensor, parts: Tensor, chosen: Choices
    ) -> tuple[Tensor, Tensor]:
        """Return passages with other volumes, and with rows of other lengths."""
        if self._augment.volume:
            louder = self._put(chosen.louder)[:, None]
            for volume in (codes[..., VOLUME_COLUMNS], parts[1]):
                volume.copy_(torch.where(volume > 0, (volume + louder).clamp(1, LOUDEST), volume))
        if self._augment.tempo:
            frames = codes[..., FRAME_COLUMNS]
            longer = (frames * self._put(chosen.tempo)[:, None, None]).round().long()
            frames.copy_(torch.where(frames > 0, longer.clamp(1, CODES - 1), frames))
        return codes, parts

    def _turn(
        self, codes: Tensor, parts: Tensor, scored: Tensor, chosen: Choices
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return passages transposed, some with their pulses changed over."""
        swapped, shift = self._put(chosen.swapped).long(), self._put(chosen.shift)
        width = codes.shape[-1]
        codes = codes.gather(-1, self._orders[swapped][:, None].expand_as(codes))
        table = swapped * (2 * self._augment.transpose + 1) + self._augment.transpose + shift
        where = (table[:, None, None] * CODES + codes) * width
        codes = self._tables.flatten()[where + torch.arange(width, device=self._device)].long()
        voices = torch.tensor([[0, 1, 2, 3], [1, 0, 2, 3]], device=self._device)[swapped]
        parts = parts.gather(-1, voices[None, :, None].expand_as(parts))
        scored = scored.gather(-1, voices[:, None].expand_as(scored))
        states = parts[0, ..., :NOISE]
        states += (states > HOLD) * shift[:, None, None]
        return codes, parts, scored


def _tables(most: int, *, planned: bool) -> NDArray[np.uint8]:
    """Return what each code becomes: of (swapped, shift, code, column)."""
    width = COLUMNS + (PLAN_COLUMNS if planned else 0)
    every = np.repeat(np.arange(CODES, dtype=np.uint8)[:, None], width, axis=1)
    swapped = every.copy()
    if planned:  # which voices play is one code
        swapped[:, COLUMNS:] = swap_plan_pulses(every[:, COLUMNS:])
    tables = np.empty((2, 2 * most + 1, CODES, width), dtype=np.uint8)
    for which, codes in enumerate((every, swapped)):
        for shift in range(-most, most + 1):
            tables[which, most + shift, :, :COLUMNS] = transpose_codes(codes[:, :COLUMNS], shift)
            if planned:
                tables[which, most + shift, :, COLUMNS:] = transpose_plan(codes[:, COLUMNS:], shift)
    return tables


def _orders(*, planned: bool) -> NDArray[np.int64]:
    """Return which column stands where: as they are, and with the pulses changed over."""
    order = swap_pulses(np.arange(COLUMNS, dtype=np.uint8)).astype(np.int64)
    if planned:
        plan = np.arange(PLAN_COLUMNS, dtype=np.uint8)
        turned = swap_plan_pulses(plan).astype(np.int64)
        turned[SPANS["voices"]] = plan[SPANS["voices"]]
        order = np.concatenate([order, COLUMNS + turned])
    return np.stack([np.arange(len(order)), order])


def _describe_silence() -> NDArray[np.uint8]:
    """Return the codes of rows in which nothing is played, shape (_SILENT_ROWS, COLUMNS)."""
    nothing = np.zeros((_SILENT_ROWS, VOICES), dtype=np.uint8)
    return describe_rows_all(Rows(nothing, nothing, nothing, np.full(_SILENT_ROWS, 6)))
