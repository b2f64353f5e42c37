"""Tracks of drums, as files write them."""

from tests import midi_files as smf


def sysex(data: bytes) -> bytes:
    """Return a system exclusive message."""
    return b"\x00\xf0" + smf.variable_length(len(data)) + data


def gs_rhythm_part(channel: int, value: int) -> bytes:
    """Return "use for rhythm part" for a channel of 0-15."""
    block = 0 if channel == 9 else channel + 1 if channel < 9 else channel
    address = bytes((0x40, 0x10 | block, 0x15, value))
    return sysex(b"\x41\x10\x42\x12" + address + bytes((-sum(address) & 0x7F, 0xF7)))


def struck(hits: list[tuple[int, int]], length: int = 60, channel: int = 0) -> bytes:
    """Return notes at (tick, key)."""
    events = sorted(
        [(tick, 1, 0x90, key) for tick, key in hits]
        + [(tick + length, 0, 0x80, key) for tick, key in hits]
    )
    body, now = b"", 0
    for tick, _, status, key in events:
        body += smf.event(tick - now, status | channel, key, 100)
        now = tick
    return body


def beat(bars: int = 8, kick: int = 36, snare: int = 38, hat: int = 42) -> list[tuple[int, int]]:
    """Return a rock beat: kick on one and three, snare on two and four, eighths on the hat."""
    hits = []
    for bar in range(bars):
        for half in range(8):
            tick = bar * 1920 + half * 240
            hits.append((tick, hat))
            if half % 2 == 0:
                hits.append((tick, snare if half % 4 else kick))
    return hits
