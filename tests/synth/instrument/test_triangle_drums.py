"""Drums of the triangle sound in rests of the bass, or within a note that goes on after them."""

from hypothesis import given
from hypothesis import strategies as st

from synth.instrument.chip_score import ChipNote, ChipScore
from synth.instrument.driver import drive
from synth.instrument.triangle_drums import SHORTEST_S, lay_drums
from tests.instrument_scores import periods, preset_of

BASS = (ChipNote(0.0, 1.0, 40), ChipNote(1.5, 2.0, 43))


def drum(start_s: float, frames: int = 4) -> ChipNote:
    """Return a short note."""
    return ChipNote(start_s, start_s + frames / 60, 60, instrument="drop")


def test_without_leave_the_bass_comes_first() -> None:
    """A drum sounds in a rest that holds it whole, and nowhere else."""
    struck = [(drum(at), False) for at in (0.5, 0.99, 1.2, 1.45)]
    assert [n for n in lay_drums(BASS, struck) if n.pitch == 60] == [drum(1.2)]


def test_a_drum_within_a_note_parts_it() -> None:
    """The note goes on after it as far along as if nothing had been there."""
    at = drum(0.5)
    first, hit, rest, last = lay_drums(BASS, [(at, True)])
    assert (first.end_s, hit, rest.start_s, rest.end_s) == (0.5, at, at.end_s, 1.0)
    assert rest.begun_s == at.end_s
    assert last == BASS[1]


def test_what_the_drum_replaces_is_heard_as_it_would_have_been() -> None:
    """In all frames but the drum's, the register's periods are those of the bass alone."""
    preset = preset_of(
        "instruments:\n  steady: {arpeggio: '12 0', vibrato: {depth_cents: 60}}\n"
        "  drop: {slide: {cents_per_frame: -500}}"
    )
    alone = periods(drive(ChipScore(triangle=BASS, end_s=2.0), preset), "triangle")
    laid = lay_drums(BASS, [(drum(0.0), True), (drum(0.5), True), (drum(1.5), True)])
    heard = periods(drive(ChipScore(triangle=laid, end_s=2.0), preset), "triangle")
    struck = {frame for start in (0, 30, 90) for frame in range(start, start + 4)}
    sounding = [f for f in (*range(60), *range(90, 120)) if f not in struck]
    assert [heard[f] for f in sounding] == [alone[f] for f in sounding]
    assert all(heard[f] != alone[f] for f in struck)


TIMES = st.lists(st.floats(0, 3), max_size=12).map(sorted)


@given(TIMES, TIMES, st.booleans())
def test_a_line_with_drums_is_a_line(bass_s: list[float], drums_s: list[float], over: bool) -> None:
    """One note at a time, in order; of every bass note something is heard; no drum is cut."""
    bass = [
        ChipNote(a, max(a + 0.01, b), 40)
        for a, b in zip(bass_s, [*bass_s[1:], 3.5], strict=False)
        if b - a > 0.02
    ]
    struck = [(drum(at), over) for at in drums_s]
    laid = lay_drums(bass, struck)
    ChipScore(triangle=laid, end_s=4.0)
    assert {n for n in laid if n.pitch == 60} <= {note for note, _ in struck}
    for note in bass:
        pieces = [
            n for n in laid
            if n.pitch == 40 and abs(n.start_s - n.begun_s - note.start_s) < 1e-9
        ]  # fmt: skip
        assert pieces
        assert len(pieces) == 1 or max(n.end_s - n.start_s for n in pieces) >= SHORTEST_S / 2
