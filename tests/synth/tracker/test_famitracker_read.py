"""FamiTracker texts are read strictly, by the rules of FamiTracker's player."""

import pytest

from synth.errors import SynthError
from synth.tracker.famitracker_read import famitracker_song, list_famitracker, read_famitracker
from synth.tracker.player import play_channel

HEAD = """# FamiTracker text export 0.4.2

TITLE           "Tune"
MACHINE         0
SPLIT           32
EXPANSION       0
MACRO       0   0   1   1   0 : 15 12 6 0
MACRO       2   1  -1  -1   0 : 0 2 -2
INST2A03   0     0  -1  -1  -1  -1 "Lead"
INST2A03   1    -1  -1   1  -1  -1 "Bend"
TRACK   4   6 150 "One"
COLUMNS : 2 1 1 1 1
ORDER 00 : 00 00 00 00 00
PATTERN 00
"""
EMPTY = "... .. . ..."


def text(*cells: str, channel: int = 0, head: str = HEAD) -> bytes:
    """Return a module with the cells of one channel, row by row."""
    rows = []
    for number in range(4):
        shown = [f"{EMPTY} ..."] + [EMPTY] * 4
        if number < len(cells):
            shown[channel] = cells[number]
        rows.append(f"ROW {number:02X} : " + " : ".join(shown))
    return (head + "\n".join(rows) + "\n# End of export\n").encode()


def test_rows_last_as_many_frames_as_the_speed() -> None:
    """Notes, releases and stops fall on their rows, and the song goes round."""
    song = famitracker_song(
        text("A-3 00 F ... ...", "=== .. . ... ...", "--- .. . F03 ..."), "a.txt"
    )
    played = play_channel(song, "pulse1")
    assert [(n.start, n.release, n.stop) for n in played.notes] == [(0, 6, 12)]
    assert played.level[:9].tolist() == [15, 12, 12, 12, 12, 12, 6, 0, 0]
    assert (song.frames, song.loop) == (12 + 3 + 3, 0)


def test_volume_is_rounded_down_but_never_to_silence() -> None:
    """12 at volume 8 is 6, 6 at volume 1 is 1."""
    song = famitracker_song(text("A-3 00 8 ... ...", "=== .. 1 ... ..."), "a.txt")
    level = play_channel(song, "pulse1").level
    assert level[1] == 12 * 8 // 15
    assert level[6] == 1


def test_late_notes_cuts_and_speeds() -> None:
    """Gxx is late by frames, Sxx cuts after them."""
    song = famitracker_song(text("A-3 00 F G02 ...", "C-4 00 F S03 ..."), "a.txt")
    played = play_channel(song, "pulse1")
    assert [(n.start, n.stop) for n in played.notes] == [(2, 6), (6, 9)]


def test_slides_and_portamento_move_the_period() -> None:
    """1xx rises without end, 3xx stops at the note."""
    song = famitracker_song(text("A-3 00 F 102 ...", "A-4 00 F 3FF ..."), "a.txt")
    period = play_channel(song, "pulse1").period
    assert period[:6].tolist() == [251, 249, 247, 245, 243, 241]
    assert period[6] == 126
    assert len(play_channel(song, "pulse1").notes) == 2


def test_relative_pitch_macros_add_up() -> None:
    """0 2 -2 is 0, 2, 0 and stays there."""
    song = famitracker_song(text("A-3 01 F ... ..."), "a.txt")
    assert play_channel(song, "pulse1").period[:5].tolist() == [253, 255, 253, 253, 253]


def test_an_arpeggio_goes_no_further_than_a_preset_can() -> None:
    """A macro's steps go to 127; further than eight octaves nothing is heard."""
    head = HEAD.replace(
        "MACRO       2", "MACRO       1   0  -1  -1   0 : 0 127 -128\nMACRO       2", 1
    )
    head = head.replace("INST2A03   0     0  -1", "INST2A03   0     0   0")
    _, preset = read_famitracker(text("A-3 00 F ... ...", head=head), "a.txt", 1)
    assert preset.instruments["Lead"].arpeggio.values == (0, 96, -96)


def test_chords_and_noise() -> None:
    """0xy is a chord of the score; noise notes are F-# highest to 0-# lowest."""
    score, preset = read_famitracker(text("A-3 00 F 047 ..."), "a.txt", 1)
    assert score.pulse1[0].arpeggio == (0, 4, 7)
    assert str(preset.instruments["Lead"].volume) == "15 12 | 6 0"
    noise, _ = read_famitracker(text("F-# 00 F ...", "0-# 00 F ...", channel=3), "a.txt", 1)
    assert [note.pitch for note in noise.noise] == [0, 15]


def test_a_jump_is_the_loop_and_a_halt_the_end() -> None:
    """Bxx goes to an order, C00 ends the song where it stands."""
    looped = famitracker_song(text("A-3 00 F ... ...", "... .. . B00 ..."), "a.txt")
    assert (looped.frames, looped.loop) == (12, 0)
    ended = famitracker_song(text("A-3 00 F ... ...", "... .. . C00 ..."), "a.txt")
    assert (ended.frames, ended.loop) == (6, None)


def test_songs_are_listed() -> None:
    """A module of one track has one."""
    assert [s.title for s in list_famitracker(text(), "a.txt")] == ["One"]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("# FamiTracker", "# Tracker", r"a\.txt:1: the file does not begin with"),
        ("TITLE", "TITEL", r"a\.txt:3: 'TITEL' is no keyword"),
        ("A-3 00", "H-3 00", r"a\.txt:15: 'H-3' is no note"),
        ("A-3 00 F ...", "A-3 00 F 1", r"is no effect"),
        ("INST2A03   0     0", "INST2A03   0   999", r"volume macro = '999'"),
    ],
)
def test_what_is_wrong_is_named_by_its_line(old: str, new: str, told: str) -> None:
    """One line with file, line, value and what is allowed."""
    right = text("A-3 00 F ... ...").decode()
    assert old in right
    with pytest.raises(SynthError, match=told):
        famitracker_song(right.replace(old, new, 1).encode(), "a.txt")
