"""`make train` imports, trains both models, and goes on with what was stopped."""

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
    command = ["make", "-o", ".venv/corpora", "train", f"BIN={folder}/bin", *variables]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, env=environment, timeout=60
    )


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
def test_make_train_trains_both_models_and_resumes(tmp_path: Path) -> None:
    """Each model has a run of its own and shares the data; the second time both are resumed."""
    runs, pop909 = f"RUNS={tmp_path}/runs", "POP909=pop songs"
    for incomplete in ((runs,), (runs, "DATA=some songs")):
        refused = make_train(tmp_path, *incomplete)
        assert refused.returncode != 0
        assert "DATA=" in refused.stderr
        assert "POP909=" in refused.stderr
    done = make_train(tmp_path, "DATA=some songs", pop909, runs)
    assert done.returncode == 0, done.stderr
    *imported, first, second = (tmp_path / "calls").read_text().splitlines()
    calls = [first, second]
    corpora = [f"{tmp_path}/runs/{name}" for name in ("pop909", "music21")]
    assert imported == [
        f"dataset import pop909 --source pop songs -o {corpora[0]}",
        f"dataset import music21 -o {corpora[1]}",
    ]
    also = {"row-transformer": "".join(f" --also {corpus}" for corpus in corpora)}
    assert calls == [
        f"train {name} --data some songs{also.get(name, '')} --cache {tmp_path}/runs/data "
        f"-o {tmp_path}/runs/{name}"
        for name in MODELS
    ]
    make_train(tmp_path, "DATA=some songs", pop909, runs)
    again = (tmp_path / "calls").read_text().splitlines()[4:]
    assert again == [*imported, *(f"{call} --resume" for call in calls)]
    (tmp_path / "fail").touch()
    assert make_train(tmp_path, "DATA=some songs", pop909, runs).returncode != 0
    assert len((tmp_path / "calls").read_text().splitlines()) == 9, "a failure stops it"
