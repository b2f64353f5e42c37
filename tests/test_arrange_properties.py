"""For any score at all the voices are playable and every note is accounted for."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipgen.arrange import POLY_CHOICES, ArrangeConfig, arrange, chip_score_to_score
from chipgen.arrange.arrangement import NOTE_STATUSES
from chipgen.arrange.separator import separate_voices
from chipgen.music.score import Bend, Control, Note, Score, Tempo, Track
from chipgen.understand.programs import EFFECTS
from synth.chip.voices import VOICE_BY_NAME, VOICES

beats = st.floats(0, 12, allow_nan=False, width=32) | st.integers(0, 12).map(float)
lengths = st.floats(2**-12, 6, allow_nan=False, width=32) | st.sampled_from([0.25, 0.5, 1.0])
notes = st.builds(Note, beats, lengths, st.integers(0, 127), st.integers(1, 127))
controls = st.builds(Control, beats, st.sampled_from([1, 7, 11, 12, 64]), st.integers(0, 127))
bends = st.builds(Bend, beats, st.floats(-24, 24, allow_nan=False))
tracks = st.builds(
    lambda notes, controls, bends, channel, program, role: Track(
        channel=channel,
        program=program,
        notes=tuple(sorted(notes)),
        controls=tuple(sorted(controls, key=lambda c: c.beat)),
        bends=tuple(sorted(bends, key=lambda b: b.beat)),
        role=role,
    ),
    st.lists(notes, max_size=24),
    st.lists(controls, max_size=6),
    st.lists(bends, max_size=4),
    st.integers(0, 15),
    st.integers(0, 127),
    st.sampled_from(["", "", "", "p1", "p2", "tr", "no"]),
)
scores = st.builds(
    lambda tracks, bpm: Score(
        tracks=tuple(tracks),
        tempos=(Tempo(0.0, bpm), Tempo(4.0, 90.0)),
        end_beats=max((n.end_beats for t in tracks for n in t.notes), default=0.0),
    ),
    st.lists(tracks, max_size=5),
    st.floats(20, 400),
)
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


@given(scores)
@settings(max_examples=60, deadline=None)
def test_an_arrangement_can_be_written_as_a_score(score: Score):
    """The four-track score is valid whatever the voices hold."""
    chip = arrange(score).chip_score
    written = chip_score_to_score(chip, score)
    assert [track.role for track in written.tracks] == ["p1", "p2", "tr", "no"]
    assert all(1 <= n.pitch <= 16 for n in written.tracks[3].notes)
    assert all(
        n.duration_beats > 0 and 1 <= n.velocity <= 127 for t in written.tracks for n in t.notes
    )


@pytest.mark.parametrize("count", [1, 2, 3, 5, 40])
def test_separated_voices_never_overlap_themselves(count: int):
    """Of three interleaved lines of any length each voice gets notes it can play."""
    rng = np.random.default_rng(count)
    starts = np.sort(
        np.concatenate([np.arange(count) * 0.2 + shift for shift in (0, 0.001, 0.002)])
    )
    ends = starts + rng.uniform(0.05, 0.19, len(starts))
    found = np.array(separate_voices(starts, ends, rng.integers(40, 80, len(starts)).astype(float)))
    for voice in range(3):
        own = found == voice
        assert (starts[own][1:] >= ends[own][:-1] - 2e-5).all()
    assert (found >= 0).all()
