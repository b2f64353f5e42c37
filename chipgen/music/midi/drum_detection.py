"""Finds out which players of a MIDI file play drums.

Channel 10 is General MIDI's for drums. A file may say otherwise by GS or XG system exclusive
messages or by the banks of XG and General MIDI 2; where it says nothing, sequencers often leave a
kit on any channel, which its track's name or its notes reveal.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Container, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from chipgen.music.midi.channel_messages import CC_BANK, CONTROL, PROGRAM, Part, is_note_on
from chipgen.music.midi.drum_names import named_drum, names_kit, names_pitched
from chipgen.music.midi.smf_parser import MidiEvents
from chipgen.music.midi.sysex import DrumPart, Reset, parse_sysex
from chipgen.music.score import DRUM_CHANNEL

_XG_KITS: Final = frozenset({126, 127})  # effects and drums
_GM2_KITS, _GM2_MELODIC = 120, 121
_PERCUSSIVE: Final = 112  # from here on programs are percussion and effects
_KEYS: Final = range(25, 88)  # of GM2's and GS's standard kit

# The pattern of a kit; the weights were set on 161 drum tracks and 2,200 melodic ones.
_KICKS: Final = frozenset({35, 36})
_SNARES: Final = frozenset({37, 38, 39, 40})
_CYMBALS: Final = frozenset({42, 44, 46, 49, 51, 53, 55, 57, 59})
_KIT: Final = frozenset({*range(35, 58), 59, 69, 70} - {52})
_MAJOR: Final = (0, 2, 4, 5, 7, 9, 11)
_DISCORDS: Final = frozenset({1, 2, 6, 10, 11})
_CONCORDS: Final = frozenset({0, 3, 5, 7, 9})
_LEAST_NOTES: Final = 12
_UNLIKE, _LIKELY, _LIKELY_IN_SPITE = -1.0, 1.0, 1.8  # the last: of its program or name
_FEW_KEYS: Final = 2
_HIHAT: Final = frozenset({42, 44, 46})
_LEAST_HATS: Final = 32

# Where XG's standard kit has other sounds than General MIDI 2's: XG's key to the other's.
_FROM_XG: Final = {
    13: 86, 14: 87, 15: 27, 16: 28, 17: 29, 18: 30, 19: 26, 20: 32, 21: 33, 22: 34, 23: 32, 24: 33,
    25: 38, 26: 70, 27: 38, 28: 25, 29: 25, 30: 85, 31: 38, 32: 31, 33: 36, 34: 37,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class DrumRole:
    """Whether a player plays drums, and how that is known.

    Attributes
    ----------
    drums
        None: as its channel says.
    guess
        By what it was guessed, in a few words; empty if the file says it.
    key
        The General MIDI key that all of its notes mean, where its name says so.
    xg
        Whether its keys are XG's.
    """

    drums: bool | None = None
    guess: str = ""
    key: int | None = None
    xg: bool = False

    def key_of(self, key: int) -> int:
        """Return a note's key as General MIDI 2's kit has it."""
        if self.key is not None:
            return self.key
        return _FROM_XG.get(key, key) if self.xg else key


def find_drums(events: MidiEvents, parts: Sequence[Part], beat: float) -> list[DrumRole]:
    """Decide for each part whether it plays drums.

    Parameters
    ----------
    events
        The file's, for its system exclusive messages.
    parts
        As `split_parts` returns them.
    beat
        Ticks in a quarter note.
    """
    messages = sorted(
        (
            (tick, order, meaning)
            for order, track in enumerate(events.tracks)
            for tick, data in track.sysex
            if isinstance(meaning := parse_sysex(data), Reset | DrumPart)
        ),
        key=lambda message: message[:2],
    )
    own_names = _own_names(events)
    roles = []
    for part, has_own_name in zip(parts, own_names, strict=True):
        system, said = _said(part, messages)
        is_drums = part.channel == DRUM_CHANNEL if said is None else said
        if is_drums:
            key = _renamed(part)
            drums = None if part.channel == DRUM_CHANNEL else True
            roles.append(DrumRole(drums, key=key, xg=system == "xg"))
        elif said is False:
            roles.append(DrumRole(False if part.channel == DRUM_CHANNEL else None))
        else:
            roles.append(_guess(part, beat, has_own_name=has_own_name))
    return _join_single_drums(parts, roles, beat)


def _join_single_drums(
    parts: Sequence[Part], roles: Sequence[DrumRole], beat: float
) -> list[DrumRole]:
    """Take players of one or two keys each, of no program, for drums if together they are a kit."""
    few = [
        k
        for k, (part, role) in enumerate(zip(parts, roles, strict=True))
        if role == DrumRole()
        and part.channel != DRUM_CHANNEL
        and not (_is_melodic(part) or names_pitched(part.name))
        and _keys(part) <= _FEW_KEYS
    ]
    together = sorted(note for k in few for note in _notes(parts[k]))
    if len(few) < 2 or kit_score(together, beat) < _LIKELY:
        return list(roles)
    found = DrumRole(True, "by its notes")
    return [found if k in few else role for k, role in enumerate(roles)]


def _own_names(events: MidiEvents) -> list[bool]:
    """Decide for each part whether its MIDI track's name is its own, not the song's."""
    own = []
    for track in events.tracks:
        channels = {message[1] & 0xF for message in track.channel if is_note_on(message)}
        own += [len(channels) == 1] * len(channels)
    return own


def _said(
    part: Part, messages: Sequence[tuple[int, int, Reset | DrumPart]]
) -> tuple[str, bool | None]:
    """Return the system in force at a part's first note, and whether the file says it is drums."""
    first = part.first_tick
    system, said = "", None
    for tick, _, meaning in messages:
        if tick > first:
            break
        if isinstance(meaning, Reset):
            system, said = meaning.system, None
        elif meaning.channel == part.channel:
            said = meaning.drums
    if said is None:
        bank, program_bank = None, None
        for tick, status, number, value in part.messages:
            if tick > first:
                break
            if status >> 4 == CONTROL and number == CC_BANK:
                bank = value
            elif status >> 4 == PROGRAM:
                program_bank = bank
        like_kit = system == "" and kit_score(_notes(part), 1.0) > _UNLIKE
        if program_bank == _GM2_KITS or (program_bank in _XG_KITS and (system == "xg" or like_kit)):
            said = True
        elif part.channel == DRUM_CHANNEL and (
            (system == "gm2" and program_bank == _GM2_MELODIC)
            or (system == "xg" and program_bank == 0 and kit_score(_notes(part), 1.0) < _LIKELY)
        ):
            said = False
    return system, said


def _guess(part: Part, beat: float, *, has_own_name: bool) -> DrumRole:
    """Guess from a part's name, and failing that from its notes."""
    notes = _notes(part)
    melodic = _is_melodic(part)
    score = kit_score(notes, beat)
    if has_own_name and part.name:
        key = named_drum(part.name)
        kit = names_kit(part.name)
        own = _family(key) if key is not None and not kit and _keys(part) > _FEW_KEYS else _KEYS
        fitting = sum(struck in own for _, struck, _ in notes) / len(notes)
        if (key is not None or kit) and (not melodic or fitting > 0.9):
            return DrumRole(True, "by its name", _renamed(part))
        melodic = melodic or names_pitched(part.name)
    if score >= (_LIKELY_IN_SPITE if melodic else _LIKELY) or (
        not melodic and _is_hihat(notes, beat)
    ):
        return DrumRole(True, "by its notes")
    return DrumRole()


def _is_hihat(notes: Sequence[tuple[int, int, int]], beat: float) -> bool:
    """Return whether notes are a lone hi-hat: closed and open, on and on, once a beat or more."""
    keys = {key for _, key, _ in notes}
    span = notes[-1][0] - notes[0][0]
    return (
        min(_HIHAT) in keys
        and keys <= _HIHAT
        and len(notes) >= _LEAST_HATS
        and span <= len(notes) * beat
    )


def _is_melodic(part: Part) -> bool:
    """Return whether a player begins with a melodic program; 0 is what sequencers leave."""
    programs = [m[2] for m in part.messages if m[1] >> 4 == PROGRAM]
    return bool(programs) and 0 < programs[0] < _PERCUSSIVE


def _renamed(part: Part) -> int | None:
    """Return the drum that a part's name names, if it has one key, which means another drum.

    Sequencers that play samples put each on a track of its own, on any key.
    """
    keys = {message[2] for message in part.messages if is_note_on(message)}
    named = named_drum(part.name)
    if named is None or len(keys) > 1:
        return None
    (key,) = keys
    return None if key in _family(named) else named


def _family(drum: int) -> Container[int]:
    """Return the keys of drums that are of a kind with one."""
    return next((family for family in _FAMILIES if drum in family), frozenset({drum}))


def _keys(part: Part) -> int:
    """Return how many different keys a player strikes."""
    return len({message[2] for message in part.messages if is_note_on(message)})


_FAMILIES: Final = (
    _KICKS, _SNARES, _HIHAT, frozenset({49, 51, 52, 53, 55, 57, 59}),
    frozenset({41, 43, 45, 47, 48, 50}), frozenset(range(60, 67)), frozenset({69, 70, 82}),
    frozenset({76, 77}), frozenset({73, 74}),
)  # fmt: skip


def _notes(part: Part) -> list[tuple[int, int, int]]:
    """Return (tick, key, length) of a part's notes."""
    notes: list[tuple[int, int, int]] = []
    sounding: defaultdict[int, deque[int]] = defaultdict(deque)
    for message in part.messages:
        tick, status, key, _ = message
        if is_note_on(message):
            sounding[key].append(tick)
        elif status >> 4 in (0x8, 0x9) and sounding[key]:
            start = sounding[key].popleft()
            notes.append((start, key, tick - start))
    notes += [(start, key, 0) for key, starts in sounding.items() for start in starts]
    return sorted(notes)


def kit_score(notes: Sequence[tuple[int, int, int]], beat: float) -> float:
    """Return how much notes are like a kit's: above 1 they hardly are anything else.

    A kit has kicks, snares and cymbals, at least two kinds of them, on few keys, struck together at
    intervals that no harmony has, off the steps of any one scale, and its notes are alike in length
    whatever the rhythm.

    Parameters
    ----------
    notes
        (tick, key, length in ticks).
    beat
        Ticks in a quarter note.
    """
    count = len(notes)
    if count < _LEAST_NOTES:
        return _UNLIKE
    keys = Counter(key for _, key, _ in notes)
    kicks, snares, cymbals, kit = (
        sum(keys[key] for key in kind) / count for kind in (_KICKS, _SNARES, _CYMBALS, _KIT)
    )
    kinds = (kicks >= 0.03) + (snares >= 0.03) + (cymbals >= 0.08)
    if kit < 0.85 or kinds < 2 or kicks + snares + cymbals < 0.5:
        return _UNLIKE
    onsets: defaultdict[int, set[int]] = defaultdict(set)
    for tick, key, _ in notes:
        onsets[round(tick / beat * 24)].add(key)
    steps = [
        (upper - lower) % 12
        for together in onsets.values()
        for lower in together
        for upper in together
        if upper > lower
    ]
    discords = sum(step in _DISCORDS for step in steps) / len(onsets)
    concords = sum(step in _CONCORDS for step in steps) / len(onsets)
    chords = sum(len(together) >= 3 for together in onsets.values()) / len(onsets)
    lengths = Counter(round(length / beat * 24) for _, _, length in notes)
    classes = Counter(key % 12 for key in keys.elements())
    scale = max(sum(classes[(tonic + step) % 12] for step in _MAJOR) for tonic in range(12))
    moves = [abs(after[1] - before[1]) for before, after in pairwise(notes)]
    walks = sum(1 <= move <= 2 for move in moves) / len(moves)
    few = len(keys) <= _FEW_KEYS  # which tell nothing of scales and steps
    line = all(len(together) == 1 for together in onsets.values()) and cymbals < 0.25
    return (
        2.0 * min(discords, 1.0)
        + (1.0 if kinds == 3 else 0.0)
        + (0.5 if sum(n for _, n in keys.most_common(4)) >= 0.7 * count else 0.0)
        + (0.5 if max(lengths.values()) >= 0.6 * count else 0.0)
        - (1.0 if walks > 0.35 and not few else 0.0)
        - (0.7 if line and not few else 0.0)
        - 0.7 * min(concords, 1.0)
        - (1.5 if chords > 0.6 else 0.0)
        - (0.7 if scale > 0.97 * count and not few and (kinds < 3 or len(keys) > 4) else 0.0)
    )
