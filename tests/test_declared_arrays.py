"""Weights are read only if they are what their network declares."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from chipgen.arranging import separator
from chipgen.declared_arrays import read_arrays
from chipgen.errors import ChipgenError
from chipgen.labels import chords

SEPARATOR = Path(separator.__file__).with_name(separator.WEIGHTS_FILE)
CHORDS = Path(chords.__file__).with_name(chords.WEIGHTS_FILE)


@pytest.mark.parametrize(
    "damage", ["lacks", "adds", "shape", "kind", "nan", "large", "cut", "other"]
)
@pytest.mark.parametrize("shipped", [SEPARATOR, CHORDS], ids=["separator", "chords"])
def test_weights_that_are_not_as_declared_are_refused(
    tmp_path: Path, damage: str, shipped: Path
) -> None:
    """One line names the file and what is wrong, before anything is computed."""
    of_separator = shipped == SEPARATOR
    declare = separator.array_shapes if of_separator else lambda _: chords.SHAPES
    largest = separator.LARGEST if of_separator else chords.LARGEST
    assert read_arrays(shipped, declare, "weights", largest)
    arrays = {name: array.astype(np.float32) for name, array in load_file(shipped).items()}
    name = "inp.weight" if of_separator else "change"
    match damage:
        case "lacks":
            del arrays[name]
        case "adds":
            arrays["conv.99.weight"] = np.zeros(1, np.float32)
        case "shape":
            arrays[name] = arrays[name][..., :-1].copy()
        case "kind":
            arrays[name] = arrays[name].astype(np.int32)
        case "nan" | "large":
            arrays[name].flat[-1] = np.nan if damage == "nan" else 2 * largest
    path = tmp_path / "w.safetensors"
    save_file(arrays, path)
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-4])
    if damage == "other":
        path.write_bytes((CHORDS if of_separator else SEPARATOR).read_bytes())
    with pytest.raises(ChipgenError, match=r"w\.safetensors holds no weights") as refused:
        read_arrays(path, declare, "weights", largest)
    assert "\n" not in str(refused.value)
