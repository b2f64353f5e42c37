"""Compiles the kernels when the project is built or installed, and puts them into the wheel."""

import platform
import shutil
import subprocess
import sys
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from packaging.tags import platform_tags


class KernelsHook(BuildHookInterface):
    """Runs `synth.kernels.build`, which needs numba, and a linker."""

    def dependencies(self) -> list[str]:
        """Return what the build needs here; `ziglang` has a linker for machines without one."""
        return ["numba>=0.61", *([] if shutil.which("cc") else ["ziglang>=0.13"])]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Build the library in the source tree, and say which machines the wheel is for."""
        subprocess.run([sys.executable, "-m", "synth.kernels.build"], cwd=self.root, check=True)
        build_data["artifacts"].append("/synth/kernels/built/kernels-*")
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{_platform()}"


def _platform() -> str:
    """Return the machines that the library runs on; it asks nothing of a Linux's C library."""
    if sys.platform == "linux":
        machine = platform.machine()
        return f"manylinux_2_17_{machine}.musllinux_1_1_{machine}"
    return next(iter(platform_tags()))
