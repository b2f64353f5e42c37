"""A map names tracks, channels, keys and bars, and takes nothing away but what it names."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipgen.arranging import ArrangeConfig, arrange, parse_map
from chipgen.arranging.voice_map import map_notes
from chipgen.errors import ChipgenError
from chipgen.music.score import Note, ProgramChange, Score, Track
from tests.arranging.pieces import score_of


def line(*pitches: int, start: float = 0.0) -> tuple[Note, ...]:
    """Return notes of a beat each."""
    return tuple(Note(start + k, 1.0, pitch) for k, pitch in enumerate(pitches))


TUNE = Track("Tune", 0, 80, line(*[72, 74, 76, 77] * 4))
CHORDS = Track(
    "Chords", 1, 48, tuple(sorted(Note(4.0 * k, 4.0, p) for k in range(4) for p in (60, 64, 67)))
)
BASS = Track("Bass", 2, 33, line(*[36, 43] * 8))
BEAT = Track(
    "Beat", 9, 0, tuple(sorted(Note(k / 2, 0.25, (36, 42, 38, 56)[k % 4]) for k in range(32)))
)
SONG = Score((TUNE, CHORDS, BASS, BEAT), end_beats=16.0)


def heard(text: str, track: int, score: Score = SONG) -> list[tuple[float, str]]:
    """Return (beat, voice) of a track's notes that are heard under a map."""
    arrangement = arrange(score, ArrangeConfig(voice_map=parse_map(text)))
    return [
        (score.tracks[track].notes[p.index].onset_beats, p.voice)
        for p in arrangement.placements
        if p.track == track and p.voice
    ]


@pytest.mark.parametrize("text", ["noise=channel:9:36-38", "noise=track:Beat:C2-D2"])
def test_a_range_of_keys(text: str) -> None:
    """As numbers or names; C4 is 60, both ends are meant."""
    (targets,) = map_notes(parse_map(text), SONG).values()
    named = {n.pitch for n, t in zip(BEAT.notes, targets, strict=True) if t == "noise"}
    assert named == {36, 38}


@pytest.mark.parametrize(
    ("keys", "named"), [("C4-", {60, 64, 67}), ("-E4", {60, 64}), ("64", {64}), ("61-66", {64})]
)
def test_open_ranges_and_single_keys(keys: str, named: set[int]) -> None:
    """From a key up, down from one, or that one alone."""
    targets = map_notes(parse_map(f"drop=track:Chords:{keys}"), SONG)[1]
    found = {n.pitch for n, t in zip(CHORDS.notes, targets, strict=True) if t}
    assert found == named


def test_keys_of_a_track_go_to_a_voice_and_the_rest_stays() -> None:
    """The top of the chords on pulse 2, the rest arranged as before; nothing else is lost."""
    voices = heard("pulse2=track:1:67-", 1)
    assert voices.count((0.0, "pulse2")) >= 1
    assert {beat for beat, _ in heard("pulse2=track:1:67-", 0)} == {float(k) for k in range(16)}


def test_a_section_of_bars() -> None:
    """In bars 2 and 3 the bass is on pulse 1; before and after it the tune is."""
    text = "pulse1@2-3=track:Bass"
    assert [voice for beat, voice in heard(text, 2) if 4 <= beat < 12] == ["pulse1"] * 8
    assert {v for beat, v in heard(text, 2) if not 4 <= beat < 12} == {"triangle"}
    assert {v for beat, v in heard(text, 0) if not 4 <= beat < 12} == {"pulse1"}
    assert {v for beat, v in heard(text, 0) if 4 <= beat < 12} == {"pulse2"}


def test_a_map_takes_nothing_away_but_what_it_names() -> None:
    """A tune given to the voice it had anyway leaves bass and drums as they were."""
    plain = arrange(SONG)
    mapped = arrange(SONG, ArrangeConfig(voice_map=parse_map("pulse1=track:0")))
    assert mapped.chip_score.triangle == plain.chip_score.triangle
    assert mapped.chip_score.noise == plain.chip_score.noise
    chords = [p for p in mapped.placements if p.track == 1]
    assert all(p.status != "dropped" for p in chords)


def test_drums_can_be_dropped_key_by_key() -> None:
    """The cowbell goes, the rest stays."""
    mapped = arrange(SONG, ArrangeConfig(voice_map=parse_map("drop=channel:9:56")))
    statuses = {p.pitch: p.status for p in mapped.placements if p.track == 3}
    assert statuses[56] == "dropped"
    assert {statuses[key] for key in (36, 38, 42)} == {"kept"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("pulse1@0-3=track:0", "no span of bars"),
        ("pulse1@5-3=track:0", "no span of bars"),
        ("pulse1@x=track:0", "no span of bars"),
        ("pulse1@99=track:0", "has 4 bars"),
        ("noise=channel:9:51-36", "no range of keys"),
        ("noise=channel:9:100-110", "it matches no note; the keys are 36-56"),
        ("noise=channel:16", "not in 0-15"),
        ("hat=channel:9", "begin with one of"),
        ("noise=drum:9", "track:N"),
        ("noise", "begin with one of"),
        ("pulse1=track:Nobody", "'Tune'"),
    ],
)
def test_what_cannot_be_meant_is_refused(text: str, message: str) -> None:
    """In one line that says what is allowed."""
    with pytest.raises(ChipgenError, match=message):
        arrange(SONG, ArrangeConfig(voice_map=parse_map(text)))


def test_names_may_hold_colons() -> None:
    """Only what looks like keys is taken for keys."""
    song = Score((Track("Part: A", 0, 0, line(60)),), end_beats=4.0)
    assert map_notes(parse_map("pulse1=track:Part: A"), song) == {0: ("pulse1",)}


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.builds(
            lambda target, bars, selector, keys: f"{target}{bars}={selector}{keys}",
            st.sampled_from(["pulse1", "pulse2", "triangle", "noise", "drop", "bass"]),
            st.sampled_from(["", "@1", "@2-3", "@4-9"]),
            st.sampled_from([f"track:{k}" for k in range(4)] + ["channel:9", "track:Chords"]),
            st.sampled_from(["", ":0-127", ":36-", ":-100"]),
        ),
        max_size=4,
    )
)
def test_every_note_has_one_status_under_any_map(entries: list[str]) -> None:
    """And it is where the map says, unless it had no room there."""
    pairs = parse_map(",".join(entries))
    arrangement = arrange(SONG, ArrangeConfig(voice_map=pairs))
    every = [(k, i) for k, track in enumerate(SONG.tracks) for i in range(len(track.notes))]
    assert [(p.track, p.index) for p in arrangement.placements] == every
    mapped = map_notes(pairs, SONG)
    for placement in arrangement.placements:
        target = mapped.get(placement.track, [""] * 999)[placement.index]
        if target == "drop":
            assert placement.status == "dropped"
        elif target:
            assert placement.voice in (target, "") or "in a rest" in placement.reason


def test_programs_in_the_course_of_a_track_change_its_role() -> None:
    """Two players swap bass and flute: tune and bass swap voices with them."""
    low, high = line(*[36, 43] * 8), line(*[72, 74, 76, 77] * 4)
    later = tuple(Note(n.onset_beats + 16, 1.0, n.pitch) for n in high)
    below = tuple(Note(n.onset_beats + 16, 1.0, n.pitch) for n in low)
    first = Track("A", 0, 33, low + later, program_changes=(ProgramChange(16.0, 73),))
    second = Track("B", 1, 73, high + below, program_changes=(ProgramChange(16.0, 33),))
    score = Score((first, second), end_beats=32.0)
    for track, voices in ((0, ("triangle", "pulse1")), (1, ("pulse1", "triangle"))):
        found = heard("", track, score)
        assert {voice for beat, voice in found if beat < 16} == {voices[0]}
        assert {voice for beat, voice in found if beat >= 16} == {voices[1]}


def test_instruments_follow_programs() -> None:
    """Each section has the preset's instrument for its program."""
    track = Track("A", 0, 80, line(*[72, 74] * 4), program_changes=(ProgramChange(4.0, 11),))
    config = ArrangeConfig(pulse_instruments={80: "lead-square", 11: "bell"})
    notes = arrange(Score((track,), end_beats=8.0), config).chip_score.pulse1
    assert [note.instrument for note in notes] == ["lead-square"] * 4 + ["bell"] * 4


def test_map_overrides_roles():
    """`--map` moves a track to the voice it names, and drops what it drops."""
    low = Track(name="Low", channel=0, notes=(Note(0, 1, 40),))
    high = Track(name="High", channel=1, notes=(Note(0, 1, 80),))
    other = Track(name="Other", channel=2, notes=(Note(0, 1, 60),))
    config = ArrangeConfig(voice_map=parse_map("pulse1=track:0,bass=channel:1,drop=track:other"))
    arrangement = arrange(score_of(low, high, other), config)
    assert [n.pitch for n in arrangement.chip_score.pulse1] == [40]
    assert [n.pitch for n in arrangement.chip_score.triangle] == [80]
    assert [p.status for p in arrangement.placements] == ["kept", "kept", "dropped"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("tuba=track:1", "tuba=track:1"),
        ("pulse1", "begin with one of"),
        ("bass=row:1", "track:N"),
        ("bass=channel:16", "0-15"),
    ],
)
def test_a_wrong_map_is_named(text: str, says: str):
    """The error shows the entry and what is allowed."""
    with pytest.raises(ChipgenError, match=says):
        parse_map(text)


def test_a_map_to_nowhere_lists_the_tracks():
    """A selector without a track says which there are."""
    with pytest.raises(ChipgenError, match="'Lead'"):
        arrange(
            score_of(Track(name="Lead", notes=(Note(0, 1, 60),))),
            ArrangeConfig(voice_map=(("pulse1", "track:Led"),)),
        )


def test_an_excerpt_may_lack_what_a_map_names() -> None:
    """A rule whose notes or tracks are not in the excerpt names nothing of it."""
    rest = replace(
        SONG, tracks=tuple(replace(track, notes=track.notes[:1]) for track in SONG.tracks)
    )
    pairs = parse_map("pulse1=track:Chords:0-1,drop=track:99")
    assert map_notes(pairs, rest, excerpt=True) == {}
    for pair in pairs:
        with pytest.raises(ChipgenError):
            map_notes((pair,), rest)
