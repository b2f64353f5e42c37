"""A cadence is found where there is one, and not where the piece only stops."""

from benchmarks.listener.cadence import ends_with_cadence, is_cadence, last_bass_class
from benchmarks.listener.piece import Piece, make_piece_of
from tests.benchmarks.pieces import PLAN, bar_of

C_MAJOR = (0, "major")


def _ending(last: dict[str, list[tuple[float, float, int]]]) -> Piece:
    """Return seven bars on I vi IV V, and a last one."""
    lines: dict[str, list[tuple[float, float, int]]] = {}
    for bar in range(8):
        made = bar_of((0, 1, 2, 1), PLAN[bar % 4], 4.0 * bar)
        for name, notes in made.items():
            lines.setdefault(name, []).extend(notes)
    for name, notes in last.items():
        lines[name] += [(32.0 + at, lasts, p) for at, lasts, p in notes]
    return make_piece_of(lines)


REST = {
    "melody": [(0.0, 4.0, 72)],
    "guitar": [(0.0, 4.0, 52), (0.0, 4.0, 55)],
    "bass": [(0.0, 4.0, 36)],
}


def test_a_held_tonic_after_the_dominant_is_a_cadence() -> None:
    """The tonic below, its triad above, held, after another chord."""
    piece = _ending(REST)
    assert ends_with_cadence(piece)
    assert is_cadence(piece, 32.0, C_MAJOR)
    assert last_bass_class(piece) == 0


def test_what_only_stops_is_none() -> None:
    """Not on the fifth, not under a strange note, not cut short, not in the middle of the tune."""
    fifth = {**REST, "bass": [(0.0, 4.0, 43)]}
    strange = {**REST, "melody": [(0.0, 4.0, 74)]}
    short = {name: [(at, 0.5, p) for at, _, p in notes] for name, notes in REST.items()}
    running = {**REST, "melody": [(k / 2, 0.5, 72 + (0, 2, 4, 5)[k % 4]) for k in range(8)]}
    for last in (fifth, strange, short, running):
        assert not is_cadence(_ending(last), 32.0, C_MAJOR)
    assert not ends_with_cadence(_ending({}), C_MAJOR)


def test_a_tonic_that_was_there_all_along_is_not_approached() -> None:
    """After bars on the tonic alone nothing comes to rest."""
    lines = {
        "melody": [(float(k), 0.9, 72) for k in range(32)] + [(32.0, 4.0, 72)],
        "bass": [(float(k), 0.9, 36) for k in range(32)] + [(32.0, 4.0, 36)],
    }
    assert not is_cadence(make_piece_of(lines), 32.0, C_MAJOR)
