"""`chipgen train` that kills itself: its file's name, how many states it may save, the arguments.

The kill comes when the last of those states is written beside the one before it and has not taken
its place, which is the worst moment there is.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

import torch

from chipgen.cli.main import main
from chipgen.training.run_state import State


def run_killed(state: Path, saves: int, *arguments: str | Path) -> None:
    """Run ``chipgen train`` until it has written `state` so many times; check that it was killed.

    A later moment, or none, would leave nothing to resume.
    """
    command = [sys.executable, "-m", "tests.killed_training", state.name, str(saves)]
    done = subprocess.run(
        [*command, *map(str, arguments)], cwd=Path(__file__).parents[1], capture_output=True,
        check=False, timeout=600,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert state.exists()


def _train_and_kill(name: str, saves: int) -> None:
    from chipgen.training import trainer

    save_state, write, seen, saved = trainer.save_state, torch.save, [], ""

    def note(path: Path, state: State) -> None:
        nonlocal saved
        saved = path.name
        save_state(path, state)

    def save(values: object, path: Path) -> None:
        write(values, path)
        seen.append(saved == name)
        if sum(seen) == saves:
            os.kill(os.getpid(), signal.SIGKILL)

    trainer.save_state = note
    torch.save = save
    main()


if __name__ == "__main__":
    _, state_name, saves_text, *sys.argv[1:] = sys.argv
    _train_and_kill(state_name, int(saves_text))
