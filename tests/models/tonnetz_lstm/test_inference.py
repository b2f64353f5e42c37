"""Inference without torch gives the network's probabilities, and the same bits everywhere."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from chipgen.errors import ChipgenError
from chipgen.models.registry import weights_path
from chipgen.models.tonnetz_lstm.config import TonnetzLstmConfig
from chipgen.models.tonnetz_lstm.inference import SliceInference, SliceWeights, load_weights
from chipgen.models.tonnetz_lstm.kernels import exp
from chipgen.models.tonnetz_lstm.sampling import Chance
from tests.tunes import make_songs

TOLERANCE = 1e-5
SMALL = TonnetzLstmConfig(
    (3, 2), latent=6, hidden=10, layers=1, window=4, echoes=2, key=3, dropout=0
)


@pytest.fixture(scope="module")
def weights() -> SliceWeights:
    """Return the shipped weights."""
    return load_weights("tonnetz-lstm")


def random_song(steps: int, seed: int = 0, share: float = 0.05) -> NDArray[np.bool_]:
    """Return random slices, shape (steps, 88)."""
    return np.random.default_rng(seed).random((steps, 88)) < share


@pytest.mark.parametrize(
    "song",
    [
        *make_songs(3, 5),
        random_song(300),
        np.zeros((40, 88), bool),
        np.ones((40, 88), bool),
        random_song(1),
    ],
    ids=["tune", "tune", "tune", "noise", "silence", "cluster", "one slice"],
)
@pytest.mark.parametrize("window", [None, 5])
def test_probabilities_are_torchs(
    weights: SliceWeights, song: NDArray[np.bool_], window: int | None
) -> None:
    """Every probability of the shipped model is within 1e-5 of its network's."""
    pytest.importorskip("torch")
    from chipgen.models.checkpoint import load_model

    song = song if window is None else song[:24]
    expected = load_model("tonnetz-lstm").log_prob(song, window).double().numpy()
    got = weights.log_prob(song, window)
    assert got.shape == song.shape
    assert np.abs(np.exp(got) - np.exp(expected)).max() < TOLERANCE


@pytest.mark.parametrize("echoes", [0, 2])
@pytest.mark.parametrize("layers", [1, 3])
def test_other_sizes_are_read_too(echoes: int, layers: int) -> None:
    """Any network of this kind, random weights and several songs at once; with no memory, too."""
    torch = pytest.importorskip("torch")
    from chipgen.models.tonnetz_lstm.network import TonnetzLstm

    torch.manual_seed(4)
    config = TonnetzLstmConfig(
        (5, 3), 7, 9, layers=layers, window=3, echoes=echoes, key=5, dropout=0
    )
    network = TonnetzLstm(config).eval()
    songs = np.stack([random_song(20, 1, 0.3), random_song(20, 2)])
    expected = network.log_prob(songs).double().numpy()
    got = SliceWeights.of(network).log_prob(songs)
    assert np.abs(np.exp(got) - np.exp(expected)).max() < TOLERANCE


def test_bits_are_the_same_on_every_machine(weights: SliceWeights) -> None:
    """No library and no processor has a say in the sums."""
    logits = SliceInference(weights).read(random_song(150, 9))
    digest = hashlib.sha256(logits.tobytes()).hexdigest()
    assert digest[:16] == "584b9f9062b1e299"


def test_slices_read_alone_or_together_are_the_same(weights: SliceWeights) -> None:
    """Whatever the blocks, bit for bit, also where the room for what was heard has to grow."""
    song = random_song(200, 3)
    whole = SliceInference(weights).read(song)
    inference = SliceInference(weights)
    parts = [inference.read(song[a:b]) for a, b in ((0, 1), (1, 2), (2, 70), (70, 71), (71, 200))]
    assert np.array_equal(np.concatenate(parts), whole)


def test_what_is_rewound_is_forgotten(weights: SliceWeights) -> None:
    """After `rewind` reading goes on as if the slices since the mark had never been."""
    song, other = random_song(90, 4), random_song(60, 5)
    inference = SliceInference(weights)
    inference.read(song[:50])
    mark = inference.mark
    inference.read(other)
    inference.rewind(mark)
    assert np.array_equal(inference.read(song[50:]), SliceInference(weights).read(song)[50:])


def test_the_echo_looks_no_further_than_its_reach() -> None:
    """With a reach of 8, torch's memory cut to 8 moments gives the same."""
    torch = pytest.importorskip("torch")
    from chipgen.models.tonnetz_lstm.network import Memory, TonnetzLstm

    torch.manual_seed(1)
    network = TonnetzLstm(SMALL).eval()
    song = random_song(30, 6, 0.2)
    memory, expected = None, []
    with torch.no_grad():
        for row in song:
            if memory is not None and memory.keys.shape[1] > 8:
                surplus = memory.keys.shape[1] - 8
                memory = Memory(
                    memory.hidden, memory.cell, memory.heard[:, surplus:], memory.keys[:, surplus:]
                )
            logits, memory = network(torch.from_numpy(row)[None, None].float(), None, memory)
            expected.append(logits[0, 0].numpy())
    weights = SliceWeights.of(network)
    assert np.allclose(SliceInference(weights, 8).read(song), expected, atol=1e-5)
    assert not np.allclose(SliceInference(weights).read(song), expected, atol=1e-5)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 12), st.integers(0, 11), st.integers(0, 87))
def test_log_probabilities_are_of_each_pitchs_state(steps: int, slice_: int, pitch: int) -> None:
    """Flipping a pitch turns p into 1 − p there, and changes nothing else up to that slice."""
    weights = load_weights("tonnetz-lstm")
    song = random_song(steps, 8)
    slice_ = slice_ % steps
    flipped = song.copy()
    flipped[slice_, pitch] ^= True
    one, other = weights.log_prob(song), weights.log_prob(flipped)
    assert np.exp(one[slice_, pitch]) + np.exp(other[slice_, pitch]) == pytest.approx(1)
    one[slice_, pitch] = other[slice_, pitch] = 0
    assert np.array_equal(one[: slice_ + 1], other[: slice_ + 1])


@settings(max_examples=200)
@given(st.floats(-59, 59))
def test_e_to_a_power_is_right_to_ten_digits(x: float) -> None:
    """The composer's own e^x, which every machine computes the same."""
    assert exp(x) == pytest.approx(np.exp(x), rel=1e-10)


@pytest.mark.parametrize("shape", [(88,), (3, 87), (0, 88), (2, 0, 88), (1, 1, 1, 88)])
def test_slices_of_another_shape_are_refused(weights: SliceWeights, shape: tuple[int, ...]) -> None:
    """The message says which shape they have, and which is right."""
    with pytest.raises(ChipgenError, match=r"give \(steps, 88\)"):
        weights.log_prob(np.zeros(shape))


def test_files_of_other_models_and_misfits_are_named(tmp_path: Path) -> None:
    """Another model's weights, and weights of other sizes, each get a line."""
    from safetensors.numpy import save_file

    with pytest.raises(ChipgenError, match="row-transformer"):
        load_weights("row-transformer")
    path = tmp_path / "misfit.safetensors"
    header = '{"model": "tonnetz-lstm", "config": {"maps": [3, 2]}}'
    save_file({"a": np.zeros(2, np.float32)}, path, metadata={"chipgen-model": header})
    with pytest.raises(ChipgenError, match=r"misfit\.safetensors: its weights do not fit"):
        load_weights(path)
    from chipgen.models.checkpoint_header import read_arrays

    arrays, _ = read_arrays(weights_path("tonnetz-lstm"))
    arrays["lstm.weight_hh_l1"] = arrays["lstm.weight_hh_l1"][:, :-1]
    header = '{"model": "tonnetz-lstm", "config": {"maps": [20, 10]}}'
    save_file(arrays, path, metadata={"chipgen-model": header})
    with pytest.raises(ChipgenError, match="do not fit"):
        load_weights(path)


@pytest.mark.parametrize("rng_seed", [0, 1, 12_345, 2**32 - 1])
def test_chance_is_torchs(rng_seed: int) -> None:
    """The numbers are those that torch drew takes from."""
    torch = pytest.importorskip("torch")
    chance, generator = Chance(rng_seed), torch.Generator().manual_seed(rng_seed)
    for count in (88, 3, 88):
        expected = torch.rand(count, generator=generator, dtype=torch.float64)
        assert np.array_equal(chance.draw(count), expected.numpy())
