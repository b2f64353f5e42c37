"""A marked function becomes machine code that needs neither numba nor Python to run.

Only this module and `synth.chip.vectors` import numba, and only when there is something to compile.
"""

import importlib
import importlib.util
import sys
from collections.abc import Callable
from functools import cache
from typing import Any, Final

from llvmlite import ir

from synth.chip.compiled import SYMBOL, CompiledEntry, word_count

# What machine code may call: the C library, which is in every process.
_C_LIBRARY: Final = frozenset({"memset", "memcpy", "memmove"})


def compile_entry(entry: CompiledEntry) -> tuple[int, bytes | None, Any]:
    """Compile an entry with all that it calls, under a function that takes words.

    Returns
    -------
    address
        Where the code is in this process.
    object_code
        What other processes can load, or None if it calls what they may not have.
    owner
        numba's hold on the code, without which it would vanish.
    """
    numba = _numba()
    types = numba.types
    arguments = tuple(
        types.int64 if kind is None else types.Array(numba.from_dtype(kind[0]), kind[1], "C")
        for kind in entry.kinds
    )
    dispatcher = dispatcher_of(entry.function)
    with _compiler_lock():
        dispatcher.compile(types.int64(*arguments))
        result = dispatcher.overloads[arguments]
        library = result.target_context.codegen().create_library(SYMBOL)
        module = library.create_ir_module(SYMBOL)
        _take_words(result.target_context, module, result.fndesc, entry)
        library.add_ir_module(module)
        library.add_linking_library(result.library)
        library.enable_object_caching()
        library.finalize()
        address = library.get_pointer_to_function(SYMBOL)
    called = {f.name for f in library._final_module.functions if f.is_declaration}
    foreign = {name for name in called if not name.startswith("llvm.")} - _C_LIBRARY
    object_code = None if foreign else bytes(library._get_compiled_object())
    return address, object_code, library


@cache
def dispatcher_of(function: Callable[..., Any]) -> Any:
    """Return what numba compiles a function by.

    Nothing here makes arrays, and counting their references took half of the time.
    """
    return _numba().njit(
        function, error_model="numpy", _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True
    )


def dispatcher_type(function: Callable[..., Any]) -> Any:
    """Return the type that numba gives a function to call."""
    return _numba().types.Dispatcher(dispatcher_of(function))


def _take_words(context: Any, module: Any, description: Any, entry: CompiledEntry) -> None:
    """Write the function of the module that unpacks the words and calls the compiled function."""
    cgutils: Any = importlib.import_module("numba.core.cgutils")
    arrays: Any = importlib.import_module("numba.np.arrayobj")
    word = ir.IntType(64)
    function = ir.Function(module, ir.FunctionType(word, [word.as_pointer()]), SYMBOL)
    builder = ir.IRBuilder(function.append_basic_block())
    words = [
        builder.load(builder.gep(function.args[0], [word(place)]))
        for place in range(sum(map(word_count, entry.kinds)))
    ]
    arguments = []
    for kind in description.argtypes:
        first = words.pop(0)
        if not hasattr(kind, "ndim"):
            arguments.append(first)
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
    builder.ret(value)


def _compiler_lock() -> Any:
    from numba.core.compiler_lock import global_compiler_lock

    return global_compiler_lock


@cache
def _numba() -> Any:
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
