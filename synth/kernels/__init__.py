"""Compiled functions: Python that runs as machine code built with the package.

Mark a function that Python calls with `kernel`, and functions that kernels call with `compiled`;
`make kernels` builds the library that both run from. See "Compiled code" in docs/architecture.md.
"""

from synth.kernels.kernel import Kernel, compiled, compiled_by, kernel

__all__ = ["Kernel", "compiled", "compiled_by", "kernel"]
