"""A request: its ranges, what it refuses, and what of it applies to which source and target."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipgen.app.stage_settings import arrange_config, chip_choices, delivery_of
from chipgen.arranging import ArrangeConfig
from chipgen.errors import RequestError
from chipgen.models.registry import MODELS
from chipgen.music.formats import ANYTHING, target_format, written_suffixes
from chipgen.request import (
    Request,
    check_request,
    fit_request,
    request_fields,
)
from chipgen.request.request import applies
from chipgen.request.targets import PICTURE, SPEAKERS, Target, target_of
from synth.chip.audio_stream import HARDWARE
from synth.output.delivery import Delivery
from tests.request.values import value_of

FIELDS = request_fields(Request)


def target(suffix: str) -> Target:
    """Return what a file with a suffix can hold."""
    return target_of(target_format(Path(f"song{suffix}"), *ANYTHING))


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
