"""FamiStudio's lines become a project, or one error that names the line."""

from hypothesis import given, settings
from hypothesis import strategies as st

from synth.errors import SynthError
from synth.formats.chipfile import Titles
from synth.instrument.chip_score import ChipNote, ChipScore
from synth.instrument.preset_loader import load_preset
from synth.tracker.famistudio import famistudio_text, write_famistudio
from synth.tracker.famistudio_read import famistudio_song
from synth.tracker.famistudio_text import parse_project
from synth.tracker.song import FAMISTUDIO, Event, TrackerBar, TrackerInstrument, TrackerSong

SCORE = ChipScore(pulse1=(ChipNote(0.0, 0.5, 60, arpeggio=(0, 4, 7)),), end_s=1.0, loop_s=0.5)
DATA, _ = write_famistudio(SCORE, load_preset("default"), Titles(title="Tune", artist="Me"))


def test_what_the_lines_say_is_kept() -> None:
    """Titles, instruments, chords and the patterns of each channel."""
    project = parse_project(DATA, "tune.txt")
    assert (project.title, project.artist) == ("Tune", "Me")
    assert [chord.values for chord in project.arpeggios.values()] == [(0, 0, 4, 4, 7, 7)]
    (song,) = project.songs
    assert song.channels[:2] == ["Square1", "Square2"]
    values = [
        n.given["Value"] for notes in song.patterns.values() for n in notes if "Value" in n.given
    ]
    assert values[0] == "C3", "whose A3 is 440 Hz"


def test_a_note_on_padding_is_kept_beside_other_changes() -> None:
    """A note comes a frame late with the volume of that frame, where no place is its own."""
    instrument = TrackerInstrument()
    bar = TrackerBar(0, rows=(0, 3), groove=(3, 2), padding="Middle")  # frame 1 has no place
    events = {0: Event(note=40, instrument="a", volume=9), 1: Event(note=45, instrument="a"),
              2: Event(volume=4)}  # fmt: skip
    song = TrackerSong(
        rules=FAMISTUDIO, frames=5, bars=(bar,), instruments={"a": instrument},
        channels={"pulse1": events},
    )  # fmt: skip
    again = famistudio_song(famistudio_text(song).encode(), "song.txt").channels["pulse1"]
    told = {frame: (event.note, event.volume) for frame, event in again.items()}
    assert told == {0: (40, 9), 2: (45, 4)} | {f: t for f, t in told.items() if f > 2}


@settings(max_examples=60, deadline=None)
@given(at=st.integers(0, len(DATA) - 1), change=st.binary(max_size=3), gone=st.integers(0, 9))
def test_a_damaged_text_is_read_or_told(at: int, change: bytes, gone: int) -> None:
    """Whatever a few bytes are replaced by: a project, or one line with the file's name."""
    told = "tune.txt"
    try:
        parse_project(DATA[:at] + change + DATA[at + gone :], "tune.txt")
    except SynthError as error:
        told = str(error)
    assert told.startswith("tune.txt")
    assert "\n" not in told
