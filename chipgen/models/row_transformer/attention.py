"""Causal attention with rotary positions, over all rows or the last few.

A layer of the transformer, and what it computes: each row attends to itself and the rows before it.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from chipgen.models.row_transformer.config import RowTransformerConfig

Cache = list[tuple[Tensor, Tensor]]  # keys and values of earlier rows, one pair a layer
Masks = dict[tuple[int, int, int], Tensor]  # which keys are seen, by queries, keys and window


class Layer(nn.Module):
    """One layer: attention, then two linear maps around a squared ReLU, each added to its input."""

    def __init__(self, c: RowTransformerConfig, *, full: bool) -> None:
        super().__init__()
        inner = c.heads * c.head_dim
        self.heads, self.head_dim = c.heads, c.head_dim
        self.window = c.context if full else c.window
        self.norm_attention = nn.LayerNorm(c.dim)
        self.norm_mlp = nn.LayerNorm(c.dim)
        self.qkv = nn.Linear(c.dim, 3 * inner, bias=False)
        self.out = nn.Linear(inner, c.dim, bias=False)
        self.up = nn.Linear(c.dim, c.mlp, bias=False)
        self.down = nn.Linear(c.mlp, c.dim, bias=False)
        self.dropout = nn.Dropout(0.0)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.down.weight)

    def forward(
        self,
        x: Tensor,
        rotation: tuple[Tensor, Tensor],
        cache: Cache | None,
        index: int,
        masks: Masks,
    ) -> Tensor:
        """Return the rows after this layer.

        Parameters
        ----------
        x
            Shape (batch, rows, dim).
        rotation
            From `rotary`, for the same rows.
        cache
            Keys and values of earlier rows; the layer at `index` extends its own in place.
        index
            Which layer this is.
        masks
            What the layers of one pass share; filled as needed.
        """
        batch, rows, _ = x.shape
        q, k, v = (
            self.qkv(self.norm_attention(x))
            .view(batch, rows, 3, self.heads, self.head_dim)
            .permute(2, 0, 3, 1, 4)
        )
        q, k = _rotate(q, rotation), _rotate(k, rotation)
        if cache is not None:
            if index < len(cache):
                k = torch.cat([cache[index][0], k], dim=2)
                v = torch.cat([cache[index][1], v], dim=2)
                cache[index] = (k, v)
            else:
                cache.append((k, v))
        mixed = _attend(q, k, v, self.window, masks).transpose(1, 2).reshape(batch, rows, -1)
        x = x + self.dropout(self.out(mixed))
        passed = F.relu(self.up(self.norm_mlp(x))).square()
        result: Tensor = x + self.dropout(self.down(passed))
        return result


def rotary(start: int, rows: int, head_dim: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Return cosines and sines of rotary positions, shape (rows, head_dim / 2)."""
    rate = 2048.0 ** (-torch.arange(head_dim // 2, device=device) / (head_dim // 2))
    angle = torch.arange(start, start + rows, device=device)[:, None] * rate
    return angle.cos(), angle.sin()


def _rotate(x: Tensor, rotation: tuple[Tensor, Tensor]) -> Tensor:
    cos, sin = rotation[0].to(x.dtype), rotation[1].to(x.dtype)
    one, two = x.chunk(2, dim=-1)
    return torch.cat([one * cos - two * sin, one * sin + two * cos], dim=-1)


def _attend(q: Tensor, k: Tensor, v: Tensor, window: int, masks: Masks) -> Tensor:
    """Causal attention over the last `window` rows, shapes (batch, heads, rows, head_dim).

    `masks` keeps what layers of one pass share.
    """
    rows, keys = q.shape[2], k.shape[2]
    if rows == keys and rows <= window and not _learns_on_processor(q):
        return F.scaled_dot_product_attention(q, k, v, is_causal=True)
    if rows == keys and rows > window and rows % window == 0:
        return _attend_blocks(q, k, v, window, masks)
    shape = rows, keys, window
    if shape not in masks:
        masks[shape] = _is_seen(keys - rows, keys, keys, window, q.device)
    return _mix(q, k, v, masks[shape])


def _attend_blocks(q: Tensor, k: Tensor, v: Tensor, window: int, masks: Masks) -> Tensor:
    """Do the same block by block: a block of queries needs its own keys and the block before."""
    batch, heads, rows, width = q.shape
    blocks = rows // window
    q, k, v = (torch.unflatten(x, 2, (-1, window)) for x in (q, k, v))
    k, v = (torch.cat([F.pad(x, (0, 0, 0, 0, 1, 0))[:, :, :-1], x], dim=3) for x in (k, v))
    shape = rows, 2 * window, window
    if shape not in masks:
        seen = _is_seen(window, 2 * window, 2 * window, window, q.device)
        # Nothing is before the first block.
        first = seen & (torch.arange(2 * window, device=q.device) >= window)
        masks[shape] = torch.stack([first, *[seen] * (blocks - 1)])[:, None]
    # Blocks come first: all batches and heads share their masks.
    q, k, v = (x.flatten(0, 1).transpose(0, 1) for x in (q, k, v))
    mixed = _mix(q, k, v, masks[shape])
    return mixed.transpose(0, 1).reshape(batch, heads, rows, width)


def _is_seen(begin: int, end: int, keys: int, window: int, device: torch.device) -> Tensor:
    """Return which keys the queries at `begin` … `end` − 1 see; bool, shape (queries, keys)."""
    back = torch.arange(begin, end, device=device)[:, None] - torch.arange(keys, device=device)
    return (back >= 0) & (back < window)


def _learns_on_processor(q: Tensor) -> bool:
    """Whether fused attention's backward pass would follow, slow on a processor in bfloat16."""
    return q.requires_grad and q.dtype == torch.bfloat16 and q.device.type == "cpu"


def _mix(q: Tensor, k: Tensor, v: Tensor, seen: Tensor) -> Tensor:
    """Attention to the keys that are seen."""
    if not _learns_on_processor(q):
        return F.scaled_dot_product_attention(q, k, v, attn_mask=seen)
    # Half of the fused time, both passes; autocasting would weigh in float32.
    with torch.autocast("cpu", enabled=False):
        scores = (q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)
        return torch.softmax(scores.masked_fill_(~seen, -torch.inf), dim=-1) @ v
