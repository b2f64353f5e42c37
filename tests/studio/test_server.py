"""The studio over the wire: who is let in, what is answered, and what each tab hears."""

import contextlib
import io
import json
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from chipgen.app.work_file import Work, work_bytes
from chipgen.studio.page_messages import DOCUMENT_BYTES
from chipgen.studio.server import UPLOAD_BYTES, WORK_BYTES
from synth.instrument.parameters import parameters_of
from synth.instrument.preset_loader import load_preset
from tests.commandline import run
from tests.studio.sessions import SEED, document


def test_knobs_are_those_the_preset_declares(client: httpx.Client) -> None:
    """Parameters come with their ranges from the synthesizer's own list."""
    answer = client.get("/api/presets/organ").json()
    declared = parameters_of(load_preset("organ"))
    assert [control["name"] for control in answer["parameters"]] == list(declared)
    for control in answer["parameters"]:
        parameter = declared[control["name"]]
        assert (control["minimum"], control["maximum"]) == (parameter.minimum, parameter.maximum)
        assert (control["default"], control["whole"]) == (parameter.default, parameter.whole)


def test_a_preset_that_is_brought_is_checked(client: httpx.Client) -> None:
    """A file of one's own has the knobs it declares, is sent back as it was, and can be heard."""
    text = "format: 1\nname: mine\nextends: organ\nmix:\n  pulse1: 0.25\n"
    answer = client.post("/api/presets?name=mine.yaml", content=text).json()
    assert (answer["name"], answer["yaml"]) == ("mine", text)
    level = next(each for each in answer["parameters"] if each["name"] == "pulse1_level")
    assert level["default"] == 0.25
    heard = client.post("/api/audition", json={"preset": {"yaml": answer["yaml"]}})
    assert heard.status_code == 200
    assert heard.content != client.post("/api/audition", json={"preset": "organ"}).content


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "mine.yaml"),
        (b"MThd\0\xff\xfe", "mine.yaml"),
        (b"&a [*a]", "mine.yaml"),
        (b"format: 1\nextends: ../../etc/passwd", "shipped"),
        (b"format: 1\nname: mine\nextends: organ\nmix: {pulse1: 7}", "pulse1"),
        (b"x" * 300_000, "200 kB"),
    ],
)
def test_a_wrong_preset_is_a_line(client: httpx.Client, data: bytes, words: str) -> None:
    """What is no preset, or asks for other files, is refused with a line that names it."""
    answer = client.post("/api/presets?name=../mine.yaml", content=data)
    assert answer.status_code in (400, 413)
    (error,) = answer.json().values()
    assert words in error
    assert "\n" not in error
    assert "root:" not in error


def test_exports_are_the_command_lines(client: httpx.Client, tmp_path: Path) -> None:
    """The WAV over the wire is the file that `chipgen render` makes of the MIDI over the wire."""
    options = {"document": document(preset="bright", values={"pulse2_level": 0.5}, muted=["noise"])}
    for kind in ("mid", "yaml", "wav"):
        fmt = {"yaml": "preset"}.get(kind, f".{kind}")
        answer = client.post("/api/export", json={**options, "format": fmt})
        assert answer.status_code == 200, answer.text
        assert f'filename="seed.{kind}"' in answer.headers["content-disposition"]
        (tmp_path / f"seed.{kind}").write_bytes(answer.content)
    made = run(
        "render", tmp_path / "seed.mid", "--as-is", "--preset", tmp_path / "seed.yaml",
        "-o", tmp_path / "cli.wav",
    )  # fmt: skip
    assert made.exit_code == 0, made.stderr
    assert (tmp_path / "cli.wav").read_bytes() == (tmp_path / "seed.wav").read_bytes()


def test_nothing_is_left_behind(client: httpx.Client) -> None:
    """Folders of exports go with their answers, also with one that the page does not wait for."""

    def left() -> set[Path]:
        return set(Path(tempfile.gettempdir()).glob(".chipgen-*"))

    before = left()
    options = {"document": document(), "format": ".wav"}
    assert client.post("/api/export", json=options).status_code == 200
    assert client.post("/api/export", json={**options, "format": ".exe"}).status_code == 400
    assert client.post("/api/read", content=b"no").status_code == 400
    with client.stream("POST", "/api/export", json=options) as answer:
        next(answer.iter_raw(1_000))
    end_s = time.monotonic() + 60
    while left() - before:
        assert time.monotonic() < end_s, left() - before
        time.sleep(0.05)


def test_stems_come_in_an_archive(client: httpx.Client) -> None:
    """Stems are a zip with the mix and a file for each voice."""
    answer = client.post("/api/export", json={"document": document(), "format": "stems"})
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist() == [
            "seed.wav", "seed-noise.wav", "seed-pulse1.wav", "seed-pulse2.wav", "seed-triangle.wav"
        ]  # fmt: skip
        assert archive.testzip() is None


@pytest.mark.parametrize(
    "path",
    [
        "/page/../server.py", "/page/%2e%2e/server.py", "/page/..%2fserver.py",
        "/page/..\\server.py", "/page//etc/passwd", "/page/%2fetc%2fpasswd", "/page/", "/page/.",
        "/page/__init__.py", "/etc/passwd", "/server.py", "/docs", "/openapi.json",
        "/page/index.html/", "/page/%00",
    ],
)  # fmt: skip
def test_nothing_else_is_served(client: httpx.Client, path: str) -> None:
    """Paths that lead out of the page's folder, or to what is not there, are not found."""
    answer = client.get(path)
    assert answer.status_code in (404, 405), answer.text[:200]
    assert "error" in answer.json()


def test_uploads_are_limited_while_they_are_read(client: httpx.Client) -> None:
    """A body beyond its limit is refused, whether or not it says how long it is."""

    def endless() -> Iterator[bytes]:
        for _ in range(40):
            yield bytes(1_000_000)

    limits = {"/api/read": UPLOAD_BYTES, "/api/save": WORK_BYTES, "/api/open": WORK_BYTES}
    paths = ("/api/export", "/api/audition", "/api/voices")
    for path, limit in {**limits, **dict.fromkeys(paths, DOCUMENT_BYTES)}.items():
        assert client.post(path, content=bytes(limit + 1)).status_code == 413
        with contextlib.suppress(httpx.HTTPError):  # it may hang up rather than read on
            assert client.post(path, content=endless()).status_code == 413


@pytest.mark.parametrize(
    "data",
    [
        b"", b"MThd", b"not MIDI at all", SEED.read_bytes()[:40], b"RIFF" + bytes(40),
        b"MThd\0\0\0\6\0\1\xff\xff\0\0" + b"MTrk\xff\xff\xff\xff",
        b"MThd\0\0\0\6\0\1\0\1\1\xe0MTrk\0\0\0\4\0\xff\x2f\0",
    ],
)  # fmt: skip
def test_hostile_midi_is_a_line(client: httpx.Client, data: bytes) -> None:
    """What is no MIDI, damaged or empty is a 400 with one line that names it as the user does."""
    answer = client.post("/api/read?name=../../x%0A.mid", content=data)
    assert answer.status_code == 400
    (error,) = answer.json().values()
    assert "\n" not in error
    assert "x.mid" in error
    assert "/" not in error.replace("MIDI/", "")


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("/api/export", b"{", "json"),
        ("/api/export", b'{"document": 1, "format": ".wav"}', "document"),
        ("/api/export", b'{"document": {"score": {}}, "format": ".exe"}', "no format"),
        ("/api/export", b'{"document": {"score": {}}, "format": ".wav"}', "no notes"),
        ("/api/audition", b'{"preset": "../../etc/passwd"}', "unknown"),
        ("/api/audition", b'{"preset": "nowhere.yaml"}', "unknown"),
        ("/api/audition", b'{"preset": {"yaml": "format: 1\\nextends: /etc/passwd"}}', "shipped"),
        ("/api/audition", b'{"preset": {"yaml": "&a [*a]"}}', "preset"),
        ("/api/audition", b'{"values": {"nothing": 1}}', "no parameter"),
        ("/api/audition", b'{"values": {"pulse1_level": 7}}', "0 to 1"),
        ("/api/audition", b'{"values": {"pulse1_level": NaN}}', "finite"),
    ],
)
def test_wrong_wishes_are_a_line(client: httpx.Client, path: str, body: bytes, words: str) -> None:
    """What cannot be is refused with a line that says why, and no file of the machine is named."""
    answer = client.post(path, content=body)
    assert answer.status_code in (400, 422)
    (error,) = answer.json().values()
    assert words in error.lower()
    assert "\n" not in error
    assert "Traceback" not in error
    assert "root:" not in error


def test_errors_are_json(client: httpx.Client) -> None:
    """Even what no route answers is JSON with a line."""
    assert json.loads(client.get("/nothing").text)["error"]


PAGE = {
    "version": 1, "scores": [{"changes": []}], "takes": [{"id": 1, "score": 0}], "now": [0],
}  # fmt: skip


def test_works_are_saved_and_opened(client: httpx.Client, tmp_path: Path) -> None:
    """What the page keeps comes back as it was, beside music that the command line plays."""
    saved = client.post("/api/save", json={"document": document(), "page": PAGE})
    assert saved.status_code == 200, saved.text
    assert 'filename="seed.chipgen"' in saved.headers["content-disposition"]
    assert client.post("/api/open", content=saved.content).json() == PAGE
    path = tmp_path / "seed.chipgen"
    path.write_bytes(saved.content)
    assert "chipgen work" in run("info", path).stdout


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ({**PAGE, "scores": [{"changes": [], "like": 0}]}, "later"),
        ({**PAGE, "scores": [{"changes": [{"rows": "secrets", "splices": []}]}]}, "scores.0"),
        ({**PAGE, "now": []}, "now"),
    ],
)
def test_a_hostile_work_is_a_line(client: httpx.Client, page: dict[str, Any], words: str) -> None:
    """What no page keeps is refused, when it is opened as when it is saved."""
    midi = SEED.read_bytes()
    work = Work("a", midi, "format: 1\nname: a\nextends: default\n", page=json.dumps(page).encode())
    answer = client.post("/api/open?name=../a.chipgen", content=work_bytes(work))
    assert answer.status_code == 400
    assert words in answer.json()["error"]
    assert "../" not in answer.json()["error"]
    evil = Work("a", midi, "format: 1\nname: a\nextends: /etc/passwd\n")
    answer = client.post("/api/open", content=work_bytes(evil))
    assert "shipped" in answer.json()["error"]
