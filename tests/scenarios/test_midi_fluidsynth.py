"""Onsets, lengths and tuning of MIDI files are FluidSynth's, which reads by code of its own."""

import random
from bisect import bisect_right
from pathlib import Path

import pytest

from chipgen.music.midi import read_midi
from tests import fluidsynth
from tests import midi_files as smf

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.mid"))
BLOCK_S = fluidsynth.BLOCK / fluidsynth.RATE_HZ  # FluidSynth looks at its clock so often

pytestmark = pytest.mark.skipif(fluidsynth.library() is None, reason="needs libfluidsynth")


def notes_of(path: Path) -> list[tuple[int, float, float, float]]:
    """Return (channel, pitch at its onset, onset, end) of each note that we read, in seconds."""
    score = read_midi(path, "gm", keep_silence=True)
    found = []
    for track in score.tracks:
        starts = score.beats_to_seconds([note.onset_beats for note in track.notes])
        ends = score.beats_to_seconds([note.end_beats for note in track.notes])
        for note, start, end in zip(track.notes, starts, ends, strict=True):
            at = bisect_right(track.bends, note.onset_beats, key=lambda bend: bend.beat) - 1
            bend = track.bends[at].semitones if at >= 0 and not track.is_drums else 0.0
            own = note.bends[0][1] if note.bends else 0.0
            pitch = note.pitch + bend + own
            found.append((track.channel, pitch, float(start), float(end)))
    return found


def check_alike(path: Path) -> None:
    """Compare all notes of a file, channel by channel.

    FluidSynth begins each new tempo with a block, and plays an event up to half a tick early.
    """
    score = read_midi(path, "gm")
    slack_s = (
        BLOCK_S * (3 + 2 * len(score.tempos))
        + 60.0 / min(tempo.bpm for tempo in score.tempos) / 960
    )
    ours = notes_of(path)
    theirs = [
        (note.channel, note.key if note.channel == 9 else note.pitch, note.start_s, note.end_s)
        for note in fluidsynth.read(path)
    ]
    assert len(ours) == len(theirs)
    for place in (2, 3):

        def order(note: tuple[int, float, float, float], place: int = place) -> tuple[float, ...]:
            return note[0], round(note[1]), note[place]

        for mine, other in zip(sorted(ours, key=order), sorted(theirs, key=order), strict=True):
            assert mine[1] == pytest.approx(other[1], abs=0.011)
            assert mine[place] == pytest.approx(other[place], abs=slack_s)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples(path: Path) -> None:
    """Our own seeds, in ordinary MIDI and NES-MDB's form."""
    check_alike(path)


@pytest.mark.parametrize("seed", range(12))
def test_files_of_any_make(seed: int, tmp_path: Path) -> None:
    """Random players with tempo changes, ranges of the wheel, fine and coarse tuning, bends.

    FluidSynth takes no low byte of fine tuning that comes after the high one, so it is 0.
    """
    rng = random.Random(seed)
    division = rng.choice([480, 960])
    conductor = b"".join(
        smf.tempo(rng.randrange(3 * division), rng.randrange(200_000, 900_000)) for _ in range(4)
    )
    bodies = [conductor]
    for channel in rng.sample([k for k in range(16) if k != 9], 4):
        body = smf.event(0, 0xC0 | channel, rng.randrange(112))
        for number, value in (
            (101, 0), (100, 0), (6, rng.choice([2, 12, 24])),
            (100, 1), (6, rng.randrange(48, 80)), (38, 0),
            (100, 2), (6, rng.randrange(58, 71)), (101, 127), (100, 127),
        ):  # fmt: skip
            body += smf.event(0, 0xB0 | channel, number, value)
        for _ in range(40):
            gap, key = rng.randrange(division), rng.randrange(30, 90)
            bend = rng.choice([0, 32, 64, 64, 96, 127])
            body += smf.event(gap, 0xE0 | channel, 0, bend)
            length = rng.randrange(division // 8, 2 * division)
            body += smf.note(key, length, channel=channel, velocity=rng.randrange(1, 128))
        bodies.append(body)
    path = tmp_path / "song.mid"
    path.write_bytes(smf.midi(*bodies, division=division))
    check_alike(path)
