"""A state or cache that is damaged is refused or rebuilt, never read as something else."""

import os
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from chipgen.errors import ChipgenError
from chipgen.training.rows_cache import load_rows
from chipgen.training.zip_integrity import find_damage
from synth.errors import SynthError
from tests.songs import write_songs

torch = pytest.importorskip("torch")

from chipgen.training.run_state import Progress, State, load_state, save_state  # noqa: E402


def small_state() -> State:
    """Return a state with a few numbers of each kind."""
    rng = torch.Generator().manual_seed(0)
    weights = {f"w{number}": torch.randn(9, 7, generator=rng) for number in range(3)}
    optimizer = {"state": {0: {"step": torch.tensor(3.0)}}, "param_groups": [{"lr": 0.1}]}
    return State(weights, [optimizer], weights, weights, Progress(step=3), {"seed": 1})


def same(one: State, other: State) -> bool:
    """Tell whether two states are equal to the bit."""
    return (
        one.progress == other.progress
        and one.identity == other.identity
        and all(torch.equal(tensor, other.model[name]) for name, tensor in one.model.items())
        and all(torch.equal(tensor, other.best[name]) for name, tensor in one.best.items())
        and one.optimizers[0]["param_groups"] == other.optimizers[0]["param_groups"]
    )


def damages(data: bytes, count: int) -> list[bytes]:
    """Return a file damaged in many ways: bits turned, parts doubled, left out and cut."""
    rng = random.Random(0)
    found = []
    for _ in range(count):
        broken = bytearray(data)
        at = rng.randrange(len(broken))
        match rng.randrange(4):
            case 0:
                broken[at] ^= 1 << rng.randrange(8)
            case 1:
                del broken[at : at + rng.randrange(1, 64)]
            case 2:
                broken[at:at] = broken[at : at + rng.randrange(1, 64)]
            case 3:
                del broken[at:]
        found.append(bytes(broken))
    return found


def test_a_damaged_state_is_refused_or_unharmed(tmp_path: Path) -> None:
    """No damage goes unnoticed unless all that is read is what was written."""
    path = tmp_path / "a.state.pt"
    save_state(path, small_state())
    whole = path.read_bytes()
    assert same(load_state(path), small_state())
    refused = 0
    for broken in damages(whole, 300):
        path.write_bytes(broken)
        try:
            found = load_state(path)
        except ChipgenError as error:
            refused += "\n" not in str(error)
        else:
            assert same(found, small_state())
            refused += broken != whole
    assert refused == 300


@pytest.mark.parametrize("data", [b"", b"PK", b"not a state", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_state_is_one_line(data: bytes, tmp_path: Path) -> None:
    """Whatever is named as a state, the answer is one line."""
    path = tmp_path / "a.state.pt"
    path.write_bytes(data)
    with pytest.raises(ChipgenError, match="not a run's state"):
        load_state(path)


@pytest.mark.parametrize(
    "change",
    [
        {"step": "3"}, {"step": -1}, {"epoch": 1.5}, {"colour": 1}, {"done": 3},
    ],
)  # fmt: skip
def test_values_of_other_types_are_refused(change: dict[str, object], tmp_path: Path) -> None:
    """A place in the training that is no place is refused."""
    import json

    path = tmp_path / "a.state.pt"
    save_state(path, small_state())
    values = torch.load(path, weights_only=True)
    values["progress"] = json.dumps({**json.loads(values["progress"]), **change})
    torch.save(values, path)
    with pytest.raises(ChipgenError, match="not a run's state"):
        load_state(path)


@pytest.fixture
def cached(tmp_path: Path) -> tuple[Path, Callable[[], np.ndarray]]:
    """Return a cache of rows and what reads it, or makes it anew."""
    folder = tmp_path / "songs"
    write_songs(folder)
    files, cache = sorted(folder.rglob("*.mid")), tmp_path / "rows.npz"
    read = lambda: load_rows(files, cache).codes  # noqa: E731
    read()
    return cache, read


def test_a_damaged_cache_is_made_anew(cached: tuple[Path, Callable[[], np.ndarray]]) -> None:
    """Rows come out as they were, whatever has become of the file that kept them."""
    cache, read = cached
    whole, rows = cache.read_bytes(), read()
    made = 0
    for broken in damages(whole, 12):
        if b"key.npy" not in broken[:200]:
            continue
        cache.write_bytes(broken)
        assert np.array_equal(read(), rows)
        made += cache.read_bytes() == whole
    assert made


def test_another_file_is_not_taken_for_a_cache(
    cached: tuple[Path, Callable[[], np.ndarray]],
) -> None:
    """What is named as a cache and holds something else is left as it is."""
    cache, read = cached
    for other in (b"my only novel", b"PK\x03\x04 an archive of pictures"):
        cache.write_bytes(other)
        with pytest.raises(ChipgenError, match="not a cache of rows"):
            read()
        assert cache.read_bytes() == other


def test_a_device_is_no_archive() -> None:
    """It is not read: some devices never end."""
    with pytest.raises(SynthError, match="is not a file"):
        find_damage(Path(os.devnull))


def test_a_whole_archive_has_no_damage(tmp_path: Path) -> None:
    """What NumPy writes passes; what is compressed, which ours never is, does not."""
    np.savez(tmp_path / "a.npz", one=np.arange(5))
    np.savez_compressed(tmp_path / "b.npz", one=np.arange(5))
    assert find_damage(tmp_path / "a.npz") == ""
    assert "compressed" in find_damage(tmp_path / "b.npz")
