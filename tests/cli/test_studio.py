"""`chipgen studio` starts, says where it is, ends on Ctrl-C, and says in a line what is missing."""

import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from unittest import mock

import httpx
import pytest

from tests.commandline import run
from tests.studio.programs import started, workers_of


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
