"""Kernel functions that are one instruction of the processor."""

from typing import Any, Final

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

_DOUBLE: Final = ir.DoubleType()
_function: Final[Any] = cgutils.get_or_insert_function


@intrinsic
def _sqrt(_typing: Any, _x: Any) -> Any:
    """Write the code of `elementary.sqrt`."""

    def generate(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        kind = ir.FunctionType(_DOUBLE, [_DOUBLE])
        root = _function(builder.module, kind, "llvm.sqrt.f64")
        return builder.call(root, values)

    return types.float64(types.float64), generate


INTRINSICS: Final = {"sqrt": _sqrt}
