"""Without extras all works that needs none, and what needs one says which, in one line."""

import json
import tomllib
from pathlib import Path

import pytest

from chipgen.cli.main import COMMANDS
from synth.extras import EXTRAS, MissingExtraError, needs_extra, require_extra
from tests.installs import ROOT, link_packages, run_python
from tests.songs import write_songs

SEED = str(ROOT / "examples" / "seed.mid")

# Runs commands one after the other; prints what each wrote to standard error and its exit code.
SCRIPT = """
import contextlib, io, json, sys
from chipgen.cli.main import main
for call in json.loads(sys.argv[1]):
    sys.argv = ["chipgen", *call]
    said, code = io.StringIO(), 0
    if "synthetic" in call:  # one case of each kind is enough here
        from chipgen.training import synthetic_scores as made
        kinds = {case.kind: case for case in made.make_cases()}
        made.make_cases = lambda: list(kinds.values())
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(said):
        try:
            main()
        except SystemExit as error:
            code = error.code or 0
    print(json.dumps([call, code, said.getvalue()]))
"""

# Every command that needs no extra, in all ways that need none; `songs` is a folder of MIDI.
WORKING = [
    ["render", SEED, "-o", "out.wav", "--bars", "1"],
    ["render", SEED, "-o", "as-is.ogg", "--as-is", "--normalize", "--stems", "isolated"],
    ["generate", SEED, "-o", "rows.mid", "--bars", "1"],
    ["generate", SEED, "-o", "slices.mid", "--bars", "1", "--model", "tonnetz-lstm"],
    ["generate", SEED, "-o", "noise.mid", "--only", "noise"],
    ["arrange", SEED, "-o", "four.mid", "--report"],
    ["batch", "songs/valid", "-o", "rendered", "--as-is", "--jobs", "2"],
    ["model", "list"],
    ["preset", "list"],
    ["preset", "audition", "bright", "-o", "bright.wav"],
    ["export", SEED, "-o", "song.nsf"],
    ["export", SEED, "-o", "song.nes"],
    ["render", "song.nsf", "-o", "nsf.wav", "--seconds", "1"],
    ["info", "rows.mid"],
    ["dataset", "prepare", "songs", "-o", "songs.cache", "--rows", "rows.jsonl"],
    ["dataset", "report", "songs"],
    ["dataset", "stats", "songs"],
    ["evaluate", "nll", "--data", "songs"],
    ["evaluate", "arrange", "--data", "songs"],
    ["evaluate", "arrange", "--cases", "synthetic"],
    *([name, "--help"] for name in COMMANDS),
]

# What lacks an extra, by the extra; these write nothing.
LACKING = {
    "cluster": [["batch", "songs/valid", "-o", "far", "--as-is", "--on", "dask://127.0.0.1:8786"]],
    "corpora": [
        ["dataset", "import", "music21", "-o", "music"],
        ["evaluate", "arrange", "--cases", "music21"],
    ],
    "live": [["live", "--list"]],
    "loudness": [
        ["render", SEED, "-o", "loud.wav", "--as-is", "--loudness"],
        ["generate", SEED, "-o", "loud.wav", "--bars", "1", "--loudness"],
        ["batch", "songs/valid", "-o", "loud", "--as-is", "--loudness"],
    ],
    "plot": [
        ["plot", SEED, "-o", "roll.png"],
        ["dataset", "report", "songs", "-o", "report.md"],
    ],
    "scores": [
        ["render", "tune.abc", "-o", "tune.wav"],
        ["generate", "tune.abc", "-o", "tune.mid"],
        ["arrange", "tune.abc", "-o", "tune.mid"],
    ],
    "studio": [["studio", "--no-browser", "--port", "0"]],
    "train": [
        ["train", "tonnetz-lstm", "--data", "songs", "-o", "run"],
        ["train", "row-transformer", "--data", "songs", "-o", "run", "--init", "shipped"],
        ["train", "separator", "--data", "songs", "-o", "run"],
        ["model", "export", "songs/train/song0.mid", "-o", "mine.safetensors"],
        ["evaluate", "nll", "--data", "songs", "--task", "rows"],
        ["evaluate", "nll", "--data", "songs", "--task", "frames12"],
    ],
}

IN_PYTHON = {
    "loudness": "from synth.output.loudness import measure_lufs as f; import numpy; "
    "f(numpy.ones((44100, 1), numpy.float32), 44100)",
    "plot": "from pathlib import Path; from chipgen.plot.picture import check_picture as f; "
    "f(Path('a.png'), overwrite=False)",
    "train": "from chipgen.models.checkpoint import load_model as f; f('tonnetz-lstm')",
}


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder to work in, beside the packages of an install without extras."""
    folder = tmp_path_factory.mktemp("bare")
    link_packages(folder / "packages")
    write_songs(folder / "work" / "songs", 2, 2)
    (folder / "work" / "tune.abc").write_text("X:1\nT:Tune\nM:4/4\nL:1/4\nK:C\nCDEF|GABc|\n")
    return folder / "work"


def run_all(folder: Path, calls: list[list[str]]) -> list[tuple[list[str], int, str]]:
    """Run commands without extras: each call, its exit code and what it said."""
    done = run_python(folder.parent / "packages", "-c", SCRIPT, json.dumps(calls), cwd=folder)
    assert done.returncode == 0, done.stderr
    return [tuple(json.loads(line)) for line in done.stdout.splitlines()]


def test_an_install_without_extras_has_none_of_their_modules(bare: Path) -> None:
    """The folder that the other tests work with is what it says."""
    modules = sorted({name for names in EXTRAS.values() for name in names})
    script = f"import importlib.util as u; print([n for n in {modules} if u.find_spec(n)])"
    done = run_python(bare.parent / "packages", "-c", script, cwd=bare)
    assert done.stdout.strip() == "[]", done.stderr


def test_what_needs_no_extra_works_without(bare: Path) -> None:
    """Both models compose, all formats are written, and every command tells of itself."""
    for call, code, said in run_all(bare, WORKING):
        assert code == 0, (call, said)
    assert (bare / "out.wav").stat().st_size > 100_000


@pytest.mark.parametrize("extra", LACKING)
def test_a_missing_extra_is_one_line(bare: Path, extra: str) -> None:
    """Exit 1, one line that names the extra, and nothing written."""
    before = sorted(bare.iterdir())
    for call, code, said in run_all(bare, LACKING[extra]):
        assert code == 1, (call, said)
        assert said.count("\n") == 1, (call, said)
        assert said.rstrip().endswith(f"pip install 'chipgen[{extra}]'"), (call, said)
    assert sorted(bare.iterdir()) == before


@pytest.mark.parametrize("extra", IN_PYTHON)
def test_python_is_told_of_a_missing_extra_in_the_same_words(bare: Path, extra: str) -> None:
    """Functions raise an error whose message is the line that the commands print."""
    done = run_python(bare.parent / "packages", "-c", IN_PYTHON[extra], cwd=bare)
    last = done.stderr.splitlines()[-1]
    assert "MissingExtraError" in last
    assert last.endswith(f"pip install 'chipgen[{extra}]'")


def test_the_table_of_extras_is_the_projects() -> None:
    """Each extra for users has a row, and no row is without an extra or a test."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert set(project["optional-dependencies"]) - {"dev", "test"} == set(EXTRAS) == set(LACKING)


def test_a_broken_import_of_ours_is_not_blamed_on_an_extra() -> None:
    """Only other people's packages are told to be installed."""
    with pytest.raises(ImportError) as error, needs_extra("plot", "drawing"):
        from chipgen.plot import nothing  # type: ignore[attr-defined]  # noqa: F401
    assert not isinstance(error.value, MissingExtraError)
    with pytest.raises(MissingExtraError, match=r"^drawing needs .*no_such_package.*\[plot\]"):
        require_extra("plot", "drawing", "no_such_package")
