"""Harmony is measured as it is: chords by name, voices in them, roots in the bass, stuck basses."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.listener.harmony import chords, in_chord, is_stuck, root_in_bass
from benchmarks.listener.piece import Piece, make_piece_of
from benchmarks.listener.tune_and_bass import LINES, in_lines
from tests.benchmarks.pieces import song


@pytest.mark.parametrize("root", range(12))
@pytest.mark.parametrize(("kind", "steps"), [(0, (0, 4, 7)), (1, (0, 3, 7))])
def test_a_triad_is_called_by_its_root_and_mode(
    root: int, kind: int, steps: tuple[int, ...]
) -> None:
    """Each major and minor triad is found, however it is inverted."""
    notes = [(0.0, 2.0, 48 + root + step + 12 * (step == 0)) for step in steps]
    piece = make_piece_of({"piano": notes})
    assert chords(piece, np.array([0.0, 2.0])).tolist() == [12 * kind + root]


def test_one_pitch_is_no_chord() -> None:
    """Where fewer than two pitch classes sound, nothing is named."""
    assert chords(make_piece_of({"piano": [(0.0, 2.0, 60)]}), np.array([0.0, 2.0])).tolist() == [-1]


def _moved(piece: Piece, name: str, semitones: int) -> Piece:
    lines = in_lines(piece)
    own = lines.voice == LINES.index(name)
    return replace(lines, pitch=np.where(own, lines.pitch + semitones, lines.pitch))


def test_a_tune_on_chord_tones_sounds_in_the_chord_and_a_semitone_off_does_not() -> None:
    """All strong beats are hit; moved by a semitone hardly any is."""
    hits, asked = in_chord(song(), "tune")
    assert hits == asked == 32
    hits, asked = in_chord(_moved(song(), "tune", 1), "tune")
    assert hits <= asked / 4


def test_roots_are_found_in_the_bass_and_missed_when_it_plays_others() -> None:
    """The bass has the root in each bar; moved by two semitones in none."""
    assert root_in_bass(song()) == (16, 16)
    hits, asked = root_in_bass(_moved(song(), "bass", 2))
    assert (hits, asked) == (0, 16)


def test_a_bass_on_one_pitch_is_stuck_only_while_chords_change() -> None:
    """A hammered bass under I vi IV V is stuck; under one chord it is a pedal, and so is none."""
    piece = in_lines(song())
    bass = piece.voice == LINES.index("bass")
    assert is_stuck(replace(piece, pitch=np.where(bass, 36, piece.pitch)))
    assert not is_stuck(piece)
    assert not is_stuck(piece.in_order([0] * 16))
