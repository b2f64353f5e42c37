"""The network predicts from the past alone, its probabilities add up, its file brings it back."""

import numpy as np
import pytest
import torch

from chipgen.errors import ChipgenError
from chipgen.models.tonnetz_lstm.network import (
    Lattice,
    SliceAutoencoder,
    TonnetzLstm,
    TonnetzLstmConfig,
    _wrap,
)
from chipgen.music import tonnetz
from tests.tunes import make_songs

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
    plain = network.encode_first(_wrap(lattices))
    turned = network.encode_first(_wrap(lattices.roll(5, -1)))
    assert torch.allclose(plain.roll(5, -1), turned, atol=1e-6)
