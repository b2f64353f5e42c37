"""Checks what the page sends: documents, sounds and messages of a session."""

import json
from typing import Annotated, Any, Final, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from chipgen.errors import RequestError
from chipgen.models.registry import MODELS
from chipgen.request import ComposeRequest
from chipgen.request.sound_fields import ConsoleFilter, Region
from chipgen.studio.score_json import (
    MAX_EVENTS,
    MAX_TRACKS,
    Beat,
    Byte,
    Level,
    Plain,
    ScoreJson,
    Text,
    one_of,
)
from synth.chip.voices import VOICES

DOCUMENT_BYTES: Final = 8_000_000  # of a message, and of a request with a document
MAX_YAML: Final = 200_000
MAX_PLAN: Final = 20_000
MAX_SCORES: Final = 20_000  # of a work: of its takes, and of what undo brings back
MAX_BARS: Final = 512  # a studio's take; the command line composes more at once

Voice = Annotated[str, one_of(*VOICES)]
Identity = Annotated[str, Field(max_length=80)] | int
Index = Annotated[int, Field(ge=0, le=MAX_EVENTS, strict=True)]
Revision = Annotated[int, Field(ge=0, le=2**40, strict=True)]
Bar = Annotated[int, Field(ge=1, le=100_000, strict=True)]


def _page_request(given: Any, handler: ValidatorFunctionWrapHandler) -> ComposeRequest:
    """Read a request that a page sends: paths of files are none of its business."""
    try:
        request: ComposeRequest = handler(given)
    except RequestError as error:
        raise ValueError(str(error)) from None
    if request.task != "rewrite" and not 1 <= (request.bars or 0) <= MAX_BARS:
        raise ValueError(f"bars: give 1 to {MAX_BARS}")
    if request.model not in MODELS:
        raise ValueError(
            f"no model is called {request.model[:40]!r}; there are: {', '.join(MODELS)}"
        )
    return request


PageRequest = Annotated[ComposeRequest, WrapValidator(_page_request)]


class OwnPreset(Plain):
    """A preset that the user brought: the text of its file."""

    yaml: Annotated[str, Field(min_length=1, max_length=MAX_YAML)]
    extends: Text | None = None


class SoundSettings(Plain):
    """How a piece is to sound."""

    preset: Annotated[str, Field(min_length=1, max_length=80)] | OwnPreset = "default"
    values: dict[Annotated[str, Field(max_length=80)], float] = Field(default={}, max_length=100)
    muted: list[Voice] = Field(default=[], max_length=4)
    solo: list[Voice] = Field(default=[], max_length=4)
    region: Region | None = None
    filter: ConsoleFilter | None = None


class Made(Plain):
    """How the piece came to be what it is: what was asked of the composer, and of which seed.

    From scratch the seed had but its meter. ``plan`` says in words what was composed to.
    """

    request: PageRequest
    seed_score: ScoreJson
    digest: Text = ""
    plan: Annotated[str, Field(max_length=MAX_PLAN, pattern=r"^[ -~]*$")] = ""


class Document(SoundSettings):
    """A piece with its sound, as the page holds it."""

    score: ScoreJson


class ExportRequest(Plain):
    """Which file of a document is requested, and how its piece was composed, if it was."""

    document: Document
    format: Annotated[str, Field(min_length=1, max_length=16)]
    made: Made | None = None


class VoicesRequest(Plain):
    """A document whose four voices are asked for."""

    document: Document


class AuditionRequest(SoundSettings):
    """A sound whose demonstration is asked for."""


class DocumentMessage(Plain):
    """The whole document, on connecting; its score is of a revision, from which edits count."""

    type: Literal["document"]
    document: Document
    revision: Revision = 0


class TracksChange(Plain):
    """Other tracks: for each of them which it was before, or null for a new one."""

    tracks: list[Index | None] = Field(max_length=MAX_TRACKS)


class FieldsChange(Plain):
    """Fields of a track, or of the score, by their names there."""

    track: Index | None = None
    set: dict[Annotated[str, Field(max_length=20)], Any] = Field(max_length=12)


class RowsChange(Plain):
    """Events of a track, or of the score.

    A splice is the index of the first event that gives way, how many do, and the rows that are put
    there; indices are those before the change, and ascend.
    """

    track: Index | None = None
    rows: Literal["notes", "controls", "bends", "program_changes", "tempos", "meters", "markers"]
    splices: list[tuple[Index, Index, list[list[int | float | str]]]]


Change = TracksChange | FieldsChange | RowsChange
CHANGES: Final[TypeAdapter[list[Change]]] = TypeAdapter(list[Change])


class SavedScore(Plain):
    """A score in a work: what it changes of one before it, or of an empty one."""

    like: Index | None = None
    changes: list[Change] = Field(max_length=MAX_EVENTS)


class SavedPage(BaseModel):
    """What the page keeps in a work; it checks the rest itself, which nothing else reads."""

    model_config = ConfigDict(extra="allow", allow_inf_nan=False)

    scores: list[SavedScore] = Field(max_length=MAX_SCORES)
    takes: list[dict[str, Any]] = Field(max_length=MAX_SCORES)
    now: list[Index] = Field(min_length=1, max_length=MAX_SCORES)


class WorkRequest(Plain):
    """A work that is to be saved as a file."""

    document: Document
    page: SavedPage


class EditMessage(Plain):
    """What has changed in the score since the last revision; ``more`` of it may follow.

    The page compares the digest of its score with the server's (`page_document.digest_of`).
    """

    type: Literal["edit"]
    revision: Revision
    changes: list[Change] = Field(max_length=MAX_EVENTS)
    more: bool = False
    digest: Annotated[int, Field(ge=0, lt=2**32, strict=True)] = 0


class SoundMessage(SoundSettings):
    """A change of the sound alone."""

    type: Literal["sound"]


class PlayMessage(Plain):
    """Play from a beat, or on from where it was stopped."""

    type: Literal["play"]
    from_beat: Beat | None = None


class StopMessage(Plain):
    """Stop playing."""

    type: Literal["stop"]


class SeekMessage(Plain):
    """Go to a beat."""

    type: Literal["seek"]
    beat: Beat


class OtherTake(Plain):
    """A take with another random number, made beside the one that is heard."""

    id: Identity
    rng_seed: Annotated[int, Field(ge=0, lt=2**32, strict=True)]


class ComposeMessage(Plain):
    """Compose on from the piece's end, or from a bar in place of what follows it; or rewrite it.

    ``others`` are composed after it of the same piece, and are not heard.
    """

    type: Literal["compose"]
    id: Identity
    request: PageRequest = ComposeRequest()
    from_bar: Bar | None = None
    others: list[OtherTake] = Field(default=[], max_length=2)


class CancelMessage(Plain):
    """Compose no further."""

    type: Literal["cancel"]
    id: Identity


class KeyMessage(Plain):
    """A key pressed or let go."""

    type: Literal["key"]
    on: bool
    note: Byte
    velocity: Level | Literal[0] = 100
    voice: Annotated[str, one_of(*VOICES, "drums")] = VOICES[0]


class KeysOffMessage(Plain):
    """All keys let go."""

    type: Literal["keys_off"]


class RoomMessage(Plain):
    """How many frames the page holds, and the end of the last block that it has."""

    type: Literal["room"]
    frames: Annotated[int, Field(ge=0, le=2**31, strict=True)]
    upto: Annotated[int, Field(ge=0, le=2**40, strict=True)] | None = None


class RegistersMessage(Plain):
    """Whether the chip's registers are to be sent."""

    type: Literal["registers"]
    on: bool


Message = Annotated[
    DocumentMessage | EditMessage | SoundMessage | PlayMessage | StopMessage | SeekMessage
    | ComposeMessage | CancelMessage | KeyMessage | KeysOffMessage | RoomMessage | RegistersMessage,
    Field(discriminator="type"),
]  # fmt: skip
MESSAGES: Final[TypeAdapter[Message]] = TypeAdapter(Message)
_IDENTITY: Final[TypeAdapter[Identity | None]] = TypeAdapter(Identity | None)


def identity_in(text: str | bytes) -> Identity | None:
    """Return the id of an invalid message, so that the answer can name it."""
    try:
        told = json.loads(text)
        return _IDENTITY.validate_python(told.get("id") if isinstance(told, dict) else None)
    except (ValueError, RecursionError):  # pydantic's ValidationError is a ValueError
        return None
