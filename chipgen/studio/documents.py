"""What the page sends, checked: documents, sounds and the messages of a session."""

from typing import Annotated, Final, Literal

from pydantic import Field, TypeAdapter

from chipgen.studio.scores import Beat, Byte, Level, Plain, ScoreJson, Text, one_of
from synth.chip.voices import VOICES

MAX_YAML: Final = 200_000
MAX_MADE: Final = 1_000
MAX_BARS: Final = 512  # a studio's take; the command line composes more at once

Voice = Annotated[str, one_of(*VOICES)]
Identity = Annotated[str, Field(max_length=80)] | int
RngSeed = Annotated[int, Field(ge=0, le=2**32 - 1, strict=True)]
Temperature = Annotated[float, Field(ge=0.1, le=3.0)]
TopP = Annotated[float, Field(ge=0.05, le=1.0)]
Bars = Annotated[int, Field(ge=1, le=MAX_BARS, strict=True)]


class OwnPreset(Plain):
    """A preset that the user brought: the text of its file."""

    yaml: Annotated[str, Field(min_length=1, max_length=MAX_YAML)]
    extends: Text | None = None


class SoundWish(Plain):
    """How a piece is to sound."""

    preset: Annotated[str, Field(min_length=1, max_length=80)] | OwnPreset = "default"
    values: dict[Annotated[str, Field(max_length=80)], float] = Field(default={}, max_length=100)
    muted: list[Voice] = Field(default=[], max_length=4)
    solo: list[Voice] = Field(default=[], max_length=4)
    region: Literal["ntsc", "pal"] | None = None
    filter: Literal["none", "nes", "famicom"] | None = None


class ComposeWish(Plain):
    """How a model is to compose; the words are the command line's."""

    bars: Bars = 16
    temperature: Temperature = 1.0
    top_p: TopP = 0.95
    rng_seed: RngSeed = 0
    model: Annotated[str, Field(min_length=1, max_length=80)] | None = None
    drums: Literal["seed", "preset", "none"] = "seed"
    key: Text | None = None
    tempo: Annotated[float, Field(ge=20, le=400)] | None = None
    loop: bool = False


Bar = Annotated[int, Field(ge=1, le=100_000, strict=True)]


class Part(Plain):
    """Bars, the last included, and voices of a piece; no voice means all."""

    first_bar: Bar
    last_bar: Bar
    voices: list[Voice] = Field(default=[], max_length=4)


class RewriteWish(Part):
    """How a model is to write a part of a piece anew."""

    rng_seed: RngSeed = 0
    temperature: Temperature = 1.0
    top_p: TopP = 0.95
    model: Annotated[str, Field(min_length=1, max_length=80)] | None = None


class Made(ComposeWish):
    """How the piece came to be what it is: one composing, and what it began from.

    With `rewrite` a part of `seed_score` was written anew; else it was composed on from;
    from scratch it had but its meter.
    """

    rewrite: Part | None = None
    from_scratch: bool = False
    seed_score: ScoreJson
    digest: Text = ""


class Document(SoundWish):
    """A piece with its sound, as the page holds it."""

    score: ScoreJson
    loop: bool = False
    made: list[Made] = Field(default=[], max_length=MAX_MADE)


class ExportWish(Plain):
    """What file is wanted of a document."""

    document: Document
    format: Annotated[str, Field(min_length=1, max_length=16)]


class VoicesWish(Plain):
    """A document whose four voices are asked for."""

    document: Document


class AuditionWish(SoundWish):
    """A sound whose demonstration is asked for."""


class DocumentMessage(Plain):
    """The whole document, on connecting and after every edit."""

    type: Literal["document"]
    document: Document


class SoundMessage(SoundWish):
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


class LoopMessage(Plain):
    """Play around and around, or once."""

    type: Literal["loop"]
    on: bool


class ComposeMessage(ComposeWish):
    """Compose on from the piece's end, or from a bar, in place of what follows it."""

    type: Literal["compose"]
    id: Identity
    from_bar: Bar | None = None


class RewriteMessage(RewriteWish):
    """Compose some bars anew, of some voices, around what stays."""

    type: Literal["rewrite"]
    id: Identity


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
    """Whether the chip's registers are to be told."""

    type: Literal["registers"]
    on: bool


Message = Annotated[
    DocumentMessage | SoundMessage | PlayMessage | StopMessage | SeekMessage | LoopMessage
    | ComposeMessage | RewriteMessage | CancelMessage | KeyMessage | KeysOffMessage | RoomMessage
    | RegistersMessage,
    Field(discriminator="type"),
]  # fmt: skip
MESSAGES: Final[TypeAdapter[Message]] = TypeAdapter(Message)
