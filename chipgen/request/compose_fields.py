"""The fields for composing: length, temperature, seed number, and what is rewritten."""

from typing import Any, Final, Literal, Self

from pydantic import model_validator

from chipgen.errors import RequestError
from chipgen.music.formats import SCORE
from chipgen.request.base import FileName, RequestPart
from chipgen.request.field import COMPOSING, SEEDED, request_field
from chipgen.request.values import (
    Chords,
    Form,
    Meter,
    OptionalBars,
    OptionalKey,
    OptionalRange,
    TimeSignature,
    Voices,
)
from synth.chip.voices import VOICES

_LONGER = ("continue", "scratch")  # tasks that make a piece longer, rather than other


class ComposeFields(RequestPart):
    """How a piece is composed on."""

    heading = "Compose"

    bars: int | None = request_field(
        16, "Bars to compose after the seed; 0 plays the file as it is.",
        unit="bars", ge=0, le=4096, sources=SEEDED, tasks=("as is", *_LONGER),
        short="Bars to compose; 0 plays the file as it is. [{default}]",
    )  # fmt: skip
    model: FileName = request_field(
        "row-transformer", "A shipped model's name, or the path of a checkpoint.",
        sources=SEEDED, tasks=COMPOSING,
    )  # fmt: skip
    temperature: float = request_field(
        1.0, "How freely notes are chosen: below 1 is safer, above 1 wilder.",
        ge=0.1, le=3.0, sources=SEEDED, tasks=COMPOSING,
    )  # fmt: skip
    top_p: float = request_field(
        0.95, "Choose among the likeliest notes that make up this share.",
        label="Variety", ge=0.05, le=1.0, sources=SEEDED, tasks=COMPOSING,
    )  # fmt: skip
    key_bias: float = request_field(
        1.0, "How strongly notes keep to the seed's pitch classes; 0 turns this off.",
        ge=0.0, le=4.0, sources=SEEDED, tasks=COMPOSING, page=False,
    )  # fmt: skip
    rng_seed: int = request_field(
        0, "Seed of the random numbers; the same number gives the same bytes.",
        flag="--seed", label="Random number", ge=0, le=2**32 - 1, sources=SEEDED, tasks=COMPOSING,
        short="Another number, another take. [{default}]",
    )  # fmt: skip
    drums: Literal["seed", "preset", "none"] = request_field(
        "seed", "Drums of the composed bars: the seed's pattern continued, a plain kit, or none.",
        labels={"seed": "the seed's", "preset": "a plain kit"}, sources=SEEDED, tasks=_LONGER,
    )  # fmt: skip
    band: Literal["auto", "full", "seed"] = request_field(
        "auto", "Voices that a seed lacks: auto writes them for ordinary MIDI, under its own bars "
        "too, and leaves music of the chip as it is; full always; seed never.",
        labels={"full": "all four voices", "seed": "the seed's"}, sources=SCORE,
        tasks=("continue",),
    )  # fmt: skip
    form: Form = request_field(
        (), "Phrases of four bars that are composed, named by letters; A is the seed's last one, "
        "and ' ends a phrase otherwise: \"A' B B' A\".",
        metavar="LETTERS", unset="drawn", sources=SCORE, tasks=("continue",), page=False,
    )  # fmt: skip
    chords: Chords = request_field(
        (), "Chords of the composed bars, one a bar, round and round: \"C Am F G\".",
        metavar="CHORDS", unset="drawn", sources=SCORE, tasks=("continue", "rewrite"), page=False,
    )  # fmt: skip
    end: Literal["auto", "cadence", "loop", "open"] = request_field(
        "auto", "How the piece ends: with a cadence, looping as with --loop, or open. auto ends "
        "four bars and more with a cadence; fewer, and music of the chip, open.",
        sources=SCORE, tasks=("continue",), page=False,
    )  # fmt: skip
    without_seed: bool = request_field(
        False, "Leave the seed out of the output.",
        flag="--without-input", aliases=("--without-seed",),
        sources=SCORE, tasks=("continue",), page=False,
    )  # fmt: skip


class RewriteFields(RequestPart):
    """Which part of a piece is rewritten, and what is done to the seed first."""

    heading = "Rewrite, loop and transpose"

    only: Voices = request_field(
        (), "Rewrite only these voices of the piece and keep the others: some of "
        f"{','.join(VOICES)}.",
        metavar="VOICES", sources=SCORE, page=False,
    )  # fmt: skip
    keep: Voices = request_field(
        (), "Keep these voices of the piece and rewrite the others.",
        metavar="VOICES", sources=SCORE, page=False,
    )  # fmt: skip
    fill: OptionalBars = request_field(
        None, "Rewrite these bars of the piece so that they lead into what follows (9-12, counted "
        "from 1); with --only or --keep, some voices of them.",
        metavar="FIRST-LAST", unit="bars", sources=SCORE, page=False,
    )  # fmt: skip
    density: float | None = request_field(
        None, "How many notes rewritten voices begin, against what they have in the whole piece: "
        "0.5 half as many, 2 twice as many.",
        metavar="TIMES", unset="the model's", ge=0.1, le=8.0, sources=SCORE, tasks=("rewrite",),
        page=False,
    )  # fmt: skip
    pitches: OptionalRange = request_field(
        None, "Keep rewritten melodic voices between two pitches: C4-G5, or 60-79.",
        metavar="LOW-HIGH", unset="near what is there", sources=SCORE,
        tasks=("rewrite",), page=False,
    )  # fmt: skip
    keep_rhythm: bool = request_field(
        False, "Rewritten voices begin, hold and rest where they did; pitches and drums change.",
        sources=SCORE, tasks=("rewrite",), page=False,
    )  # fmt: skip
    loop: bool = request_field(
        False, "Compose an end that leads back to the beginning, and mark the loop.",
        short="Compose an end that leads back.",
        sources=SEEDED, tasks=_LONGER, page=False,
    )  # fmt: skip
    intro: bool = request_field(
        False, "With --loop: play the seed once, and loop only the composed bars.",
        sources=SCORE, tasks=("continue",), page=False,
    )  # fmt: skip
    key: OptionalKey = request_field(
        None, 'Transpose the seed into this key first: "D minor", Eb, F#m.',
        metavar="KEY", unset="the seed's", sources=SEEDED, page=False,
        short='Transpose first: "D minor", Eb, F#m.',
    )  # fmt: skip
    tempo_bpm: float | None = request_field(
        None, "Set the tempo of the piece in beats per minute.",
        flag="--tempo", label="Tempo", metavar="BPM", unit="bpm", ge=20, le=400,
        unset="the seed's", sources=SEEDED, page=False,
        short="Beats per minute.",
    )  # fmt: skip


class ScratchFields(RequestPart):
    """How a piece is composed from nothing."""

    heading = "Compose from nothing"

    from_scratch: bool = request_field(
        False, "Compose without an input.", sources=("nothing",), page=False
    )
    meter: Meter = request_field(
        TimeSignature(4, 4), "Meter of a piece from scratch.",
        metavar="N/D", sources=("nothing",), tasks=("scratch",), page=False,
    )  # fmt: skip


class ComposeRequest(ScratchFields, RewriteFields, ComposeFields):
    """The whole request to the composer.

    Examples
    --------
    >>> ComposeRequest(only="noise", fill="3-4").task
    'rewrite'
    """

    @property
    def task(self) -> str:
        """What is to be done: one of `chipgen.request.field.TASKS`."""
        if self.from_scratch:
            return "scratch"
        if self.voices or self.fill is not None:
            return "rewrite"
        return "as is" if self.bars == 0 else "continue"

    @property
    def composes(self) -> bool:
        """Whether a model is asked at all."""
        return self.task in COMPOSING

    @property
    def voices(self) -> tuple[str, ...]:
        """The voices to rewrite; none if the request names none."""
        return self.only or tuple(voice for voice in VOICES if self.keep and voice not in self.keep)

    @property
    def looped(self) -> Literal["", "piece", "composed"]:
        """Which part becomes a loop: none, the whole piece, or only the composed bars."""
        if not self.loop:
            return ""
        return "composed" if self.intro or self.without_seed else "piece"

    @model_validator(mode="before")
    @classmethod
    def _end_in_a_loop(cls, given: Any) -> Any:
        if isinstance(given, dict) and given.get("end") == "loop":
            return {**given, "loop": True}
        return given

    @model_validator(mode="after")
    def _refuse_contradictions(self) -> Self:
        if self.only and self.keep:
            raise RequestError("--only and --keep say the same in two ways; give one of them")
        if self.keep and not self.voices:
            raise RequestError("--keep keeps every voice: there is nothing to write")
        if len(self.voices) == len(VOICES) and self.fill is None:
            raise RequestError(
                "--only names every voice, so nothing would be kept; name bars with --fill, or "
                "compose from nothing (--from-scratch)"
            )
        if self.task == "rewrite" and self.bars == 0 and "bars" in self.model_fields_set:
            raise RequestError("--as-is composes nothing: leave it out, or what is to be rewritten")
        if self.keep_rhythm and self.density is not None:
            raise RequestError("--keep-rhythm keeps the number of notes, too; leave out --density")
        if self.loop and self.end in ("cadence", "open"):
            raise RequestError(f"--loop leads back to the beginning; leave out --end {self.end}")
        if self.intro and not self.loop:
            raise RequestError("--intro says what --loop repeats; give --loop too")
        if self.intro and self.without_seed:
            raise RequestError("--intro keeps the seed as introduction; leave out --without-input")
        return self


USUAL: Final = ComposeRequest()
"""The default request."""
