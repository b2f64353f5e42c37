"""Builds the library of all kernels: ``python -m synth.kernels.build``.

numba turns each kernel into LLVM's code, which LLVM optimises for every level of the processor. The
objects are linked without any library; what they call of C's, memset and its like, every process
has. Needs numba, and a C compiler (`cc`) or the package `ziglang` to link.
"""

import importlib
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from synth.errors import SynthError
from synth.kernels.kernel import Kernel
from synth.kernels.library import FOLDER, MANIFEST, NAME, UnusableError, built, symbol_of
from synth.kernels.processor import BASELINE, LEVELS
from synth.kernels.stamps import PACKAGES, describe, digest

_ROOT: Final = Path(__file__).parents[2]
_MARK: Final = "from synth.kernels import"
# LLVM's names of the levels' processors, and what they do otherwise than LLVM has it: loops use
# vectors of 512 bits, too.
_X86: Final = {
    BASELINE: ("x86-64", ""),
    "x86_64_v3": ("x86-64-v3", ""),
    "x86_64_v4": ("x86-64-v4", "-prefer-256-bit"),
}
_ASSEMBLY: Final = {
    "cpuid": ("cpuid", "={ax},={bx},={cx},={dx},{ax},{cx}"),
    "xgetbv": ("xgetbv", "={ax},={bx},={cx},={dx},{ax},{cx}"),
}


def main() -> None:
    """Build the library, unless it exists and is current."""
    try:
        if is_current():
            MANIFEST.touch()
        else:
            build()
    except SynthError as error:
        sys.exit(f"error: {error}")


def is_current() -> bool:
    """Whether the library has all kernels, built from these sources."""
    try:
        for kernel in all_kernels():
            built(kernel)
    except UnusableError:
        return False
    return True


def build() -> None:
    """Compile all kernels for all levels and link them.

    Raises
    ------
    SynthError
        If compiling or linking fails, or numba is not there.
    """
    if importlib.util.find_spec("numba") is None:
        raise SynthError("compiling the kernels needs numba; reinstall chipgen, or install numba")
    for name in list(os.environ):
        if name.startswith("NUMBA_"):
            del os.environ[name]
    os.environ["NUMBA_OPT"] = "0"  # it is optimised below
    levels = LEVELS if _is_x86() else (BASELINE,)
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER) as name:
        folder = Path(name)
        _compile(levels, folder)
        linked = folder / "linked"
        linker = [*_linker(), "-o", str(linked), *map(str, sorted(folder.glob("*.o")))]
        if subprocess.run(linker, check=False).returncode:
            raise SynthError(f"the kernels could not be linked by {linker[0]}")
        _put_in_place(linked, levels)


def _put_in_place(linked: Path, levels: Sequence[str]) -> None:
    """Replace the library and its manifest; processes that start meanwhile find a pair."""
    found = digest(linked.read_bytes())
    library = FOLDER / f"{NAME}-{found[:12]}.so"
    manifest = linked.with_name(MANIFEST.name)
    about = {"library": library.name, "digest": found, "levels": levels}
    manifest.write_text(json.dumps(about | describe(all_kernels()), indent=1))
    for path, place in ((linked, library), (manifest, MANIFEST)):
        path.chmod(0o644)
        path.replace(place)
    for older in FOLDER.glob(f"{NAME}-*.so"):
        if older != library:
            older.unlink(missing_ok=True)


def all_kernels() -> list[Kernel]:
    """Import the modules that have kernels and return these, by name."""
    found = {}
    for package in PACKAGES:
        for path in sorted((_ROOT / package).rglob("*.py")):
            if _MARK in path.read_text("utf-8"):
                name = ".".join(path.relative_to(_ROOT).with_suffix("").parts)
                for value in vars(importlib.import_module(name.removesuffix(".__init__"))).values():
                    if isinstance(value, Kernel):
                        found[value.name] = value
    return [found[name] for name in sorted(found)]


def _compile(levels: Iterable[str], folder: Path) -> None:
    """Compile all kernels, each for all levels, to object files in the folder."""
    from llvmlite import binding

    from synth.kernels.jit import check, lower

    libraries = [(kernel, lower(kernel, symbol_of(kernel))) for kernel in all_kernels()]
    binding.initialize_native_asmparser()
    target = binding.Target.from_triple(binding.get_process_triple())
    for level in levels:
        processor, features = _X86[level] if _is_x86() else ("generic", "")
        machine = target.create_target_machine(
            processor, features, opt=3, reloc="pic", codemodel="default"
        )
        for kernel, library in libraries:
            symbol = symbol_of(kernel)
            module = library._final_module.clone()
            for value in (*module.functions, *module.global_variables):
                if not value.is_declaration and value.name != symbol:
                    value.linkage = "internal"
            module.get_function(symbol).name = f"{symbol}__{level}"
            tuning = binding.create_pipeline_tuning_options(speed_level=3)
            tuning.loop_vectorization = tuning.slp_vectorization = True
            passes = binding.create_pass_builder(machine, tuning)
            passes.getModulePassManager().run(module, passes)
            check(kernel, module)
            (folder / f"{symbol}__{level}.o").write_bytes(machine.emit_object(module))
        if level == BASELINE and _is_x86():
            module = binding.parse_assembly(_processor_module(target.triple))
            (folder / "processor.o").write_bytes(machine.emit_object(module))


def _processor_module(triple: str) -> str:
    """Return LLVM's code of functions that ask the processor, for registers in four words."""
    from llvmlite import ir

    word, half = ir.IntType(64), ir.IntType(32)
    module = ir.Module("processor")
    module.triple = triple
    answer = ir.LiteralStructType([half] * 4)
    for name, (instruction, registers) in _ASSEMBLY.items():
        function = ir.Function(module, ir.FunctionType(word, [word.as_pointer()]), name)
        builder = ir.IRBuilder(function.append_basic_block())
        places = [builder.gep(function.args[0], [word(place)]) for place in range(4)]
        asked = [builder.trunc(builder.load(place), half) for place in places[:2]]
        assembly = ir.InlineAsm(
            ir.FunctionType(answer, [half, half]), instruction, registers, side_effect=True
        )
        answers = builder.call(assembly, asked)
        for index, place in enumerate(places):
            builder.store(builder.zext(builder.extract_value(answers, index), word), place)
        builder.ret(word(0))
    return str(module)


def _linker() -> list[str]:
    """Return the command that links objects to a library."""
    command = ["cc"] if shutil.which("cc") else [sys.executable, "-m", "ziglang", "cc"]
    if sys.platform == "darwin":
        return [*command, "-shared", "-nostdlib", "-undefined", "dynamic_lookup"]
    return [*command, "-shared", "-nostdlib", "-Wl,--strip-all"]


def _is_x86() -> bool:
    return platform.machine().lower() in ("x86_64", "amd64")


if __name__ == "__main__":
    main()
