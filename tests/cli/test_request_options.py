"""What does not apply to a source, a task or a target is wrong usage in every command."""

from pathlib import Path

import pytest

from tests.commandline import run

EXAMPLES = Path(__file__).parents[2] / "examples"
SEED = EXAMPLES / "seed.mid"


@pytest.fixture(scope="module")
def chip_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a VGM."""
    path = tmp_path_factory.mktemp("chip") / "song.vgm"
    assert run("export", SEED, "-o", path, "--seconds", "2").exit_code == 0
    return path


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["render", SEED, "-o", "a.wav", "--as-is", "--temperature", "1.2"], "--temperature"),
        (["render", SEED, "-o", "a.wav", "--bars", "0", "--seed", "7"], "--seed"),
        (["render", SEED, "-o", "a.wav", "--as-is", "--model", "tonnetz-lstm"], "--model"),
        (["render", SEED, "-o", "a.wav", "--as-is", "--drums", "none"], "--drums"),
        (["render", SEED, "-o", "a.wav", "--as-is", "--loop"], "--loop"),
        (["render", SEED, "-o", "a.wav", "--track", "2"], "--track"),
        (["render", SEED, "-o", "a.wav", "--track", "all"], "--track"),
        (["render", SEED, "-o", "a.wav", "--as-is", "--only", "noise"], "--as-is"),
        (["play", SEED, "--track", "all"], "--track all"),
        (["render", SEED, "-o", "a.vgm", "--as-is", "--rate", "48000"], "--rate"),
        (["render", SEED, "-o", "a.nsf", "--as-is", "--filter", "nes"], "--filter"),
        (["render", SEED, "-o", "a.ogg", "--as-is", "--bits", "24"], "--bits"),
        (["render", SEED, "-o", "a.mp3", "--as-is", "--loop-points"], "--loop-points"),
        (["render", SEED, "-o", "a.wav", "--as-is", "--fade", "3"], "--fade needs --loops"),
        (["generate", SEED, "-o", "a.mid", "--preset", "bright"], "--preset"),
        (["generate", SEED, "-o", "a.mid", "--rate", "48000"], "--rate"),
        (["generate", SEED, "-o", "a.mid", "--echo"], "--echo"),
        (["export", SEED, "-o", "a.nes", "--click-free"], "--click-free"),
        (["export", SEED, "-o", "a.vgm", "--ultrasonic", "exact"], "--ultrasonic"),
        (["export", SEED, "-o", "a.vgm", "--temperature", "1.2"], "--temperature"),
        (["batch", EXAMPLES, "-o", "out", "--format", "mid", "--preset", "soft"], "--preset"),
        (["batch", EXAMPLES, "-o", "out", "--as-is", "--top-p", "0.5"], "--top-p"),
        (["plot", SEED, "-o", "a.png", "--temperature", "1.2"], "--temperature"),
        (["plot", SEED, "-o", "a.png", "--show", "1-99"], "--show 1-99"),
        (["plot", SEED, "-o", "a.png", "--show", "99"], "has 8 bars"),
        (["plot", SEED, "-o", "a.png", "--show", "two"], "--show"),
        (["play", SEED, "--seed", "3"], "--seed"),
        (["play", SEED, "--track", "3"], "--track"),
    ],
    ids=lambda value: " ".join(map(str, value[2:])) if isinstance(value, list) else None,
)
def test_what_does_not_apply_is_refused(
    tmp_path: Path, arguments: list[str | Path], words: str
) -> None:
    """Exit 2, one line that names the option, and nothing is written."""
    done = run(*arguments, cwd=tmp_path)
    assert done.exit_code == 2, done.output
    assert words in done.stderr
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "asked", [["--key", "D"], ["--bars", "4"], ["--poly", "arp"], ["--only", "noise"]]
)
def test_a_chip_file_has_no_notes_to_ask_about(
    tmp_path: Path, chip_file: Path, asked: list[str]
) -> None:
    """Register writes are played as they are."""
    done = run("render", chip_file, "-o", "a.wav", *asked, cwd=tmp_path)
    assert done.exit_code == 2, done.output
    assert f"{chip_file} holds register writes, not notes: leave out {asked[0]}" in done.stderr


def test_what_applies_is_done(tmp_path: Path, chip_file: Path) -> None:
    """The same options where they mean something."""
    for arguments in (
        ["render", chip_file, "-o", "a.wav", "--track", "1", "--rate", "8000", "--as-is"],
        ["export", SEED, "-o", "a.vgm", "--loop", "--seconds", "2", "--region", "pal"],
        ["plot", SEED, "-o", "a.png", "--show", "1-8", "--rate", "8000"],
        ["arrange", SEED, "-o", "a.mid", "--preset", "soft", "--poly", "split"],
    ):
        done = run(*arguments, cwd=tmp_path)
        assert done.exit_code == 0, done.output
