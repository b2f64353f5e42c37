"""What docs/presets.md says of presets is true."""

import io
import re
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imsave
from pydantic import BaseModel

from benchmarks.preset_pictures import BEGIN, END, look_alike, write_section
from synth.instrument import instrument_format, preset_format
from synth.instrument.macro_sequence import Sequence, parse_sequence
from synth.instrument.preset_format import Preset
from synth.instrument.preset_loader import load_preset, preset_names, read_preset

TEXT = (Path(__file__).parents[2] / "docs" / "presets.md").read_text()


def test_table_lists_every_preset() -> None:
    """The table has a row for each shipped preset with its own description, and no other."""
    section = TEXT.split("## The shipped presets")[1].split("##")[0]
    rows = re.findall(r"^\| `(.*?)` \| (.*) \|$", section, re.MULTILINE)
    assert rows == [(name, load_preset(name).description) for name in preset_names()]


def test_every_preset_is_seen_and_written_out() -> None:
    """The section is what its command writes, and its pictures are there and small."""
    written = TEXT.split(BEGIN)[1].split(END)[0].strip("\n")
    assert written == write_section().strip("\n"), "python -m benchmarks.preset_pictures renews it"
    images = Path(__file__).parents[2] / "docs" / "images"
    sizes = {path.stem: path.stat().st_size for path in images.glob("preset-*.png")}
    assert set(sizes) == {f"preset-{name}" for name in preset_names()}
    assert max(sizes.values()) <= 40_000


def test_a_picture_that_looks_as_before_is_not_renewed() -> None:
    """Other edges of letters change little; a wave or a bar that moved is another picture."""

    def picture(*columns: int, wide: int = 100) -> bytes:
        pixels, data = np.ones((50, wide, 3)), io.BytesIO()
        pixels[:, columns] = 0.5
        imsave(data, pixels, format="png")
        return data.getvalue()

    assert look_alike(picture(40), picture(40))
    assert look_alike(picture(40), picture(40, 41))
    assert not look_alike(picture(40), picture(42, 43))
    assert not look_alike(picture(40), picture(40, wide=99))


PARTS = [
    part
    for part in {**vars(instrument_format), **vars(preset_format)}.values()
    if isinstance(part, type) and issubclass(part, BaseModel) and part is not BaseModel
]


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_every_field_is_described(part: type[BaseModel]) -> None:
    """Each field of the format is named in the document."""
    for name in part.model_fields:
        assert f"`{name}`" in TEXT, name


def test_example_is_a_preset() -> None:
    """The first example reads as a preset that sounds as the text says."""
    example = re.search(r"```yaml\n(format: 1.*?)```", TEXT, re.DOTALL)
    assert example is not None
    preset: Preset = read_preset(example[1].encode(), "example.yaml")
    assert preset.instruments["lead"].volume == Sequence((15, 13, 10, 7, 3, 0), 2, 4)
    assert preset.instruments["lead"].duty == load_preset("default").instruments["lead"].duty
    assert preset.voices.pulse2 == "zap"


def test_text_forms_are_read() -> None:
    """The text forms of the table are sequences."""
    forms = re.findall(r"^\| (?:text|a hold|a line) \| `(.*?)` \|", TEXT, re.MULTILINE)
    assert len(forms) == 3
    for form in forms:
        parse_sequence(form.replace("\\|", "|"))
