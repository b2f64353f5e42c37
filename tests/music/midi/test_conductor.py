"""Tempo, meter, key and markers are read as the file states them."""

import pytest

from chipgen.music.key_changes import changed_key, key_change
from chipgen.music.midi import midi_bytes, score_from_midi
from chipgen.music.score import Marker, Meter, Tempo
from chipgen.music.transposition import transpose
from tests import midi_files as smf


def test_tempo_map_meter_key_and_markers() -> None:
    """The conductor's track is kept: every tempo and meter, the key, the named places."""
    body = smf.tempo(0, 500_000) + smf.meter(0, 3, 2) + smf.meta(0, 0x59, b"\xfd\x01")
    body += smf.meta(480, 6, b"verse") + smf.tempo(960, 428_571) + smf.meter(0, 6, 3)
    score = score_from_midi(smf.midi(body, smf.note(60, 4 * 480)))
    assert score.tempos == (Tempo(0.0, 120.0), Tempo(3.0, 140.0))
    assert score.meters == (Meter(0.0, 3, 4), Meter(3.0, 6, 8))
    assert score.key == "Cm"
    assert score.markers == (Marker(1.0, "verse"),)


def test_without_tempo_and_meter_midi_s_own_defaults_hold() -> None:
    """120 quarter notes a minute and 4/4, until the file says otherwise."""
    score = score_from_midi(smf.midi(smf.tempo(480, 1_000_000), smf.note(60, 960)))
    assert score.tempos == (Tempo(0.0, 120.0), Tempo(1.0, 60.0))
    assert score.meters == (Meter(0.0, 4, 4),)
    assert score.duration_s == pytest.approx(1.5)


def test_a_meter_said_again_on_a_bar_line_changes_nothing() -> None:
    """Said again inside a bar it begins a new one."""
    again = score_from_midi(smf.midi(smf.meter(0, 4, 2) + smf.meter(1920, 4, 2)))
    moved = score_from_midi(smf.midi(smf.meter(0, 4, 2) + smf.meter(960, 4, 2)))
    assert len(again.meters) == 1
    assert moved.meters == (Meter(0.0, 4, 4), Meter(2.0, 4, 4))


@pytest.mark.parametrize(
    ("fifths", "minor", "key"),
    [(0, 0, "C"), (0, 1, "Am"), (249, 0, "Cb"), (7, 1, "A#m"), (255, 0, "F"), (6, 0, "F#")],
)
def test_key_signatures(fifths: int, minor: int, key: str) -> None:
    """Sharps and flats, major and minor."""
    assert score_from_midi(smf.midi(smf.meta(0, 0x59, bytes((fifths, minor))))).key == key


def test_keys_change_and_are_written_again() -> None:
    """Later key signatures are markers, which are written as key signatures; repeats are none."""
    signatures = [(0, 0, 0), (960, 0, 0), (960, 1, 0), (1920, 255, 1)]
    events = b"".join(smf.meta(wait, 0x59, bytes((sf, minor))) for wait, sf, minor in signatures)
    score = score_from_midi(smf.midi(events, smf.note(60, 12 * 480)))
    assert score.key == "C"
    assert score.markers == (key_change(4.0, "G"), key_change(8.0, "Dm"))
    again = score_from_midi(midi_bytes(score))
    assert (again.key, again.markers) == (score.key, score.markers)
    higher = transpose(score, 2)
    assert [higher.key, *map(changed_key, higher.markers)] == ["D", "A", "Em"]
