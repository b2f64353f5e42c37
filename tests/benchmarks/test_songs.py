"""The song that is measured repeats an example with all its notes."""

from pathlib import Path

from benchmarks.songs import SEED, repeat_midi
from chipgen.music.midi import read_midi


def test_a_song_is_repeated_with_all_its_notes(tmp_path: Path) -> None:
    """A minute of the seed holds whole turns of it, bar by bar."""
    length_s = repeat_midi(SEED, tmp_path / "song.mid", 60.0)
    assert 60.0 <= length_s < 75.0
    notes = [len(track.notes) for track in read_midi(SEED).tracks]
    longer = [len(track.notes) for track in read_midi(tmp_path / "song.mid").tracks]
    turns = longer[0] // notes[0]
    assert turns >= 4
    assert longer == [turns * count for count in notes]
