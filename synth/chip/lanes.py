"""The two innermost loops in vectors of eight float64, where the compiler's own would be scalar.

They are written in LLVM's vector arithmetic, which every machine has or is given in pieces. Each
lane is strict IEEE 754 in the order written here, so no sample depends on a machine's vectors.
"""

from collections.abc import Sequence
from typing import Any, Final

import numba
from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import cgutils
from numba.extending import intrinsic

LANES: Final = 8
STATES: Final = 4  # a filter's states, half a vector

# Rows of the coefficients that `filter_groups` takes, one after the other.
RESPONSE: Final = 0  # what each frame of a group adds to all: LANES rows of LANES
DECAY: Final = LANES * LANES  # what each state adds to all frames: STATES rows of LANES
INTAKE: Final = DECAY + STATES * LANES  # what each frame adds to the states: LANES rows of STATES
KEEP: Final = INTAKE + LANES * STATES  # what stays of the states, and what is added to each
COEFFICIENTS: Final = KEEP + 2 * STATES

_WORD: Final = ir.IntType(64)
_LANE: Final = ir.IntType(32)
_DOUBLE: Final = ir.DoubleType()
_HALF: Final = ir.VectorType(_DOUBLE, STATES)
_FULL: Final = ir.VectorType(_DOUBLE, LANES)
_SAMPLES: Final = ir.VectorType(ir.FloatType(), LANES)


@intrinsic
def _add_two_rows(
    _typing: Any, target: Any, _first: Any, rows: Any, _row: Any, _early: Any, _late: Any
) -> Any:
    """Add ``early * rows[row] + late * rows[row + 1]`` to `target` from index ``first`` on.

    `rows` is float64 and contiguous; what is added is 32 long, as a row is (`bandlimit.TAPS`).
    """
    taps = 32

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        data = _pointers(context, builder, signature, values)
        start = builder.mul(values[3], _WORD(taps))
        factors = [_spread(builder, value, _FULL) for value in values[4:]]
        for tap in range(0, taps, LANES):
            place = builder.gep(data[0], [builder.add(values[1], _WORD(tap))])
            terms = []
            for factor, offset in zip(factors, (tap, taps + tap), strict=True):
                one = builder.gep(data[2], [builder.add(start, _WORD(offset))])
                terms.append(builder.fmul(factor, _load(builder, one, _FULL)))
            change = builder.fadd(*terms)
            _store(builder, builder.fadd(_load(builder, place, _FULL), change), place)
        return context.get_dummy_value()

    word, real = numba.types.int64, numba.types.float64
    return numba.types.void(target, word, rows, word, real, real), generate


@intrinsic
def _filter_groups(
    _typing: Any, source: Any, _groups: Any, table: Any, states: Any, _rounding: Any, out: Any
) -> Any:
    """Filter groups of `LANES` frames of `source` into `out`, and bring `states` forward.

    Parameters
    ----------
    source
        float64, contiguous.
    groups
        How many, int64.
    table
        float64, shape (COEFFICIENTS,): rows as named above.
    states
        float64, shape (STATES,).
    rounding
        What is added and taken away again before samples become float32.
    out
        float32, contiguous.
    """

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        source, _, table, memory, _, out = _pointers(context, builder, signature, values)
        grid = _spread(builder, values[4], _FULL)

        def row(start: int, kind: Any) -> Any:
            return _load(builder, builder.gep(table, [_WORD(start)]), kind)

        response = [row(RESPONSE + LANES * frame, _FULL) for frame in range(LANES)]
        decay = [row(DECAY + LANES * state, _FULL) for state in range(STATES - 1)]
        intake = [row(INTAKE + STATES * frame, _HALF) for frame in range(LANES)]
        keep, floor = row(KEEP, _HALF), row(KEEP + STATES, _HALF)
        held = _variable(builder, _load(builder, memory, _HALF))
        with cgutils.for_range(builder, values[1]) as loop:
            first = builder.mul(loop.index, _WORD(LANES))
            frames = [
                builder.load(builder.gep(source, [builder.add(first, _WORD(frame))]))
                for frame in range(LANES)
            ]
            before = builder.load(held)
            terms = [
                builder.fmul(_spread(builder, frame, _FULL), part)
                for frame, part in zip(frames, response, strict=True)
            ] + [
                builder.fmul(_spread_lane(builder, before, state), part)
                for state, part in enumerate(decay)
            ]
            sound = builder.fsub(builder.fadd(_sum(builder, terms), grid), grid)
            _store(builder, builder.fptrunc(sound, _SAMPLES), builder.gep(out, [first]))
            taken = [
                builder.fmul(_spread(builder, frame, _HALF), part)
                for frame, part in zip(frames, intake, strict=True)
            ]
            news = builder.fadd(_sum(builder, taken), floor)
            builder.store(builder.fadd(builder.fmul(before, keep), news), held)
        _store(builder, builder.load(held), memory)
        return context.get_dummy_value()

    word, real = numba.types.int64, numba.types.float64
    return numba.types.void(source, word, table, states, real, out), generate


# To the type checker an intrinsic takes what its generator takes.
add_two_rows: Final[Any] = _add_two_rows
filter_groups: Final[Any] = _filter_groups
_variable: Final[Any] = cgutils.alloca_once_value


def _pointers(context: Any, builder: Any, signature: Any, values: Any) -> list[Any]:
    """Where the data of each array argument begins; None for other arguments."""
    return [
        context.make_array(kind)(context, builder, value).data
        if isinstance(kind, numba.types.Array)
        else None
        for kind, value in zip(signature.args, values, strict=True)
    ]


def _load(builder: Any, place: Any, kind: Any) -> Any:
    """Load a vector that lies as its elements may lie."""
    return builder.load(builder.bitcast(place, kind.as_pointer()), align=8)


def _store(builder: Any, vector: Any, place: Any) -> None:
    """Store a vector so."""
    width = 4 if vector.type == _SAMPLES else 8
    builder.store(vector, builder.bitcast(place, vector.type.as_pointer()), align=width)


def _spread(builder: Any, value: Any, kind: Any) -> Any:
    """Vector with a number in all lanes."""
    one = builder.insert_element(ir.Constant(kind, ir.Undefined), value, _LANE(0))
    return _pick(builder, one, [0] * kind.count)


def _spread_lane(builder: Any, half: Any, lane: int) -> Any:
    """Vector with one of a half vector's lanes in all."""
    return _pick(builder, half, [lane] * LANES)


def _pick(builder: Any, vector: Any, lanes: Sequence[int]) -> Any:
    """Vector of these lanes of another."""
    mask = ir.Constant(ir.VectorType(_LANE, len(lanes)), list(lanes))
    return builder.shuffle_vector(vector, ir.Constant(vector.type, ir.Undefined), mask)


def _sum(builder: Any, terms: Sequence[Any]) -> Any:
    """Add vectors up in pairs, and pairs of pairs: a fixed order, and a short wait."""
    rest = list(terms)
    while len(rest) > 1:
        pairs = [builder.fadd(*rest[at : at + 2]) for at in range(0, len(rest) - 1, 2)]
        rest = pairs + rest[2 * len(pairs) :]
    return rest[0]
