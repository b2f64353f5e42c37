"""The two innermost loops of `vector_loops` as LLVM vector code.

Every machine has such vectors, or is given them in pieces.
"""

from collections.abc import Sequence
from typing import Any, Final

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from synth.chip.vector_loops import DECAY, INTAKE, KEEP, RESPONSE, ROW, STATES, VECTOR_LENGTH

_WORD: Final = ir.IntType(64)
_INDEX: Final = ir.IntType(32)
_DOUBLE: Final = ir.DoubleType()
_HALF: Final = ir.VectorType(_DOUBLE, STATES)
_FULL: Final = ir.VectorType(_DOUBLE, VECTOR_LENGTH)
_SAMPLES: Final = ir.VectorType(ir.FloatType(), VECTOR_LENGTH)


@intrinsic
def _add_two_rows(
    _typing: Any, target: Any, _first: Any, rows: Any, _row: Any, _early: Any, _late: Any
) -> Any:
    """Write the code of `vector_loops.add_two_rows`."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        data = _pointers(context, builder, signature, values)
        skipped = builder.and_(values[1], _WORD(VECTOR_LENGTH - 1))
        first = builder.sub(values[1], skipped)
        start = builder.mul(values[3], _WORD(ROW))
        start = builder.sub(builder.add(start, _WORD(VECTOR_LENGTH)), skipped)
        factors = [_spread(builder, value, _FULL) for value in values[4:]]
        for tap in range(0, ROW, VECTOR_LENGTH):
            place = builder.gep(data[0], [builder.add(first, _WORD(tap))])
            terms = []
            for factor, offset in zip(factors, (tap, ROW + tap), strict=True):
                one = builder.gep(data[2], [builder.add(start, _WORD(offset))])
                tap_values = builder.fpext(_load(builder, one, _SAMPLES), _FULL)
                terms.append(builder.fmul(factor, tap_values, flags=("contract",)))
            change = builder.fadd(*terms, flags=("contract",))
            _store(builder, builder.fadd(_load(builder, place, _FULL), change), place)
        return context.get_dummy_value()

    word, real = types.int64, types.float64
    return types.void(target, word, rows, word, real, real), generate


@intrinsic
def _filter_groups(
    _typing: Any, source: Any, _groups: Any, table: Any, states: Any, _rounding: Any, out: Any
) -> Any:
    """Write the code of `vector_loops.filter_groups`."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        source, _, table, memory, _, out = _pointers(context, builder, signature, values)
        grid = _spread(builder, values[4], _FULL)

        def row(start: int, kind: Any) -> Any:
            return _load(builder, builder.gep(table, [_WORD(start)]), kind)

        response = [row(RESPONSE + VECTOR_LENGTH * frame, _FULL) for frame in range(VECTOR_LENGTH)]
        decay = [row(DECAY + VECTOR_LENGTH * state, _FULL) for state in range(STATES - 1)]
        intake = [row(INTAKE + STATES * frame, _HALF) for frame in range(VECTOR_LENGTH)]
        keep, floor = row(KEEP, _HALF), row(KEEP + STATES, _HALF)
        held = _variable(builder, _load(builder, memory, _HALF))
        with cgutils.for_range(builder, values[1]) as loop:
            first = builder.mul(loop.index, _WORD(VECTOR_LENGTH))
            frames = [
                builder.load(builder.gep(source, [builder.add(first, _WORD(frame))]))
                for frame in range(VECTOR_LENGTH)
            ]
            before = builder.load(held)
            terms = [
                builder.fmul(_spread(builder, frame, _FULL), part)
                for frame, part in zip(frames, response, strict=True)
            ] + [
                builder.fmul(_spread_element(builder, before, state), part)
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

    word, real = types.int64, types.float64
    return types.void(source, word, table, states, real, out), generate


INTRINSICS: Final = {"add_two_rows": _add_two_rows, "filter_groups": _filter_groups}
_variable: Final[Any] = cgutils.alloca_once_value


def _pointers(context: Any, builder: Any, signature: Any, values: Any) -> list[Any]:
    """Where the data of each array argument begins; None for other arguments."""
    return [
        context.make_array(kind)(context, builder, value).data
        if isinstance(kind, types.Array)
        else None
        for kind, value in zip(signature.args, values, strict=True)
    ]


def _load(builder: Any, place: Any, kind: Any) -> Any:
    """Load a vector that lies as its elements may lie."""
    width = 4 if kind == _SAMPLES else 8
    return builder.load(builder.bitcast(place, kind.as_pointer()), align=width)


def _store(builder: Any, vector: Any, place: Any) -> None:
    """Store a vector so."""
    width = 4 if vector.type == _SAMPLES else 8
    builder.store(vector, builder.bitcast(place, vector.type.as_pointer()), align=width)


def _spread(builder: Any, value: Any, kind: Any) -> Any:
    """Vector with a number in all places."""
    one = builder.insert_element(ir.Constant(kind, ir.Undefined), value, _INDEX(0))
    return _pick(builder, one, [0] * kind.count)


def _spread_element(builder: Any, half: Any, place: int) -> Any:
    """Vector with one of a half vector's elements in all places."""
    return _pick(builder, half, [place] * VECTOR_LENGTH)


def _pick(builder: Any, vector: Any, places: Sequence[int]) -> Any:
    """Vector of these elements of another."""
    mask = ir.Constant(ir.VectorType(_INDEX, len(places)), list(places))
    return builder.shuffle_vector(vector, ir.Constant(vector.type, ir.Undefined), mask)


def _sum(builder: Any, terms: Sequence[Any]) -> Any:
    """Add vectors up in pairs, and pairs of pairs: a fixed order, and a short wait."""
    rest = list(terms)
    while len(rest) > 1:
        pairs = [builder.fadd(*rest[at : at + 2]) for at in range(0, len(rest) - 1, 2)]
        rest = pairs + rest[2 * len(pairs) :]
    return rest[0]
