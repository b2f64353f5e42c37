"""Compiles kernels with numba.

numba is imported when there is something to compile: in `synth.kernels.build`, and in processes
that run without the built library.
"""

import importlib
import importlib.util
import sys
from collections.abc import Callable
from functools import cache
from typing import Any, Final

from synth.errors import SynthError
from synth.kernels.signature import CHECKED, Entry, Marked, mode, native, word_count

# What a kernel may call besides other kernels: it is in every process.
C_LIBRARY: Final = frozenset({"memset", "memcpy", "memmove"})
# What LLVM has to ask a library of math for, on some processors at least.
_MATH: Final = {
    "acos", "asin", "atan", "atan2", "ceil", "cos", "cosh", "exp", "exp10", "exp2", "floor", "fma",
    "log", "log10", "log2", "nearbyint", "pow", "powi", "rint", "round", "roundeven", "sin",
    "sincos", "sinh", "tan", "tanh", "trunc",
}  # fmt: skip

_ENTRY: Final = "entry"
_RULES: Final = (
    "Kernels make no arrays, raise nothing, and take functions such as exp from "
    "synth.kernels.elementary."
)


def compile_kernel(kernel: Entry) -> Callable[[Any], int]:
    """Compile a kernel for this process alone.

    Raises
    ------
    SynthError
        If the kernel calls what only numba has, such as the allocation of an array.
    """
    library = lower(kernel, _ENTRY)
    check(kernel, library._final_module)
    function = native(library.get_pointer_to_function(_ENTRY))
    function.owner = library  # type: ignore[attr-defined]  # code in memory vanishes with it
    return function


def lower(kernel: Entry, symbol: str) -> Any:
    """Return numba's code library of a kernel under a function `symbol` that takes words.

    Raises
    ------
    SynthError
        As `compile_kernel`.
    """
    types = import_numba().types
    lock: Any = importlib.import_module("numba.core.compiler_lock").global_compiler_lock
    arguments = tuple(numba_type(kind) for kind in kernel.kinds)
    dispatcher = dispatcher_of(kernel.function)
    with lock:
        try:
            dispatcher.compile(arguments)
        except import_numba().core.errors.NumbaError as error:
            raise SynthError(f"{kernel.name} cannot be compiled. {_RULES}\n{error}") from error
        result = dispatcher.overloads[arguments]
        if result.signature.return_type not in (types.int64, types.float64, types.none):
            raise SynthError(
                f"{kernel.name} returns {result.signature.return_type}; "
                "a kernel returns an int64, a float64 or nothing"
            )
        library = result.target_context.codegen().create_library(symbol)
        module = library.create_ir_module(symbol)
        _take_words(result.target_context, module, result.fndesc, kernel, symbol)
        library.add_ir_module(module)
        library.add_linking_library(result.library)
        library.finalize()
    return library


def check(kernel: Entry, module: Any) -> None:
    """Make sure that a kernel's optimised module calls nothing that it cannot have.

    Raises
    ------
    SynthError
        If it does, which is named.
    """
    foreign = sorted(f.name for f in module.functions if f.is_declaration and _is_foreign(f.name))
    if foreign:
        raise SynthError(f"{kernel.name} calls {', '.join(foreign)}, which no kernel may. {_RULES}")


def _is_foreign(name: str) -> bool:
    if name.startswith("llvm."):
        return name.split(".")[1] in _MATH
    return name not in C_LIBRARY


def call_checked(kernel: Entry, arguments: tuple[Any, ...]) -> Any:
    """Run a kernel with the bounds of all its arrays checked.

    Raises
    ------
    IndexError
        If it reads or writes outside an array.
    """
    return dispatcher_of(kernel.function)(*arguments)


def numba_type(kind: Any) -> Any:
    """Return numba's type of a parameter: a scalar's name, or an array's dtype and dimensions."""
    numba = import_numba()
    if isinstance(kind, str):
        return getattr(numba.types, kind)
    return numba.types.Array(numba.from_dtype(kind[0]), kind[1], "C")


@cache
def dispatcher_of(function: Callable[..., Any]) -> Any:
    """Return what numba compiles a function by.

    Nothing here makes arrays, and counting their references took half of the time.
    """
    njit = import_numba().njit
    if mode() == CHECKED:
        return njit(function, boundscheck=True)
    return njit(
        function, error_model="numpy", _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True
    )


def type_of(part: Marked) -> Any:
    """Return the type that numba gives a function that kernels call."""
    numba = import_numba()
    if not part.written_in:
        return numba.types.Dispatcher(dispatcher_of(part.function))
    written = importlib.import_module(part.written_in).INTRINSICS[part.function.__name__]
    context = importlib.import_module("numba.core.registry").cpu_target.typing_context
    context.refresh()  # a compilation that has begun has not registered it yet
    return context.resolve_value_type(written)


def _take_words(context: Any, module: Any, description: Any, kernel: Entry, symbol: str) -> None:
    """Write the function of the module that unpacks the words and calls the compiled function."""
    ir: Any = importlib.import_module("llvmlite.ir")
    cgutils: Any = importlib.import_module("numba.core.cgutils")
    arrays: Any = importlib.import_module("numba.np.arrayobj")
    word = ir.IntType(64)
    function = ir.Function(module, ir.FunctionType(word, [word.as_pointer()]), symbol)
    builder = ir.IRBuilder(function.append_basic_block())
    words = [
        builder.load(builder.gep(function.args[0], [word(place)]))
        for place in range(sum(map(word_count, kernel.kinds)))
    ]
    arguments = []
    for kind in description.argtypes:
        first = words.pop(0)
        if not hasattr(kind, "ndim"):
            value_type = context.get_value_type(kind)
            arguments.append(first if value_type == word else builder.bitcast(first, value_type))
            continue
        shape = [words.pop(0) for _ in range(kind.ndim)]
        item = context.get_abi_sizeof(context.get_data_type(kind.dtype))
        strides = [word(item)]
        for length in reversed(shape[1:]):
            strides.insert(0, builder.mul(strides[0], length))
        array = context.make_array(kind)(context, builder)
        data = builder.inttoptr(first, context.get_data_type(kind.dtype).as_pointer())
        arrays.populate_array(
            array, data=data, shape=cgutils.pack_array(builder, shape),
            strides=cgutils.pack_array(builder, strides), itemsize=word(item), meminfo=None,
        )  # fmt: skip
        arguments.append(array._getvalue())
    compiled = cgutils.get_or_insert_function(
        module,
        context.call_conv.get_function_type(description.restype, description.argtypes),
        description.llvm_func_name,
    )
    _, value = context.call_conv.call_function(
        builder, compiled, description.restype, description.argtypes, arguments
    )
    if not hasattr(description.restype, "bitwidth"):  # nothing
        value = word(0)
    builder.ret(value if value.type == word else builder.bitcast(value, word))


@cache
def import_numba() -> Any:
    """Import numba without SciPy, which it otherwise tries for the BLAS of `numpy.cov` alone.

    The answer is put in afterwards, so that other users of numba miss nothing.
    """
    if "scipy.linalg" not in sys.modules and "numba.np.arraymath" not in sys.modules:
        sys.modules["scipy.linalg"] = None  # type: ignore[assignment]
        try:
            arraymath: Any = importlib.import_module("numba.np.arraymath")
        finally:
            del sys.modules["scipy.linalg"]
        arraymath._HAVE_BLAS = importlib.util.find_spec("scipy") is not None
    return importlib.import_module("numba")
