"""Targets of the fuzzer that the studio brings: its page's messages, requests and works."""

import asyncio
import contextlib
import json
import tempfile
from functools import cache
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from chipgen.errors import ChipgenError
from tests.fuzz.mutate import mutate_json
from tests.fuzz.structured import mutate_zip
from tests.fuzz.target import Target

_LONGEST_S: Final = 60.0  # of pieces that are exported


def _take_message(path: Path) -> None:
    """Let a studio's session with a piece take a message, and go on for a moment."""
    from chipgen.studio.session import Session

    async def talk() -> None:
        async def send(_: object) -> None:
            pass

        class Pool:
            async def ask(self, *_: object, **__: object) -> dict[str, Any]:
                raise ChipgenError("nobody composes here")

        session = Session(Pool(), 8_000, send, send)  # type: ignore[arg-type]
        running = asyncio.create_task(session.run())
        await session.receive(_message_seeds()[0])
        await session.receive(path.read_bytes())
        for _ in range(4):
            await asyncio.sleep(0.005)
        if running.done():
            running.result()
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        await session.close()

    asyncio.run(talk())


@cache
def _message_seeds() -> list[bytes]:
    track = {
        "name": "lead", "role": "", "channel": 0, "program": 80, "notes": [[0, 1, 60, 100]],
        "controls": [[0, 7, 100]], "bends": [[0, 0.5]],
    }  # fmt: skip
    score = {
        "name": "a", "dialect": "gm", "end_beats": 4, "tempos": [[0, 120]], "meters": [[0, 4, 4]],
        "markers": [[0, "loopStart"]], "tracks": [track],
    }  # fmt: skip
    sound = {"preset": "default", "values": {}, "muted": ["noise"], "solo": []}
    messages: list[dict[str, Any]] = [
        {"type": "document", "document": {**sound, "score": score}},
        {
            "type": "edit",
            "revision": 1,
            "digest": 3477604103,
            "changes": [
                {"tracks": [0, None]},
                {"track": 1, "set": {"name": "b"}},
                {"track": 0, "rows": "notes", "splices": [[0, 1, [[0, 2, 62, 90]]]]},
            ],
        },
        {"type": "sound", **sound, "region": "pal", "filter": "none"},
        {"type": "play", "from_beat": 0.5},
        {"type": "stop"},
        {"type": "seek", "beat": 1.0},
        {"type": "compose", "id": 1, "request": {"bars": 1}},
        {"type": "cancel", "id": 1},
        {"type": "key", "note": 60, "on": True, "velocity": 100, "voice": "pulse1"},
        {"type": "keys_off"},
        {"type": "room", "frames": 1000, "upto": 3},
        {"type": "registers", "on": True},
    ]
    return [json.dumps(message).encode() for message in messages]


def _take_request(path: Path) -> None:
    """Do what a request of the page asks for, as its server and a worker do."""
    from chipgen.studio import page_messages
    from chipgen.studio.jobs import JOBS
    from chipgen.studio.score_json import say, score_of
    from chipgen.studio.voicer import Voicer, voices_json

    models = {
        "export": page_messages.ExportRequest, "save": page_messages.WorkRequest,
        "voices": page_messages.VoicesRequest, "audition": page_messages.AuditionRequest,
    }  # fmt: skip
    try:
        post, body = json.loads(path.read_bytes())
        model = models[post]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise ChipgenError("it is no request") from None
    try:
        asked: Any = model.model_validate_json(json.dumps(body))
    except ValidationError as error:
        raise ChipgenError(say(error)) from None
    if post == "audition":
        _do(JOBS[post], {"settings": asked.model_dump(mode="json")}, path)
        return
    document = asked.document
    score = score_of(document.score)
    if score.duration_s > _LONGEST_S:  # which takes its time, as it should
        return
    if post == "voices":
        voices_json(Voicer().voice(score, document))
        return
    told = asked.model_dump(mode="json", exclude_unset=True)
    told |= {"document": document.model_dump(mode="json"), "kind": getattr(asked, "format", "")}
    _do(JOBS[post], told, path)


def _do(job: Any, told: dict[str, Any], path: Path) -> None:
    """Do a job that writes into a folder, which it finds empty."""
    folder = path.with_name("made")
    folder.mkdir()
    try:
        job({**told, "folder": str(folder)}, lambda _: None)
    finally:
        for made in folder.iterdir():
            made.unlink()
        folder.rmdir()


def _request_seeds() -> list[bytes]:
    document = json.loads(_message_seeds()[0])["document"]
    sound = {"preset": "default", "values": {}, "muted": [], "solo": ["pulse1"], "region": "pal"}
    saved = {"like": None, "changes": [{"tracks": [None]}]}
    page = {"scores": [saved], "takes": [{}], "now": [0]}
    asked = [
        ("export", {"document": document, "format": kind})
        for kind in (".mid", ".nsf", ".wav", "stems", "preset", "command", ".famistudio.txt")
    ]
    asked += [
        ("save", {"document": document, "page": page}), ("voices", {"document": document}),
        ("audition", sound),
    ]  # fmt: skip
    return [json.dumps(each).encode() for each in asked]


def _take_opened(path: Path) -> None:
    """Open a work in the studio, with what its page kept."""
    from chipgen.studio.jobs import JOBS

    JOBS["open"]({"path": str(path), "name": "the work"}, lambda _: None)


def _opened_seeds() -> list[bytes]:
    from chipgen.studio.jobs import JOBS

    post, body = next(each for each in map(json.loads, _request_seeds()) if each[0] == "save")
    with tempfile.TemporaryDirectory() as folder:
        made = JOBS[post]({**body, "folder": folder}, lambda _: None)
        return [Path(folder, made["file"]).read_bytes()]


TARGETS: Final[tuple[Target, ...]] = (
    Target("message", lambda: list(_message_seeds()), _take_message, mutate_json, ".json"),
    Target("request", _request_seeds, _take_request, mutate_json, ".json"),
    Target("opened-work", _opened_seeds, _take_opened, mutate_zip, ".chipgen"),
)
