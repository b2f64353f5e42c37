"""The row transformer: probabilities are honest, sampling is repeatable, caches change nothing."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from chipgen.errors import ChipgenError
from chipgen.models.row_transformer.inference import RowEngine, RowWeights, draw
from chipgen.models.row_transformer.network import RowTransformer, RowTransformerConfig
from chipgen.models.row_transformer.sampling import RowSampling, RowState, sample_rows
from chipgen.rows.copy_features import CopyFeatures, copy_features_all
from chipgen.rows.features import (
    COLUMNS,
    describe_next_row,
    describe_rows_all,
    swap_pulses,
    transpose_codes,
)
from chipgen.rows.states import Rows

SMALL = RowTransformerConfig(
    dim=32, layers=3, heads=2, head_dim=16, mlp=64, voice_dim=32, context=64, window=16
)


@pytest.fixture(scope="module")
def model():
    """Make a small model whose every weight is random, so that every input matters."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = RowTransformer(SMALL)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    return model.eval()


def invent(rows=150, seed=0):
    """Rows of a piece that repeats itself every 16 rows, with mistakes."""
    rng = np.random.default_rng(seed)
    bar = rng.integers(0, 2, (16, 4))
    begun = rng.random(bar.shape) < 0.4
    bar[begun] = rng.integers(50, 70, begun.sum())
    bar[:, 3] = np.where(bar[:, 3] > 1, 17 + bar[:, 3] % 16, bar[:, 3])
    states = np.tile(bar, (rows // 16 + 1, 1))[:rows].astype(np.uint8)
    changed = rng.random(rows) < 0.1
    states[changed, 0] = 60
    volume = np.where(states > 1, 9, 0).astype(np.uint8)
    return Rows(states, volume, volume // 5, rng.integers(5, 8, rows))


def test_log_prob_sums_to_one(model):
    """Over all states of a voice probabilities add up to 1; impossible states have none."""
    piece = invent(20)
    codes = torch.from_numpy(describe_rows_all(piece).astype(np.int64))[None]
    states = torch.from_numpy(piece.states.astype(np.int64))[None]
    with torch.no_grad():
        hidden = model(codes)
        for voice, (low, high) in enumerate([(33, 108), (33, 108), (21, 108), (17, 32)]):
            p = torch.softmax(model.state_logits(hidden, codes, states, voice), dim=-1)
            assert torch.allclose(p.sum(-1), torch.ones(1, 20))
            allowed = [0, 1, *range(low, high + 1)]
            assert float(p[..., allowed].sum(-1).min()) > 1 - 1e-6


def test_what_is_no_song_is_said(model):
    """Three voices, or states beyond 127, are refused in a line; no rows have no probabilities."""
    assert model.log_prob(np.zeros((0, 4), dtype=np.uint8)).shape == (0, 4)
    with pytest.raises(ChipgenError, match=r"\(9, 3\)"):
        model.log_prob(np.zeros((9, 3), dtype=np.uint8))
    with pytest.raises(ChipgenError, match="0-127"):
        model.log_prob(np.full((9, 4), 200, dtype=np.uint8))


def parts(piece):
    """Return what a piece is described from."""
    return piece.states, piece.volume, piece.timbre, piece.frames


def test_nothing_leaks_from_the_future(model):
    """Changing rows t and later changes no probability before t, across window borders too."""
    piece = invent()
    before = model.log_prob(*parts(piece))
    for t in (1, 40, 63, 64, 96, 140):
        changed = [part.copy() for part in parts(piece)]
        changed[0][t:, :3] = 55
        changed[1][t:] = 3
        changed[2][t:] = 1
        changed[3][t:] = 9
        after = model.log_prob(*changed)
        assert np.array_equal(before[:t], after[:t])
        assert not np.allclose(before[t:, :3], after[t:, :3])


def test_voices_know_only_the_voices_before(model):
    """Within a row a voice's probability depends on earlier voices, never on later ones."""
    piece = invent()
    before = model.log_prob(*parts(piece))
    states = piece.states.copy()
    states[70, 1] = 47
    after = model.log_prob(states, *parts(piece)[1:])
    assert before[70, 0] == after[70, 0]
    assert before[70, 2] != after[70, 2]
    assert before[70, 3] != after[70, 3]


def test_recall_row_by_row_is_recall_at_once():
    """What is described while composing is what was described in training."""
    piece = invent()
    everything = describe_rows_all(piece)
    memory = CopyFeatures(len(piece))
    lengths = (0, 0)
    for row in range(len(piece)):
        assert np.array_equal(describe_next_row(memory, lengths), everything[row])
        memory.push(piece.states[row], piece.volume[row], piece.timbre[row])
        lengths = (int(piece.frames[row]), lengths[0])


def test_recall_finds_the_loop():
    """In an exact loop every candidate that looks for repetition knows the next row."""
    bar = invent(16).states
    states = np.tile(bar, (4, 1))
    candidates, evidence, _ = copy_features_all(states, states, states)
    for which in (0, 3, 4, 5, 6):
        assert np.array_equal(candidates[40:, which], states[40:])
    assert evidence[60, 0] > evidence[20, 0]


def test_recall_finds_a_transposed_phrase():
    """A phrase repeated a third higher is foretold a third higher."""
    rng = np.random.default_rng(1)
    phrase = np.zeros((24, 4), dtype=np.uint8)
    phrase[::2, 0] = rng.integers(50, 70, 12)
    phrase[1::2, 0] = 1
    again = phrase.copy()
    again[::2, 0] += 4
    states = np.vstack([phrase, again])
    candidates, _, _ = copy_features_all(states, states, states)
    assert np.array_equal(candidates[34::2, 2, 0], again[10::2, 0])


def test_recall_finds_an_echo():
    """A second pulse that repeats the first three rows later is foretold."""
    rng = np.random.default_rng(2)
    states = np.zeros((80, 4), dtype=np.uint8)
    states[:, 0] = rng.integers(50, 70, 80)
    states[3:, 1] = states[:-3, 0]
    candidates, _, _ = copy_features_all(states, states, states)
    assert np.array_equal(candidates[20:, 7, 1], states[20:, 1])


def test_transposing_a_description_describes_the_transposed_piece():
    """Augmented rows are what the transposed (or changed over) song would have given."""
    piece = invent()
    codes = describe_rows_all(piece)
    moved = piece.states.copy()
    moved[:, :3][moved[:, :3] > 1] += 5
    assert np.array_equal(
        transpose_codes(codes, 5), describe_rows_all(replace(piece, states=moved))
    )
    order = [1, 0, 2, 3]
    swapped = describe_rows_all(
        Rows(piece.states[:, order], piece.volume[:, order], piece.timbre[:, order], piece.frames)
    )
    # Which of two equally good candidates comes first can depend on the order of voices.
    assert np.mean(swap_pulses(codes) == swapped) > 0.99
    assert codes.shape == (150, COLUMNS)


def test_cached_rows_equal_the_whole(model):
    """Keys and values kept from row to row give the hidden state of a full forward pass."""
    piece = invent(60)
    codes = describe_rows_all(piece)
    with torch.no_grad():
        whole = model(torch.from_numpy(codes.astype(np.int64))[None])[0]
    state = RowState.after(model, head(piece, 30))
    assert np.allclose(state.hidden, whole[30], atol=1e-3, rtol=1e-3)
    for row in range(30, 59):
        state.push(piece.states[row], piece.volume[row], piece.timbre[row], int(piece.frames[row]))
        assert np.allclose(state.hidden, whole[row + 1], atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("parts_there", [{}, {"copy": False}, {"relative": False}])
def test_engine_answers_as_the_model_does(model, parts_there):
    """NumPy's logits of states and expression are torch's, for every voice."""
    other = RowTransformer(replace(SMALL, **parts_there))
    other.load_state_dict(model.state_dict())
    piece = invent(40)
    codes = describe_rows_all(piece)
    wide = torch.from_numpy(codes.astype(np.int64))[None]
    states = torch.from_numpy(piece.states.astype(np.int64))[None]
    engine = RowEngine(RowWeights.of(other))
    with torch.no_grad():
        hidden = other(wide)
        for row in range(40):
            mine = engine.read(codes[row : row + 1])[0]
            assert np.allclose(mine, hidden[0, row], atol=1e-3, rtol=1e-3)
            for voice in range(4):
                here = hidden[:, row], wide[:, row], states[:, row], voice
                logits = engine.state_logits(mine, codes[row], states[0, row].numpy(), voice)
                assert np.allclose(logits, other.state_logits(*here)[0], atol=5e-3, rtol=1e-3)
                state = int(states[0, row, voice])
                for got, want in zip(
                    engine.expression_logits(mine, state, voice),
                    other.expression_logits(hidden[:, row], states[:, row], voice),
                    strict=True,
                ):
                    assert np.allclose(got, want[0], atol=5e-3, rtol=1e-3)


def test_drawing_follows_the_probabilities():
    """Draws have the softmax's shares, and top-p leaves the unlikely out."""
    logits = np.log(np.array([0.5, 0.3, 0.15, 0.05], dtype=np.float32))
    generator = np.random.default_rng(0)
    drawn = np.bincount([draw(logits, 1.0, 1.0, generator) for _ in range(4000)], minlength=4)
    assert np.allclose(drawn / 4000, [0.5, 0.3, 0.15, 0.05], atol=0.03)
    few = np.bincount([draw(logits, 1.0, 0.75, generator) for _ in range(2000)], minlength=4)
    assert few[2:].sum() == 0
    assert few[0] / 2000 == pytest.approx(0.5 / 0.8, abs=0.04)


def head(piece, rows):
    """Return the first rows of a piece."""
    return Rows(*(part[:rows] for part in parts(piece)))


def test_sampling_repeats_with_its_seed(model):
    """One seed gives one take; another seed another; states are ones the voice can have."""
    frames = np.full(40, 6)
    takes = [
        sample_rows(model, invent(30), frames, RowSampling(), np.random.default_rng(seed))
        for seed in (1, 1, 2)
    ]
    assert np.array_equal(takes[0].states, takes[1].states)
    assert np.array_equal(takes[0].volume, takes[1].volume)
    assert not np.array_equal(takes[0].states, takes[2].states)
    for voice, (low, high) in enumerate([(33, 108), (33, 108), (21, 108), (17, 32)]):
        begun = takes[0].states[:, voice]
        begun = begun[begun > 1]
        assert ((begun >= low) & (begun <= high)).all()


def test_sampling_outlives_its_context(model):
    """Composing on past the context works, and a silent voice never holds."""
    empty = head(invent(1), 0)
    rows = sample_rows(model, empty, np.full(100, 6), RowSampling(), np.random.default_rng(0))
    before = np.vstack([np.zeros((1, 4)), rows.states[:-1]])
    assert not ((rows.states == 1) & (before == 0)).any()


def test_kept_voices_stay(model):
    """Infilling leaves the kept voices as they are, notes and expression, and writes the others."""
    piece = invent(40)
    drawn = sample_rows(
        model,
        head(piece, 0),
        piece.frames,
        RowSampling(),
        np.random.default_rng(3),
        kept=piece,
        keep=(True, False, False, True),
    )
    for voice in (0, 3):
        assert np.array_equal(drawn.states[:, voice], piece.states[:, voice])
        assert np.array_equal(drawn.volume[:, voice], piece.volume[:, voice])
    assert not np.array_equal(drawn.states[:, 1], piece.states[:, 1])


def test_a_model_comes_back_from_its_description(model):
    """Description and weights make the same model again."""
    again = RowTransformer.from_description(model.describe())
    again.load_state_dict(model.state_dict())
    piece = invent(30)
    assert np.array_equal(again.log_prob(*parts(piece)), model.log_prob(*parts(piece)))
