"""The network predicts from the past alone, its probabilities add up, its file brings it back."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from chipgen.errors import ChipgenError
from chipgen.models.checkpoint import ModelInfo, load_model, read_model, save_model
from chipgen.models.registry import MODELS, model_entry, weights_path
from chipgen.models.tonnetz_lstm.autoencoder import SliceAutoencoder
from chipgen.models.tonnetz_lstm.lattice import Lattice
from chipgen.models.tonnetz_lstm.network import TonnetzLstm, TonnetzLstmConfig
from chipgen.music import tonnetz
from chipgen.training.baselines import Markov, RepeatPrevious
from chipgen.training.evaluate_slices import evaluate_slices
from chipgen.training.model_predictor import ModelPredictor
from tests.tunes import make_songs

torch.set_num_threads(1)  # small sums: threads only get in each other's way

SMALL = TonnetzLstmConfig(maps=(3, 2), latent=6, hidden=10, window=4, echoes=2, key=3)


@pytest.fixture
def model() -> TonnetzLstm:
    """Return a small network with random weights."""
    torch.manual_seed(3)
    return TonnetzLstm(SMALL).eval()


def random_song(steps: int, seed: int = 0) -> torch.Tensor:
    """Return random slices, shape (steps, 88)."""
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(steps, 88, generator=generator) < 0.06


def test_the_torch_lattice_is_the_lattice() -> None:
    """Drawing and averaging in torch give what chipgen.music.tonnetz gives."""
    rolls = random_song(5).float()
    lattice = Lattice()
    assert np.array_equal(lattice.draw(rolls).numpy(), tonnetz.encode(rolls.numpy()))
    noise = torch.randn(5, 24, 12)
    assert lattice.average(noise).numpy() == pytest.approx(tonnetz.average(noise.numpy()), abs=1e-6)


def test_fifths_wrap_round() -> None:
    """Turning the circle of fifths turns the convolutions' answer with it."""
    torch.manual_seed(0)
    network = SliceAutoencoder((3, 2), 6)
    lattices = torch.rand(1, 1, 24, 12)
    from chipgen.models.tonnetz_lstm.autoencoder import _wrap

    plain = network.encode_first(_wrap(lattices))
    turned = network.encode_first(_wrap(lattices.roll(5, -1)))
    assert torch.allclose(plain.roll(5, -1), turned, atol=1e-6)


def test_log_probabilities_are_of_each_pitchs_state(model: TonnetzLstm) -> None:
    """Flipping one pitch of a slice turns p into 1 − p there, and changes nothing else in it."""
    song = random_song(9)
    flipped = song.clone()
    flipped[8, 30] = ~flipped[8, 30]
    one, other = model.log_prob(song), model.log_prob(flipped)
    assert one.shape == song.shape
    assert float(one[8, 30].exp() + other[8, 30].exp()) == pytest.approx(1.0, abs=1e-6)
    rest = torch.arange(88) != 30
    assert torch.equal(one[8, rest], other[8, rest])
    assert torch.equal(model.log_prob(song.numpy()), one), "arrays are taken as tensors are"
    with pytest.raises(ChipgenError, match="87"):
        model.log_prob(song[:, :87])


def test_nothing_of_present_or_future_leaks(model: TonnetzLstm) -> None:
    """However slices from t on change, the predictions up to t stay."""
    song = random_song(24)
    for t in (0, 1, 7, 23):
        changed = song.clone()
        changed[t:] = ~changed[t:]
        before, after = model.log_prob(song), model.log_prob(changed)
        assert torch.equal(before[:t], after[:t])
        likelihood = torch.where(song[t], before[t].exp(), 1 - before[t].exp())
        again = torch.where(changed[t], after[t].exp(), 1 - after[t].exp())
        assert torch.allclose(likelihood, again, atol=1e-6), "slice t is predicted from before t"


def test_batches_and_pieces_agree(model: TonnetzLstm) -> None:
    """Songs in a batch, and a song heard slice by slice, get the same predictions."""
    songs = torch.stack([random_song(20, 1), random_song(20, 2)])
    batch = model.log_prob(songs)
    assert torch.allclose(batch[1], model.log_prob(songs[1]), atol=1e-5)
    with torch.no_grad():
        whole, _ = model(songs.float())
        memory, pieces = None, []
        for begin, end in ((0, 1), (1, 7), (7, 8), (8, 20)):
            logits, memory = model(songs[:, begin:end].float(), None, memory)
            pieces.append(logits)
    assert torch.allclose(torch.cat(pieces, 1), whole, atol=1e-5)


def test_a_window_hears_no_further_back(model: TonnetzLstm) -> None:
    """With a window of 5, what lies six slices back is without effect, what lies five is not."""
    song = random_song(20)
    windowed = model.log_prob(song, window=5)
    assert torch.allclose(windowed[:5], model.log_prob(song)[:5], atol=1e-6)
    for back, same in ((6, True), (5, False)):
        changed = song.clone()
        changed[19 - back] = ~changed[19 - back]
        assert torch.equal(model.log_prob(changed, window=5)[19], windowed[19]) is same


def test_the_echo_hears_what_followed(model: TonnetzLstm) -> None:
    """Given a key that fits one earlier moment, the echo is the slice after that moment."""
    heard = torch.cat([torch.zeros(1, 3, 88), random_song(6).float()[None]], dim=1)
    keys = torch.zeros(1, 6, 2, 3)
    keys[0, 2, :, 0] = 1.0
    query = torch.zeros(1, 6, 2, 3)
    query[0, :, :, 0] = 500.0
    with torch.no_grad():
        echo, trust = model._echo(query, keys, heard)
    assert torch.allclose(echo[0, 5, 0], heard[0, 3 + 3], atol=1e-5)
    assert trust[0, 5].tolist() == pytest.approx([1, 1])
    assert trust[0, 0].tolist() == [0, 0], "before the first slice nothing has followed anything"


def test_it_can_learn_a_tune_by_heart() -> None:
    """A few steps on one song bring its cost far below where it began."""
    torch.manual_seed(0)
    model = TonnetzLstm(TonnetzLstmConfig((4, 3), 16, 32, 1, 4, 2, 4, dropout=0.0))
    song = torch.from_numpy(make_songs(1, 4)[0])
    begin = -float(model.eval().log_prob(song).sum(-1).mean())
    optimizer = torch.optim.Adam(model.parameters(), 0.02)
    for _ in range(60):
        logits, _ = model(song[None, :-1].float())
        loss = torch.nn.functional.binary_cross_entropy_with_logits(
            logits, song[None, 1:].float(), reduction="sum"
        )
        optimizer.zero_grad()
        (loss / 39).backward()
        optimizer.step()
    end = -float(model.log_prob(song)[16:].sum(-1).mean())
    assert begin > 50
    assert end < begin / 15


def test_a_checkpoint_brings_the_model_back(model: TonnetzLstm, tmp_path: Path) -> None:
    """Weights, sizes, data and figures survive; half precision costs a thousandth of a nat."""
    sizes = json.loads(json.dumps(model.describe()))
    info = ModelInfo(model.name, sizes, "abc", {"valid_nats": 8.0})
    song = random_song(20)
    save_model(tmp_path / "m.safetensors", model, info)
    assert torch.equal(load_model(tmp_path / "m.safetensors").log_prob(song), model.log_prob(song))
    assert read_model(tmp_path / "m.safetensors")[1] == info
    save_model(tmp_path / "h.safetensors", model, info, half=True)
    half = load_model(str(tmp_path / "h.safetensors"))
    assert torch.allclose(half.log_prob(song), model.log_prob(song), atol=1e-3)
    with pytest.raises(Exception, match="exists"):
        save_model(tmp_path / "m.safetensors", model, info)


def test_wrong_checkpoints_are_named(tmp_path: Path) -> None:
    """Unknown names, foreign archives, garbage and misfits each get a line of their own."""
    with pytest.raises(ChipgenError, match="tonnetz-lstm"):
        load_model("no-such-model")
    garbage = tmp_path / "garbage.safetensors"
    garbage.write_bytes(b"garbage")
    with pytest.raises(ChipgenError, match=r"garbage\.safetensors"):
        load_model(garbage)
    save_file({"a": torch.zeros(2)}, tmp_path / "foreign.safetensors")
    with pytest.raises(ChipgenError, match="no chipgen model"):
        load_model(tmp_path / "foreign.safetensors")
    header = json.dumps({"model": "tonnetz-lstm", "config": TonnetzLstm(SMALL).describe()})
    misfit = tmp_path / "misfit.safetensors"
    save_file({"a": torch.zeros(2)}, misfit, metadata={"chipgen-model": header})
    with pytest.raises(ChipgenError, match="do not fit"):
        load_model(misfit)


def test_the_table_finds_the_model_and_its_weights() -> None:
    """The row names weights that are there, and a class that loads them and offers log_prob."""
    assert "tonnetz-lstm" in MODELS
    assert weights_path("tonnetz-lstm").is_file()
    loaded = load_model("tonnetz-lstm")
    assert loaded.name == "tonnetz-lstm"
    assert loaded.log_prob(random_song(3)).shape == (3, 88)
    with pytest.raises(ChipgenError, match="there are"):
        model_entry("nothing")


def test_shipped_weights_beat_counting() -> None:
    """On made-up songs it never heard, the shipped model beats repeating and Markov clearly."""
    songs = make_songs(6, 11)
    model = evaluate_slices(songs, ModelPredictor(load_model("tonnetz-lstm")))
    others = make_songs(30, 12)
    for baseline in (Markov.fit(others), RepeatPrevious.fit(others)):
        assert model.nats < 0.75 * evaluate_slices(songs, baseline).nats
