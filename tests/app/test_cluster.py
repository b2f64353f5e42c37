"""A batch on a Dask cluster: the same bytes, whatever becomes of a worker."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chipgen.app.audio_dataset import AudioDatasetConfig, render_dataset
from chipgen.app.batch_runner import BatchConfig, render_folder
from chipgen.app.cluster import parse_cluster, run_on_cluster
from chipgen.errors import ChipgenError, RequestError
from chipgen.request import Request
from tests.commandline import run

SEED = Path(__file__).parents[2] / "examples" / "seed.mid"
SONGS = 6

# distributed's own habits
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Run a cluster of two workers, each a process."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None,
        host="127.0.0.1",
    ) as running:  # fmt: skip
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of songs, and one file that is none."""
    made = tmp_path / "songs"
    made.mkdir()
    for number in range(SONGS):
        (made / f"{number}.mid").write_bytes(SEED.read_bytes())
    (made / "broken.mid").write_bytes(b"MThd")
    return made


def files(folder: Path) -> dict[str, bytes]:
    """Return what was made in a folder."""
    return {
        path.name: path.read_bytes()
        for path in folder.iterdir()
        if path.is_file() and path.name[0] != "."
    }


def kill_a_worker_at_work(cluster: Any) -> None:
    """Kill a worker's process as soon as it has a job."""
    pids = {worker.process.pid for worker in cluster.workers.values()}

    def strike() -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            busy = [w for w in cluster.scheduler.workers.values() if w.processing]
            if busy:
                os.kill(next(iter(pids)), signal.SIGKILL)
                return
            time.sleep(0.005)

    threading.Thread(target=strike, daemon=True).start()


def test_a_killed_worker_costs_nothing(cluster: Any, folder: Path, tmp_path: Path) -> None:
    """The same bytes as on this machine, failures listed, and a second run has nothing to do."""
    config = BatchConfig(".wav", Request(bars=0, rate_hz=22_050))
    alone = render_folder(folder, tmp_path / "alone", config, workers=1)
    kill_a_worker_at_work(cluster)
    address = cluster.scheduler_address
    made = render_folder(folder, tmp_path / "made", config, workers=1, cluster=address)
    assert [each.status for each in made] == ["rendered"] * SONGS + ["failed"]
    assert [each.status for each in made] == [each.status for each in alone]
    assert files(tmp_path / "made") == files(tmp_path / "alone")
    again = render_folder(folder, tmp_path / "made", config, workers=1, cluster=address)
    assert [each.status for each in again] == ["up to date"] * SONGS + ["failed"]


def test_a_data_set_is_the_same_on_a_cluster(cluster: Any, folder: Path, tmp_path: Path) -> None:
    """Takes, their sidecar files and the manifest are those of this machine, to the byte."""
    for song in sorted(folder.glob("[2-9].mid")):
        song.unlink()
    config = AudioDatasetConfig(".ogg", Request(bars=1, rate_hz=22_050), ("plain", "soft"))
    address = cluster.scheduler_address
    alone = render_dataset(folder, tmp_path / "alone", config, workers=1)
    made = render_dataset(folder, tmp_path / "made", config, workers=1, cluster=address)
    assert [each.status for each in made] == ["rendered", "rendered", "failed"]
    assert [each.status for each in alone] == [each.status for each in made]
    for place in ("", "0000"):
        assert files(tmp_path / "made" / place) == files(tmp_path / "alone" / place)


def test_the_command_takes_a_cluster(cluster: Any, folder: Path, tmp_path: Path) -> None:
    """With paths from the folder one is in; a local run goes on where the cluster's ended."""
    where = cluster.scheduler_address.replace("tcp", "dask")
    words = ["batch", "songs", "-o", "out", "--as-is", "--format", "vgm"]
    done = run(*words, "--on", where, cwd=tmp_path)
    assert done.exit_code == 1
    assert f"{SONGS} rendered, 1 failed" in done.stderr
    assert "songs/broken.mid" in done.stderr
    assert f"{SONGS} up to date" in run(*words, "-j", "1", cwd=tmp_path).stderr
    assert folder.exists()


def test_a_worker_that_always_dies_is_told(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its job has no result; the others have theirs, also those that it died with."""
    monkeypatch.setattr(cluster.scheduler, "allowed_failures", 0)
    results = dict(run_on_cluster(_die_at_three, [1, 2, 3], cluster.scheduler_address))
    assert results == {1: 1, 2: 2, 3: None}


def _die_at_three(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


@pytest.mark.parametrize(
    "text", ["127.0.0.1:8786", "dask://", "dask://host", "dask://:8", "x://a:1"]
)
def test_a_wrong_address_is_misuse(text: str) -> None:
    """It says how one looks."""
    with pytest.raises(RequestError, match="dask://HOST:PORT"):
        parse_cluster(text)


def test_no_cluster_is_one_line(folder: Path, tmp_path: Path) -> None:
    """Nobody answers: nothing is rendered."""
    from chipgen.app import cluster as module

    config = BatchConfig(".vgm", Request(bars=0))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_CONNECT_S", 0.5)
        with pytest.raises(ChipgenError, match="no Dask scheduler answers"):
            render_folder(folder, tmp_path / "o", config, workers=1, cluster="tcp://127.0.0.1:9")
