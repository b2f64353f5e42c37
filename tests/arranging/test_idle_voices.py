"""An echo fills rests and nothing else."""

import pytest

from chipgen.arranging import ArrangeConfig, arrange
from chipgen.music.score import Note, Score, Tempo, Track

TUNE = Track(name="Tune", channel=0, notes=tuple(Note(k, 1, 72 + k) for k in range(8)))

CHORDS = Track(
    name="Chords", channel=1, notes=tuple(Note(k, 1, p) for k in range(8) for p in (55, 60, 64))
)

BASS = Track(name="Bass", channel=2, program=33, notes=tuple(Note(k, 1, 36) for k in range(8)))

DRUMS = Track(name="Kit", channel=9, notes=tuple(Note(k, 0.5, (36, 38)[k % 2]) for k in range(8)))

BAND = Score(tracks=(TUNE, CHORDS, BASS, DRUMS), end_beats=8.0)


def test_an_echo_fills_only_rests():
    """With --echo a resting pulse repeats the melody half a beat later, softer; else it rests."""
    tune = Track(notes=tuple(Note(2.0 * k, 1.0, 72 + k) for k in range(4)))
    score = Score(tracks=(tune,), end_beats=8.0)
    assert arrange(score).chip_score.pulse2 == ()
    echo = arrange(score, ArrangeConfig(echo=True)).chip_score
    assert [n.start_s for n in echo.pulse2] == [n.start_s + 0.25 for n in echo.pulse1]
    assert all(e.volume < n.volume for e, n in zip(echo.pulse2, echo.pulse1, strict=True))
    full = arrange(BAND, ArrangeConfig(echo=True)).chip_score
    assert full.pulse2 == arrange(BAND).chip_score.pulse2


def test_an_echo_keeps_time_with_later_tempos():
    """Half a beat is as long as the tempo makes it where the note begins."""
    tune = Track(notes=tuple(Note(2.0 * k, 1.0, 72 + k) for k in range(6)))
    tempos = (Tempo(0.0, 120.0), Tempo(4.0, 60.0), Tempo(8.0, 240.0))
    echo = arrange(Score((tune,), tempos, end_beats=12.0), ArrangeConfig(echo=True)).chip_score
    late_s = [e.start_s - n.start_s for e, n in zip(echo.pulse2, echo.pulse1, strict=True)]
    assert late_s == pytest.approx([0.25, 0.25, 0.5, 0.5, 0.125, 0.125])
    for one, note in zip(echo.pulse2, echo.pulse1, strict=True):
        assert one.end_s - one.start_s == pytest.approx(note.end_s - note.start_s, abs=0.02)
