"""The studio's server: the page and its files, requests, and a session for each tab.

All input is checked against limits before it is used: bodies while they are read,
JSON by its models, MIDI by the reader in a process of its own. What goes out on an error is a line.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import quote

from fastapi import FastAPI, Request, WebSocket
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.types import Receive, Scope, Send

from chipgen import __version__
from chipgen.models.registry import MODELS
from chipgen.music.formats import read_suffixes
from chipgen.playing.live_player import RATE_HZ
from chipgen.studio.connection import serve_session
from chipgen.studio.controls import controls_json
from chipgen.studio.examples import EXAMPLES, example
from chipgen.studio.exports import media_type, offered
from chipgen.studio.origin_check import OriginCheck
from chipgen.studio.page_messages import (
    DOCUMENT_BYTES,
    MAX_YAML,
    AuditionRequest,
    ExportRequest,
    VoicesRequest,
    WorkRequest,
)
from chipgen.studio.score_json import MAX_BEATS, MAX_NOTES, MAX_TEXT, say, score_of
from chipgen.studio.voice_assets import voice_file
from chipgen.studio.voicer import Voicer, preset_json, shipped_preset, voices_json
from chipgen.studio.worker_pool import READ_LIMIT_S, WorkerPool
from synth.errors import SynthError
from synth.instrument.preset_loader import load_preset, preset_names, preset_source, read_preset
from synth.temporary_files import temporary_folder
from synth.whole_number import parse_whole

UPLOAD_BYTES: Final = 5_000_000
WORK_BYTES: Final = 32_000_000  # takes and undo included
MOST_WAITING: Final = 8
EXPORT_LIMIT_S: Final = 600.0

_MEDIA: Final = {
    ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml", ".png": "image/png",
    ".json": "application/json", ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
}  # fmt: skip
_logger = logging.getLogger(__name__)
_Parsed = TypeVar("_Parsed", bound=BaseModel)


def make_app(host: str = "127.0.0.1") -> FastAPI:
    """Return the studio as an ASGI application.

    Parameters
    ----------
    host
        The address that it will listen at, which requests must name.
    """
    pool = WorkerPool()

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        pool.warm_up()
        try:
            yield
        finally:
            await pool.close()

    app = FastAPI(
        lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False
    )
    app.state.pool = pool
    app.state.sessions = set()
    app.add_middleware(OriginCheck, host=host)
    _add_errors(app)
    _add_page(app)
    _add_questions(app)
    _add_work(app, pool)

    @app.websocket("/ws")
    async def session(socket: WebSocket) -> None:
        await serve_session(socket, pool, app.state.sessions)

    return app


def _add_errors(app: FastAPI) -> None:
    @app.exception_handler(SynthError)
    async def wrong(_: Request, error: SynthError) -> Response:
        return _error(400, str(error))

    @app.exception_handler(HTTPException)
    async def refused(_: Request, error: HTTPException) -> Response:
        return _error(error.status_code, str(error.detail))

    @app.exception_handler(Exception)
    async def stumbled(_: Request, error: Exception) -> Response:
        _logger.error("the studio stumbled: %r", error, exc_info=error)
        return _error(500, "the studio stumbled over this; see its log")


def _add_page(app: FastAPI) -> None:
    @app.get("/")
    async def index() -> Response:
        return _page_file("index.html")

    @app.get("/page/{name:path}")
    async def file(name: str) -> Response:
        return _page_file(name)

    @app.get("/favicon.ico")
    async def icon() -> Response:
        return _page_file("icon.svg")


def _add_questions(app: FastAPI) -> None:
    # Plain functions: they read presets and MIDI, and are run in threads beside the sound.

    @app.get("/api/about")
    def about() -> dict[str, Any]:
        return {
            "version": __version__,
            "rate_hz": RATE_HZ,
            "models": [
                {"name": name, "summary": row.summary, "abilities": list(row.abilities)}
                for name, row in MODELS.items()
            ],
            "request": controls_json(),
            "presets": _presets(),
            "examples": [{"name": name, "title": title} for name, title in EXAMPLES.items()],
            "opens": list(read_suffixes("score")),
            "formats": offered(),
            "limits": {
                "upload_bytes": UPLOAD_BYTES,
                "beats": MAX_BEATS,
                "notes": MAX_NOTES,
            },
        }

    @app.get("/api/presets/{name}")
    def preset(name: str) -> dict[str, Any]:
        return preset_json(shipped_preset(name), preset_source(name))

    @app.post("/api/presets")
    async def own_preset(request: Request, name: str = "the preset") -> dict[str, Any]:
        data = await _body(request, MAX_YAML)

        def work() -> dict[str, Any]:
            found = read_preset(data, _plain(name, "the preset"))
            return preset_json(found, data.decode("utf-8-sig"))

        return await asyncio.to_thread(work)

    @app.get("/api/examples/{name}")
    def seed(name: str) -> dict[str, Any]:
        return example(name)

    @app.post("/api/voices")
    async def voices(request: Request) -> dict[str, Any]:
        document = (await _parse(request, VoicesRequest)).document

        def work() -> dict[str, Any]:
            score = score_of(document.score)
            return voices_json(Voicer().voice(score, document))

        return await asyncio.to_thread(work)


def _add_work(app: FastAPI, pool: WorkerPool) -> None:
    waiting = 0

    @contextlib.asynccontextmanager
    async def turn() -> AsyncIterator[None]:
        nonlocal waiting
        if waiting >= MOST_WAITING:
            raise HTTPException(503, "the studio is busy; try again in a moment")
        waiting += 1
        try:
            yield
        finally:
            waiting -= 1

    @app.post("/api/read")
    async def read(request: Request, name: str = "the MIDI file") -> Response:
        data = await _body(request, UPLOAD_BYTES)
        async with turn():
            answer = await _read(pool, data, {"job": "read", "name": _plain(name)})
        return JSONResponse(answer["score"])

    @app.post("/api/export")
    async def export(request: Request) -> Response:
        wanted = await _parse(request, ExportRequest)
        job = {
            "job": "export",
            "document": wanted.document.model_dump(mode="json"),
            "kind": wanted.format,
            "made": wanted.made and wanted.made.model_dump(mode="json"),
        }
        async with turn():
            return await _made(pool, job)

    @app.post("/api/save")
    async def save(request: Request) -> Response:
        wanted = await _parse(request, WorkRequest, WORK_BYTES)
        job = {"job": "save", **wanted.model_dump(mode="json", exclude_unset=True)}
        async with turn():
            return await _made(pool, job)

    @app.post("/api/open")
    async def open_work(request: Request, name: str = "the work") -> Response:
        data = await _body(request, WORK_BYTES)
        async with turn():
            answer = await _read(pool, data, {"job": "open", "name": _plain(name, "the work")})
        return JSONResponse(answer["page"])

    @app.post("/api/audition")
    async def audition(request: Request) -> Response:
        wanted = await _parse(request, AuditionRequest)
        async with turn():
            return await _made(
                pool, {"job": "audition", "settings": wanted.model_dump(mode="json")}
            )


@cache
def _presets() -> list[dict[str, str]]:
    return [{"name": name, "description": load_preset(name).description} for name in preset_names()]


async def _read(pool: WorkerPool, data: bytes, job: dict[str, Any]) -> dict[str, Any]:
    """Have an uploaded file read, and return what came of it."""
    with temporary_folder() as folder:
        path = folder / "upload"
        path.write_bytes(data)
        return await pool.ask({**job, "path": str(path)}, limit_s=READ_LIMIT_S)


async def _made(pool: WorkerPool, job: dict[str, Any]) -> Response:
    """Have a file made and send it; its folder goes when it has been sent, or could not be made."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(temporary_folder())
        answer = await pool.ask({**job, "folder": str(folder)}, limit_s=EXPORT_LIMIT_S)
        if "answer" in answer:
            return JSONResponse(answer["answer"])
        name = answer["file"]
        return _SentOnce(
            folder / name,
            filename=name,
            media_type=media_type(name),
            headers={"x-remarks": quote("\n".join(answer["remarks"]))[:4000]},
            remains=stack.pop_all(),
        )


class _SentOnce(FileResponse):
    """A file whose folder goes when it has been sent, or the page has gone before."""

    def __init__(self, path: Path, *, remains: contextlib.ExitStack, **about: Any) -> None:
        super().__init__(path, **about)
        self._remains = remains

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._remains.close()


async def _parse(request: Request, model: type[_Parsed], limit: int = DOCUMENT_BYTES) -> _Parsed:
    data = await _body(request, limit)
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        raise HTTPException(422, say(error)) from None


async def _body(request: Request, limit: int) -> bytes:
    """Read a body, and stop reading as soon as it is longer than it may be."""
    length = request.headers.get("content-length", "0")
    data = bytearray()
    most = f"{limit // 1_000_000} MB" if limit >= 1_000_000 else f"{limit // 1_000} kB"
    too_long = HTTPException(413, f"this is larger than {most}, the most there is")
    number = parse_whole(length)
    if number is None or number > limit:
        raise too_long
    async for part in request.stream():
        data += part
        if len(data) > limit:
            raise too_long
    return bytes(data)


def _page_file(name: str) -> Response:
    """Return a file of the page; names are looked up among those there are, not opened as given.

    The page's table of voices is generated from ours.
    """
    written = voice_file(name)
    if written is not None:
        return Response(written, media_type=_MEDIA[Path(name).suffix])
    folder = resources.files("chipgen.studio") / "page"
    *inside, last = name.split("/")
    for part in inside:
        folder = next((f for f in folder.iterdir() if f.name == part and f.is_dir()), folder / "?")
        if not folder.is_dir():
            return _error(404, "there is no such file")
    found = next((file for file in folder.iterdir() if file.name == last and file.is_file()), None)
    media = _MEDIA.get(Path(last).suffix)
    if found is None or media is None:
        return _error(404, "there is no such file")
    return Response(found.read_bytes(), media_type=media)


def _error(status: int, text: str) -> Response:
    return JSONResponse({"error": " ".join(text.split())[:500]}, status)


def _plain(name: str, otherwise: str = "the MIDI file") -> str:
    """Return what the user calls a file, fit for a message."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1][:MAX_TEXT]
    return "".join(letter for letter in last if letter.isprintable()) or otherwise
