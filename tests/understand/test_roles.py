"""Roles: every note of a score has one, and tune, bass, doubles and effects are told apart."""

from dataclasses import replace
from itertools import cycle, islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipgen.music.score import Note, Score, Track
from chipgen.understand import understand
from chipgen.understand.roles import ROLES
from tests.understand.bands import chords, figure, roles, roles_of, tracks

SCALE = (0, 2, 4, 5, 7, 9, 11, 12, 11, 7, 9, 5, 4, 2, 7, 5)


def tune(base: int = 72, bars: int = 8, velocity: int = 96) -> tuple[Note, ...]:
    """Return a melody in quarter notes."""
    pitches = islice(cycle(SCALE), 4 * bars)
    return tuple(Note(float(k), 1.0, base + p, velocity) for k, p in enumerate(pitches))


BASS = Track("Bass", 1, 33, figure(36, (0, 0, 7, 7, 5, 5, 7, 7), 1.0))


def test_a_named_melody_is_the_tune_under_a_higher_arpeggio():
    """Name, loudness and motion outweigh being on top."""
    found = roles(
        Track("Melody", 0, 0, tune(60, velocity=120)),
        Track("Arp", 2, 0, figure(84, (0, 4, 7, 12), velocity=60)),
        BASS,
    )
    assert found == {0: {"tune"}, 1: {"counter"}, 2: {"bass"}}


def test_a_melody_without_a_name_is_the_tune_under_a_tremolo():
    """A pitch struck again and again is no melody, however high."""
    shake = tuple(Note(k / 4, 0.25, p, 50) for k in range(128) for p in (76, 79, 84))
    found = roles(
        Track("", 0, 44, shake),
        Track("", 2, 42, tune(48, velocity=120)),
        Track("", 1, 43, BASS.notes),
    )
    assert found[1] == {"tune"}
    assert found[2] == {"bass"}


def test_the_only_synth_lead_is_a_tune_beside_another():
    """It need not win over a guitar to have its own voice, and of its chords the top is kept."""
    comp = tuple(Note(k / 2, 0.4, p, 70) for k in range(64) for p in (60, 64, 67 + k % 3))
    found = roles_of(
        Score(
            (
                Track("Guitar", 0, 26, tune(76, velocity=120)),
                Track("", 1, 81, comp),
                Track("", 2, 89, chords((60, 64, 67))),
                BASS,
            ),
            end_beats=32.0,
        )
    )
    lead = next(part for part in found.of("tune") if part.track == 1)
    assert [comp[index].pitch for index in lead.notes] == [67 + k % 3 for k in range(64)]
    assert any(part.track == 0 for part in found.of("tune"))


def test_two_synth_leads_are_judged_as_any_others():
    """Only a single one is known to be the lead."""
    comp = tuple(Note(k / 2, 0.4, p, 50) for k in range(64) for p in (48, 52, 55))
    found = roles(
        Track("", 0, 80, tune(76, velocity=120)), Track("", 1, 81, comp), BASS
    )  # fmt: skip
    assert found[0] == {"tune"}
    assert "tune" not in found[1]


def test_a_pitch_struck_again_ends_its_note():
    """A staff on which one voice holds what another repeats is still a single line."""
    held = tuple(Note(4.0 * k, 4.0, 38 + k % 3) for k in range(8))
    struck = tuple(Note(4.0 * k + j / 2, 0.5, 38 + k % 3) for k in range(8) for j in range(1, 8))
    found = roles(
        Track("", 0, 0, tune()), Track("", 1, 0, chords((60, 64, 67), 1.0)),
        Track("", 2, 0, tuple(sorted((*held, *struck)))),
    )  # fmt: skip
    assert found[2] == {"bass"}


@pytest.mark.parametrize("program", [115, 119, 122, 126])
def test_sound_effects_are_effects(program: int):
    """Seashore and applause are never a tune, wherever they lie."""
    found = roles(Track("", 2, program, (Note(0.0, 32.0, 90),)), Track("", 0, 80, tune()), BASS)
    assert found == {0: {"effect"}, 1: {"tune"}, 2: {"bass"}}


def test_players_change_places():
    """Two tracks that swap bass and tune half-way are told apart in each half."""
    low, high = BASS.notes[:16], tune()[16:]
    first = Track("", 0, 33, low + high)
    second = Track("", 2, 73, tune()[:16] + BASS.notes[16:])
    found = roles_of(Score(tracks=(first, second), end_beats=32.0))
    of = {(part.track, index): part.role for part in found.parts for index in part.notes}
    assert {of[0, k] for k in range(16)} == {"bass"}
    assert {of[0, k] for k in range(16, 32)} == {"tune"}
    assert {of[1, k] for k in range(16)} == {"tune"}
    assert {of[1, k] for k in range(16, 32)} == {"bass"}


def test_a_piano_has_tune_bass_and_harmony():
    """One track of everything is split into an upper line, a lower line and what is between."""
    notes = sorted((*tune(76), *chords((55, 59, 62), 1.0), *figure(36, (0, 7), 2.0)))
    found = roles_of(Score(tracks=(Track(notes=tuple(notes)),), end_beats=32.0))
    pitches = {part.role: {notes[index].pitch for index in part.notes} for part in found.parts}
    assert pitches["tune"] == {note.pitch for note in tune(76)}
    assert pitches["bass"] <= {36, 43}
    assert pitches["harmony"] >= {59, 62}


def test_a_lone_low_line_is_a_bass():
    """A single track below the staff is a bass, a single track above it a tune."""
    assert roles(Track(notes=figure(36, (0, 7), 1.0))) == {0: {"bass"}}
    assert roles(Track(notes=tune())) == {0: {"tune"}}


@given(st.lists(tracks, max_size=5))
@settings(max_examples=100, deadline=None)
def test_every_pitched_note_has_one_role(players: list[Track]):
    """Whatever is played, each note is in exactly one part."""
    end = max((n.end_beats for t in players for n in t.notes), default=0.0)
    found = roles_of(Score(tracks=tuple(players), end_beats=end))
    told = [(part.track, index) for part in found.parts for index in part.notes]
    assert sorted(told) == [(k, i) for k, t in enumerate(players) for i in range(len(t.notes))]
    assert all(part.role in ROLES and 0 <= part.confidence <= 1 for part in found.parts)


def test_the_fifths_of_a_lead_yield_to_a_counter_melody():
    """Thirds under a tune are its second voice; power chords are colour, after other lines."""
    lead = tune(64, velocity=110)
    other = tuple(Note(n.onset_beats + 0.5, 0.4, 60 + k % 5) for k, n in enumerate(lead))

    def second(interval: int) -> str:
        under = tuple(replace(note, pitch=note.pitch - interval) for note in lead)
        band = (
            Track("Lead", 0, 29, tuple(sorted((*lead, *under)))),
            Track("", 1, 73, other),
            BASS,
        )
        counters = understand(Score(band, end_beats=32.0)).roles.of("counter")
        return "own" if counters[0].track == 0 else "other"

    assert second(4) == "own"
    assert second(5) == second(7) == second(12) == "other"
