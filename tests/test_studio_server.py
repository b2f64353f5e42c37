"""The studio over the wire: who is let in, what is answered, and what each tab hears."""

import contextlib
import io
import json
import socket
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from websockets.exceptions import InvalidStatus

from chipgen.arrange import ArrangeConfig, arrange
from chipgen.cli.preset import command as preset_command
from chipgen.music.midi import read_midi
from chipgen.music.score import Score
from chipgen.request import Request, request_fields
from chipgen.studio import connection
from chipgen.studio.exports import offered
from chipgen.studio.page_messages import MAX_BARS
from chipgen.studio.score_json import ScoreJson, score_of, score_to_json
from chipgen.studio.server import DOCUMENT_BYTES, UPLOAD_BYTES
from synth.chip.audio_stream import render
from synth.instrument.driver import drive
from synth.instrument.parameters import parameters_of
from synth.instrument.preset_loader import load_preset, preset_names
from tests.commandline import run
from tests.studio_pages import Studio, running_studio

EXAMPLES = Path(__file__).parents[1] / "examples"
SEED = EXAMPLES / "seed.mid"
RATE = 48_000


@pytest.fixture(scope="module")
def studio() -> Iterator[Studio]:
    """Run one studio for all tests of this file."""
    with running_studio() as running:
        yield running


@pytest.fixture(scope="module")
def client(studio: Studio) -> Iterator[httpx.Client]:
    """Connect to it."""
    with httpx.Client(base_url=studio.address, timeout=60) as connected:
        yield connected


def document(**more: Any) -> dict[str, Any]:
    """Return the example seed as a document."""
    return {"score": score_to_json(read_midi(SEED), "seed"), "preset": "default", **more}


def rendered(preset: str = "default") -> np.ndarray[Any, Any]:
    """Return the example seed's samples, as a file has them."""
    chosen = load_preset(preset)
    chip_score = arrange(read_midi(SEED), ArrangeConfig(), chosen).chip_score
    return render(drive(chip_score, chosen), RATE, chosen.engine.filter)


# What the page asks.


def test_about_names_what_there_is(client: httpx.Client) -> None:
    """The page learns models, presets, examples, formats and limits, and all of them exist."""
    about = client.get("/api/about").json()
    assert [preset["name"] for preset in about["presets"]] == preset_names()
    fields = {field["name"]: field for field in about["request"]}
    assert list(fields) == list(request_fields(Request))
    models = [model["name"] for model in about["models"]]
    assert fields["model"]["default"] in models
    assert [choice["value"] for choice in fields["model"]["choices"]] == models
    assert fields["preset"]["default"] in preset_names()
    assert (fields["bars"]["minimum"], fields["bars"]["maximum"]) == (1, MAX_BARS)
    for name in ("temperature", "top_p", "tempo_bpm"):
        told, declared = fields[name], request_fields(Request)[name]
        assert (told["minimum"], told["maximum"]) == (declared.minimum, declared.maximum)
        assert (told["default"], told["help"]) == (declared.default, declared.help)
    assert about["formats"] == offered()
    assert ".mid" in about["opens"]
    for example in about["examples"]:
        score = client.get(f"/api/examples/{example['name']}").json()
        told = read_midi(EXAMPLES / f"{example['name']}.mid")
        assert score_of(ScoreJson.model_validate(score)) == told


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


def test_a_midi_file_is_read(client: httpx.Client) -> None:
    """An upload comes back as the score that the command line reads."""
    answer = client.post("/api/read?name=my%20seed.mid", content=SEED.read_bytes())
    assert answer.status_code == 200
    assert answer.json()["name"] == "my seed.mid"
    assert score_of(ScoreJson.model_validate(answer.json())) == read_midi(SEED)


def test_a_demonstration_is_heard_at_once(client: httpx.Client, tmp_path: Path) -> None:
    """An audition is the very file that `chipgen preset audition` writes."""
    assert preset_command is not None
    answer = client.post("/api/audition", json={"preset": "lead-echo"})
    wav = tmp_path / "lead-echo.wav"
    assert run("preset", "audition", "lead-echo", "-o", wav).exit_code == 0
    heard, expected = answer.content, wav.read_bytes()
    assert heard[heard.index(b"data") :][: len(expected) // 2] in expected


def test_exports_are_the_command_lines(client: httpx.Client, tmp_path: Path) -> None:
    """The WAV over the wire is the file that `chipgen render` makes of the MIDI over the wire."""
    wish = {"document": document(preset="bright", values={"pulse2_level": 0.5}, muted=["noise"])}
    for kind in ("mid", "yaml", "wav"):
        fmt = {"yaml": "preset"}.get(kind, f".{kind}")
        answer = client.post("/api/export", json={**wish, "format": fmt})
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
    wish = {"document": document(), "format": ".wav"}
    assert client.post("/api/export", json=wish).status_code == 200
    assert client.post("/api/export", json={**wish, "format": ".exe"}).status_code == 400
    assert client.post("/api/read", content=b"no").status_code == 400
    with client.stream("POST", "/api/export", json=wish) as answer:
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


# Who is let in.


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": "evil.example:8765"},
        {"host": "127.0.0.1.evil.example"},
        {"host": ""},
        {"host": "192.168.0.7"},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:1"},
        {"sec-fetch-site": "cross-site"},
    ],
)
def test_strangers_are_turned_away(client: httpx.Client, headers: dict[str, str]) -> None:
    """Another Host (DNS rebinding) or Origin (another site's page) gets a line and nothing else."""
    for answer in (
        client.get("/api/about", headers=headers),
        client.post("/api/read", content=SEED.read_bytes(), headers=headers),
    ):
        assert answer.status_code in (400, 403)
        assert len(answer.text) < 200


def test_other_sites_open_no_session(studio: Studio) -> None:
    """A WebSocket with another site's Origin is refused; with the page's own it is opened."""
    page = studio.page(origin="http://evil.example")
    with pytest.raises(InvalidStatus), page:
        pass
    with studio.page(origin=studio.address.rstrip("/")) as own:
        assert own.until("hello")["rate_hz"] == RATE


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


def test_answers_are_locked_down(client: httpx.Client) -> None:
    """The page may load and ask nothing but its own server; answers are not sniffed nor stored."""
    for path in ("/", "/api/about", "/page/index.html", "/nothing"):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in headers
        assert "server" not in headers
    assert client.get("/api/about").headers["cache-control"] == "no-store"


# What is hostile.


def test_uploads_are_limited_while_they_are_read(client: httpx.Client) -> None:
    """A body beyond its limit is refused, whether or not it says how long it is."""

    def endless() -> Iterator[bytes]:
        for _ in range(40):
            yield bytes(1_000_000)

    for path in ("/api/read", "/api/export", "/api/audition", "/api/voices"):
        limit = UPLOAD_BYTES if path == "/api/read" else DOCUMENT_BYTES
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


# What a tab hears.


def test_a_document_is_heard_as_rendered(studio: Studio) -> None:
    """A document that is played arrives as the samples that its WAV is made of, with its voices."""
    with studio.page() as page:
        page.send(type="document", document=document())
        voices = page.until("voices")
        page.send(type="play", from_beat=0)
        playing = page.until("playing")
        assert (playing["frame"], playing["beat"]) == (0, 0.0)
        heard = page.listen_until(96_000)
    np.testing.assert_array_equal(heard[:, 0], rendered()[:96_000, 0])
    assert np.abs(heard[:, 1:]).max(axis=0).min() > 0.01
    assert {note[0] for note in voices["notes"]} == {0, 1, 2, 3}


def test_a_seek_is_told_and_heard(studio: Studio) -> None:
    """After a seek the frame that was told is the beat that was asked for, to the sample."""
    with studio.page() as page:
        page.send(type="document", document=document())
        page.send(type="play", from_beat=0)
        page.until("playing")
        page.listen_until(20_000)
        page.send(type="seek", beat=9.0)
        told = page.until("playing", lambda message: message["beat"] > 8.9)
        heard = page.listen_until(told["frame"] + 20_000, told["generation"])[told["frame"] :]
        assert told["beat"] == pytest.approx(9.0, abs=1e-3)
        first = round(told["beat"] * 60 / told["bpm"] * RATE)
    np.testing.assert_array_equal(heard[400:, 0], rendered()[first + 400 : first + 20_000, 0])


def test_other_timbres_go_on_from_the_playhead(studio: Studio) -> None:
    """A preset that changes while the music plays goes on at the beat told, in its own samples."""
    with studio.page(in_time=True) as page:
        page.send(type="document", document=document())
        page.send(type="play", from_beat=0)
        page.until("playing")
        page.listen_until(30_000)
        page.send(type="sound", preset="organ", values={})
        told = page.until("playing", lambda message: message["generation"] > 1)
        heard = page.listen_until(told["frame"] + 10_000, told["generation"])[told["frame"] :]
    first = told["frame"]  # playing began with the line
    assert 0 < first == pytest.approx(told["beat"] * 60 / told["bpm"] * RATE, abs=1)
    expected = rendered("organ")[first + 400 : first + 10_000, 0]
    np.testing.assert_array_equal(heard[400:, 0], expected)


def test_silence_costs_nothing(studio: Studio) -> None:
    """Before playing and after the end nothing is streamed; the end is told with its beat."""
    short = score_to_json(read_midi(SEED), "seed")
    for track in short["tracks"]:
        track["notes"] = [note for note in track["notes"] if note[0] < 4]
        track["controls"] = []
    short["end_beats"] = 4.0
    with studio.page() as page:
        page.send(type="document", document=document(score=short))
        page.until("voices")
        page.listen(0.3)
        assert len(page.sound) == 0
        page.send(type="play", from_beat=0)
        stopped = page.until("stopped")
        assert stopped["beat"] == 4.0
        length = len(page.sound)
        page.listen(0.3)
        assert len(page.sound) == length
        assert not page.sound[-200:].any() or np.abs(page.sound[-200:, 0]).max() < 1e-3


def test_a_loop_goes_around(studio: Studio) -> None:
    """A piece told to loop goes on at its start after its last bar, and says so."""
    short = score_to_json(Score(tracks=read_midi(SEED).tracks[:1], end_beats=0.0), "loop")
    short["tracks"][0]["notes"] = [[0.0, 0.9, 60, 100], [2.0, 0.9, 64, 100]]
    short["tracks"][0]["controls"] = []
    short["end_beats"] = 4.0
    with studio.page() as page:
        page.send(type="document", document=document(score=short, loop=True))
        page.send(type="play", from_beat=0)
        assert page.until("playing")["beat"] == 0.0
        around = page.until("playing")
        assert around["beat"] == pytest.approx(0.0, abs=0.05)
        assert around["frame"] == pytest.approx(2.0 * RATE, rel=0.02)
        page.listen_until(5 * RATE)


def test_keys_sound_over_what_plays(studio: Studio) -> None:
    """A key sounds on its voice within the next blocks, and ends when it is let go."""
    with studio.page() as page:
        page.send(type="document", document=document())
        page.until("voices")
        page.send(type="key", on=True, note=69, velocity=110, voice="pulse2")
        heard = page.listen_until(9_600)
        assert np.abs(heard[:, 2]).max() > 0.02
        assert not heard[:, 1].any()
        page.send(type="keys_off")
        page.listen(0.5)


def test_notes_come_as_they_are_composed(studio: Studio) -> None:
    """Composing tells passages that join up, then the whole; it is heard at once."""
    with studio.page() as page:
        page.send(type="document", document=document())
        page.send(
            type="compose", id="take", request={"bars": 2, "rng_seed": 3, "model": "tonnetz-lstm"}
        )
        passages = [page.until("passage")]
        while passages[-1]["end_beats"] < 40.0:
            passages.append(page.until("passage"))
        done = page.until("composed")
        assert passages[0]["start_beats"] == 32.0
        score = score_of(ScoreJson.model_validate(done["score"]))
        assert score.end_beats == 40.0
        notes = {
            (index, *note)
            for passage in passages
            for index, track in enumerate(passage["tracks"])
            for note in track["notes"]
        }
        composed = {
            (index, n.onset_beats, n.duration_beats, n.pitch, n.velocity)
            for index, track in enumerate(score.tracks)
            for n in track.notes
            if n.onset_beats >= 32.0
        }
        assert notes == composed
        page.send(type="play", from_beat=33.0)
        told = page.until("playing", lambda message: message["beat"] > 32.9)
        heard = page.listen_until(told["frame"] + 24_000, told["generation"])[told["frame"] :]
        assert np.abs(heard[:, 0]).max() > 0.05


def test_composing_can_be_cancelled(studio: Studio) -> None:
    """A cancelled composing ends, says so, and its worker serves the next."""
    with studio.page() as page:
        page.send(type="document", document=document())
        page.send(type="compose", id=1, request={"bars": 64, "model": "tonnetz-lstm"})
        page.listen(0.1)
        page.send(type="cancel", id=1)
        assert page.until("cancelled")["id"] == 1
        page.send(type="compose", id=2, request={"bars": 1, "model": "tonnetz-lstm"})
        assert page.until("composed")["id"] == 2


def test_composing_from_a_bar_tells_what_it_goes_on_from(studio: Studio) -> None:
    """The first passage brings the seed as it was cut and moved; later ones go on behind it."""
    with studio.page() as page:
        page.send(type="document", document=document())
        page.send(
            type="compose",
            id=1,
            from_bar=5,
            request={"bars": 4, "key": "D minor", "tempo_bpm": 100},
        )
        first = page.until("passage")
        done = page.until("composed")
    seed = score_of(ScoreJson.model_validate(first["seed"]))
    assert (seed.end_beats, seed.tempos[0].bpm, seed.key) == (16.0, 100.0, "Dm")
    assert first["start_beats"] == 16.0
    assert done["score"]["end_beats"] == 32.0
    assert done["made"]["seed_score"]["key"] == "Am", "what the command line begins from"
    later = [text for text in page.texts if text["type"] == "passage"][1:]
    assert not any("seed" in passage for passage in later)


def test_bars_are_written_anew(studio: Studio) -> None:
    """Rewriting answers with the piece as a whole, in which what was kept is kept."""
    with studio.page() as page:
        page.send(type="document", document=document())
        page.send(
            type="compose", id="r", request={"fill": [3, 4], "only": ["triangle"], "rng_seed": 2}
        )
        done = page.until("composed")
    score = score_of(ScoreJson.model_validate(done["score"]))
    assert done["id"] == "r"
    assert [track.role for track in score.tracks] == ["p1", "p2", "tr", "no"]
    assert (done["made"]["request"]["fill"], done["made"]["request"]["only"]) == (
        "3-4",
        ["triangle"],
    )


def test_nothing_becomes_a_piece(studio: Studio) -> None:
    """Composing on from an empty score composes a piece in its meter, in the key asked for."""
    empty = {"name": "new", "meters": [[0, 3, 4]], "end_beats": 0}
    with studio.page() as page:
        page.send(type="document", document=document(score=empty))
        page.send(type="compose", id=1, request={"bars": 2, "key": "G", "tempo_bpm": 140})
        done = page.until("composed")
    score = score_of(ScoreJson.model_validate(done["score"]))
    assert score.end_beats == 6.0
    assert (score.meters[0].numerator, score.tempos[0].bpm, score.key) == (3, 140.0, "G")
    assert done["made"]["request"]["from_scratch"]


def test_a_tab_that_takes_nothing_is_let_go(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that asks for sound and never takes it is let go, and holds up no other."""
    monkeypatch.setattr(connection, "SLOW_S", 2.0)
    greedy = socket.create_connection(("127.0.0.1", int(studio.address.rsplit(":", 1)[1][:-1])))
    greedy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    host = studio.address.removeprefix("http://").rstrip("/")
    greedy.sendall(
        f"GET /ws HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    with greedy, studio.page() as page:
        for message in (
            {"type": "document", "document": document(loop=True)},
            {"type": "play", "from_beat": 0},
        ):
            greedy.sendall(frame_of(json.dumps(message).encode()))
        page.send(type="document", document=document())
        page.send(type="play", from_beat=0)
        heard = page.listen_until(RATE)
        np.testing.assert_array_equal(heard[:, 0], rendered()[:RATE, 0])
        greedy.settimeout(0.2)
        end_s = time.monotonic() + 60
        while len(studio.app.state.sessions) > 1:
            assert time.monotonic() < end_s, "the session of a page that takes nothing goes on"
            with contextlib.suppress(OSError):
                greedy.sendall(frame_of(b'{"type": "room", "frames": 0}'))
            time.sleep(0.01)


def frame_of(payload: bytes) -> bytes:
    """Return a text message as RFC 6455 frames it, masked with zeros."""
    if len(payload) < 126:
        length = bytes([0x80 | len(payload)])
    else:
        length = bytes([0x80 | 127]) + len(payload).to_bytes(8, "big")
    return b"\x81" + length + bytes(4) + payload


def test_what_cannot_be_composed_is_said(studio: Studio) -> None:
    """A model that is no model's name, or a piece too short, is an error that names the wish."""
    with studio.page() as page:
        page.send(type="compose", id="early", request={"bars": 1})
        assert _error(page)["id"] == "early"
        page.send(type="document", document=document())
        page.send(type="compose", id="path", request={"bars": 1, "model": "/etc/passwd"})
        assert "no model" in _error(page)["error"]
        page.send(type="compose", id="bar", from_bar=99, request={"bars": 1})
        assert "bar 99" in _error(page)["error"]


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "null", '{"type": "explode"}', '{"type": "play", "from_beat": -1}',
        '{"type": "play", "from_beat": 1e999}', '{"type": "document"}',
        '{"type": "key", "on": true, "note": 400}', '{"type": "room", "frames": -5}',
        '{"type": "sound", "values": {"a": NaN}}', "[" * 100_000,
    ],
)  # fmt: skip
def test_wrong_messages_are_a_line(studio: Studio, text: str) -> None:
    """What is no message is answered by one line, and the session goes on."""
    with studio.page() as page:
        page.send_text(text)
        error = _error(page)["error"]
        assert "\n" not in error
        assert len(error) < 400
        page.send(type="document", document=document())
        page.until("voices")


def test_tabs_are_counted(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond so many tabs another is told to close one, and nothing else suffers."""
    monkeypatch.setattr(connection, "MOST_SESSIONS", 1)
    with studio.page() as first, studio.page() as second:
        assert first.until("hello")
        with pytest.raises(AssertionError, match="too many tabs"):
            second.until("hello")
        first.send(type="document", document=document())
        first.until("voices")


def test_two_tabs_do_not_disturb_each_other(studio: Studio) -> None:
    """Two tabs hear their own documents; one that composes and breaks down harms no other."""
    with studio.page() as one, studio.page() as other:
        one.send(type="document", document=document())
        other.send(type="document", document=document(preset="organ"))
        other.send(type="compose", id=1, request={"bars": 8})
        one.send(type="play", from_beat=0)
        other.send(type="play", from_beat=0)
        heard = one.listen_until(48_000)
        np.testing.assert_array_equal(heard[:, 0], rendered()[:48_000, 0])
        other_heard = other.listen_until(24_000)
        np.testing.assert_array_equal(other_heard[:, 0], rendered("organ")[:24_000, 0])
        other.kill()
        np.testing.assert_array_equal(one.listen_until(96_000)[:, 0], rendered()[:96_000, 0])


def test_a_closed_tab_frees_its_work(studio: Studio) -> None:
    """A tab that goes, politely or not, in the midst of composing leaves no session and no job."""
    for politely in (True, False):
        page = studio.page()
        with page:
            page.send(type="document", document=document())
            page.send(type="play", from_beat=0)
            page.send(type="compose", id=1, request={"bars": 256})
            page.listen_until(4_800)
            if not politely:
                page.kill()
        end_s = time.monotonic() + 60
        while studio.app.state.sessions or studio.app.state.pool.busy:
            assert time.monotonic() < end_s, "the session goes on without its tab"
            time.sleep(0.05)


def test_registers_are_told_when_asked_for(studio: Studio) -> None:
    """The curious get the 24 registers a few times a second, and only while they ask."""
    with studio.page(in_time=True) as page:
        page.send(type="document", document=document())
        page.send(type="registers", on=True)
        page.send(type="play", from_beat=0)
        told = page.until("registers")
        assert len(told["values"]) == 24
        assert told["values"][0x15] == 0x0F


def _error(page: Any) -> dict[str, Any]:
    while True:
        try:
            page.until("error")
        except AssertionError:
            last: dict[str, Any] = page.texts[-1]
            assert last["type"] == "error", last
            return last
        else:
            found: dict[str, Any] = page.texts[-1]
            return found


def test_errors_are_json(client: httpx.Client) -> None:
    """Even what no route answers is JSON with a line."""
    assert json.loads(client.get("/nothing").text)["error"]
