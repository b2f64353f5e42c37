"""Presets load, inherit and fail as their documentation says, whatever the file holds."""

import contextlib
import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.errors import SynthError
from synth.instrument.chip_score import MAX_VOLUME
from synth.instrument.preset_format import FAMILIES
from synth.instrument.preset_loader import (
    load_preset,
    preset_names,
    preset_schema,
    preset_yaml,
    read_preset,
)
from synth.instrument.sequence import Sequence

ROOT = Path(__file__).parents[1]
HEAD = "format: 1\nname: mine\nextends: plain\n"


def read(text: str, head: str = HEAD) -> object:
    """Read a preset that extends `plain`."""
    return read_preset((head + text).encode(), "mine.yaml")


@pytest.mark.parametrize("name", preset_names())
def test_shipped_presets_are_complete(name: str) -> None:
    """Each is called by its file's name, says what it is, and survives being written out."""
    preset = load_preset(name)
    assert preset.name == name
    assert len(preset.description) > 20
    written = read_preset(preset_yaml(preset).encode(), f"{name}.yaml")
    assert written == preset.model_copy(update={"extends": None})


def test_library_is_large_enough() -> None:
    """There are two dozen presets and more, the promised ones among them."""
    names = set(preset_names())
    assert len(names) >= 24
    assert names >= {"plain", "default", "chord-arpeggio", "bright", "soft", "percussive"}


def test_plain_is_steady() -> None:
    """The measuring stick has one level, one duty, and nothing that moves."""
    preset = load_preset("plain")
    for instrument in preset.instruments.values():
        assert instrument.volume_sequence == Sequence((MAX_VOLUME,))
        assert len(instrument.duty.values) == 1
        assert instrument.vibrato is instrument.tremolo is instrument.slide is None
    assert preset.instrument("", "pulse1").duty == Sequence((2,))
    assert preset.engine.filter == "none"


def test_default_plays_the_whole_kit_and_every_program() -> None:
    """All 47 General MIDI drums sound different notes of noise; every program has a timbre."""
    preset = load_preset("default")
    assert set(range(35, 82)) <= set(preset.drums)
    for program in range(128):
        assert preset.program_instrument(program) in preset.instruments
    sounds = {
        (drum.instrument, drum.period, drum.frames, drum.triangle and drum.triangle.pitch)
        for drum in preset.drums.values()
    }
    assert len(sounds) == len(preset.drums)


def test_drum_notes() -> None:
    """A drum hit is a noise note with the drum's period, length and loudness, and its drop."""
    preset = load_preset("default")
    kick = preset.drum_notes(36, 1.0, 12)
    assert kick is not None
    noise, drop = kick
    assert (noise.pitch, noise.instrument, noise.volume) == (13, "kick", 12)
    assert noise.end_s == pytest.approx(1.0 + 8 / 60)
    assert drop is not None
    assert (drop.pitch, drop.instrument) == (53, "kick-drop")
    cut = preset.drum_notes(36, 1.0, 12, end_s=1.01)
    assert cut is not None
    assert cut[0].end_s == 1.01
    assert load_preset("plain").drum_notes(81, 0.0) is None


def test_families_cover_the_programs() -> None:
    """General MIDI has sixteen families of eight; a program's own entry comes first."""
    assert len(FAMILIES) == 16
    preset = read("programs: {brass: hit, 56: steady}")
    assert [preset.program_instrument(p) for p in (55, 56, 57, 63, 64)] == [  # type: ignore[attr-defined]
        "", "steady", "hit", "hit", "",
    ]  # fmt: skip


def test_extends_lays_one_over_the_other(tmp_path: Path) -> None:
    """Mappings are merged key by key, null takes away, another kind of volume replaces."""
    (tmp_path / "base.yaml").write_text(
        "format: 1\nname: base\nextends: default\ninstruments: {lead: {duty: 3}}\n"
    )
    child = tmp_path / "child.yaml"
    child.write_text(
        "format: 1\nname: child\nextends: ./base.yaml\n"
        "instruments: {lead: {adsr: {sustain: 7}, vibrato: null}}\nprograms: null\n"
    )
    preset = load_preset(child)
    lead = preset.instruments["lead"]
    assert lead.duty == Sequence((3,))
    assert lead.volume is None
    assert lead.volume_sequence == Sequence((15, 7))
    assert lead.vibrato is None
    assert preset.programs == {}
    assert preset.instruments["bass"] == load_preset("default").instruments["bass"]


def test_extends_that_never_ends(tmp_path: Path) -> None:
    """Presets that extend each other in a circle are refused in one line."""
    for one, other in (("a", "b"), ("b", "a")):
        (tmp_path / f"{one}.yaml").write_text(f"format: 1\nname: x\nextends: ./{other}.yaml\n")
    with pytest.raises(SynthError, match=r"extends = .* comes back to itself, or has no end"):
        load_preset(tmp_path / "a.yaml")


@pytest.mark.parametrize(
    "value",
    [
        "15 13 [10 7] | 3 0",
        "'15 13 [10 7] | 3 0'",
        "{values: [15, 13, 10, 7, 3, 0], loop: 2, release: 4}",
    ],
)
def test_sequence_forms(value: str) -> None:
    """Text, quoted text and mapping say the same."""
    preset = read(f"instruments:\n  steady:\n    volume: {value}\n")
    expected = Sequence((15, 13, 10, 7, 3, 0), 2, 4)
    assert preset.instruments["steady"].volume == expected  # type: ignore[attr-defined]


def test_short_sequence_forms() -> None:
    """A number, a list, and an unquoted loop, which YAML takes for a list of one text."""
    preset = read("instruments:\n  steady: {duty: 1, volume: [9, 8], arpeggio: [0 4 7]}\n")
    steady = preset.instruments["steady"]  # type: ignore[attr-defined]
    assert steady.duty == Sequence((1,))
    assert steady.volume == Sequence((9, 8))
    assert steady.arpeggio == Sequence((0, 4, 7), loop=0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("instruments:\n  steady: {dutty: 1}",
         "mine.yaml:5: instruments.steady.dutty = 1: unknown field; did you mean 'duty'?"),
        ("instruments:\n  steady:\n    duty: 7",
         "mine.yaml:6: instruments.steady.duty = 7: 7 is not in 0 to 3"),
        ("voices: {pulse1: stedy}",
         "mine.yaml:4: voices.pulse1 = 'stedy': no instrument 'stedy'; did you mean 'steady'?"),
        ("drums:\n  36: {instrument: hit, period: 99}",
         "mine.yaml:5: drums.36.period = 99: must be a whole number from 0 to 15"),
        ("programs: {pianno: steady}",
         "mine.yaml:4: programs.pianno = 'steady': no such family; did you mean 'piano'?"),
        ("poly: arpp", "mine.yaml:4: poly = 'arpp': must be one of auto, arp, newest, hold, "
         "split; did you mean 'arp'?"),
        ("mix: {pulse1: 2}", "mine.yaml:4: mix.pulse1 = 2: must be a number from 0 to 1"),
        ("engine: {tick_hz: 1e300}",
         "mine.yaml:4: engine.tick_hz = 1e+300: must be a number from 10 to 1000"),
        ("instruments: {a: {volume: 3, adsr: {}}}", "mine.yaml:4: instruments.a.adsr: an "
         "instrument has volume or adsr, not both; take volume away"),
        ("a: 1\na: 2", "mine.yaml:5: 'a' is given twice"),
        ("arpeggio: {frames: 3.5}",
         "mine.yaml:4: arpeggio.frames = 3.5: must be a whole number from 1 to 60"),
        ("x: !!python/object:os.system 1",
         "mine.yaml:4: tags such as tag:yaml.org,2002:python/object:os.system are not used "
         "here"),
    ],
)  # fmt: skip
def test_errors_say_where_and_what_is_allowed(text: str, message: str) -> None:
    """An error names file, line, field and value, the range, and the nearest name."""
    with pytest.raises(SynthError) as error:
        read(text)
    assert str(error.value) == message


@pytest.mark.parametrize("text", ["a: [1", "a: 'b", "a: b: c", "a: [b}", "\ta: 1"])
def test_what_is_no_yaml_is_told_with_its_line(text: str) -> None:
    """The parser's own reason, whatever it is, stands in brackets between our words."""
    with pytest.raises(SynthError, match=r"^mine\.yaml:\d: not YAML \(.+\); a text that begins "):
        read(text)


@pytest.mark.parametrize("loader", ["CSafeLoader", "SafeLoader"])
@pytest.mark.parametrize("levels", [40, 300, 1200, 100_000])
@pytest.mark.parametrize("opening", ["[", "{a: ", "[\n", "- ", "? ", "{a: [", "a: [[ [", "['[', "])
def test_the_limit_of_depth_is_ours(
    opening: str, levels: int, loader: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However deep and by whichever parser, the depth that we allow is what is told."""
    parser = getattr(yaml, loader, yaml.SafeLoader)  # the C one is not built everywhere
    monkeypatch.setattr(yaml, "CSafeLoader", parser, raising=False)
    with pytest.raises(SynthError, match=r"^mine\.yaml:\d+: nested deeper than 32 levels$"):
        read_preset((opening * levels).encode(), "mine.yaml")


def test_brackets_in_a_text_are_no_depth() -> None:
    """A quoted text may hold any."""
    written = read(f"description: '{'[' * 150}'")
    assert written.description == "[" * 150  # type: ignore[attr-defined]


def test_unknown_preset_names_the_nearest() -> None:
    """A wrong name is answered with the nearest right one; a wrong path with the path."""
    with pytest.raises(SynthError, match=r"preset 'defualt' is unknown; did you mean 'default'\?"):
        load_preset("defualt")
    with pytest.raises(SynthError, match=r"nowhere\.yaml: cannot be read"):
        load_preset("nowhere.yaml")


BOMB = b"a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + b"".join(
    f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 10)}]\n".encode() for k in range(1, 10)
)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (BOMB, "counting repeated aliases"),
        (b"[" * 100_000, "nested deeper"),
        (b"{a: " * 100_000, "nested deeper"),
        (b"a: &a [*a]", "has no anchor before it"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"format: 1\nname: \xe9\n", "mine.yaml:2: not UTF-8"),
        (b"a: \x07", "not YAML"),
        (b"x" * 2_000_000, "too long"),
        (b"", "a preset is a mapping"),
        (b"- 1", "a preset is a mapping"),
        (b"--- {}\n--- {}", "one YAML document"),
        (b"? [a]\n: 1", "a key is a name or a number"),
        (b"true: 1", "a key is a name or a number"),
        (b"<<: 3", "merges mappings only"),
        (b"format: 1\nname: x\nextends: [a]", "name a preset"),
        (b"format: 1\nname: x\nextends: plaine", "did you mean 'plain'"),
        (b"format: 1\nname: x\nextends: /etc/passwd.yaml", "only shipped presets"),
        (b"format: 99999999999999999999999999", "format"),
        (b"format: 1\nname: .nan", "instruments"),
    ],
)  # fmt: skip
def test_hostile_files_are_one_line_errors(data: bytes, reason: str) -> None:
    """Bombs, depths, loops, wrong encodings and wrong types end in one line, at once."""
    with pytest.raises(SynthError) as error:
        read_preset(data, "mine.yaml")
    assert reason in str(error.value)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 500


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
FIELDS = st.sampled_from(
    ["format", "name", "extends", "engine", "instruments", "voices", "drums", "mix", "lead", "36",
     "volume", "adsr", "duty", "vibrato", "depth_cents", "loop", "values", "<<"]
)  # fmt: skip
TREES = st.recursive(
    SCALARS,
    lambda below: st.lists(below, max_size=4) | st.dictionaries(FIELDS, below, max_size=6),
    max_leaves=20,
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(FIELDS, TREES, max_size=8), st.booleans())
def test_any_tree_is_read_or_refused(tree: dict[str, object], extends: bool) -> None:
    """Any YAML tree makes a preset or a one-line `SynthError`, never anything else."""
    if extends:
        tree = {**tree, "format": 1, "name": "x", "extends": "default"}
    data = yaml.safe_dump(tree, allow_unicode=True).encode("utf-8", "replace")
    try:
        read_preset(data, "mine.yaml")
    except SynthError as error:
        message = str(error)
    else:
        message = ""
    assert "\n" not in message


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """No bytes make anything but a preset or a `SynthError`."""
    with contextlib.suppress(SynthError):
        read_preset(data, "mine.yaml")


def test_schema_file_is_current() -> None:
    """The shipped schema says what `chipgen preset schema` prints; renew it with that command."""
    assert json.loads((ROOT / "presets" / "schema.json").read_text()) == json.loads(preset_schema())
