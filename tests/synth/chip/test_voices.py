"""The table of voices: one row a voice, from which every list of them is made."""

import re
from dataclasses import fields

from chipgen.music.nesmdb_dialect import detect_dialect
from chipgen.rows import row_states
from chipgen.studio.page_messages import KeyMessage, SoundSettings
from chipgen.studio.voice_assets import MODULE, STYLES, voice_file
from synth.chip.apu import APU
from synth.chip.voices import (
    CHANNELS,
    PITCHED,
    PULSES,
    ROLES,
    SCORED,
    TABLE,
    VOICE_BY_PART,
    VOICE_BY_ROLE,
    VOICES,
    voices_of,
)
from synth.instrument.chip_score import ChipScore


def test_the_lists_are_the_tables() -> None:
    """Names, roles and parts tell voices apart, and lists keep the table's order."""
    assert CHANNELS == ("pulse1", "pulse2", "triangle", "noise", "dmc")
    assert CHANNELS[:4] == VOICES
    assert ROLES == ("p1", "p2", "tr", "no")
    assert PULSES == ("pulse1", "pulse2")
    assert (*PULSES, "triangle") == PITCHED
    assert len(VOICE_BY_ROLE) == len(VOICE_BY_PART) == len(SCORED)
    assert voices_of("2A03") == TABLE
    assert voices_of("VRC6") == ()
    for column in ("name", "label", "short", "register"):
        assert len({getattr(voice, column) for voice in TABLE}) == len(TABLE)


def test_the_chip_and_its_score_have_these_voices() -> None:
    """The APU's record and a `ChipScore` have a field for each voice, in this order."""
    assert APU.names is not None
    assert tuple(name for name in APU.names if name in CHANNELS) == CHANNELS
    assert tuple(f.name for f in fields(ChipScore) if f.name in CHANNELS) == CHANNELS


def test_ranges_are_the_hardwares() -> None:
    """Pitch ranges are what the timers reach: an 11-bit period at the NTSC clock."""
    for voice in SCORED:
        low, high = voice.pitch_range
        if not voice.period_cycles:
            assert (low, high) == (0, 15)
            continue
        lowest_hz = 1_789_773 / (voice.period_cycles * 2048)
        assert 440 * 2 ** ((low - 69) / 12) >= lowest_hz > 440 * 2 ** ((low - 70) / 12)
        period = 1_789_773 / (voice.period_cycles * 440 * 2 ** ((high - 69) / 12)) - 1
        assert period >= voice.shortest_period


def test_music_and_page_speak_of_the_same_voices() -> None:
    """Dialect, rows, the page's messages, script and styles are made from the table."""
    assert detect_dialect(["", *ROLES]) == "nesmdb"
    assert row_states.LOWEST == (33, 33, 21, 17)
    assert row_states.HIGHEST == (108, 108, 108, 32)
    for voice in VOICES:
        assert KeyMessage(type="key", on=True, note=60, voice=voice).voice == voice
        assert SoundSettings(muted=[voice]).muted == [voice]
    script, styles = voice_file(MODULE), voice_file(STYLES)
    assert script is not None
    assert styles is not None
    assert re.findall(rb'"name": "(\w+)"', script) == [voice.encode() for voice in VOICES]
    for voice in SCORED:
        assert f"--{voice.name}: light-dark({voice.colour}, {voice.dark_colour})" in styles.decode()
    assert voice_file("voices.js") is None
