"""Whatever a page sends is a document that can be heard and exported, or a line says why not."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from chipgen.music.midi import midi_bytes, read_midi
from chipgen.music.score import Note, Score, Track
from chipgen.studio.jobs import before_bar
from chipgen.studio.page_messages import MESSAGES, Document, SoundSettings
from chipgen.studio.score_json import (
    MAX_NOTES,
    ScoreJson,
    as_written,
    digest,
    say,
    score_of,
    score_to_json,
)
from chipgen.studio.voicer import Voicer, turned_preset, voices_json
from synth.chip.voices import VOICES
from synth.errors import SynthError
from synth.instrument.chip_score import ChipNote, ChipScore
from synth.instrument.driver import drive
from synth.instrument.overrides import KEPT, turn_preset, turned_yaml
from synth.instrument.parameters import parameters_of
from synth.instrument.preset_loader import load_preset, preset_names, read_preset

EXAMPLES = Path(__file__).parents[1] / "examples"

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
words = st.sampled_from(
    ["type", "document", "score", "tracks", "notes", "preset", "values", "play", "from_beat", "id",
     "compose", "request", "bars", "fill", "only", "made", "sound", "key", "note", "on", "room",
     "frames", "loop", "seek", "beat"]
)  # fmt: skip
anything = st.recursive(
    scalars | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=6),
    max_leaves=25,
)

beats = st.floats(0, 64) | st.integers(0, 64).map(float)
notes = st.tuples(beats, st.floats(1e-6, 8), st.integers(0, 127), st.integers(1, 127))
tracks = st.fixed_dictionaries(
    {
        "name": st.text(max_size=10),
        "role": st.sampled_from(["", "p1", "p2", "tr", "no"]),
        "channel": st.integers(0, 15),
        "program": st.integers(0, 127),
        "notes": st.lists(notes, max_size=12),
        "controls": st.lists(
            st.tuples(beats, st.integers(0, 127), st.integers(0, 127)), max_size=4
        ),
        "bends": st.lists(st.tuples(beats, st.floats(-24, 24)), max_size=4),
    }
)
scores = st.fixed_dictionaries(
    {
        "name": st.text(max_size=20),
        "dialect": st.sampled_from(["gm", "nesmdb"]),
        "end_beats": beats,
        "tempos": st.lists(st.tuples(beats, st.floats(20, 400)), max_size=2).map(
            lambda more: [(0.0, 120.0), *more]
        ),
        "meters": st.lists(
            st.tuples(beats, st.integers(1, 12), st.sampled_from([2, 4, 8])), max_size=2
        ).map(lambda more: [(0.0, 4, 4), *more]),
        "markers": st.lists(
            st.tuples(beats, st.sampled_from(["loopStart", "loopEnd", "verse"])), max_size=3
        ),
        "tracks": st.lists(tracks, max_size=5),
    }
)


def score_from(told: dict[str, Any]) -> Score:
    """Return the score that comes of JSON that went over the wire."""
    return score_of(ScoreJson.model_validate_json(json.dumps(told)))


@settings(max_examples=300, deadline=None)
@given(anything)
def test_any_message_is_one_or_a_line(told: Any) -> None:
    """Any JSON is a message that means something, or is told off in one short line."""
    for model in (MESSAGES.validate_json, Document.model_validate_json):
        try:
            model(json.dumps(told))
            line = ""
        except ValidationError as error:
            line = say(error)
        assert "\n" not in line
        assert len(line) <= 300


@settings(max_examples=80, deadline=None)
@given(scores, st.booleans())
def test_any_score_sounds_or_says_why_not(told: dict[str, Any], loop: bool) -> None:
    """Any piece within the limits can be voiced and driven, or is refused in a line."""
    try:
        score = score_from(told)
        voiced = Voicer().voice(score, SoundSettings(), loop=loop)
        answer = voices_json(voiced)
    except SynthError as error:
        refusal = str(error)
    else:
        refusal = ""
    assert "\n" not in refusal
    if refusal:
        return
    assert voiced.log.duration_s >= 0
    assert all(math.isfinite(value) for note in answer["notes"] for value in note[1:])
    json.dumps(answer, allow_nan=False)


@settings(max_examples=60, deadline=None)
@given(scores)
def test_any_score_comes_back_from_the_page(told: dict[str, Any]) -> None:
    """A score that goes to the page comes back the same, and with the same fingerprint."""
    try:
        score = score_from(told)
    except SynthError:
        return
    again = score_from(json.loads(json.dumps(score_to_json(score))))
    assert again == score
    assert digest(again) == digest(score)


@pytest.mark.parametrize("name", ["seed", "folk", "orchestra", "nes", "groove"])
def test_examples_are_what_is_read_again(name: str) -> None:
    """What is written of an example and read again has the very same notes to compose from."""
    score = read_midi(EXAMPLES / f"{name}.mid")
    assert as_written(score) == score
    assert as_written(as_written(score)) == as_written(score)
    assert midi_bytes(score_from(score_to_json(score))) == midi_bytes(score)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"tempos": []}, "tempos"),
        ({"tempos": [[0, 1e9]]}, "tempos"),
        ({"tempos": [[1, 120]]}, "beat 0"),
        ({"meters": [[0, 4, 3]]}, "meters"),
        ({"end_beats": 1e7}, "end_beats"),
        ({"tracks": [{"notes": [[0, 0, 60, 100]]}]}, "notes"),
        ({"tracks": [{"notes": [[0, 1, 60.5, 100]]}]}, "notes"),
        ({"tracks": [{"notes": [[0, 1, True, 100]]}]}, "notes"),
        ({"tracks": [{"notes": [[0, 1, 60, 0]]}]}, "notes"),
        ({"tracks": [{"notes": [[-1, 1, 60, 100]]}]}, "notes"),
        ({"tracks": [{"channel": 16}]}, "channel"),
        ({"tracks": [{}] * 1000}, "tracks"),
        ({"name": "x" * 1000}, "name"),
        ({"key": "H##"}, "key"),
        ({"dialect": "other"}, "dialect"),
        ({"more": 1}, "more"),
    ],
)
def test_limits_are_named(change: dict[str, Any], words: str) -> None:
    """What is out of range is refused with the field's name."""
    with pytest.raises((ValidationError, SynthError)) as caught:
        score_from({"end_beats": 4.0, **change})
    error = caught.value
    assert words in (say(error) if isinstance(error, ValidationError) else str(error))


def test_notes_are_limited_in_all() -> None:
    """Many tracks of many notes are too many too."""
    half = [[0.0, 1.0, 60, 100]] * (MAX_NOTES // 2 + 1)
    with pytest.raises(SynthError, match="too many"):
        score_from({"tracks": [{"notes": half}, {"notes": half}]})


def test_notes_are_limited_at_once() -> None:
    """A wall of notes that all sound together would take minutes to arrange, and is refused."""
    wall = [[k / 16, 5000.0, k % 128, 100] for k in range(300)]
    with pytest.raises(SynthError, match="300 notes sound at once"):
        score_from({"tracks": [{"notes": wall}]})
    row = [[k / 16, 1 / 16, 60, 100] for k in range(3_000)]
    assert len(score_from({"tracks": [{"notes": row}]}).tracks[0].notes) == 3_000


def test_before_a_bar_nothing_rings_over() -> None:
    """What is continued from a bar ends on its line: later notes go, earlier ones are cut there."""
    score = Score(
        tracks=(Track(notes=(Note(0.0, 6.0, 60), Note(3.0, 1.0, 64), Note(4.0, 1.0, 65))),),
        end_beats=12.0,
    )
    cut = before_bar(score, 2)
    assert cut.end_beats == 4.0
    assert [(n.onset_beats, n.duration_beats) for n in cut.tracks[0].notes] == [(0, 4), (3, 1)]
    assert before_bar(score, 4) == score
    for bar in (1, 5):
        with pytest.raises(SynthError, match="choose 2 to 4"):
            before_bar(score, bar)


# Knobs: what is turned, what is saved and what is heard are one thing.

TUNE = ChipScore(
    pulse1=(ChipNote(0.0, 0.5, 69),),
    pulse2=(ChipNote(0.1, 0.6, 76),),
    triangle=(ChipNote(0.0, 0.6, 45),),
    noise=(ChipNote(0.2, 0.4, 5),),
    end_s=0.7,
)


@st.composite
def turns(draw: st.DrawFn) -> tuple[str, dict[str, float], list[str]]:
    """Draw a preset, values for some of its knobs, and voices to silence."""
    name = draw(st.sampled_from(preset_names()))
    values = {}
    for parameter in parameters_of(load_preset(name)).values():
        if draw(st.booleans()):
            low, high = parameter.minimum, parameter.maximum
            number = st.integers(int(low), int(high)) if parameter.whole else st.floats(low, high)
            values[parameter.name] = float(draw(number))
    return name, values, draw(st.lists(st.sampled_from(VOICES), max_size=4))


@settings(max_examples=60, deadline=None)
@given(turns())
def test_a_saved_preset_sounds_as_it_was_turned(turn: tuple[str, dict[str, float], Any]) -> None:
    """The file that is saved of turned knobs drives the chip with the very same writes."""
    name, values, silent = turn
    preset = load_preset(name)
    turned = turn_preset(preset, values, silent)
    text = turned_yaml(preset, turned, "mine")
    saved = read_preset(text.encode(), "mine.yaml")
    one, other = drive(TUNE, turned), drive(TUNE, saved)
    assert one.value.tolist() == other.value.tolist()
    assert one.cycle.tolist() == other.cycle.tolist()
    assert len(text) < 700, "a saved preset says what differs, not everything"
    again = parameters_of(saved)
    for knob in KEPT & values.keys() - {f"{voice}_level" for voice in silent}:
        assert again[knob].default == values[knob], knob


def test_a_silenced_voice_is_silent() -> None:
    """Muting and others' solo leave a voice no sound."""
    wish = SoundSettings(preset="plain", muted=["noise"], solo=["pulse2", "noise"])
    log = drive(TUNE, turned_preset(wish))
    assert not any(value & 15 for value in log.value[log.address == 0x4000].tolist())
    assert not any(value & 15 for value in log.value[log.address == 0x400C].tolist())
    assert any(value & 15 for value in log.value[log.address == 0x4004].tolist())


def test_a_held_duty_wins_over_all() -> None:
    """A pulse's duty knob holds whatever the instrument or the note itself asks for."""
    note = ChipNote(0.0, 0.5, 69, timbre_changes=((0.0, 3), (0.2, 2)))
    preset = turn_preset(load_preset("default"), {"pulse1_duty": 0})
    log = drive(ChipScore(pulse1=(note,), end_s=0.5), preset)
    assert {value >> 6 for value in log.value[log.address == 0x4000].tolist()} == {0}
