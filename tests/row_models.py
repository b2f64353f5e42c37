"""Small row transformers whose every weight is random, so that every input matters."""

from dataclasses import replace

import torch

from chipgen.models.row_transformer.inference import RowWeights
from chipgen.models.row_transformer.network import RowTransformer, RowTransformerConfig

SMALL = RowTransformerConfig(
    dim=32, layers=3, heads=2, head_dim=16, mlp=64, voice_dim=32, context=64, window=16
)


def small_model(std: float = 0.2) -> RowTransformer:
    """Make a small model; `std` says how sure it is of itself."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = RowTransformer(SMALL)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=std)
    return model.eval()


def planning_weights() -> RowWeights:
    """Make a small model that reads plans and answers at random."""
    torch.manual_seed(1)
    model = RowTransformer(replace(SMALL, plan=True))
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    return RowWeights.of(model.eval())
