"""FamiTracker's lines become a module, or one error that names the line."""

from hypothesis import given, settings
from hypothesis import strategies as st

from synth.errors import SynthError
from synth.formats.chipfile import Titles
from synth.instrument.chip_score import ChipNote, ChipScore
from synth.instrument.preset_loader import load_preset
from synth.tracker.famitracker import write_famitracker
from synth.tracker.famitracker_text import parse_module, sample_names

SCORE = ChipScore(pulse1=(ChipNote(0.0, 0.5, 60),), end_s=1.0, loop_s=0.5)
DATA, _ = write_famitracker(SCORE, load_preset("default"), Titles(title="Tune", artist="Me"))


def test_what_the_lines_say_is_kept() -> None:
    """Titles, instruments, and the rows of the patterns."""
    module = parse_module(DATA, "tune.txt")
    assert (module.title, module.artist) == ("Tune", "Me")
    assert [name for name, _ in module.instruments.values()] == ["lead"]
    (song,) = module.songs
    notes = [c.note for rows in song.patterns.values() for row in rows.values() for c in row]
    assert 36 in notes, "C-3, counted in semitones from C-0; A-3 is 440 Hz"


def test_samples_of_one_name_are_told_apart() -> None:
    """Each gets a number that no other name has."""
    samples = {3: ("kick", bytearray(), 0), 5: ("kick", bytearray(), 0)}
    assert sample_names(samples) == {3: "kick", 5: "kick 2"}


@settings(max_examples=60, deadline=None)
@given(at=st.integers(0, len(DATA) - 1), change=st.binary(max_size=3), gone=st.integers(0, 9))
def test_a_damaged_text_is_read_or_told(at: int, change: bytes, gone: int) -> None:
    """Whatever a few bytes are replaced by: a module, or one line with the file's name."""
    told = "tune.txt"
    try:
        parse_module(DATA[:at] + change + DATA[at + gone :], "tune.txt")
    except SynthError as error:
        told = str(error)
    assert told.startswith("tune.txt")
    assert "\n" not in told
