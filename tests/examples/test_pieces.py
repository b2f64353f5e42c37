"""The example seeds are what their notes in plain text say, and sound as music should."""

import subprocess
import sys
from itertools import combinations, pairwise
from pathlib import Path

import pytest

from chipgen.music.midi import read_midi
from chipgen.music.score import NES_TRACKS, Track

FOLDER = Path(__file__).parents[2] / "examples"

NAMES = ("seed", "chorale", "folk", "groove", "piano", "orchestra", "nes")


def test_the_committed_files_are_what_the_script_writes(tmp_path: Path) -> None:
    """Byte for byte, so that the notes in the source are where the files come from."""
    script, new = FOLDER / "make_examples.py", tmp_path / "not" / "there yet"
    subprocess.run([sys.executable, script, "-o", new], check=True, cwd=tmp_path, timeout=60)
    written = {path.name: path.read_bytes() for path in new.iterdir()}
    assert set(written) == {f"{name}.mid" for name in NAMES}
    assert written == {path.name: path.read_bytes() for path in FOLDER.glob("*.mid")}


def test_every_example_says_where_it_comes_from() -> None:
    """The read-me has a row for each file, and ordinary MIDI files carry their source inside."""
    readme = (FOLDER / "README.md").read_text()
    for name in NAMES:
        assert f"| `{name}.mid` |" in readme
        if name != "nes":
            assert b"CC0" in (FOLDER / f"{name}.mid").read_bytes()[:400]


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_8_to_24_whole_bars(name: str) -> None:
    """Nothing sticks out of its last bar, no note of a voice is without length."""
    score = read_midi(FOLDER / f"{name}.mid")
    bars = score.duration_s / 1.6 if name == "nes" else len(score.bar_starts_beats())
    assert 8 <= bars <= 24
    assert bars == round(bars)
    for track in score.tracks:
        assert max(note.end_beats for note in track.notes) <= score.end_beats
        assert len(_onsets(track)) / bars > 0.4  # nobody is a passer-by


def test_the_seed_has_melody_second_voice_bass_and_drums() -> None:
    """The demo's four parts, each in its register, in A minor with its leading tone."""
    score = read_midi(FOLDER / "seed.mid")
    melody, second, bass, drums = score.tracks
    assert drums.is_drums
    assert 120 <= score.tempos[0].bpm <= 150
    assert len(score.bar_starts_beats()) == 8
    assert min(n.pitch for n in melody.notes) > max(n.pitch for n in bass.notes)
    mean = [sum(n.pitch for n in t.notes) / len(t.notes) for t in (melody, second, bass)]
    assert mean == sorted(mean, reverse=True)
    a_minor = {9, 11, 0, 2, 4, 5, 7, 8}
    outside = [n for t in (melody, second, bass) for n in t.notes if n.pitch % 12 not in a_minor]
    assert len(outside) <= 1  # one chromatic step in the bass
    for track in (melody, second, bass, drums):
        assert _is_monophonic(track)


def test_the_chorale_breaks_no_rule_of_part_writing() -> None:
    """Four voices in order and range, full chords, no parallel fifths, octaves or unisons."""
    score = read_midi(FOLDER / "chorale.mid")
    voices = [track.notes for track in score.tracks]
    assert len({tuple(note.onset_beats for note in voice) for voice in voices}) == 1
    ranges = ((60, 79), (55, 74), (48, 67), (40, 62))
    chords = list(zip(*([note.pitch for note in voice] for voice in voices), strict=True))
    for chord in chords:
        assert list(chord) == sorted(chord, reverse=True)
        assert all(low <= pitch <= high for pitch, (low, high) in zip(chord, ranges, strict=True))
        assert max(upper - lower for upper, lower in pairwise(chord[:3])) <= 12
        thirds = {(pitch - chord[3]) % 12 for pitch in chord}
        assert thirds & {3, 4} or thirds & {8, 9}  # no bare fifths
    for index, (before, after) in enumerate(pairwise(chords)):
        for upper, lower in combinations(range(4), 2):
            moved = before[upper] != after[upper] and before[lower] != after[lower]
            first, second = before[upper] - before[lower], after[upper] - after[lower]
            parallel = moved and first % 12 == second % 12 and first % 12 in (0, 7)
            assert not parallel, f"chords {index + 1} and {index + 2}, voices {upper}, {lower}"


def test_the_groove_has_a_kit() -> None:
    """Kick, snare, ghost notes, hats, toms, crashes, and a bass line under them."""
    score = read_midi(FOLDER / "groove.mid")
    bass, drums = score.tracks
    assert drums.is_drums
    assert {36, 38, 42, 46, 44, 49, 51, 41, 45, 47, 50} <= {note.pitch for note in drums.notes}
    snare = [note.velocity for note in drums.notes if note.pitch == 38]
    assert min(snare) < 40 < 110 < max(snare)
    assert _is_monophonic(bass)
    assert [marker.text for marker in score.markers] == ["loopStart", "loopEnd"]


def test_the_piano_has_wide_chords_and_a_pedal() -> None:
    """Over two octaves sound at once, but only the pedal holds the bass."""
    score = read_midi(FOLDER / "piano.mid")
    assert score.meters[0].numerator == 3
    right, left = score.tracks
    assert any(control.number == 64 for control in left.controls)
    bar = [note for note in left.notes if note.onset_beats < 3]
    assert max(note.pitch for note in bar) - min(note.pitch for note in bar) >= 23
    assert len(bar) == 4
    assert [note.pitch for note in right.notes][:8] == [78, 81, 79, 78, 73, 71, 73, 74]


def test_the_orchestra_has_players_a_ritardando_and_a_bend() -> None:
    """Ten programs and more, a tempo that rises and falls, a bend of an octave."""
    score = read_midi(FOLDER / "orchestra.mid")
    assert len({track.program for track in score.tracks}) >= 10
    bpms = [tempo.bpm for tempo in score.tempos]
    top = bpms.index(max(bpms))
    assert bpms[:top] == sorted(bpms[:top])
    assert bpms[top:] == sorted(bpms[top:], reverse=True)
    assert len(bpms) - top > 4
    (bent,) = [track for track in score.tracks if track.bends]
    assert max(bend.semitones for bend in bent.bends) > 11
    assert bent.bends[-1].semitones == 0


def test_the_chip_piece_is_playable_by_the_chip() -> None:
    """Four voices of one note at a time, in the hardware's ranges, on its frames."""
    score = read_midi(FOLDER / "nes.mid")
    assert score.dialect == "nesmdb"
    assert [track.role for track in score.tracks] == list(NES_TRACKS)
    for track in score.tracks:
        assert _is_monophonic(track)
        for note in track.notes:
            frames = score.beats_to_seconds([note.onset_beats, note.end_beats]) * 60
            assert frames == pytest.approx(frames.round(), abs=1e-6)
    numbers = {control.number for track in score.tracks for control in track.controls}
    assert numbers == {11, 12}


def _onsets(track: Track) -> set[float]:
    return {note.onset_beats for note in track.notes}


def _is_monophonic(track: Track) -> bool:
    return all(a.end_beats <= b.onset_beats + 1e-9 for a, b in pairwise(track.notes))
