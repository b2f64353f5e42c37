"""`make train` trains both models from one folder, and goes on with what was stopped."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from chipgen.models.registry import MODELS

ROOT = Path(__file__).parents[2]


def make_train(folder: Path, *variables: str) -> subprocess.CompletedProcess[str]:
    """Call ``make train`` with a chipgen that only writes down how it was called."""
    (folder / "bin").mkdir(exist_ok=True)
    script = folder / "bin" / "chipgen"
    script.write_text(
        f'#!/bin/sh\necho "$@" >> "{folder}/calls"\nfor run; do :; done\n'
        f'mkdir -p "{folder}/runs/$2"\ntest ! -e "{folder}/fail"\n'
    )
    script.chmod(0o755)
    command = ["make", "-o", ".venv/installed", "train", f"BIN={folder}/bin", *variables]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, env=environment, timeout=60
    )


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
def test_make_train_trains_both_models_and_resumes(tmp_path: Path) -> None:
    """Each model has a run of its own and shares the data; the second time both are resumed."""
    runs = f"RUNS={tmp_path}/runs"
    assert make_train(tmp_path, runs).returncode != 0
    assert "DATA=" in make_train(tmp_path, runs).stderr
    done = make_train(tmp_path, "DATA=some songs", runs)
    assert done.returncode == 0, done.stderr
    calls = (tmp_path / "calls").read_text().splitlines()
    assert calls == [
        f"train {name} --data some songs --cache {tmp_path}/runs/data -o {tmp_path}/runs/{name}"
        for name in MODELS
    ]
    make_train(tmp_path, "DATA=some songs", runs)
    again = (tmp_path / "calls").read_text().splitlines()[2:]
    assert again == [f"{call} --resume" for call in calls]
    (tmp_path / "fail").touch()
    assert make_train(tmp_path, "DATA=some songs", runs).returncode != 0
    assert len((tmp_path / "calls").read_text().splitlines()) == 5, "a failure stops it"
