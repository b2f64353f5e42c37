"""Reads and writes loop marks, in the ways that games and editors write them.

| kind | start | end |
| --- | --- | --- |
| markers | ``loopStart``, ``loop_start``, ``StartLoop``, ``LOOP`` … | ``loopEnd``, ``EndLoop`` … |
| brackets | marker ``[`` | marker ``]`` |
| RPG Maker | controller 111, or a text ``$0…`` | – |
| LeapFrog, HMI | controller 110, where 111 follows | controller 111 |
| XMI, EMIDI | controller 116, or 118 for all tracks | controller 117, or 119 |

Letters, spaces and signs between the words do not matter. The end of what has a start alone is the
end of the piece.
"""

import re
from collections import defaultdict
from typing import Final

from chipgen.music.midi.smf_parser import META_MARKER, MidiEvents

LOOP_START, LOOP_END = "loopStart", "loopEnd"
LOOP_MARKS: Final = ("markers", "brackets", "cc111", "cc116")
CC_LOOP: Final = 111
_PAIRS: Final = ((118, 119), (116, 117), (110, CC_LOOP))  # start and end
LOOP_CONTROLS: Final = frozenset(number for pair in _PAIRS for number in pair)

_STARTS: Final = frozenset(
    {"[", "loop", "loopstart", "startloop", "loopbegin", "beginloop", "startofloop", "loopfrom",
     "loopin", "looppoint", "loopstartpoint", "loopa"}
)  # fmt: skip
_ENDS: Final = frozenset(
    {"]", "loopend", "endloop", "endofloop", "loopto", "loopout", "loopback", "loopendpoint",
     "looprestart", "gotoloop", "jumptoloop", "loopb"}
)  # fmt: skip
_RPG_MAKER: Final = re.compile(r"\$0[0-9a-fx]{0,4}")
_BRACKETS: Final = re.compile(r"[\[\]]")
_ENDING: Final = re.compile(r"(?<=\w)\s*[=:]\s*-?\d+$")  # how often, which the chip never asks


def mark_of(text: str, kind: int = META_MARKER) -> str:
    """Return `LOOP_START` or `LOOP_END` for a text event that marks one, else an empty text.

    Parameters
    ----------
    text
        What it says.
    kind
        Its meta event type: plain texts and cues have to be plainer than markers.

    Examples
    --------
    >>> mark_of("Loop_Start"), mark_of("]"), mark_of("loopEnd=0"), mark_of("verse")
    ('loopStart', 'loopEnd', 'loopEnd', '')
    """
    word = _ENDING.sub("", text.strip()).lower()
    if not _BRACKETS.fullmatch(word):
        if _RPG_MAKER.fullmatch(word):
            return LOOP_START
        word = re.sub(r"[\W_]+", "", word)
    if kind != META_MARKER and word == "loop":
        return ""
    return LOOP_START if word in _STARTS else LOOP_END if word in _ENDS else ""


def control_marks(events: MidiEvents) -> list[tuple[int, str]]:
    """Return (tick, mark) of the loop that controllers set.

    The outermost pair counts: what loops inside a piece is written out by its repetition.
    """
    at: defaultdict[int, list[int]] = defaultdict(list)
    for track in events.tracks:
        for tick, status, number, _ in track.channel:
            if status >> 4 == 0xB and number in LOOP_CONTROLS:
                at[number].append(tick)
    for start, end in _PAIRS:
        if at[start] and at[end] and min(at[start]) < max(at[end]):
            return [(min(at[start]), LOOP_START), (max(at[end]), LOOP_END)]
    for start in (118, 116, CC_LOOP):
        if at[start]:
            return [(min(at[start]), LOOP_START)]
    return []
