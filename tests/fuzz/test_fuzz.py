"""Damaged inputs of every kind are taken in or refused in a line, and leave nothing behind.

This is the short run that every change has to pass; `make fuzz` runs the long one.
"""

import random
import re
from dataclasses import replace
from pathlib import Path

import pytest

from chipgen.errors import ChipgenError
from chipgen.music.formats import all_formats
from chipgen.studio import page_messages
from tests.fuzz import campaign
from tests.fuzz.mutate import mutate_bytes
from tests.fuzz.targets import Target, all_targets, target_of

FOUND = Path(__file__).parent / "found"
TARGETS = {target.name: target for target in all_targets()}
SHORT = 12


def test_every_format_that_is_read_has_a_target() -> None:
    """A row of the tables of formats brings its target; none can be forgotten."""
    for row in all_formats():
        if row.reads:
            assert row.key in TARGETS
            assert target_of(row).seeds()


def test_every_message_of_the_page_is_a_seed() -> None:
    """All kinds of messages that a session takes are damaged."""
    kinds = {page_messages.MESSAGES.validate_json(data).type for data in TARGETS["message"].seeds()}
    union = page_messages.MESSAGES.json_schema()["discriminator"]["mapping"]
    assert kinds == set(union)


@pytest.mark.parametrize("name", TARGETS)
def test_a_short_run_finds_nothing(name: str) -> None:
    """The seeds and some damaged inputs do no harm."""
    target = TARGETS[name]
    if why := target.missing():
        pytest.skip(why)
    report = campaign.run_target(target, SHORT, seed=0)
    assert [finding.what for finding in report.findings] == []
    assert report.inputs == SHORT
    assert report.lines > 0


@pytest.mark.parametrize("path", sorted(FOUND.glob("*")), ids=lambda path: path.name)
def test_what_was_found_once_stays_mended(path: Path) -> None:
    """Inputs that did harm once, named after their target, do none."""
    name = path.name.rpartition("-")[0]
    target = TARGETS[name]
    if why := target.missing():
        pytest.skip(why)
    only = Target(
        name, lambda: [target.seeds()[0], path.read_bytes()], target.run, target.mutate,
        target.suffix,
    )  # fmt: skip
    report = campaign.run_target(only, 2, seed=0, traced=False)
    assert report.inputs == 2
    assert [finding.what for finding in report.findings] == []


def harm(kind: str) -> Target:
    """Return a target that does harm of a kind."""
    import os
    import time
    import warnings

    def run(path: Path) -> None:
        if path.read_bytes() == b"seed":
            return
        match kind:
            case "raise":
                raise KeyError("unforeseen")
            case "abort":
                os.abort()
            case "spin":
                end_s = time.process_time() + 30
                while time.process_time() < end_s:
                    pass
            case "sleep":
                time.sleep(60)
            case "memory":
                bytearray(2_000_000_000)
            case "leave":
                path.with_name("left").write_text("x")
            case "warn":
                warnings.warn("odd", RuntimeWarning, stacklevel=1)
            case "two lines":
                raise ChipgenError("one\ntwo")

    return Target(kind, lambda: [b"seed", b"other"], run, mutate_bytes)


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("raise", "KeyError"), ("abort", "ends with -6"), ("spin", "longer than"),
        ("sleep", "hangs"),
        ("memory", "MemoryError"), ("leave", "leaves work/left"), ("warn", "RuntimeWarning"),
        ("two lines", "two lines"),
    ],
)  # fmt: skip
def test_harm_is_found(kind: str, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever an input may do wrong, the campaign tells, with the input."""
    monkeypatch.setattr(campaign, "LIMIT_S", 0.5)
    monkeypatch.setattr(campaign, "WALL_LIMIT_S", 2.0)
    report = campaign.run_target(harm(kind), 2, seed=0, traced=False)
    assert told in report.findings[0].what
    assert report.findings[0].data == b"other"


@pytest.mark.parametrize(
    "name",
    ["mid", "abc", "musicxml", "famistudio", "famitracker", "vgm", "vgz", "nsf", "preset",
     "chipgen", "dataset-cache", "journal", "message"],
)  # fmt: skip
def test_damage_repeats_with_its_seed(name: str) -> None:
    """The same seed gives the same inputs, and they are damaged."""
    target = TARGETS[name]
    data = target.seeds()[0]
    made = [
        [target.mutate(data, [data], random.Random(number)) for number in range(10)]
        for _ in range(2)
    ]
    assert made[0] == made[1]
    assert len({broken for broken in made[0] if broken != data}) > 5


# What reads data that others may have made, and the targets that damage it, or why none does.
READERS = {
    "chipgen/app/batch_journal.py": ("journal", "old-journal"),
    "chipgen/app/work_file.py": ("chipgen", "opened-work"),
    "chipgen/dataset/import_corpus.py": ("import-journal",),
    "chipgen/dataset/musical_time_table.py": ("rows-table", "training-song"),
    "chipgen/dataset/nesmdb.py": ("training-song",),
    "chipgen/dataset/pop909.py": ("pop909",),
    "chipgen/dataset/slice_cache.py": ("dataset-cache", "training-song"),
    "chipgen/declared_arrays.py": ("weights",),
    "chipgen/models/checkpoint_header.py": ("checkpoint",),
    "chipgen/music/notation.py": ("abc", "musicxml", "mscz"),
    "chipgen/music/notation_fuzz_seeds.py": "it makes seeds",
    "chipgen/studio/exports.py": "it writes",
    "chipgen/studio/jobs.py": ("request", "opened-work"),
    "chipgen/studio/page_messages.py": ("message",),
    "chipgen/studio/server.py": ("request",),
    "chipgen/studio/session.py": ("message",),
    "chipgen/studio/worker.py": "the studio's own process sends it",
    "chipgen/studio/worker_pool.py": "the studio's own process sends it",
    "chipgen/training/curves.py": ("metrics",),
    "chipgen/training/evaluate_form.py": "a researcher's own annotations",
    "chipgen/training/rows_cache.py": ("rows-cache",),
    "chipgen/training/run_state.py": ("state",),
    "chipgen/training/training_settings.py": ("settings",),
    "chipgen/training/user_dataset.py": ("training-song",),
    "chipgen/training/zip_integrity.py": ("rows-cache", "state"),
    "synth/fileformat.py": "it hands bytes to readers",
    "synth/formats/player_build.py": "it lies in the package",
    "synth/instrument/preset_loader.py": ("preset",),
    "synth/instrument/sample_files.py": ("sample",),
    "synth/instrument/saved_state.py": ("synth-state",),
    "synth/instrument/yamltree.py": ("preset", "settings"),
    "synth/kernels/build.py": "it lies in the source",
    "synth/kernels/library.py": ("kernels",),
}
READS = re.compile(
    r"\b(json\.loads?|np\.load|torch\.load|safe_open|parse_yaml|yaml\.load|model_validate_json"
    r"|validate_json|ZipFile|ElementTree|fromstring|soundfile\.\w+|read_text|read_regular|read_annotation"
    r"|read_voice_notes)\("
)


def test_whatever_reads_others_data_is_damaged_by_a_target() -> None:
    """A module that begins to parse something brings a target, or says why it needs none."""
    root = Path(__file__).parents[2]
    paths = [path for name in ("chipgen", "synth") for path in (root / name).rglob("*.py")]
    found = {
        path.relative_to(root).as_posix() for path in paths if READS.search(path.read_text("utf-8"))
    }
    assert found == {*READERS} & found
    assert found >= {*READERS}, "take out what reads no more"
    for targets in READERS.values():
        assert isinstance(targets, str) or {*targets} <= {*TARGETS}


def test_a_format_without_seeds_is_noticed() -> None:
    """A row that is read and brings nothing to damage fails, as does one that holds what is new."""
    row = next(row for row in all_formats() if row.key == "vgm")
    with pytest.raises(ValueError, match="Empty module name"):
        target_of(replace(row, fuzz_seeds="")).seeds()
    with pytest.raises(KeyError):
        target_of(replace(row, reads="pictures"))  # type: ignore[arg-type]
