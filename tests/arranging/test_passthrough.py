"""Tracks of the chip's own voices are played note for note."""

from chipgen.arranging import arrange
from chipgen.music.score import Control, Note, Track
from tests.arranging.pieces import score_of


def chip_track(role: str, *notes: Note, controls: tuple[Control, ...] = ()) -> Track:
    """Return a track that is one of the chip's own voices."""
    return Track(name=role, role=role, notes=notes, controls=controls)


def test_chip_tracks_go_straight_to_their_voices():
    """Every NES-MDB note keeps voice, time and pitch; noise pitch n is period 16 − n."""
    score = score_of(
        chip_track("p1", Note(0, 1, 60, 127), Note(1, 1, 64, 8)),
        chip_track("p2", Note(0, 2, 55, 68)),
        chip_track("tr", Note(0, 2, 36, 8)),
        chip_track("no", Note(0, 0.5, 1, 127), Note(1, 0.5, 16, 127)),
        dialect="nesmdb",
    )
    arrangement = arrange(score)
    chip = arrangement.chip_score
    assert arrangement.dialect == "nesmdb"
    assert [(n.start_s, n.end_s, n.pitch, n.volume) for n in chip.pulse1] == [
        (0.0, 0.5, 60, 15),
        (0.5, 1.0, 64, 1),
    ]
    assert [n.volume for n in chip.pulse2] == [8]
    assert [(n.pitch, n.volume) for n in chip.triangle] == [(36, 15)]
    assert [n.pitch for n in chip.noise] == [15, 0]
    assert {p.status for p in arrangement.placements} == {"kept"}


def test_chip_tracks_keep_volume_and_timbre_steps():
    """CC11 becomes volume steps and CC12 timbre steps, in seconds from the onset."""
    controls = (Control(0, 12, 2), Control(0.5, 11, 68), Control(1.0, 11, 0), Control(1.0, 12, 9))
    score = score_of(chip_track("p1", Note(0, 2, 60, 127), controls=controls), dialect="nesmdb")
    (note,) = arrange(score).chip_score.pulse1
    assert note.volume_changes == ((0.0, 15), (0.25, 8), (0.5, 0))
    assert note.timbre_changes == ((0.0, 2), (0.5, 3))


def test_what_sounds_between_two_writes_of_a_note_is_not_played():
    """A driver's half-written pitch is no note: its neighbours keep their frames."""
    sample = 1 / 22_050  # in beats of half a second
    score = score_of(
        chip_track(
            "p1",
            Note(0, 1, 60, 127), Note(1, sample, 57, 127), Note(1 + sample, 1, 69, 127),
            Note(3, 1, 62, 127), Note(4, 5 * sample, 50, 127),
        ),
        chip_track("no", Note(0, 0, 5, 127), Note(1, sample, 7, 127), Note(2, 0.5, 9, 127)),
        dialect="nesmdb",
    )  # fmt: skip
    arrangement = arrange(score)
    assert [n.pitch for n in arrangement.chip_score.pulse1] == [60, 69, 62]
    assert [n.pitch for n in arrangement.chip_score.noise] == [11, 9, 7]  # alone, they are notes
    dropped = [p for p in arrangement.placements if p.status == "dropped"]
    assert [p.pitch for p in dropped] == [57, 50]
