"""An echo fills rests and nothing else."""

from chipgen.arrange import ArrangeConfig, arrange
from chipgen.music.score import Note, Score, Track

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
