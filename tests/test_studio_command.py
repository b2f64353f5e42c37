"""`chipgen studio` starts, says where it is, ends on Ctrl-C, and says in a line what is missing."""

import re
import signal
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import httpx
import pytest

from chipgen.studio.examples import EXAMPLES
from tests.commandline import run

ROOT = Path(__file__).parents[1]


@contextmanager
def started(*options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run the command and wait for its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "chipgen", "studio", "--no-browser", "--port", "0", *options],
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        found = re.search(r"http://\S+", line)
        assert found is not None, line
        yield process, found[0]
    finally:
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()


def workers_of(pid: int) -> list[int]:
    """Return the processes that a process began, by what Linux says."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc to see the workers")
def test_starts_answers_and_ends_on_ctrl_c() -> None:
    """It answers at the address it prints; Ctrl-C ends it, quietly, with its workers."""
    with started() as (process, address):
        assert address.startswith("http://127.0.0.1:")
        assert httpx.get(address + "api/about", timeout=60).json()["presets"]
        end_s = time.monotonic() + 60
        while not (workers := workers_of(process.pid)):
            assert time.monotonic() < end_s
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said
        assert "Traceback" not in said
        end_s = time.monotonic() + 60
        while any(Path(f"/proc/{worker}").exists() for worker in workers):
            assert time.monotonic() < end_s, "a worker lives on"
            time.sleep(0.05)


def test_workers_end_with_the_studio_that_is_killed() -> None:
    """Even a studio that is killed outright leaves no worker behind."""
    if sys.platform != "linux":
        pytest.skip("reads /proc to see the workers")
    with started() as (process, _):
        end_s = time.monotonic() + 60
        while not (workers := workers_of(process.pid)):
            assert time.monotonic() < end_s
            time.sleep(0.05)
        process.kill()
        process.wait()
        end_s = time.monotonic() + 60
        while any(Path(f"/proc/{worker}").exists() for worker in workers):
            assert time.monotonic() < end_s, "a worker lives on"
            time.sleep(0.05)


def test_a_taken_port_is_a_line() -> None:
    """A port in use is named in one line with the way out, and nothing else happens."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        result = run("studio", "--no-browser", "--port", str(port))
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert str(port) in result.stderr
    assert "--port" in result.stderr


def test_a_foreign_host_is_a_line() -> None:
    """An address that is not this machine's is named in one line."""
    result = run("studio", "--no-browser", "--host", "203.0.113.7", "--port", "0")
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "203.0.113.7" in result.stderr


@pytest.mark.parametrize("missing", ["fastapi", "uvicorn", "websockets"])
def test_a_missing_extra_is_a_line(missing: str) -> None:
    """Without what the studio needs one line says what to install."""
    ours = [name for name in sys.modules if name.startswith(("chipgen.studio", missing))]
    hidden = dict.fromkeys([*ours, missing])
    for name in ours:
        if name.startswith("chipgen.studio"):
            del hidden[name]
    kept = {name: sys.modules.pop(name) for name in ours}
    try:
        with mock.patch.dict(sys.modules, hidden):
            result = run("studio", "--no-browser", "--port", "0")
    finally:
        sys.modules.update(kept)
    assert result.exit_code == 1, result.output
    assert result.stderr.count("\n") == 1
    assert "pip install 'chipgen[studio]'" in result.stderr


def test_help_needs_nothing() -> None:
    """The overview and the command's own help load no server, and show examples."""
    code = (
        "import sys; from chipgen.cli.main import cli\n"
        "for words in (['--help'], ['studio', '--help']):\n"
        "    try: cli(words)\n"
        "    except SystemExit: pass\n"
        "assert not {'fastapi', 'uvicorn', 'torch', 'numba'} & sys.modules.keys()\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert "chipgen studio --port 9000 --no-browser" in said
    assert re.search(r"studio +Compose, hear", said)


def test_the_wheel_brings_the_seeds() -> None:
    """Each example that the page offers is packed where the installed studio looks for it."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packed = settings["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    for name in EXAMPLES:
        assert (ROOT / "examples" / f"{name}.mid").is_file()
        assert packed[f"examples/{name}.mid"] == f"chipgen/studio/examples/{name}.mid"
