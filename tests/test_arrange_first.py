"""Any score becomes four valid voices, and nothing is lost unsaid."""

from dataclasses import replace

import pytest

from chipgen.arrange import ArrangeConfig, arrange, chip_score_to_score, parse_map
from chipgen.errors import ChipgenError
from chipgen.music.score import Bend, Control, Note, Score, Tempo, Track


def score_of(*tracks: Track, **fields: object) -> Score:
    """Return a piece that ends with its last note."""
    end = max((n.end_beats for t in tracks for n in t.notes), default=0.0)
    return Score(tracks=tracks, end_beats=end, **fields)  # type: ignore[arg-type]


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


def test_roles_are_found_from_the_music():
    """A tune over chords over a bass, nameless and in any track order, finds its voices."""
    tune = Track(notes=tuple(Note(k, 1, p) for k, p in enumerate([72, 74, 76, 77])))
    chords = Track(notes=tuple(Note(k, 1, p) for k in range(4) for p in (55, 60, 64)))
    bass = Track(notes=tuple(Note(k, 1, p) for k, p in enumerate([36, 43, 36, 43])))
    drums = Track(channel=9, notes=tuple(Note(k, 0.25, 36 + 2 * (k % 2)) for k in range(4)))
    chip = arrange(score_of(chords, drums, bass, tune)).chip_score
    assert [n.pitch for n in chip.pulse1] == [72, 74, 76, 77]
    assert [n.pitch for n in chip.triangle] == [36, 43, 36, 43]
    assert all({n.pitch + offset for offset in n.arpeggio} == {55, 60, 64} for n in chip.pulse2)
    assert len(chip.noise) == 4


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


def test_pedal_volume_and_bends_are_played():
    """The pedal holds notes on, CC7 and CC11 shape volume, bends become cents."""
    track = Track(
        notes=(Note(0, 0.5, 60, 127),),
        controls=(
            Control(0, 7, 127), Control(0, 64, 127), Control(1, 11, 64), Control(2, 64, 0),
        ),
        bends=(Bend(0.25, 2.0),),
    )  # fmt: skip
    score = Score(tracks=(track,), tempos=(Tempo(0, 60.0),), end_beats=4.0)
    (note,) = arrange(score).chip_score.pulse1
    assert note.end_s == 2.0
    assert note.volume_changes == ((0.0, 15), (1.0, 8))
    assert note.bend[-1] == (0.25, 200.0)


def test_arrangement_written_as_midi_arranges_to_itself():
    """Four-track MIDI is faithful: voices, arpeggios and levels come back."""
    tune = Track(notes=tuple(Note(k, 1, p) for k, p in enumerate([72, 74, 76, 77])))
    chords = Track(notes=tuple(Note(k, 1, p) for k in range(4) for p in (55, 60, 64)))
    bass = Track(notes=tuple(Note(k, 1, p) for k, p in enumerate([36, 43, 36, 43])))
    score = score_of(tune, chords, bass)
    chip = arrange(score, ArrangeConfig(poly="arp")).chip_score
    again = arrange(chip_score_to_score(chip, score)).chip_score
    for voice in ("pulse1", "pulse2", "triangle"):
        before, after = chip.voice(voice), again.voice(voice)
        assert [(n.start_s, n.end_s, n.volume) for n in before] == [
            (n.start_s, n.end_s, n.volume) for n in after
        ]
        assert [{n.pitch + o for o in (0, *n.arpeggio)} for n in before] == [
            {n.pitch + o for o in (0, *n.arpeggio)} for n in after
        ]


def test_a_bass_alone_is_still_a_bass():
    """A track that says it is a bass plays the triangle, though no melody sounds above it."""
    for track in (Track(name="E-Bass"), Track(program=33)):
        notes = tuple(Note(k, 1, 40 + k) for k in range(4))
        chip = arrange(score_of(replace(track, notes=notes))).chip_score
        assert [n.pitch for n in chip.triangle] == [40, 41, 42, 43]
        assert chip.pulse1 == ()
    bassoon = Track(name="Bassoon", program=70, notes=(Note(0, 1, 60),))
    assert arrange(score_of(bassoon)).chip_score.triangle == ()
