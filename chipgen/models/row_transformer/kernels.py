"""Compiled arithmetic of `row-transformer`, the same bits on every machine.

A row read alone and the same row read among others give the same bits too.
"""

from typing import Any, Final

import numpy as np

from chipgen.models.matrix_products import add_products, add_row
from chipgen.models.row_transformer.config import INTERVALS
from chipgen.rows.copy_features import CANDIDATES
from chipgen.rows.plan_features import CHORD, KEY, QUALITIES, REFERENCE
from chipgen.rows.row_states import VOICES
from synth.kernels import compiled, kernel
from synth.kernels.elementary import cos, exp, sin, sqrt

NEVER: Final = np.float32(-1e9)
# Where a described row has the pitch sounding, the last pitch begun, and the candidates.
_SOUNDING, _BEGUN, _CANDIDATES = VOICES, 2 * VOICES, 3 * VOICES
_CODES: Final = 128


@compiled
def _normalise(x: Any, weight: Any, bias: Any, y: Any) -> None:
    """Write torch's LayerNorm of each row of x to y."""
    rows, dim = x.shape
    for r in range(rows):
        mean = 0.0
        for i in range(dim):
            mean += x[r, i]
        mean /= dim
        spread = 0.0
        for i in range(dim):
            off = x[r, i] - mean
            spread += off * off
        scale = 1.0 / sqrt(spread / dim + 1e-5)
        for i in range(dim):
            y[r, i] = np.float32((x[r, i] - mean) * scale) * weight[i] + bias[i]


@compiled
def _square(x: Any) -> None:
    """Square what is above 0, and set the rest to 0, in place."""
    for i in range(len(x)):
        a = max(np.float32(0.0), x[i])
        x[i] = a * a


@compiled
def _clear(x: Any) -> None:
    for r in range(x.shape[0]):
        for i in range(x.shape[1]):
            x[r, i] = 0.0


@kernel(
    codes="uint8[:,:]", table="float32[:,:,:]", bias="float32[:]",
    keys="float32[:,:,:,:]", values="float32[:,:,:,:]",
    qkv="float32[:,:,:]", out="float32[:,:,:]", up="float32[:,:,:]", down="float32[:,:,:]",
    norms="float32[:,:,:]", last="float32[:,:]",
    x="float32[:,:]", normal="float32[:,:]", three="float32[:,:]", mixed="float32[:,:]",
    wide="float32[:,:]", waves="float64[:]", turns="float32[:,:,:]", query="float32[:]",
    scores="float32[:]", hidden="float32[:,:]",
)  # fmt: skip
def read_rows(
    codes: Any, position: int, held: int, table: Any, bias: Any, keys: Any, values: Any,
    qkv: Any, out: Any, up: Any, down: Any, norms: Any, last: Any,
    waves: Any, narrow: int, whole: int, full_every: int,
    x: Any, normal: Any, three: Any, mixed: Any, wide: Any, turns: Any, query: Any, scores: Any,
    hidden: Any,
) -> None:  # fmt: skip
    """Write the hidden state of rows to `hidden`, and append their keys and values.

    Shapes: codes (rows, columns); table (columns, codes, dim); keys (layers, heads, head_dim, room)
    and values (layers, heads, room, head_dim), of which the first `held` rows are filled; weights
    (layers, in, out); norms (layers, 4, dim); last (2, dim); waves, radians a row, (head_dim / 2,);
    hidden (rows, dim). Attention reaches `narrow` rows back, every `full_every`-th layer `whole`.

    Scratch, for as many rows at least: x and normal (rows, dim), three (rows, 3 x heads x
    head_dim), mixed (rows, heads x head_dim), wide (rows, mlp), turns (rows, 2, head_dim / 2);
    query (head_dim,) and scores (room,).
    """
    rows = codes.shape[0]
    x = x[:rows]
    layers, heads, head_dim = keys.shape[0], keys.shape[1], keys.shape[2]
    half = head_dim // 2
    inner = heads * head_dim
    scale = np.float32(1.0 / sqrt(head_dim))
    for r in range(rows):
        for i in range(x.shape[1]):
            x[r, i] = table[0, codes[r, 0], i]
        for column in range(1, codes.shape[1]):
            added = table[column, codes[r, column]]
            for i in range(x.shape[1]):
                x[r, i] += added[i]
        for i in range(x.shape[1]):
            x[r, i] += bias[i]
        for i in range(half):
            angle = (position + r) * waves[i]
            turns[r, 0, i] = cos(angle)
            turns[r, 1, i] = sin(angle)
    for layer in range(layers):
        _normalise(x, norms[layer, 0], norms[layer, 1], normal)
        _clear(three[:rows])
        add_products(normal[:rows], qkv[layer], three[:rows])
        for r in range(rows):
            for h in range(heads):
                k = three[r, inner + h * head_dim : inner + (h + 1) * head_dim]
                for i in range(half):
                    one, two = k[i], k[half + i]
                    keys[layer, h, i, held + r] = one * turns[r, 0, i] - two * turns[r, 1, i]
                    keys[layer, h, half + i, held + r] = one * turns[r, 1, i] + two * turns[r, 0, i]
                first = 2 * inner + h * head_dim
                for i in range(head_dim):
                    values[layer, h, held + r, i] = three[r, first + i]
        _clear(mixed[:rows])
        reach = whole if (layer + 1) % full_every == 0 else narrow
        for r in range(rows):
            end = held + r + 1
            begin = max(0, end - reach)
            for h in range(heads):
                q = three[r, h * head_dim : (h + 1) * head_dim]
                for i in range(half):
                    one, two = q[i], q[half + i]
                    query[i] = (one * turns[r, 0, i] - two * turns[r, 1, i]) * scale
                    query[half + i] = (one * turns[r, 1, i] + two * turns[r, 0, i]) * scale
                _attend(
                    query, keys[layer, h], values[layer, h], begin, end, scores,
                    mixed[r, h * head_dim : (h + 1) * head_dim],
                )  # fmt: skip
        add_products(mixed[:rows], out[layer], x)
        _normalise(x, norms[layer, 2], norms[layer, 3], normal)
        _clear(wide[:rows])
        add_products(normal[:rows], up[layer], wide[:rows])
        for r in range(rows):
            _square(wide[r])
        add_products(wide[:rows], down[layer], x)
    _normalise(x, last[0], last[1], hidden)


@compiled
def _attend(
    query: Any, keys: Any, values: Any, begin: int, end: int, scores: Any, into: Any
) -> None:
    """Add the values of some rows to `into`, each by its share of attention."""
    count = end - begin
    head_dim = len(query)
    for at in range(count):
        scores[at] = 0.0
    for i in range(head_dim):
        asked = query[i]
        seen = keys[i, begin:end]
        for at in range(count):
            scores[at] += asked * seen[at]
    most = scores[0]
    for at in range(1, count):
        most = max(most, scores[at])
    total = np.float32(0.0)
    for at in range(count):
        scores[at] = np.float32(exp(np.float64(scores[at] - most)))
        total += scores[at]
    for at in range(count):
        share = scores[at] / total
        value = values[begin + at]
        for i in range(head_dim):
            into[i] += share * value[i]


@compiled
def _linear(x: Any, weight: Any, bias: Any, y: Any) -> None:
    """Write bias + x @ weight to y."""
    for i in range(len(bias)):
        y[i] = bias[i]
    add_row(x, weight, y)


@kernel(
    hidden="float32[:]", codes="uint8[:]", states="int64[:]",
    enter="float32[:,:]", enter_bias="float32[:]", earlier="float32[:,:]", agree="float32[:,:]",
    deepen="float32[:,:]", deepen_bias="float32[:]",
    to_logits="float32[:,:]", to_logits_bias="float32[:]",
    to_gates="float32[:,:]", to_gates_bias="float32[:]",
    to_relative="float32[:,:]", to_relative_bias="float32[:]",
    harmony="float32[:,:]", to_turned="float32[:,:]", to_turned_bias="float32[:]",
    z="float32[:]", deep="float32[:]", agreed="float32[:]", gates="float32[:]",
    relative="float32[:]", turned="float32[:]", logits="float32[:]",
)  # fmt: skip
def state_logits(
    hidden: Any, codes: Any, states: Any, voice: int, lowest: int, highest: int, plan: int,
    enter: Any, enter_bias: Any, earlier: Any, agree: Any, deepen: Any, deepen_bias: Any,
    to_logits: Any, to_logits_bias: Any, to_gates: Any, to_gates_bias: Any,
    to_relative: Any, to_relative_bias: Any, harmony: Any, to_turned: Any, to_turned_bias: Any,
    z: Any, deep: Any, agreed: Any, gates: Any, relative: Any, turned: Any, logits: Any,
) -> None:  # fmt: skip
    """Write one voice's logits of all states to `logits`, given the voices before it.

    Weights (in, out) and biases (out,) are those of the voice's head; those of a part that the
    model does not have are empty. `plan` is a plan's first column, -1 without one.

    Scratch: z and deep (voice_dim,), agreed (2 x candidates x voices,), gates (2 x candidates,),
    relative (2 x INTERVALS,), turned (24,).
    """
    copies = len(to_gates_bias) > 0
    _linear(hidden, enter, enter_bias, z)
    for before in range(voice):
        row = earlier[states[before] + before * _CODES]
        for i in range(len(z)):
            z[i] += row[i]
    if voice and copies:
        place = 0
        for which in range(CANDIDATES):
            for turn in range(2):
                for before in range(voice):
                    state = states[before]
                    same = codes[_CANDIDATES + which * VOICES + before] == state
                    heard = same and (turn == 0 or state > 1)
                    agreed[place] = np.float32(1.0) if heard else np.float32(0.0)
                    place += 1
        add_row(agreed[:place], agree, z)
    if plan >= 0:
        chord, key = codes[plan + CHORD], codes[plan + KEY]
        kind = 2 + (chord - 2) % QUALITIES if chord > 1 else chord
        mode = QUALITIES + 2 + (1 + (key - 1) % 2 if key > 0 else 0)
        for i in range(len(z)):
            z[i] += harmony[kind, i] + harmony[mode, i]
    _square(z)
    _linear(z, deepen, deepen_bias, deep)
    for i in range(len(z)):
        z[i] += max(np.float32(0.0), deep[i])
    _linear(z, to_logits, to_logits_bias, logits)
    for state in range(2, lowest):
        logits[state] = NEVER
    for state in range(highest + 1, _CODES):
        logits[state] = NEVER
    if copies:
        _linear(z, to_gates, to_gates_bias, gates)
        for which in range(CANDIDATES):
            logits[codes[_CANDIDATES + which * VOICES + voice]] += gates[which]
        if plan >= 0 and codes[plan + REFERENCE + voice] > 0:
            logits[codes[plan + REFERENCE + voice] - 1] += gates[CANDIDATES]
    if len(to_relative_bias) > 0 and voice < 3:
        _linear(z, to_relative, to_relative_bias, relative)
        for which in range(2):
            heard_pitch = _reference(codes, states, voice, which)
            if heard_pitch > 2:
                low = heard_pitch - INTERVALS // 2  # the pitch of interval 0
                for state in range(max(3, low), min(_CODES, low + INTERVALS)):
                    logits[state] += relative[which * INTERVALS + state - low]

    if plan >= 0 and voice < 3:
        _linear(z, to_turned, to_turned_bias, turned)
        chord, key = codes[plan + CHORD], codes[plan + KEY]
        for state in range(2, _CODES):
            if chord > 1:
                logits[state] += turned[(state + 120 - (chord - 2) // QUALITIES) % 12]
            if key > 0:
                logits[state] += turned[12 + (state + 120 - (key - 1) // 2) % 12]


@compiled
def _reference(codes: Any, states: Any, voice: int, which: int) -> int:
    """Pitch that a voice's intervals count from: its own last one, or that of another voice."""
    if which == 0:
        return int(codes[_BEGUN + voice])
    if voice == 0:
        return int(codes[_SOUNDING + 2])
    if states[0] == 1:
        return int(codes[_SOUNDING])
    return int(states[0])


@kernel(
    hidden="float32[:]", enter="float32[:,:]", enter_bias="float32[:]", own="float32[:,:]",
    to_expression="float32[:,:]", to_expression_bias="float32[:]", z="float32[:]",
    logits="float32[:]",
)  # fmt: skip
def expression_logits(
    hidden: Any, state: int, enter: Any, enter_bias: Any, own: Any, to_expression: Any,
    to_expression_bias: Any, z: Any, logits: Any,
) -> None:  # fmt: skip
    """Write the logits of a beginning note's volume and timbre; `z` is scratch."""
    _linear(hidden, enter, enter_bias, z)
    for i in range(len(z)):
        z[i] += own[state, i]
    _square(z)
    _linear(z, to_expression, to_expression_bias, logits)


@kernel(logits="float32[:]", shares="float64[:,:]", drawn="int64[:]")
def draw_one(
    logits: Any, temperature: float, top_p: float, min_p: float, chance: float, shares: Any,
    drawn: Any,
) -> int:  # fmt: skip
    """Return an index drawn from the likeliest ones; `chance` is uniform in [0, 1).

    Of equally likely ones the first counts as the likeliest. `shares` (2, answers) and `drawn`
    (answers,) are scratch.
    """
    count = len(logits)
    left, taken = shares[0], shares[1]
    most = logits[0]
    for i in range(1, count):
        most = max(most, logits[i])
    total = 0.0
    for i in range(count):
        left[i] = exp((np.float64(logits[i]) - most) / temperature)
        total += left[i]
    reach = 0.0
    places = 0
    while places < count:
        best = 0
        for i in range(1, count):
            if left[i] > left[best]:
                best = i
        share = left[best]
        if places > 0 and (reach >= top_p * total or share < min_p * taken[0]):
            break
        reach += share
        drawn[places], taken[places] = best, share
        left[best] = -1.0
        places += 1
    chance *= reach
    for place in range(places):
        chance -= taken[place]
        if chance < 0:
            return int(drawn[place])
    return int(drawn[places - 1])
