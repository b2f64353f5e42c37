"""Reads the role of a track from its name.

Names of parts in English, German, French, Italian, Spanish, Portuguese and Japanese, as scores and
sequencers write them.
"""

import re
from typing import Final

NAME_PATTERNS: Final[dict[str, re.Pattern[str]]] = {
    role: re.compile(pattern, re.IGNORECASE)
    for role, pattern in {
        "effect": r"\bs?fx\b|effect|\brain\b|\bsea\b|ocean|applause|noise|ambien|thunder",
        "bass": r"\bbass(?!oon| ?(?:clarinet|drum|flute|trombone))|contrab|kontrab|\btuba"
        r"|\bbasse\b|\bbasso\b|\bbajo\b|\bbaixo\b|bassline|\bsub\b|ベース",
        "counter": r"counter|contre|gegenst|obbl?ig|second voice|\b2nd\b|descant|\becho\b",
        "tune": r"melod|melodi|mélod|\blead\b|\bld\b|vocal|\bvox\b|voice|sing(?:er|t|ing)?\b"
        r"|solo|theme|thema|\btune\b|gesang|\bchant|\bcanto?\b|\bvoz\b|stimme|lyric|メロ|歌|旋律"
        r"|\bgtr ?lead|sopran",
        "harmony": r"\bpads?\b|chord|akkord|accord|acorde|\bcomp\b|rhyth|ryth|strum|accomp|backing"
        r"|begleit|harmon(?!ica)|\barp|strings?\b|\bfill",
    }.items()
}


# Names of General MIDI programs, which sequencers write for unnamed tracks: a lead is
# likely to be one all the same, but an "FX" is a pad.
_PATCH: Final = re.compile(
    r"(lead|pad|fx) \d|(square|saw(tooth)?|calliope|chiff(er)?|charang|voice|fifths?|bass( *[&+])?)"
    r" *(wave|lead)|fx$|synth strings|slow strings|voice oohs|(choir|voice) aahs|synth ?voice",
    re.IGNORECASE,
)


def is_patch_name(name: str) -> bool:
    """Return whether a track's name is merely that of its General MIDI program.

    Examples
    --------
    >>> is_patch_name("Sawtooth Lead"), is_patch_name("Lead guitar")
    (True, False)
    """
    return _PATCH.search(name) is not None


def named_role(name: str) -> str:
    """Return the role that a track's name states, or nothing.

    Examples
    --------
    >>> named_role("Lead Vocal"), named_role("E-Bass"), named_role("Bassoon"), named_role("Track 3")
    ('tune', 'bass', '', '')
    """
    for role, pattern in NAME_PATTERNS.items():
        if pattern.search(name):
            return role
    return ""
