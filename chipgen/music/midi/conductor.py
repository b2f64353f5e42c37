"""Reads and writes a MIDI file's tempo, meter, key, texts and markers."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chipgen.music.key_changes import MAJOR_SIGNATURES, MINOR_SIGNATURES
from chipgen.music.midi import smf_parser as smf
from chipgen.music.midi.loop_marks import LOOP_END, LOOP_START, control_marks, mark_of
from chipgen.music.midi.text_encoding import decode, find_encoding

_MAX_METER_POWER: Final = 6  # bars of 1/64 notes; more is a damaged event
_DEFAULT_TEMPO_US: Final = 500_000
_TEXTS: Final = (smf.META_TRACK_NAME, smf.META_MARKER, smf.META_FEATURE, smf.META_TEXT)


def decode_texts(events: smf.MidiEvents) -> dict[bytes, str]:
    """Return a file's names, markers and texts as text, by their bytes."""
    texts = {data for track in events.tracks for _, kind, data in track.meta if kind in _TEXTS}
    encoding = find_encoding(sorted(texts))
    return {data: decode(data, encoding) for data in texts}


def track_name(track: smf.TrackEvents, decoded: dict[bytes, str]) -> str:
    """Return a track's name, empty if it has none."""
    names = (decoded[data] for _, kind, data in track.meta if kind == smf.META_TRACK_NAME)
    return next(names, "")


def seconds_at(
    events: smf.MidiEvents, tempos: list[tuple[int, int]], ticks: Sequence[int]
) -> NDArray[np.float64]:
    """Return the times of ticks in seconds, over a tempo map as `tempo_map` returns it."""
    starts = np.array([tick for tick, _ in tempos], dtype=np.float64)
    tick_s = np.array([tempo_us for _, tempo_us in tempos]) / 1e6 / events.ticks_per_beat
    before_s = np.concatenate([[0.0], np.cumsum(np.diff(starts) * tick_s[:-1])])
    values = np.asarray(ticks, dtype=np.float64)
    at = np.searchsorted(starts, values, side="right") - 1
    seconds: NDArray[np.float64] = before_s[at] + (values - starts[at]) * tick_s[at]
    return seconds


def tempo_map(events: smf.MidiEvents) -> list[tuple[int, int]]:
    """Return (tick, microseconds a quarter note), the first at tick 0, without repetitions."""
    at: dict[int, int] = {0: _DEFAULT_TEMPO_US}
    if not events.is_smpte:
        for tick, data in meta_events(events, smf.META_TEMPO):
            tempo_us = int.from_bytes(data[:3])
            if len(data) >= 3 and tempo_us > 0:
                at[tick] = tempo_us
    tempos: list[tuple[int, int]] = []
    for tick, tempo_us in sorted(at.items()):
        if not tempos or tempos[-1][1] != tempo_us:
            tempos.append((tick, tempo_us))
    return tempos


def tempo_bpm(tempo_us: int) -> float:
    """Return quarter notes a minute, as round as the file's microseconds allow."""
    for digits in range(4):
        bpm = round(60e6 / tempo_us, digits)
        if bpm > 0 and round(60e6 / bpm) == tempo_us:
            return bpm
    return 60e6 / tempo_us


def meter_map(events: smf.MidiEvents) -> list[tuple[int, int, int]]:
    """Return (tick, numerator, denominator), the first at tick 0, without repetitions."""
    at: dict[int, tuple[int, int]] = {0: (4, 4)}
    for tick, data in meta_events(events, smf.META_METER):
        if len(data) >= 2 and data[0] > 0 and data[1] <= _MAX_METER_POWER:
            at[tick] = (data[0], 1 << data[1])
    meters: list[tuple[int, int, int]] = []
    for tick, (top, bottom) in sorted(at.items()):
        if meters and meters[-1][1:] == (top, bottom):
            bar_ticks = events.ticks_per_beat * 4 * top / bottom
            if (tick - meters[-1][0]) % bar_ticks == 0:
                continue  # says again what holds; off the bar line it would begin a new bar
        meters.append((tick, top, bottom))
    return meters


def key_signatures(events: smf.MidiEvents) -> list[tuple[int, str]]:
    """Return (tick, key) of each key that a file changes to, as MIDI writes it (``"Am"``)."""
    found: list[tuple[int, str]] = []
    for tick, data in sorted(meta_events(events, smf.META_KEY), key=lambda item: item[0]):
        if len(data) >= 2 and data[1] in (0, 1):
            fifths = data[0] - 256 if data[0] > 127 else data[0]
            if -7 <= fifths <= 7:
                key = (MINOR_SIGNATURES if data[1] else MAJOR_SIGNATURES)[fifths + 7]
                if not found or key != found[-1][1]:
                    found.append((tick, key))
    return found


def read_markers(
    events: smf.MidiEvents, decoded: dict[bytes, str], remarks: list[str]
) -> list[tuple[int, str]]:
    """Return (tick, text) of markers in order, loop marks of every kind as the same two texts.

    A loop that ends before it begins is none; `remarks` says so.
    """
    markers: list[tuple[int, str]] = []
    loops: list[tuple[int, str]] = []
    for kind in (smf.META_MARKER, smf.META_FEATURE, smf.META_TEXT):
        for tick, data in meta_events(events, kind):
            mark = mark_of(decoded[data], kind)
            if mark:
                loops.append((tick, mark))
            elif kind == smf.META_MARKER and decoded[data]:
                markers.append((tick, decoded[data]))
    if all(mark != LOOP_START for _, mark in loops):
        marks = control_marks(events)
        has_end = any(mark == LOOP_END for _, mark in marks)
        loops = marks if has_end else [*marks, *(loops if marks else [])]
    starts = [tick for tick, mark in loops if mark == LOOP_START]
    ends = [tick for tick, mark in loops if mark == LOOP_END]
    if starts and ends and min(ends) <= min(starts):
        remarks.append(
            f"the loop is marked to begin at tick {min(starts):,} and to end at {min(ends):,}; "
            "the marks are not followed"
        )
        loops = []
    return sorted([*markers, *loops])


def meta_events(events: smf.MidiEvents, wanted: int) -> list[tuple[int, bytes]]:
    """Return (tick, data) of a file's meta events of one type."""
    return [
        (tick, data) for track in events.tracks for tick, kind, data in track.meta if kind == wanted
    ]
