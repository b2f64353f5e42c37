"""FamiStudio texts are read strictly, by the rules of FamiStudio's player."""

import pytest

from synth.errors import SynthError
from synth.tracker.famistudio_read import famistudio_song, list_famistudio, read_famistudio
from synth.tracker.player import play_channel

HEAD = """Project Version="4.5.2" TempoMode="FamiStudio" Name="Say ""hi"" twice" Author="A"
\tInstrument Name="Lead"
\t\tEnvelope Type="Volume" Length="4" Loop="1" Release="2" Values="15,12,6,0"
\t\tEnvelope Type="DutyCycle" Length="1" Values="2"
\tArpeggio Name="Major" Length="3" Loop="0" Values="0,4,7"
"""
SONG = """\tSong Name="One" Length="2" LoopPoint="1" PatternLength="2" BeatLength="1" \
NoteLength="6" Groove="7-6" GroovePaddingMode="Middle"
\t\tChannel Type="{channel}"
\t\t\tPattern Name="P"
{notes}
\t\t\tPatternInstance Time="0" Pattern="P"
"""


def text(*notes: str, channel: str = "Square1", head: str = HEAD) -> bytes:
    """Return a project with one pattern."""
    lines = "\n".join(f"\t\t\t\tNote {note}" for note in notes)
    return (head + SONG.format(channel=channel, notes=lines)).encode()


def test_a_groove_places_notes_on_frames() -> None:
    """A row of seven frames stands still in its middle; the second row begins on frame 7."""
    song = famistudio_song(
        text('Time="2" Value="C4" Duration="2" Instrument="Lead"',
             'Time="6" Value="D4" Duration="4" Instrument="Lead" Release="2"'), "a.txt"
    )  # fmt: skip
    played = play_channel(song, "pulse1")
    assert [(n.start, n.release, n.stop) for n in played.notes] == [(2, 5, 5), (7, 9, 11)]
    assert played.level[7:12].tolist() == [15, 12, 6, 0, 0]
    assert (song.frames, song.loop, song.title) == (26, 13, 'Say "hi" twice')


def test_a_slide_ends_on_its_target() -> None:
    """The period moves by equal steps and is the target's when the note ends."""
    song = famistudio_song(
        text('Time="0" Value="A3" Duration="12" Instrument="Lead" SlideTarget="A4"'), "a.txt"
    )
    period = play_channel(song, "pulse1").period[:13].tolist()
    assert period[0] < 253
    assert period[12] == 126
    assert period == sorted(period, reverse=True)


def test_vibrato_swings_about_the_note() -> None:
    """Speed 12 swings once in four frames, depth 4 by four timer steps."""
    song = famistudio_song(
        text('Time="0" Value="A3" Duration="12" Instrument="Lead" VibratoSpeed="12" '
             'VibratoDepth="4"'), "a.txt"
    )  # fmt: skip
    assert play_channel(song, "pulse1").period[:5].tolist() == [253, 249, 253, 257, 253]


def test_arpeggios_duties_and_noise() -> None:
    """A note's arpeggio is a chord of the score; a noise note is an index of the period table."""
    score, preset = read_famistudio(
        text('Time="0" Value="A3" Duration="6" Instrument="Lead" Arpeggio="Major"'), "a.txt", 1
    )
    assert score.pulse1[0].arpeggio == (0, 4, 7)
    assert str(preset.instruments["Lead"].volume) == "15 12 | 6 0"
    noise, _ = read_famistudio(
        text('Time="0" Value="G2" Duration="6" Instrument="Lead"',
             'Time="6" Value="A#3" Duration="6" Instrument="Lead"', channel="Noise"), "a.txt", 1
    )  # fmt: skip
    assert [note.pitch for note in noise.noise] == [15, 0]


def test_volume_slides_and_cuts_are_steps() -> None:
    """A slide of volume reaches its target before the next volume."""
    song = famistudio_song(
        text('Time="0" Value="A3" Duration="12" Instrument="Lead" Volume="15" '
             'VolumeSlideTarget="3"', 'Time="8" Volume="3"'), "a.txt"
    )  # fmt: skip
    level = play_channel(song, "pulse1").level[1:10]
    assert level.tolist() == sorted(level.tolist(), reverse=True)
    assert level[-1] < level[0] / 2


def test_songs_are_listed_and_chosen() -> None:
    """A project of two songs has two tracks; a third is refused."""
    both = text('Time="0" Value="A3" Duration="6" Instrument="Lead"').decode()
    both += SONG.format(channel="Square1", notes="").replace('"One"', '"Two"')
    assert [song.title for song in list_famistudio(both.encode(), "a.txt")] == ["One", "Two"]
    with pytest.raises(SynthError, match=r"a\.txt has songs 1 to 2; there is no song 3"):
        famistudio_song(both.encode(), "a.txt", 3)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("Project", "Prject", r"a\.txt:1: 'Prject' is no object"),
        ('Values="15,12,6,0"', 'Values="15,12,99,0"', r"a\.txt:3: value '99' is not in 0 to 15"),
        ('Value="C4"', 'Value="H4"', r"a\.txt:9: 'H4' is no note"),
        ('Instrument="Lead"', 'Instrument="Led"', r"a\.txt:9: there is no Instrument 'Led'"),
        ('Groove="7-6"', 'Groove="9-6"', r"a\.txt:6: Groove = '9-6'"),
        ('Pattern="P"', 'Pattern="Q"', r"there is no Pattern 'Q'"),
        ('Time="0" Value', "Time=0 Value", r"is no attribute"),
    ],
)
def test_what_is_wrong_is_named_by_its_line(old: str, new: str, told: str) -> None:
    """One line with file, line, value and what is allowed."""
    right = text('Time="0" Value="C4" Duration="6" Instrument="Lead"').decode()
    assert old in right
    with pytest.raises(SynthError, match=told):
        famistudio_song(right.replace(old, new, 1).encode(), "a.txt")
