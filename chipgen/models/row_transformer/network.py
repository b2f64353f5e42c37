"""The network of `row-transformer` in torch: predicts each voice's next row from the rows so far.

A causal transformer reads rows; each comes with candidates for the row to follow, found by
`chipgen.rows.copy_features` wherever the song repeats itself. Voices answer one after the other, p1
p2 tr no, each knowing the ones before it, so two notes on one voice cannot be. An answer is a
softmax over the states of a voice; its logits are sums of what is absolute (this pitch), what is
relative (this far from a pitch heard) and what is copied (the candidates), weighted as the network
asks.
"""

from dataclasses import asdict
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from chipgen.errors import ChipgenError
from chipgen.models.row_transformer.config import (
    HARMONIES,
    INTERVALS,
    PLAN_WIDTH,
    TIMBRES,
    VOLUMES,
    RowTransformerConfig,
)
from chipgen.rows.copy_features import CANDIDATES
from chipgen.rows.plan_features import CHORD, KEY, PLAN_COLUMNS, QUALITIES, REFERENCE
from chipgen.rows.row_features import (
    CODES,
    COLUMNS,
    PITCH_COLUMNS,
    SMALL_COLUMNS,
    describe_rows_all,
)
from chipgen.rows.row_states import HIGHEST, HOLD, LOWEST, VOICES, Rows

__all__ = ["Cache", "RowTransformer", "RowTransformerConfig"]

Cache = list[tuple[Tensor, Tensor]]
_Masks = dict[tuple[int, int, int], Tensor]  # which keys are seen, by queries, keys and window


class RowTransformer(nn.Module):
    """Predicts each row of four voices from the rows before it; see the module's first lines."""

    name = "row-transformer"

    def __init__(self, config: RowTransformerConfig | None = None) -> None:
        super().__init__()
        self.config = config or RowTransformerConfig()
        c = self.config
        self.pitch_embedding = nn.Embedding(VOICES * CODES, 32)
        self.small_embedding = nn.Embedding(SMALL_COLUMNS * CODES, 16)
        self.read = nn.Linear(PITCH_COLUMNS * 32 + SMALL_COLUMNS * 16, c.dim)
        if c.plan:
            self.plan_embedding = nn.Embedding(PLAN_COLUMNS * CODES, PLAN_WIDTH)
            self.read_plan = nn.Linear(PLAN_COLUMNS * PLAN_WIDTH, c.dim, bias=False)
            self.plan_offset: Tensor
            self.register_buffer(
                "plan_offset", torch.arange(PLAN_COLUMNS) * CODES, persistent=False
            )
        self.blocks = nn.ModuleList(
            _Block(c, full=(index + 1) % c.full_every == 0) for index in range(c.layers)
        )
        self.dropout = nn.Dropout(0.0)
        self.norm = nn.LayerNorm(c.dim)
        heads = [_VoiceHead(c, voice) for voice in range(VOICES)]
        self.voices = nn.ModuleList(heads)
        self.pitch_offset: Tensor
        self.small_offset: Tensor
        self.register_buffer(
            "pitch_offset", (torch.arange(PITCH_COLUMNS) % VOICES) * CODES, persistent=False
        )
        self.register_buffer("small_offset", torch.arange(SMALL_COLUMNS) * CODES, persistent=False)
        self.apply(_initialise)
        for head in heads:
            head.start_flat()
        if c.plan:  # until it is trained, a plan changes nothing
            nn.init.zeros_(self.read_plan.weight)

    def set_dropout(self, share: float) -> None:
        """Set the share of activations that are dropped in training."""
        for module in self.modules():
            if isinstance(module, nn.Dropout):
                module.p = share

    def describe(self) -> dict[str, Any]:
        """Return what `from_description` builds the same model from."""
        return asdict(self.config)

    @classmethod
    def from_description(cls, description: dict[str, Any]) -> "RowTransformer":
        """Build an untrained model from `describe`'s answer."""
        return cls(RowTransformerConfig(**description))

    def with_plan(self, codes: Tensor) -> Tensor:
        """Return described rows with a plan that says nothing, if they have none and need one."""
        if not self.config.plan or codes.shape[-1] > COLUMNS:
            return codes
        return F.pad(codes, (0, PLAN_COLUMNS))

    def forward(self, codes: Tensor, cache: Cache | None = None, start: int = 0) -> Tensor:
        """Return the hidden state of each row, from the rows before it.

        Parameters
        ----------
        codes
            From `describe_rows_all`, and of a model that reads plans from `encode_plan` behind
            them; int64, shape (batch, rows, columns).
        cache
            Keys and values of earlier rows, one pair a layer; extended in place.
        start
            Index of the first of these rows within the context, for their rotary positions.

        Returns
        -------
        Tensor
            Shape (batch, rows, dim).
        """
        pitch = codes[..., :PITCH_COLUMNS]
        if not self.config.copy:
            pitch = torch.cat([pitch[..., :12], torch.zeros_like(pitch[..., 12:])], dim=-1)
        small = codes[..., PITCH_COLUMNS:COLUMNS]
        if not self.config.copy:
            keep = torch.ones(SMALL_COLUMNS, dtype=torch.long, device=codes.device)
            keep[12:-5] = 0
            small = small * keep
        x = torch.cat(
            [
                self.pitch_embedding(pitch + self.pitch_offset).flatten(-2),
                self.small_embedding(small + self.small_offset).flatten(-2),
            ],
            dim=-1,
        )
        x = self.read(x)
        if self.config.plan:
            plan = self.plan_embedding(codes[..., COLUMNS:] + self.plan_offset)
            x = x + self.read_plan(plan.flatten(-2))
        x = self.dropout(x)
        turn = _rotary(start, codes.shape[1], self.config.head_dim, codes.device)
        masks: _Masks = {}
        for index, block in enumerate(self.blocks):
            x = block(x, turn, cache, index, masks)
        result: Tensor = self.norm(x)
        return result

    def state_logits(self, hidden: Tensor, codes: Tensor, states: Tensor, voice: int) -> Tensor:
        """Return one voice's logits, given the voices before it in the same row.

        Parameters
        ----------
        hidden
            From `forward`, shape (…, dim).
        codes
            Shape (…, COLUMNS).
        states
            The row's states, int64, shape (…, 4); only voices before `voice` are read.

        Returns
        -------
        Tensor
            Shape (…, 128), −1e9 at states the voice cannot have.
        """
        head: _VoiceHead = self.voices[voice]  # type: ignore[assignment]
        logits: Tensor = head(hidden, codes, states)
        return logits

    def expression_logits(
        self, hidden: Tensor, states: Tensor, voice: int
    ) -> tuple[Tensor, Tensor]:
        """Return logits of a beginning note's volume (…, 16) and timbre (…, 4)."""
        head: _VoiceHead = self.voices[voice]  # type: ignore[assignment]
        return head.expression(hidden, states)

    @torch.no_grad()
    def log_prob(
        self,
        states: NDArray[np.uint8],
        volume: NDArray[np.uint8] | None = None,
        timbre: NDArray[np.uint8] | None = None,
        frames: NDArray[np.integer] | None = None,
    ) -> NDArray[np.float64]:
        """Return the natural log-probability of each voice's state in each row of one song.

        The probability of row t is conditioned on rows before t, and within the row on the voices
        before (p1, p2, tr, no); nothing of the present or future enters otherwise.

        Parameters
        ----------
        states
            0 rest, 1 hold, else the pitch that begins (noise periods 1–16 as 17–32); uint8,
            shape (rows, 4).
        volume, timbre
            Of the notes that begin, 0 elsewhere; uint8, shape (rows, 4). Zeros if not given.
        frames
            Length of each row in NES frames, shape (rows,); 6 if not given.

        Returns
        -------
        ndarray
            float64, shape (rows, 4); the first row too has a probability.

        Raises
        ------
        ChipgenError
            If the states have another shape or are not all 0–127.
        """
        if states.ndim != 2 or states.shape[1] != VOICES:
            raise ChipgenError(f"states have shape {states.shape}; give (rows, {VOICES})")
        if not len(states):
            return np.zeros((0, VOICES))
        if states.min() < 0 or states.max() >= CODES:
            raise ChipgenError(f"states are 0-{CODES - 1}, not {states.min()}-{states.max()}")
        zeros = np.zeros_like(states)
        rows = Rows(
            states,
            zeros if volume is None else volume,
            zeros if timbre is None else timbre,
            np.full(len(states), 6) if frames is None else frames.astype(np.int64),
        )
        codes = describe_rows_all(rows)
        return self.log_prob_described(codes, states, zeros, zeros)[..., 0]

    @torch.no_grad()
    def log_prob_described(
        self,
        codes: NDArray[np.uint8],
        states: NDArray[np.uint8],
        volume: NDArray[np.uint8],
        timbre: NDArray[np.uint8],
    ) -> NDArray[np.float64]:
        """Return log-probabilities of one song's rows, described already.

        Long songs are read through windows half a context apart, so every row but the first ones
        sees at least half a context.

        Parameters
        ----------
        codes
            From `describe_rows_all`, shape (rows, COLUMNS).
        states, volume, timbre
            Shape (rows, 4).

        Returns
        -------
        ndarray
            Shape (rows, 4, 3): of the state, and given it of the volume and the timbre of a note
            that begins (0 where none does, or the voice has only one).
        """
        rows, context = len(states), self.config.context
        result = np.zeros((rows, VOICES, 3))
        device = self.norm.weight.device
        parts = torch.from_numpy(np.stack([states, volume, timbre]).astype(np.int64)).to(device)
        begin = 0
        while True:
            end = min(rows, begin + context)
            window = torch.from_numpy(codes[begin:end].astype(np.int64)).to(device)
            window = self.with_plan(window[None])
            target, loud, colour = (part[None] for part in parts[:, begin:end])
            hidden = self(window)
            skip = 0 if begin == 0 else context // 2
            for voice in range(VOICES):
                answers = [(self.state_logits(hidden, window, target, voice), target)]
                if voice != 2:
                    both = self.expression_logits(hidden, target, voice)
                    answers += zip(both, (loud, colour), strict=True)
                begun = (target[..., voice] > 1).float()
                for which, (logits, answer) in enumerate(answers):
                    chosen = torch.log_softmax(logits.float(), dim=-1)
                    chosen = chosen.gather(-1, answer[..., voice, None])[..., 0]
                    if which:
                        chosen = chosen * begun
                    result[begin + skip : end, voice, which] = chosen[0, skip:].cpu().numpy()
            if end == rows:
                return result
            begin += context // 2


class _Block(nn.Module):
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
        turn: tuple[Tensor, Tensor],
        cache: Cache | None,
        index: int,
        masks: "_Masks",
    ) -> Tensor:
        batch, rows, _ = x.shape
        q, k, v = (
            self.qkv(self.norm_attention(x))
            .view(batch, rows, 3, self.heads, self.head_dim)
            .permute(2, 0, 3, 1, 4)
        )
        q, k = _turn(q, turn), _turn(k, turn)
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


class _VoiceHead(nn.Module):
    def __init__(self, c: RowTransformerConfig, voice: int) -> None:
        super().__init__()
        self.voice = voice
        self.copy, self.relative, self.plan = c.copy, c.relative, c.plan
        width = c.voice_dim
        self.enter = nn.Linear(c.dim, width)
        self.earlier = nn.Embedding(max(1, voice) * CODES, width)
        self.agree = nn.Linear(max(1, 2 * voice * CANDIDATES), width, bias=False)
        self.deepen = nn.Linear(width, width)
        self.dropout = nn.Dropout(0.0)
        self.to_logits = nn.Linear(width, CODES)
        self.to_relative = nn.Linear(width, 2 * INTERVALS)
        self.to_gates = nn.Linear(width, 2 * CANDIDATES)
        if c.plan:
            self.harmony = nn.Embedding(HARMONIES, width)
            self.to_turned = nn.Linear(width, 2 * 12)
        self.enter_expression = nn.Linear(c.dim, width)
        self.own = nn.Embedding(CODES, width)
        self.to_expression = nn.Linear(width, VOLUMES + TIMBRES)
        allowed = torch.full((CODES,), -1e9)
        allowed[:2] = 0.0
        allowed[LOWEST[voice] : HIGHEST[voice] + 1] = 0.0
        self.register_buffer("allowed", allowed, persistent=False)

    def start_flat(self) -> None:
        """Let every answer be equally likely before training."""
        for layer in (self.to_logits, self.to_relative, self.to_gates):
            nn.init.zeros_(layer.weight)
        if self.plan:
            nn.init.zeros_(self.harmony.weight)
            nn.init.zeros_(self.to_turned.weight)

    def forward(self, hidden: Tensor, codes: Tensor, states: Tensor) -> Tensor:
        v = self.voice
        z: Tensor = self.enter(hidden)
        candidates = _split(codes[..., 12:PITCH_COLUMNS], -1, VOICES)
        if v:
            before = states[..., :v]
            offset = torch.arange(v, device=codes.device) * CODES
            z = z + self.earlier(before + offset).sum(dim=-2)
            if self.copy:
                equal = candidates[..., :v] == before[..., None, :]
                begun = equal & (before > 1)[..., None, :]
                z = z + self.agree(torch.cat([equal, begun], dim=-1).flatten(-2).to(z.dtype))
        if self.plan:
            roots, kinds = _harmony(codes)
            z = z + self.harmony(kinds).sum(dim=-2)
        z = F.relu(z).square()
        z = self.dropout(z + F.relu(self.deepen(z)))
        logits: Tensor = self.to_logits(z).float() + self.allowed
        if self.copy:
            gates = self.to_gates(z).float()
            logits = logits.scatter_add(-1, candidates[..., v], gates[..., :CANDIDATES])
            if self.plan:
                told = codes[..., COLUMNS + REFERENCE + v, None]
                gate = gates[..., CANDIDATES, None] * (told > 0)
                logits = logits.scatter_add(-1, (told - 1).clamp(min=0), gate)
        if self.relative and v < 3:
            relative = F.pad(_split(self.to_relative(z).float(), -1, INTERVALS), (1, 1))
            for which, heard in enumerate(self._references(codes, states)):
                pitch = torch.arange(CODES, device=codes.device)
                interval = (pitch - heard[..., None] + INTERVALS // 2 + 1).clamp(0, INTERVALS + 1)
                interval = interval * ((heard > 2)[..., None] & (pitch > 2))
                logits = logits + relative[..., which, :].gather(-1, interval)
        if self.plan and v < 3:
            turned = _split(self.to_turned(z).float(), -1, 12)
            pitch = torch.arange(CODES, device=codes.device)
            for which in range(2):
                root = roots[..., which, None]
                step = turned[..., which, :].gather(-1, (pitch - root) % 12)
                logits = logits + step * ((root >= 0) & (pitch > HOLD))
        return logits

    def _references(self, codes: Tensor, states: Tensor) -> tuple[Tensor, Tensor]:
        """Pitches that intervals are measured from: the voice's own last, and another's now."""
        own = codes[..., 8 + self.voice]
        if self.voice == 0:
            return own, codes[..., 6]
        now, sounding = states[..., 0], codes[..., 4]
        return own, torch.where(now == 1, sounding, now)

    def expression(self, hidden: Tensor, states: Tensor) -> tuple[Tensor, Tensor]:
        z = self.enter_expression(hidden) + self.own(states[..., self.voice])
        both = self.to_expression(F.relu(z).square()).float()
        return both[..., :VOLUMES], both[..., VOLUMES:]


def _harmony(codes: Tensor) -> tuple[Tensor, Tensor]:
    """Return roots of the planned chord and key, -1 if unknown, and what kinds they are: (…, 2)."""
    chord = codes[..., COLUMNS + CHORD]
    key = codes[..., COLUMNS + KEY]
    has_chord, has_key = chord > 1, key > 0
    roots = torch.stack(
        [
            torch.where(has_chord, (chord - 2) // QUALITIES, -1),
            torch.where(has_key, (key - 1) // 2, -1),
        ],
        dim=-1,
    )
    kinds = torch.stack(
        [
            torch.where(has_chord, 2 + (chord - 2) % QUALITIES, chord),
            QUALITIES + 2 + torch.where(has_key, 1 + (key - 1) % 2, 0),
        ],
        dim=-1,
    )
    return roots, kinds


def _split(x: Tensor, axis: int, size: int) -> Tensor:
    """Return x with an axis split in two, the second of them of `size`."""
    axis %= x.ndim
    return x.reshape(*x.shape[:axis], -1, size, *x.shape[axis + 1 :])


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Embedding):
        nn.init.normal_(module.weight, std=0.5 if module.embedding_dim <= 32 else 0.1)
    elif isinstance(module, nn.Linear) and module.bias is not None:
        nn.init.zeros_(module.bias)


def _rotary(start: int, rows: int, head_dim: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Cosines and sines of rotary positions, shape (rows, head_dim / 2)."""
    rate = 2048.0 ** (-torch.arange(head_dim // 2, device=device) / (head_dim // 2))
    angle = torch.arange(start, start + rows, device=device)[:, None] * rate
    return angle.cos(), angle.sin()


def _turn(x: Tensor, turn: tuple[Tensor, Tensor]) -> Tensor:
    cos, sin = turn[0].to(x.dtype), turn[1].to(x.dtype)
    one, two = x.chunk(2, dim=-1)
    return torch.cat([one * cos - two * sin, one * sin + two * cos], dim=-1)


def _attend(q: Tensor, k: Tensor, v: Tensor, window: int, masks: _Masks) -> Tensor:
    """Causal attention over the last `window` rows, shapes (batch, heads, rows, head_dim).

    `masks` keeps what layers of one pass share.
    """
    rows, keys = q.shape[2], k.shape[2]
    if rows == keys and rows <= window:
        return F.scaled_dot_product_attention(q, k, v, is_causal=True)
    if rows == keys and rows % window == 0:
        return _attend_blocks(q, k, v, window, masks)
    shape = rows, keys, window
    if shape not in masks:
        masks[shape] = _is_seen(keys - rows, keys, keys, window, q.device)
    return F.scaled_dot_product_attention(q, k, v, attn_mask=masks[shape])


def _attend_blocks(q: Tensor, k: Tensor, v: Tensor, window: int, masks: _Masks) -> Tensor:
    """Do the same block by block: a block of queries needs its own keys and the block before."""
    batch, heads, rows, width = q.shape
    blocks = rows // window
    q, k, v = (_split(x, 2, window) for x in (q, k, v))
    k, v = (torch.cat([F.pad(x, (0, 0, 0, 0, 1, 0))[:, :, :-1], x], dim=3) for x in (k, v))
    shape = rows, 2 * window, window
    if shape not in masks:
        seen = _is_seen(window, 2 * window, 2 * window, window, q.device)
        # Nothing is before the first block.
        first = seen & (torch.arange(2 * window, device=q.device) >= window)
        masks[shape] = torch.stack([first, *[seen] * (blocks - 1)])[:, None]
    # Blocks come first: all batches and heads share their masks.
    q, k, v = (x.flatten(0, 1).transpose(0, 1) for x in (q, k, v))
    mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=masks[shape])
    return mixed.transpose(0, 1).reshape(batch, heads, rows, width)


def _is_seen(begin: int, end: int, keys: int, window: int, device: torch.device) -> Tensor:
    """Return which keys the queries at `begin` … `end` − 1 see; bool, shape (queries, keys)."""
    back = torch.arange(begin, end, device=device)[:, None] - torch.arange(keys, device=device)
    return (back >= 0) & (back < window)
