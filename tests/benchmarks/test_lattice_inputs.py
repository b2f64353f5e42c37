"""The rows' benchmarks measure what they say: lattice inputs, shorter memories, TX1's cost."""

import numpy as np
import pytest
import torch

from benchmarks.ablate_rows import SIZES
from benchmarks.lattice_inputs import (
    LatticeChordTransformer,
    LatticeEncoder,
    LatticePitches,
    LatticePitchTransformer,
)
from chipgen.rows.quantise import rows_of
from chipgen.rows.row_features import CODES, describe_rows_all
from tests.row_songs import Meter, compose_bars, play


def test_a_pitch_is_the_same_on_every_voice_but_for_the_voices_own_part() -> None:
    """Pitches come from the lattice, shared by voices; rests and noise from a table."""
    torch.manual_seed(0)
    table = LatticePitches()
    pitches = torch.tensor([60, 64, 67])
    apart = table(pitches + CODES) - table(pitches)
    assert torch.allclose(apart[0], apart[1], atol=1e-5)
    assert not torch.allclose(table(torch.tensor([60])), table(torch.tensor([61])))
    noise = torch.tensor([3 * CODES + 20])
    assert torch.equal(table(noise), table.other(noise))


def test_the_lattice_closes_its_circle_of_fifths() -> None:
    """The encoder's columns wrap round: padding brings the last fifth beside the first."""
    encoder = LatticeEncoder(8)
    plane = torch.zeros(1, 1, 24, 12)
    plane[..., 11] = 1.0
    assert bool((encoder.around(plane)[..., 0] == 1).all())


@pytest.mark.parametrize("network", [LatticePitchTransformer, LatticeChordTransformer])
def test_lattice_models_tell_the_past_from_the_past_alone(network) -> None:  # type: ignore[no-untyped-def]
    """Probabilities of rows sum to one, and do not change when later rows do."""
    torch.manual_seed(1)
    model = network(SIZES).eval()
    song = rows_of(play(compose_bars(Meter(4, 4), 3, np.random.default_rng(0)), 48))
    changed = song.rows.states.copy()
    changed[30:, :3] = 0
    one = model.log_prob(song.rows.states)
    other = model.log_prob(changed)
    assert np.allclose(one[:30], other[:30], atol=1e-5)
    codes = torch.from_numpy(describe_rows_all(song.rows).astype(np.int64))[None]
    states = torch.from_numpy(song.rows.states.astype(np.int64))[None]
    logits = model.state_logits(model(codes), codes, states, 0)
    assert torch.allclose(logits.softmax(-1).sum(-1), torch.ones(1, len(song)), atol=1e-5)
