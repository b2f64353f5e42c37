"""Titles are set within the screen's columns."""

from synth.formats.font import screen_rows


def test_text_is_set_for_the_screen() -> None:
    """Long titles are broken, accents dropped, and what does not fit is left out."""
    rows = screen_rows(("Ça, c'est un titre trop long pour une ligne", "", "X" * 40), 5)
    text = [
        bytes(code + 0x20 for code in rows[i : i + 32]).decode() for i in range(0, len(rows), 32)
    ]
    assert [line.strip() for line in text] == [
        "CA, C'EST UN TITRE TROP LONG", "POUR UNE LIGNE", "", "X" * 28, "X" * 12,
    ]  # fmt: skip
