"""The two innermost loops of `vector_loops` as LLVM vector code.

Every machine has such vectors, or is given them in pieces. Each loop is a function of its own that
is not made part of its callers: these need so many registers that none would be left for the loop.
"""

from collections.abc import Callable, Sequence
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
def _add_rows(
    _typing: Any, target: Any, starts: Any, rows: Any, row_starts: Any, early: Any, late: Any,
    _count: Any,
) -> Any:  # fmt: skip
    """Write the code of `vector_loops.add_rows`."""

    def write(builder: Any, arguments: Sequence[Any]) -> None:
        target, starts, rows, row_starts, early, late, count = arguments
        with cgutils.for_range(builder, count) as loop:

            def own(array: Any) -> Any:
                return builder.load(builder.gep(array, [loop.index]))

            change_at = builder.gep(target, [builder.sext(own(starts), _WORD)])
            read_at = builder.gep(rows, [builder.sext(own(row_starts), _WORD)])
            factors = [_spread(builder, own(heights), _FULL) for heights in (early, late)]
            for tap in range(0, ROW, VECTOR_LENGTH):
                terms = []
                for factor, offset in zip(factors, (tap, ROW + tap), strict=True):
                    taps = _load(builder, builder.gep(read_at, [_WORD(offset)]), _SAMPLES)
                    taps = builder.fpext(taps, _FULL)
                    terms.append(builder.fmul(factor, taps, flags=("contract",)))
                change = builder.fadd(*terms, flags=("contract",))
                place = builder.gep(change_at, [_WORD(tap)])
                _store(builder, builder.fadd(_load(builder, place, _FULL), change), place)

    kinds = target, starts, rows, row_starts, early, late, types.int64
    return types.void(*kinds), _function("add_rows", write)


@intrinsic
def _filter_groups(
    _typing: Any, source: Any, _groups: Any, table: Any, states: Any, _rounding: Any, out: Any
) -> Any:
    """Write the code of `vector_loops.filter_groups`.

    The later half of a group's frames is heard in that half only, so one vector has room for what
    they add to it, and for what they add to the states. The order of additions is the same.
    """

    def write(builder: Any, arguments: Sequence[Any]) -> None:
        source, groups, table, memory, rounding, out = arguments
        early, late = range(STATES), range(STATES, VECTOR_LENGTH)
        grid = _spread(builder, rounding, _FULL)

        def row(start: int, kind: Any) -> Any:
            return _load(builder, builder.gep(table, [_WORD(start)]), kind)

        response = [row(RESPONSE + VECTOR_LENGTH * frame, _FULL) for frame in early]
        decay = [row(DECAY + VECTOR_LENGTH * state, _FULL) for state in range(STATES - 1)]
        intake = [row(INTAKE + STATES * frame, _HALF) for frame in early]
        both = [
            _pick(
                builder,
                row(INTAKE + STATES * frame, _HALF),
                range(VECTOR_LENGTH),
                row(RESPONSE + VECTOR_LENGTH * frame + STATES, _HALF),
            )
            for frame in late
        ]
        keep, floor = row(KEEP, _HALF), row(KEEP + STATES, _HALF)
        held = _variable(builder, _load(builder, memory, _HALF))
        with cgutils.for_range(builder, groups) as loop:
            first = builder.mul(loop.index, _WORD(VECTOR_LENGTH))
            place = builder.gep(source, [first])
            frames = [
                builder.load(builder.gep(place, [_WORD(frame)])) for frame in range(VECTOR_LENGTH)
            ]
            before = builder.load(held)

            def add_up(which: Sequence[int], rows: Sequence[Any]) -> Any:
                terms = [
                    builder.fmul(_spread(builder, frames[frame], part.type), part)
                    for frame, part in zip(which, rows, strict=True)
                ]
                return _sum(builder, terms)

            of_late = add_up(late, both)
            none = STATES * [VECTOR_LENGTH]
            late_heard = _pick(builder, of_late, [*none, *late], ir.Constant(_FULL, None))
            of_states = [
                builder.fmul(_spread_element(builder, before, state), part)
                for state, part in enumerate(decay)
            ]
            sound = builder.fadd(add_up(early, response), late_heard)
            sound = builder.fadd(sound, _sum(builder, of_states))
            sound = builder.fsub(builder.fadd(sound, grid), grid)
            _store(builder, builder.fptrunc(sound, _SAMPLES), builder.gep(out, [first]))
            taken = builder.fadd(add_up(early, intake), _pick(builder, of_late, early))
            news = builder.fadd(taken, floor)
            builder.store(builder.fadd(builder.fmul(before, keep), news), held)
        _store(builder, builder.load(held), memory)

    word, real = types.int64, types.float64
    return types.void(source, word, table, states, real, out), _function("filter_groups", write)


INTRINSICS: Final = {"add_rows": _add_rows, "filter_groups": _filter_groups}
_variable: Final[Any] = cgutils.alloca_once_value


def _function(name: str, write: Callable[[Any, Sequence[Any]], None]) -> Any:
    """Return what calls a function, which `write` writes when a module first calls it.

    `write` is given a builder, and for each argument its value, or where an array's data begins.
    """

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        data = _pointers(context, builder, signature, values)
        given = [
            value if place is None else place for place, value in zip(data, values, strict=True)
        ]
        function = builder.module.globals.get(name)
        if function is None:
            kind = ir.FunctionType(ir.VoidType(), [value.type for value in given])
            function = ir.Function(builder.module, kind, name)
            function.linkage = "internal"
            function.attributes.add("noinline")
            within = ir.IRBuilder(function.append_basic_block())
            write(within, function.args)
            within.ret_void()
        builder.call(function, given)
        return context.get_dummy_value()

    return generate


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


def _pick(builder: Any, vector: Any, places: Sequence[int], other: Any = None) -> Any:
    """Vector of these elements of another; the elements of a second one count on from its."""
    mask = ir.Constant(ir.VectorType(_INDEX, len(places)), list(places))
    second = ir.Constant(vector.type, ir.Undefined) if other is None else other
    return builder.shuffle_vector(vector, second, mask)


def _sum(builder: Any, terms: Sequence[Any]) -> Any:
    """Add vectors up in pairs, and pairs of pairs: a fixed order, and a short wait."""
    rest = list(terms)
    while len(rest) > 1:
        pairs = [builder.fadd(*rest[at : at + 2]) for at in range(0, len(rest) - 1, 2)]
        rest = pairs + rest[2 * len(pairs) :]
    return rest[0]
