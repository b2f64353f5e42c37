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
from chipgen.models.row_transformer.attention import Cache, Layer, Masks, rotary
from chipgen.models.row_transformer.config import PLAN_WIDTH, RowTransformerConfig
from chipgen.models.row_transformer.voice_head import VoiceHead
from chipgen.rows.plan_features import PLAN_COLUMNS
from chipgen.rows.row_features import (
    CODES,
    COLUMNS,
    PITCH_COLUMNS,
    SMALL_COLUMNS,
    describe_rows_all,
)
from chipgen.rows.row_states import VOICES, Rows

__all__ = ["Cache", "RowTransformer", "RowTransformerConfig"]


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
            Layer(c, full=(index + 1) % c.full_every == 0) for index in range(c.layers)
        )
        self.dropout = nn.Dropout(0.0)
        self.norm = nn.LayerNorm(c.dim)
        heads = [VoiceHead(c, voice) for voice in range(VOICES)]
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
        rotation = rotary(start, codes.shape[1], self.config.head_dim, codes.device)
        masks: Masks = {}
        for index, block in enumerate(self.blocks):
            x = block(x, rotation, cache, index, masks)
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
        head: VoiceHead = self.voices[voice]  # type: ignore[assignment]
        logits: Tensor = head(hidden, codes, states)
        return logits

    def expression_logits(
        self, hidden: Tensor, states: Tensor, voice: int
    ) -> tuple[Tensor, Tensor]:
        """Return logits of a beginning note's volume (…, 16) and timbre (…, 4)."""
        head: VoiceHead = self.voices[voice]  # type: ignore[assignment]
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


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Embedding):
        nn.init.normal_(module.weight, std=0.5 if module.embedding_dim <= 32 else 0.1)
    elif isinstance(module, nn.Linear) and module.bias is not None:
        nn.init.zeros_(module.bias)
