"""A request: its ranges, what it refuses, and what of it applies to which source and target."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from chipgen.app.pipeline import arrange_config, chip_choices, delivery_of
from chipgen.arrange import ArrangeConfig
from chipgen.errors import RequestError
from chipgen.models.registry import MODELS
from chipgen.music.formats import ANYTHING, MIDI, all_formats, target_format, written_suffixes
from chipgen.music.key_names import Key
from chipgen.request import (
    ComposeRequest,
    Request,
    RequestField,
    check_request,
    fit_request,
    request_fields,
)
from chipgen.request.command_line import words_of
from chipgen.request.field import SOURCES, TARGETS, TASKS, request_field
from chipgen.request.request import applies
from chipgen.request.targets import PICTURE, SPEAKERS, Target, target_of
from chipgen.request.values import ALL_TRACKS, Bars, TimeSignature
from synth.chip.audio_stream import HARDWARE
from synth.chip.voices import VOICES
from synth.output.delivery import Delivery

FIELDS = request_fields(Request)


def target(suffix: str) -> Target:
    """Return what a file with a suffix can hold."""
    return target_of(target_format(Path(f"song{suffix}"), *ANYTHING))


def value_of(field: RequestField) -> st.SearchStrategy[Any]:
    """Return values that a field takes, the default among them."""
    low, high = field.minimum, field.maximum
    own: dict[str, st.SearchStrategy[Any]] = {
        "only": st.lists(st.sampled_from(VOICES), unique=True, max_size=3),
        "keep": st.just([]),
        "fill": st.tuples(st.integers(1, 8), st.integers(8, 20)),
        "key": st.sampled_from(["D minor", "Eb", "f#m"]),
        "form": st.sampled_from(["A", "A' B B A"]),
        "chords": st.sampled_from(["C", "Am7 | F#dim Bb"]),
        "meter": st.sampled_from(["3/4", "6/8", [4, 4]]),
        "track": st.sampled_from([1, 3, "all"]),
        "model": st.sampled_from([*MODELS]),
        "voice_map": st.just("bass=track:3"),
        "loop": st.just(True),
        "end": st.sampled_from(["auto", "loop"]),  # the others contradict --loop
        "intro": st.just(False),
        "bars": st.integers(1, 4096),  # 0 is refused beside what is to be rewritten
    }
    if field.name in own:
        return own[field.name]
    if field.kind == "choice":
        return st.sampled_from([*field.choices])
    if field.kind == "switch":
        return st.booleans()
    if field.kind == "text":
        return st.text("abc", min_size=1, max_size=5)
    assert low is not None
    assert high is not None
    if field.kind == "whole":
        return st.integers(int(low), int(high))
    return st.floats(low, high, exclude_min=field.above)


REQUESTS = st.fixed_dictionaries(
    {}, optional={name: value_of(field) for name, field in FIELDS.items()}
).map(lambda values: Request(**values))


@given(REQUESTS)
def test_a_request_survives_json_and_hashing(request: Request) -> None:
    """What the studio sends and a process is given is the request that was meant."""
    told = json.loads(json.dumps(request.model_dump(mode="json", exclude_unset=True)))
    again = Request(**told)
    assert again == request
    assert hash(again) == hash(request)
    assert again.model_fields_set == request.model_fields_set


@given(REQUESTS, st.sampled_from(written_suffixes(*ANYTHING)), st.sampled_from(["score", "log"]))
def test_what_fits_is_never_refused(request: Request, suffix: str, kind: str) -> None:
    """`fit_request` leaves out what `check_request` refuses, and only that."""
    made = target(suffix)
    kind = "nothing" if request.from_scratch else kind
    fitting = fit_request(request, made, kind)
    check_request(fitting, made, kind, "song")
    left_out = request.model_fields_set - fitting.model_fields_set
    for name in left_out:
        assert not applies(FIELDS[name], kind, made, "as is" if kind == "log" else request.task)


@given(REQUESTS.filter(lambda request: not request.find_loop))
def test_words_ask_for_the_same(request: Request) -> None:
    """Options name only fields that apply; each value is the one that was asked for."""
    made = target(".wav")
    kind = "nothing" if request.from_scratch else "score"
    words = words_of(request, made, kind)
    flags = {field.flag: field for name, field in FIELDS.items() if name != "find_loop"}
    asked: dict[str, Any] = {}
    while words:
        field = flags[words.pop(0)]
        asked[field.name] = True if field.kind == "switch" else words.pop(0)
    for name, value in asked.items():
        if FIELDS[name].kind in ("whole", "number"):
            assert float(value) == getattr(request, name), name
        else:
            assert getattr(Request(**{**_needed(name), name: value}), name) == getattr(
                request, name
            ), name


def _needed(name: str) -> dict[str, Any]:
    """Return what a field cannot be asked for without."""
    return {"loop": True} if name == "intro" else {}


@pytest.mark.parametrize("name", [*FIELDS])
def test_a_field_says_all_there_is_to_say(name: str) -> None:
    """Help is a sentence, a number has a range, and what it applies to is something that is."""
    field = FIELDS[name]
    assert field.flag.startswith("--")
    assert field.help[0].isupper()
    assert field.label
    if field.kind in ("whole", "number"):
        assert field.minimum is not None
        assert field.maximum is not None
        assert field.default is None or field.minimum <= field.default <= field.maximum
    assert set(field.sources) <= set(SOURCES)
    assert set(field.tasks) <= set(TASKS)
    assert set(field.targets) <= set(TARGETS)
    json.dumps(field.json())


def test_flags_name_one_field_each_but_for_the_loop() -> None:
    """`--loop` composes one where there is composing, and finds one in `export`, which has none."""
    flags = [field.flag for field in FIELDS.values()]
    assert {flag for flag in flags if flags.count(flag) > 1} == {"--loop"}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"temperature": 9.0}, "--temperature 9.0 is not allowed; give 0.1 to 3"),
        ({"bars": -1}, "--bars -1 is not allowed; give 0 to 4096"),
        ({"bars": "4"}, "--bars"),
        ({"bars": True}, "--bars"),
        ({"seconds": 0.0}, "above 0 and up to 86400"),
        ({"temperature": float("nan")}, "--temperature"),
        ({"drums": "loud"}, "give one of seed, preset, none"),
        ({"temprature": 1.0}, "did you mean temperature?"),
        ({"only": "nois"}, "did you mean noise?"),
        ({"only": 3}, "--only"),
        ({"fill": "4-2"}, "no span of bars"),
        ({"fill": [1, 2, 3]}, "no span of bars"),
        ({"meter": "3/5"}, "is no meter"),
        ({"key": "H#b"}, "is no key"),
        ({"track": "²"}, "is no track"),
        ({"track": True}, "is no track"),
        ({"preset": ""}, "--preset"),
        ({"only": "noise", "keep": "pulse1"}, "--only and --keep"),
        ({"only": VOICES}, "nothing would be kept"),
        ({"keep": VOICES}, "nothing to write"),
        ({"intro": True}, "give --loop too"),
        ({"only": "noise", "bars": 0}, "--as-is composes nothing"),
        ({"loop": True, "intro": True, "without_seed": True}, "leave out --without-seed"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_in_a_line(values: dict[str, Any], words: str) -> None:
    """One line names the option, the value and what to give."""
    with pytest.raises(RequestError) as caught:
        Request(**values)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@given(st.dictionaries(st.sampled_from([*FIELDS, "other"]), st.none() | st.text() | st.floats()))
def test_any_values_are_a_request_or_a_line(values: dict[str, Any]) -> None:
    """Nothing but a `RequestError` comes of any value of any field."""
    try:
        Request(**values)
    except RequestError as error:
        assert "\n" not in str(error)  # noqa: PT017


@pytest.mark.parametrize(
    ("values", "kind", "made", "words"),
    [
        ({"bars": 0, "temperature": 1.2}, "score", target(".wav"), "leave out --temperature"),
        ({"bars": 0, "rng_seed": 0}, "score", target(".wav"), "leave out --seed"),
        ({"keep_silence": True}, "log", target(".wav"), "leave out --keep-silence"),
        ({"rate_hz": 48_000}, "score", target(".vgm"), "VGM files hold no sound"),
        ({"console_filter": "nes"}, "score", target(".nsf"), "leave out --filter"),
        ({"click_free": True}, "score", target(".nes"), "leave out --click-free"),
        ({"ultrasonic": "exact"}, "score", target(".vgz"), "leave out --ultrasonic"),
        ({"bits": "24"}, "score", target(".ogg"), "no choice of sample formats"),
        ({"loop_points": True}, "score", target(".mp3"), "keep no loop points"),
        ({"split_intro": True}, "score", target(".mp3"), "leave out --split-intro"),
        ({"title": "x"}, "score", target(".wav"), "leave out --title"),
        ({"preset": "bright"}, "score", target(".mid"), "MIDI files hold notes"),
        ({"echo": True}, "score", target(".mid"), "leave out --echo"),
        ({"loop_marks": "cc111"}, "score", target(".wav"), "leave out --loop-marks"),
        ({"preset": "bright"}, "log", target(".wav"), "register writes, not notes"),
        ({"key": "D"}, "log", SPEAKERS, "leave out --key"),
        ({"bars": 4}, "playlist", target(".wav"), "leave out --bars"),
        ({"tempo_bpm": 90.0}, "chip score", target(".wav"), "the chip's own notes"),
        ({"only": "noise", "bars": 4}, "score", target(".mid"), "do one after the other"),
        ({"fill": "3", "drums": "none"}, "score", target(".mid"), "--fill writes inside"),
        ({"meter": "3/4"}, "score", target(".mid"), "--from-scratch"),
        ({"from_scratch": True, "fill": "3"}, "nothing", target(".mid"), "no seed"),
        ({"from_scratch": True, "without_seed": True}, "nothing", target(".mid"), "no seed"),
    ],
)
def test_what_does_not_apply_is_refused(
    values: dict[str, Any], kind: str, made: Target, words: str
) -> None:
    """By source, by task and by target: one line with the way out."""
    with pytest.raises(RequestError) as caught:
        check_request(Request(**values), made, kind, "song.xyz")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("values", "kind", "made"),
    [
        ({}, "log", target(".wav")),
        ({"bars": 0}, "log", target(".wav")),
        ({"bars": 0, "key": "D", "tempo_bpm": 90.0, "seconds": 3.0}, "score", target(".nsf")),
        ({"bars": 0, "loop_points": True, "region": "pal"}, "score", target(".vgm")),
        ({"only": "noise", "echo": True, "voice_map": "bass=track:1"}, "score", target(".mid")),
        ({"from_scratch": True, "meter": "3/4", "loop": True}, "nothing", target(".flac")),
        ({"track": "all", "seconds": 9.0, "bits": "24"}, "log", target(".flac")),
        ({"rate_hz": 8_000, "preset": "soft", "click_free": True}, "score", PICTURE),
    ],
)
def test_what_applies_is_taken(values: dict[str, Any], kind: str, made: Target) -> None:
    """Nothing that changes what is made is refused."""
    check_request(Request(**values), made, kind, "song")


def test_defaults_are_those_of_the_rooms_below() -> None:
    """A request that asks for nothing is what the arranger, the chip and delivery do by default."""
    request = Request()
    assert arrange_config(request) == ArrangeConfig()
    assert chip_choices(request) == HARDWARE
    assert delivery_of(request, Path("song.wav")) == Delivery()
    assert request.model in MODELS


def test_every_format_that_is_written_is_a_target() -> None:
    """A new row of any table of formats can be asked for without a word here."""
    for row in all_formats():
        if row.writes:
            held = target_of(row).holds
            assert held <= set(TARGETS)
            assert ("notes" in held) == (row.writes == "score")
    assert target_of(MIDI).name == "MIDI files"


def test_values_are_read_from_text_lists_and_themselves() -> None:
    """Python, JSON and the command line say the same in their own ways."""
    one = ComposeRequest(only="noise, pulse1", fill="3-4", key="Dm", meter="3/4")
    other = ComposeRequest(
        only=["pulse1", "noise"], fill=Bars(3, 4), key=Key(2, "minor"), meter=TimeSignature(3, 4)
    )
    assert one == other
    assert (one.voices, one.fill, one.meter) == (("pulse1", "noise"), (3, 4), (3, 4))
    assert ComposeRequest(keep="triangle").voices == ("pulse1", "pulse2", "noise")
    assert Request(track="all").track == ALL_TRACKS


def test_a_field_is_declared_with_knob() -> None:
    """A field without help and range is a mistake of ours, found at once."""

    class Bare(BaseModel):
        loud: bool = False

    class Told(BaseModel):
        loud: bool = request_field(False, "Louder.")

    assert request_fields(Told)["loud"].flag == "--loud"
    with pytest.raises(AssertionError, match="loud"):
        request_fields(Bare)
