"""For any score at all the voices are playable and every note is accounted for."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from chipgen.arranging import POLY_CHOICES, ArrangeConfig, arrange
from chipgen.arranging.arrangement import NOTE_STATUSES
from chipgen.music.score import Score
from chipgen.understand.programs import EFFECTS
from synth.chip.voices import VOICE_BY_NAME, VOICES
from tests.arranging.pieces import scores

configs = st.builds(
    ArrangeConfig,
    poly=st.sampled_from(POLY_CHOICES),
    echo=st.booleans(),
    drum_drop=st.booleans(),
    arpeggio_order=st.sampled_from(["", "played", "up", "down", "updown"]),
)


@given(scores, configs)
@settings(max_examples=150, deadline=None)
def test_any_score_is_playable_and_accounted_for(score: Score, config: ArrangeConfig):
    """One note a voice, in range, in 4 bits; each source note has exactly one status."""
    arrangement = arrange(score, config)  # a ChipScore checks overlap, range and bits itself
    chip = arrangement.chip_score
    assert all(note.volume in (0, 15) for note in chip.triangle)
    assert not any(note.volume_changes or note.timbre_changes for note in chip.triangle)
    for voice in VOICES:
        lowest, highest = VOICE_BY_NAME[voice].pitch_range
        for note in chip.voice(voice):
            assert all(lowest <= note.pitch + offset <= highest for offset in note.arpeggio)
    every = [(k, i) for k, track in enumerate(score.tracks) for i in range(len(track.notes))]
    assert [(p.track, p.index) for p in arrangement.placements] == every
    for placement in arrangement.placements:
        assert placement.status in NOTE_STATUSES
        assert placement.voice or placement.status in ("doubled", "dropped")
        assert not placement.voice or placement.status != "dropped"
        assert placement.status == "kept" or placement.reason or placement.voice


@given(scores, configs)
@settings(max_examples=60, deadline=None)
def test_what_is_kept_is_heard(score: Score, config: ArrangeConfig):
    """A kept note has an attack in its voice, at its onset and its (folded) pitch."""
    config = replace(config, poly="auto" if config.poly == "split" else config.poly)
    arrangement = arrange(score, config)
    drums = {
        k
        for k, track in enumerate(score.tracks)
        if track.is_drums or track.role == "no" or track.program in EFFECTS
    }
    for placement in arrangement.placements:
        if placement.status != "kept" or placement.track in drums:
            continue
        pitch = placement.pitch + placement.folded_semitones
        assert any(
            abs(note.start_s - placement.start_s) < 0.03 and note.pitch == pitch
            for note in arrangement.chip_score.voice(placement.voice)
        )


@given(scores)
@settings(max_examples=40, deadline=None)
def test_arranging_twice_gives_the_same(score: Score):
    """There is no chance in it."""
    assert arrange(score) == arrange(score)
