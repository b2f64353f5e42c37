"""Rows attend to themselves and to the rows before them, however many are read at once."""

import pytest
import torch

from chipgen.models.row_transformer.attention import Cache, Layer, Masks, rotary
from chipgen.models.row_transformer.config import RowTransformerConfig

CONFIG = RowTransformerConfig(
    dim=8, layers=1, heads=2, head_dim=4, mlp=16, context=32, window=4, full_every=2
)


@pytest.mark.parametrize("full", [False, True])
@torch.no_grad()
def test_rows_read_at_once_or_one_by_one_are_the_same(full: bool) -> None:
    """Blocks of rows, any number of rows, and single rows with a cache give the same."""
    torch.manual_seed(1)
    layer = Layer(CONFIG, full=full)
    torch.nn.init.normal_(layer.out.weight)
    x = torch.randn(2, 16, CONFIG.dim)

    def read(begin: int, end: int, cache: Cache | None) -> torch.Tensor:
        masks: Masks = {}
        rotation = rotary(begin, end - begin, CONFIG.head_dim, x.device)
        result: torch.Tensor = layer(x[:, begin:end], rotation, cache, 0, masks)
        return result

    at_once = read(0, 16, None)
    cache: Cache = []
    single = torch.cat([read(row, row + 1, cache) for row in range(16)], dim=1)
    assert torch.allclose(at_once, single, atol=1e-5)
    assert torch.allclose(at_once[:, :15], read(0, 15, None), atol=1e-5)


@torch.no_grad()
def test_a_layer_with_a_window_sees_its_rows_alone() -> None:
    """A row that changed matters to the rows that see it, and to no other."""
    torch.manual_seed(2)
    layer = Layer(CONFIG, full=False)
    torch.nn.init.normal_(layer.out.weight)
    x = torch.randn(1, 16, CONFIG.dim)
    changed = x.clone()
    changed[:, 5] += 1
    rotation = rotary(0, 16, CONFIG.head_dim, x.device)
    moved = (layer(x, rotation, None, 0, {}) != layer(changed, rotation, None, 0, {})).any(-1)[0]
    assert moved.nonzero().flatten().tolist() == [5, 6, 7, 8]


@pytest.mark.parametrize("rows", [8, 16, 15])
@pytest.mark.parametrize("full", [False, True])
def test_bfloat16_learns_what_float32_does(full: bool, rows: int) -> None:
    """Gradients under autocasting are float32's, but for the rounding; so is what is computed."""
    torch.manual_seed(3)
    layer = Layer(CONFIG, full=full)
    for matrix in (layer.out.weight, layer.down.weight):
        torch.nn.init.normal_(matrix, std=0.5)
    x = torch.randn(2, rows, CONFIG.dim)
    rotation = rotary(0, rows, CONFIG.head_dim, x.device)
    wanted = torch.randn(2, rows, CONFIG.dim)

    def learned(*, half: bool) -> list[torch.Tensor]:
        layer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            result: torch.Tensor = layer(x, rotation, None, 0, {})
        (result.float() * wanted).sum().backward()
        matrices = layer.qkv.weight, layer.out.weight, layer.up.weight, layer.norm_attention.weight
        return [result.detach().float(), *(m.grad.clone() for m in matrices if m.grad is not None)]

    exact = learned(half=False)
    for one, other in zip(exact, learned(half=True), strict=True):
        assert float((one - other).norm() / one.norm()) < 0.02
