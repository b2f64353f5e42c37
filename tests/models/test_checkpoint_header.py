"""A checkpoint is checked whole before anything of it reaches compiled code."""

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from safetensors.numpy import save_file

from chipgen.errors import ChipgenError
from chipgen.models.checkpoint_header import read_arrays, read_info
from chipgen.models.registry import MODELS, load_named, weights_path

SMALL: dict[str, dict[str, Any]] = {
    "row-transformer": {
        "dim": 8, "layers": 2, "heads": 2, "head_dim": 4, "mlp": 6, "voice_dim": 5, "context": 16,
        "window": 8, "full_every": 2,
    },
    "tonnetz-lstm": {
        "maps": [3, 2], "latent": 6, "hidden": 10, "layers": 2, "window": 4, "echoes": 2, "key": 3,
    },
}  # fmt: skip
Arrays = dict[str, NDArray[Any]]


def small_arrays(name: str) -> Arrays:
    """Return the arrays of a small model."""
    rng = np.random.default_rng(0)
    shapes = load_named(MODELS[name].shapes)(SMALL[name])
    return {key: rng.normal(size=shape).astype("f4") for key, shape in shapes.items()}


def write(path: Path, name: str, arrays: Arrays, config: Any = None, **header: Any) -> Path:
    """Write a checkpoint with a header of one's own."""
    values = {"model": name, "config": SMALL[name] if config is None else config, **header}
    save_file(arrays, path, metadata={"chipgen-model": json.dumps(values)})
    return path


@pytest.mark.parametrize("name", SMALL)
def test_the_declared_shapes_are_those_of_the_network(name: str) -> None:
    """What the gate declares is what torch builds and saves, for the small and the shipped one."""
    pytest.importorskip("torch")
    network = load_named(MODELS[name].network)
    for config in (SMALL[name], read_info(weights_path(name)).config):
        state = network.from_description(config).state_dict()
        found = {key: tuple(value.shape) for key, value in state.items()}
        assert found == load_named(MODELS[name].shapes)(config)


@pytest.mark.parametrize("name", SMALL)
def test_a_small_checkpoint_is_read(name: str, tmp_path: Path) -> None:
    """What is right passes, as float32."""
    path = write(tmp_path / "a.safetensors", name, small_arrays(name))
    arrays, info = read_arrays(path, name)
    assert info.model == name
    assert all(np.array_equal(arrays[key], array) for key, array in small_arrays(name).items())


def drop(arrays: Arrays) -> None:
    """Take one array away."""
    del arrays[min(arrays)]


def add(arrays: Arrays) -> None:
    """Add one that no model has."""
    arrays["surplus"] = np.zeros(1, np.float32)


def cut(arrays: Arrays) -> None:
    """Make one shorter."""
    arrays[max(arrays)] = arrays[max(arrays)][:-1]


def whole(arrays: Arrays) -> None:
    """Store whole numbers where fractions belong."""
    arrays[max(arrays)] = arrays[max(arrays)].astype(np.int32)


def set_one(value: float) -> Callable[[Arrays], None]:
    """Return what puts a value into the last place of an array."""

    def damage(arrays: Arrays) -> None:
        arrays[max(arrays)].flat[-1] = value

    return damage


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (drop, "they lack"), (add, "they add 'surplus'"), (cut, "is needed"), (whole, "I32"),
        (set_one(np.nan), "no number"), (set_one(np.inf), "no number"), (set_one(1e9), "beyond"),
    ],
)  # fmt: skip
def test_arrays_that_do_not_fit_are_refused_by_name(
    name: str, damage: Callable[[Arrays], None], told: str, tmp_path: Path
) -> None:
    """Missing, surplus, misshapen, whole, infinite and absent numbers are told in one line."""
    arrays = small_arrays(name)
    damage(arrays)
    path = write(tmp_path / "a.safetensors", name, arrays)
    with pytest.raises(ChipgenError, match=told) as refused:
        read_arrays(path)
    assert "\n" not in str(refused.value)
    assert str(path) in str(refused.value)


@pytest.mark.parametrize(
    ("name", "size", "value"),
    [
        ("row-transformer", "heads", 1), ("row-transformer", "heads", 0),
        ("row-transformer", "heads", -2), ("row-transformer", "heads", 2.0),
        ("row-transformer", "heads", True), ("row-transformer", "heads", "2"),
        ("row-transformer", "heads", 10**400), ("row-transformer", "context", 10**9),
        ("row-transformer", "context", 16_385), ("row-transformer", "full_every", 0),
        ("row-transformer", "head_dim", 3), ("row-transformer", "copy", 1),
        ("row-transformer", "layers", 10**6), ("row-transformer", "colour", 1),
        ("tonnetz-lstm", "maps", [3]), ("tonnetz-lstm", "maps", 3),
        ("tonnetz-lstm", "maps", [3, None]), ("tonnetz-lstm", "layers", 10**9),
        ("tonnetz-lstm", "window", 10**6), ("tonnetz-lstm", "dropout", float("nan")),
    ],
)  # fmt: skip
def test_sizes_out_of_range_are_refused(name: str, size: str, value: Any, tmp_path: Path) -> None:
    """A header that asks for what its arrays are not, or for too much, is refused in one line."""
    config = {**SMALL[name], size: value}
    path = write(tmp_path / "a.safetensors", name, small_arrays(name), config)
    with pytest.raises(ChipgenError) as refused:
        read_arrays(path)
    assert str(path) in str(refused.value)
    assert len(str(refused.value)) < 400


def test_memory_beside_the_weights_is_limited(tmp_path: Path) -> None:
    """A long context in a wide model, each of them allowed, is refused together."""
    config = {"dim": 4, "layers": 64, "heads": 64, "head_dim": 512, "context": 16_384}
    path = write(tmp_path / "a.safetensors", "row-transformer", {"a": np.zeros(1, "f4")}, config)
    with pytest.raises(ChipgenError, match="MB are allowed"):
        read_info(path)


@pytest.mark.parametrize(
    "text",
    [
        "[]", "{}", "1", "", "null", '{"model": "row-transformer"}', "[" * 100_000,
        '{"model": 3, "config": {}}', '{"model": "row-transformer", "config": []}',
        '{"model": "waltz", "config": {}}', '{"model": "row-transformer", "config": {}, "x": 1}',
        '{"model": "row-transformer", "config": {}, "metrics": 7}',
    ],
)  # fmt: skip
def test_headers_that_are_none_are_refused(text: str, tmp_path: Path) -> None:
    """Whatever JSON a header holds, the answer is one line with the file's name."""
    path = tmp_path / "a.safetensors"
    save_file({"a": np.zeros(1, "f4")}, path, metadata={"chipgen-model": text})
    with pytest.raises(ChipgenError) as refused:
        read_info(path)
    assert str(path) in str(refused.value)


@given(st.data())
def test_a_damaged_file_is_refused_or_harmless(data: st.DataObject) -> None:
    """Whatever bytes change or are cut, there is one line, or arrays as declared and finite."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder, "a.safetensors"), "tonnetz-lstm", small_arrays("tonnetz-lstm"))
        broken = bytearray(path.read_bytes())
        for place in data.draw(st.lists(st.integers(0, len(broken) - 1), max_size=8)):
            broken[place] = data.draw(st.integers(0, 255))
        path.write_bytes(broken[: data.draw(st.integers(0, len(broken)))])
        with contextlib.suppress(ChipgenError):
            arrays, info = read_arrays(path)
            shapes = load_named(MODELS[info.model].shapes)(info.config)
            assert {key: array.shape for key, array in arrays.items()} == shapes
            assert all(np.isfinite(array).all() for array in arrays.values())
