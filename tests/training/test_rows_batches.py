"""Batches are what songs are, changed as chance has decided, whatever the device."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from chipgen.models.row_transformer.network import RowTransformer, RowTransformerConfig
from chipgen.rows.plan_features import (
    OFFSETS,
    SPANS,
    encode_known,
    swap_plan_pulses,
    transpose_plan,
)
from chipgen.rows.row_features import (
    COLUMN_VOICES,
    COLUMNS,
    FRAME_COLUMNS,
    VOLUME_COLUMNS,
    describe_rows_all,
    swap_pulses,
    transpose_codes,
)
from chipgen.rows.row_states import HOLD, Rows
from chipgen.training.plan_masks import MaskShares
from chipgen.training.rows_batches import RowBatches
from chipgen.training.rows_cache import RowSplit, prepare_rows
from chipgen.training.rows_objective import RowsTask
from chipgen.training.rows_passages import AugmentConfig, Passage, choose, plan_passages

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def split(folder: Path) -> RowSplit:
    """Return a few songs with plans."""
    return prepare_rows(sorted((folder / "train").glob("*.mid")), labelled=True)


def batches(split: RowSplit, augment: AugmentConfig, epochs: int = 3) -> list[list[Passage]]:
    """Return the batches of some epochs."""
    rngs = map(np.random.default_rng, range(epochs))
    return [plan for rng in rngs for plan in plan_passages(split, 256, 64, augment, rng)]


def test_passages_are_masked_swapped_and_transposed_as_arrays_are(split: RowSplit) -> None:
    """The tables on the device give what the functions on arrays give, code for code."""
    augment = AugmentConfig(transpose=6, swap=0.5)
    made = RowBatches(split, augment, CPU)
    assert split.plan is not None
    for plan in batches(split, augment):
        codes, parts, valid, scored = made.build(plan)
        chosen = choose(split, plan, augment)
        for k, passage in enumerate(plan):
            rows = slice(passage.begin, passage.end)
            size = passage.end - passage.begin
            states = split.rows.states[rows].copy()
            known = encode_known(states, chosen.known[k, :size]) * chosen.told[k, :size, None]
            told = split.plan[rows] * chosen.columns[k]
            told[:, SPANS["known"]] = known
            past = split.codes[rows]
            order = [0, 1, 2, 3]
            if passage.swapped:
                past, told, order = swap_pulses(past), swap_plan_pulses(told), [1, 0, 2, 3]
            shift = int(chosen.shift[k])
            past, told = transpose_codes(past, shift), transpose_plan(told, shift)
            melodic = states[:, :3]
            melodic[melodic > HOLD] += np.uint8(shift % 256)
            assert np.array_equal(codes[k, :size], np.concatenate([past, told], axis=1))
            assert np.array_equal(parts[0, k, :size], states[:, order])
            assert np.array_equal(parts[1, k, :size], split.rows.volume[rows][:, order])
            assert np.array_equal(scored[k, :size], chosen.scored[k, :size][:, order])
            assert valid[k].sum() == size
            assert not codes[k, size:].any()


def test_what_is_told_ahead_is_true(split: RowSplit) -> None:
    """Kept states are those of the rows to come, transposed like them."""
    augment = AugmentConfig(plan=MaskShares(unplanned=0.0))
    made, seen = RowBatches(split, augment, CPU), 0
    for plan in batches(split, augment):
        codes, parts, _, _ = made.build(plan)
        known = codes[..., COLUMNS:][..., SPANS["known"]].unflatten(-1, (len(OFFSETS), 4))
        for which, ahead in enumerate(OFFSETS):
            here = known[:, : known.shape[1] - ahead, which]
            there = parts[0][:, ahead:]
            assert torch.equal(here[here > 0], (there + 1)[here > 0])
            seen += int((here > 0).sum())
    assert seen > 1000


def test_louder_and_slower_songs_are_what_they_would_be(split: RowSplit) -> None:
    """Codes of volumes and row lengths are those of the song that was changed before."""
    augment = AugmentConfig(0, 0.0, volume=3, tempo=0.3)
    bare = replace(split, plan=None)
    made = RowBatches(bare, augment, CPU)
    changed = 0
    for plan in batches(bare, augment, 1):
        codes, parts, valid, _ = made.build(plan)
        chosen = choose(bare, plan, augment)
        for k, passage in enumerate(plan):
            song = int(np.searchsorted(bare.offsets, passage.begin, side="right")) - 1
            rows = bare.rows[bare.span(song)]
            louder = np.clip(rows.volume.astype(int) + chosen.louder[k], 1, 15)
            volume = np.where(rows.volume > 0, louder, 0).astype(np.uint8)
            frames = np.maximum(1, np.rint(rows.frames * chosen.tempo[k])).astype(np.int64)
            other = describe_rows_all(Rows(rows.states, volume, rows.timbre, frames))
            at = passage.begin - int(bare.offsets[song])
            here = slice(at, at + passage.end - passage.begin)
            mine = codes[k][valid[k]].numpy()
            for columns in (VOLUME_COLUMNS, FRAME_COLUMNS):
                assert np.abs(mine[:, columns] - other[here, columns].astype(int)).max() <= (
                    columns is FRAME_COLUMNS  # halves may be rounded either way
                )
            assert np.array_equal(parts[1, k][valid[k]].numpy(), volume[here])
            changed += int((mine != bare.codes[passage.begin : passage.end]).sum())
    assert changed > 500


def test_a_voice_that_is_left_out_has_always_rested(split: RowSplit) -> None:
    """Its own codes are those of the song without it, and it is not scored."""
    augment = AugmentConfig(0, 0.0, drop_voices=0.4, plan=MaskShares(unplanned=0.0))
    made, seen = RowBatches(split, augment, CPU), 0
    for plan in batches(split, augment):
        codes, parts, valid, scored = made.build(plan)
        chosen = choose(split, plan, augment)
        assert not chosen.silent[:, :3].all(axis=1).any()
        for k, passage in enumerate(plan):
            song = int(np.searchsorted(split.offsets, passage.begin, side="right")) - 1
            rows = split.rows[split.span(song)]
            states = np.where(chosen.silent[k], 0, rows.states).astype(np.uint8)
            other = describe_rows_all(replace(rows, states=states))
            at = passage.begin - int(split.offsets[song])
            size = passage.end - passage.begin
            for voice in np.flatnonzero(chosen.silent[k]):
                own = np.flatnonzero(voice == COLUMN_VOICES)
                context = [column for column in own if column < 12 or 44 <= column < 56]
                theirs = other[at : at + size, context]
                assert np.array_equal(codes[k, :size, context], theirs)
                seen += 1
            told = codes[k, :size, COLUMNS:].numpy()
            played = told[:, SPANS["voices"]]
            bits = int((chosen.silent[k] << np.arange(4)).sum())
            assert not ((played > 0) & ((played - 1) & bits > 0)).any()
        silent = torch.from_numpy(chosen.silent)[:, None].expand_as(scored)
        assert not scored[silent].any()
        assert not parts[0][silent].any()
        assert not scored[~valid].any()
    assert seen > 20


def test_batches_follow_from_their_passages(split: RowSplit) -> None:
    """Another process that resumes makes the same ones."""
    augment = AugmentConfig(6, 0.2, 0.2, 2, 0.1)
    plan = batches(split, augment, 1)[0]
    one, two = (RowBatches(split, augment, CPU).build(plan) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(one, two, strict=True))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu_makes_the_same_batches(split: RowSplit) -> None:
    """Chance is drawn off the device."""
    augment = AugmentConfig(6, 0.2, 0.2, 2, 0.1)
    plan = batches(split, augment, 1)[0]
    one, two = (
        RowBatches(split, augment, device).build(plan) for device in (CPU, torch.device("cuda"))
    )
    assert all(torch.equal(a, b.cpu()) for a, b in zip(one, two, strict=True))


def test_all_of_a_batch_and_of_a_pass_is_on_its_device(split: RowSplit) -> None:
    """A device without numbers shows it: nothing is made or left on the processor."""
    meta = torch.device("meta")
    sizes = RowTransformerConfig(
        dim=32, layers=2, heads=1, head_dim=32, mlp=64, voice_dim=32, context=64, window=32,
        full_every=2, plan=True,
    )  # fmt: skip
    model = RowTransformer(sizes).to(meta)
    augment = AugmentConfig(6, 0.2, 0.2, 2, 0.1)
    task = RowsTask(
        model, split, split, rates=(0.02, 0.002), weight_decay=0.0, batch_rows=256,
        augment=augment, every_song=1, half_precision=False, dropout=0.1,
    )  # fmt: skip
    batch = task.build(batches(split, augment, 1)[0], counted=True, device=meta)
    assert {tensor.device for tensor in (*batch.tensors, batch.counts)} == {meta}
    codes, states = batch.tensors[:2]
    hidden = model.train()(codes)
    for voice in range(4):
        assert model.state_logits(hidden, codes, states, voice).device == meta
    assert model.expression_logits(hidden, states, 0)[0].device == meta
