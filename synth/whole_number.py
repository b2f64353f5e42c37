"""Reads whole numbers that a user wrote."""

MOST_DIGITS = 18


def parse_whole(text: str) -> int | None:
    r"""Return the whole number that a text is, None if it is not up to 18 ASCII digits.

    Python's `str.isdigit` takes superscripts, which `int` refuses, and `int` takes digits of any
    script and refuses long texts.

    Examples
    --------
    >>> parse_whole("12"), parse_whole("²"), parse_whole("-1"), parse_whole("9" * 5_000)
    (12, None, None, None)
    """
    is_number = text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS
    return int(text) if is_number else None
