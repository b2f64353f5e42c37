"""Which parts of a seed go on as figures, and which are composed."""

from dataclasses import replace

from chipgen.composing.figures import Double, find_figures
from chipgen.music.score import Control, Note, Track
from chipgen.rows.prompt import Prompt
from tests.seeds import band, chip, line


def test_chords_and_a_bass_that_repeats_itself_are_figures() -> None:
    """The tune is composed; chords and the bass, which plays the same in every bar, are not."""
    found = find_figures(Prompt.of(band()))
    assert {figure.track for figure in found.figures} == {1, 2}
    assert found.roles == {"harmony", "bass"}
    assert not found.doubles


def test_a_bass_that_walks_freely_is_composed() -> None:
    """A line that is different in every bar is no figure."""
    seed = band()
    walk = [36, 43, 38, 45, 47, 40, 41, 36, 48, 36, 45, 43, 38, 41, 36, 47]
    tracks = list(seed.tracks)
    tracks[2] = replace(tracks[2], notes=line(walk, 1.0))
    found = find_figures(Prompt.of(seed.with_tracks(tuple(tracks))))
    assert found.roles == {"harmony"}


def test_an_octave_above_the_tune_doubles_it() -> None:
    """A second flute goes with whatever the first is given."""
    seed = band()
    high = tuple(replace(note, pitch=note.pitch + 12) for note in seed.tracks[0].notes)
    more = Track("piccolo", 4, 72, high)
    found = find_figures(Prompt.of(seed.with_tracks((*seed.tracks, more))))
    lines = {double.track: double for double in found.doubles}
    assert lines.keys() <= {0, 4}
    assert len(lines) == 1
    assert {abs(double.semitones) for double in lines.values()} == {12}
    assert all(double.role == "melody" for double in lines.values())
    assert Double(4, "melody", 12) in found.doubles or Double(0, "melody", -12) in found.doubles


def test_every_other_part_is_a_figure() -> None:
    """Pads and further chords, which no voice of the chip plays, are not lost."""
    seed = band()
    pad = tuple(Note(4.0 * bar, 4.0, pitch, 60) for bar in range(4) for pitch in (67, 72))
    found = find_figures(Prompt.of(seed.with_tracks((*seed.tracks, Track("pad", 5, 89, pad)))))
    assert 4 in {figure.track for figure in found.figures}


def test_the_chips_own_voices_are_composed() -> None:
    """Music of the chip has no figures."""
    assert not find_figures(Prompt.of(chip())).figures


def test_an_echo_goes_with_what_it_echoes() -> None:
    """Of two echoes of the tune one is the second voice; the other goes with the tune."""
    seed = band()
    echoes = [
        Track(
            f"echo {number}", 4 + number, 73,
            tuple(
                replace(note, onset_beats=note.onset_beats + delay, velocity=50)
                for note in seed.tracks[0].notes
            ),
        )
        for number, delay in enumerate((0.25, 0.75))
    ]  # fmt: skip
    found = find_figures(Prompt.of(seed.with_tracks((*seed.tracks, *echoes))))
    assert {(double.role, double.semitones) for double in found.doubles} == {("melody", 0)}
    assert {double.delay_beats for double in found.doubles} <= {0.25, 0.75}


def test_a_pedal_is_in_the_figures_lengths() -> None:
    """Chords struck shortly under a pedal sound to where it comes up, or a chord may change."""
    seed = band()
    short = tuple(
        replace(note, duration_beats=0.2)
        for note in seed.tracks[1].notes
        if note.onset_beats % 2 < 1
    )
    pedal = tuple(
        Control(bar * 4.0 + beat, 64, value)
        for bar in range(4)
        for beat, value in ((0.0, 127), (1.5, 0), (2.0, 127))
    )
    tracks = list(seed.tracks)
    tracks[1] = replace(tracks[1], notes=short, controls=pedal)
    found = find_figures(Prompt.of(seed.with_tracks(tuple(tracks))))
    chords = next(figure for figure in found.figures if figure.track == 1)
    lengths = {note.onset_beats % 4: round(note.duration_beats, 3) for note in chords.notes}
    assert lengths == {0.0: 1.5, 2.0: 2.0}
