"""A voice's answer for the next row: logits of its state, and of a note's volume and timbre.

Logits of the state are sums of what is absolute (this pitch), what is relative (this far from a
pitch heard, or from the root of the planned chord and key) and what is copied (the candidates).
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from chipgen.models.row_transformer.config import (
    HARMONIES,
    INTERVALS,
    TIMBRES,
    VOLUMES,
    RowTransformerConfig,
)
from chipgen.rows.copy_features import CANDIDATES
from chipgen.rows.plan_features import CHORD, KEY, QUALITIES, REFERENCE
from chipgen.rows.row_features import CODES, COLUMNS, PITCH_COLUMNS
from chipgen.rows.row_states import HIGHEST, HOLD, LOWEST, VOICES


class VoiceHead(nn.Module):
    """Answers for one voice, given the voices before it in the same row."""

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
        """Return logits of the voice's state; see `RowTransformer.state_logits`."""
        v = self.voice
        z: Tensor = self.enter(hidden)
        candidates = torch.unflatten(codes[..., 12:PITCH_COLUMNS], -1, (-1, VOICES))
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
            relative = F.pad(self.to_relative(z).float().unflatten(-1, (-1, INTERVALS)), (1, 1))
            for which, heard in enumerate(self._references(codes, states)):
                pitch = torch.arange(CODES, device=codes.device)
                interval = (pitch - heard[..., None] + INTERVALS // 2 + 1).clamp(0, INTERVALS + 1)
                interval = interval * ((heard > 2)[..., None] & (pitch > 2))
                logits = logits + relative[..., which, :].gather(-1, interval)
        if self.plan and v < 3:
            turned = self.to_turned(z).float().unflatten(-1, (-1, 12))
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
        """Return logits of a beginning note's volume (…, 16) and timbre (…, 4)."""
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
