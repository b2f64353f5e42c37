"""Processes are started early for commands that will use them, and for no others."""

import pytest

from chipgen.app import worker_processes
from chipgen.cli import early_processes
from chipgen.cli.batch import command as batch
from chipgen.cli.dataset import command as dataset
from chipgen.cli.main import COMMANDS

BATCH = "chipgen.app.batch_runner"
AUDIO = "chipgen.app.audio_dataset"


@pytest.mark.parametrize(
    ("line", "module"),
    [
        ("batch songs -o out", BATCH),
        ("batch songs -o out --as-is --jobs 2 --seed 7", BATCH),
        ("batch --no-such-option songs -j4", BATCH),
        ("dataset render songs -o out --takes 3", AUDIO),
        ("batch songs -o out --jobs 1", None),
        ("batch songs -o out -j1", None),
        ("batch songs -o out --jobs many", None),
        ("batch songs -o out --jobs", None),
        ("batch songs -o out --on dask://127.0.0.1:8786", None),
        ("batch --help", None),
        ("dataset render --help-all", None),
        ("dataset prepare songs -o cache", None),
        ("dataset", None),
        ("render batch -o batch", None),
    ],
)
def test_processes_are_started_where_several_will_work(
    monkeypatch: pytest.MonkeyPatch, line: str, module: str | None
) -> None:
    """Arguments decide as the command itself will; where they are wrong, it tells so."""
    started: list[str] = []
    monkeypatch.setattr(worker_processes, "prepare_processes", started.append)
    monkeypatch.setattr(worker_processes, "default_workers", lambda: 3)
    early_processes.prepare_for(line.split())
    assert started == ([] if module is None else [module])


def test_one_core_starts_none_unless_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A single core does the work in the command's own process."""
    started: list[str] = []
    monkeypatch.setattr(worker_processes, "prepare_processes", started.append)
    monkeypatch.setattr(worker_processes, "default_workers", lambda: 1)
    early_processes.prepare_for(["batch", "songs", "-o", "out"])
    assert not started
    early_processes.prepare_for(["batch", "songs", "-o", "out", "--jobs", "2"])
    assert started == [BATCH]


def test_the_table_names_commands_with_the_options_that_it_reads() -> None:
    """Every row is a command there is, which has --jobs and --on."""
    assert {words[0] for words in early_processes.MODULES} <= set(COMMANDS)
    for found in (batch, dataset.commands["render"]):
        assert {"--jobs", "-j", "--on"} <= {name for each in found.params for name in each.opts}
