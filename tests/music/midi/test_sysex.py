"""System exclusive messages choose which channels are drums."""

from chipgen.music.midi import score_from_midi
from chipgen.music.score import Track
from tests import midi_files as smf
from tests.music.midi.drum_tracks import beat, gs_rhythm_part, struck, sysex

GM_ON, GM2_ON = b"\x7e\x7f\x09\x01\xf7", b"\x7e\x7f\x09\x03\xf7"

GS_ON = b"\x41\x10\x42\x12\x40\x00\x7f\x00\x41\xf7"

XG_ON = b"\x43\x10\x4c\x00\x00\x7e\x00\xf7"


SCALE = [60, 62, 64, 65, 67, 69, 71, 72]

TUNE = struck([(k * 240, SCALE[k * 5 % 8]) for k in range(64)], 200)


def drums_of(*bodies: bytes) -> list[bool]:
    """Tell of each track that is read whether it plays drums."""
    return [track.is_drums for track in score_from_midi(smf.midi(*bodies)).tracks]


def tracks_of(*bodies: bytes) -> tuple[Track, ...]:
    """Return the tracks that are read."""
    return score_from_midi(smf.midi(*bodies)).tracks


def test_any_channel_is_drums_where_the_file_says_so() -> None:
    """By GS or XG messages, XG's banks 126 and 127, GM2's bank 120; and nothing is guessed."""
    hits = struck(beat(2), channel=4)
    bank = smf.event(0, 0xB4, 0, 127) + smf.event(0, 0xC4, 0)
    gm2_bank = smf.event(0, 0xB4, 0, 120) + smf.event(0, 0xC4, 0)
    xg_drums = sysex(b"\x43\x10\x4c\x08\x04\x07\x02\xf7")
    for setup in (
        sysex(GS_ON) + gs_rhythm_part(4, 1),
        sysex(XG_ON) + xg_drums,
        sysex(XG_ON) + bank,
        sysex(GM2_ON) + gm2_bank,
        gm2_bank,
    ):
        score = score_from_midi(smf.midi(TUNE, setup + hits))
        assert [track.is_drums for track in score.tracks] == [False, True]
        assert score.remarks == ()


def test_bank_127_without_xg_is_no_kit() -> None:
    """In GS it holds the MT-32's sounds, which are melodic."""
    tune = struck([(k * 240, SCALE[k % 8]) for k in range(32)], channel=4)
    bank = smf.event(0, 0xB4, 0, 127) + smf.event(0, 0xC4, 48)
    assert drums_of(bank + tune) == [False]
    assert drums_of(sysex(GS_ON) + bank + tune) == [False]


def test_gm2_s_melodic_bank_frees_channel_10() -> None:
    """Bank 121 on it is a melodic instrument."""
    tune = struck([(k * 240, SCALE[k % 8]) for k in range(32)], channel=9)
    bank = smf.event(0, 0xB9, 0, 121) + smf.event(0, 0xC9, 48)
    assert drums_of(sysex(GM2_ON) + bank + tune) == [False]


def test_xg_keys_become_general_midi_s() -> None:
    """XG's kit has other sounds below the kick: its 29 is GM2's snare roll, its 33 a kick."""
    hits = struck([(0, 29), (480, 30), (960, 31), (1440, 33), (1920, 36), (2400, 82)], channel=9)
    (xg,) = tracks_of(sysex(XG_ON) + hits)
    (gs,) = tracks_of(sysex(GS_ON) + hits)
    assert [note.pitch for note in xg.notes] == [25, 85, 38, 36, 36, 82]
    assert [note.pitch for note in gs.notes] == [29, 30, 31, 33, 36, 82]
