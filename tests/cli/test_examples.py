"""`chipgen examples`: the seeds that are installed."""

from pathlib import Path

from chipgen.app.examples import EXAMPLES
from tests.commandline import run


def test_examples_are_listed_and_copied(tmp_path: Path) -> None:
    """All, or those named; what stands there is kept unless forced."""
    listed = run("examples").stdout
    assert all(f"example:{name}" in listed for name in EXAMPLES)
    out = tmp_path / "seeds"
    assert run("examples", "seed", "example:nes", "-o", out).exit_code == 0
    assert sorted(path.name for path in out.iterdir()) == ["nes.mid", "seed.mid"]
    (out / "seed.mid").write_bytes(b"mine")
    refused = run("examples", "-o", out)
    assert refused.exit_code == 1
    assert (out / "seed.mid").read_bytes() == b"mine"
    assert len(list(out.iterdir())) == 2
    assert run("examples", "-o", out, "-f").exit_code == 0
    assert len(list(out.iterdir())) == len(EXAMPLES)
