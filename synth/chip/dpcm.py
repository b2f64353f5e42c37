"""Encodes sound as the bits of a DPCM sample, by dynamic programming.

References
----------
NESdev wiki: "APU DMC".
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from synth.chip.hardware import NTSC, Region
from synth.errors import SynthError

LEVELS: Final = 128  # of the DMC's output
STEP: Final = 2  # that each bit moves it by
CENTRE: Final = 64.0
REACH: Final = 60.0  # levels from the centre to a full-scale peak
LONGEST_BYTES: Final = 4081  # 16 x 255 + 1
RATES: Final = 16
SILENCE: Final = 0x55  # bits that go down and up in turn: the level stays
LOOP_NEAR: Final = 6  # levels about the target in which a loop may join
NEARLY_DB: Final = 1.0  # a rate that is so little worse than the best is good enough

_DOWN: Final = 0
_UP: Final = 1


@dataclass(frozen=True, slots=True)
class Dpcm:
    """A sample as the DMC plays it.

    Attributes
    ----------
    data
        16 n + 1 bytes.
    level
        Level 0–127 from which it is played.
    rate
        Index of the table of rates, 0–15.
    error_db
        The error against the sound, in dB relative to the sound.
    """

    data: bytes
    level: int
    rate: int
    error_db: float


def rate_hz(rate: int, region: Region = NTSC) -> float:
    """Return the bits a second of one of the sixteen rates.

    Examples
    --------
    >>> round(rate_hz(15))
    33144
    """
    return region.clock_hz / region.dmc_period_cycles[rate]


def encode_bits(
    target: NDArray[np.float64], *, loop: bool = False
) -> tuple[int, NDArray[np.uint8]]:
    """Return the start level and the bits whose levels are nearest to a target.

    The sum of squared differences is the least that any start level and any bits can have: for each
    step and each level the best way there is kept (Viterbi's algorithm), and the best of the last
    step is followed back.

    Parameters
    ----------
    target
        Wanted level after each bit, 0–127, shape (n,), n even for a loop.
    loop
        Whether the bits have to end on the level that they begin from.

    Examples
    --------
    >>> encode_bits(np.array([64.0, 66.0, 64.0]))
    (66, array([0, 1, 0], dtype=uint8))
    """
    if not loop:
        _, start, bits = _search(target, np.zeros(LEVELS), None)
        return start, bits
    near = int(np.clip(np.rint(target[-1]), LOOP_NEAR, LEVELS - 1 - LOOP_NEAR))
    found = []
    for end in range(near - LOOP_NEAR, near + LOOP_NEAR + 1):
        only = np.full(LEVELS, np.inf)
        only[end] = 0.0
        found.append(_search(target, only, end))
    _, start, bits = min(found, key=lambda way: way[0])
    return start, bits


def _search(
    target: NDArray[np.float64], cost: NDArray[np.float64], end: int | None
) -> tuple[float, int, NDArray[np.uint8]]:
    """Return the least cost, its start level and its bits, from levels that cost what they do."""
    level = np.arange(LEVELS, dtype=np.float64)
    came = np.empty((len(target), LEVELS), dtype=np.uint8)  # bit, and 2 if the level stayed
    up = np.full(LEVELS, np.inf)
    down = np.full(LEVELS, np.inf)
    for index, wanted in enumerate(target.tolist()):
        up[STEP:] = cost[:-STEP]
        down[:-STEP] = cost[STEP:]
        rises = up < down
        way = rises.astype(np.uint8)
        best = np.where(rises, up, down)
        # At either end a bit that leads beyond it changes nothing.
        for edge, bit in ((slice(LEVELS - STEP, None), _UP), (slice(0, STEP), _DOWN)):
            stays = cost[edge] < best[edge]
            way[edge] = np.where(stays, 2 | bit, way[edge])
            best[edge] = np.where(stays, cost[edge], best[edge])
        came[index] = way
        cost = best + (level - wanted) ** 2
    at = int(np.argmin(cost)) if end is None else end
    least = float(cost[at])
    bits = np.empty(len(target), dtype=np.uint8)
    for index in range(len(target) - 1, -1, -1):
        way_here = int(came[index, at])
        bits[index] = way_here & 1
        if way_here < 2:
            at += -STEP if way_here else STEP
    return least, at, bits


def decode_bits(level: int, bits: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the level after each bit.

    Examples
    --------
    >>> decode_bits(126, np.array([1, 0, 0], dtype=np.uint8)).tolist()
    [126, 124, 122]
    """
    levels = np.empty(len(bits), dtype=np.int64)
    for index, bit in enumerate(bits.tolist()):
        moved = level + (STEP if bit else -STEP)
        level = moved if 0 <= moved < LEVELS else level
        levels[index] = level
    return levels


def encode_sound(
    sound: NDArray[np.float64],
    sound_hz: float,
    rate: int | None = None,
    loudness: float = 1.0,
    *,
    loop: bool = False,
) -> Dpcm:
    """Encode a sound.

    Parameters
    ----------
    sound
        Samples, shape (n,); its peak becomes full scale.
    sound_hz
        How many of them a second.
    rate
        Index of the table of rates; None takes the lowest that is at most 1 dB worse than the best.
    loudness
        Share 0–1 of full scale that the peak reaches.
    loop
        Whether it goes round: then it ends on the level that it begins from, and its length becomes
        the nearest that the DMC can play.

    Raises
    ------
    SynthError
        If the sound is empty, silent, or too long for 4,081 bytes.
    """
    peak = float(np.abs(sound).max(initial=0.0))
    if not peak:
        raise SynthError("the sample is silent; give one that sounds")
    wave = sound * (loudness / peak)
    fits = [r for r in range(RATES) if len(wave) / sound_hz * rate_hz(r) <= 8 * LONGEST_BYTES]
    if (rate is not None and rate not in fits) or not fits:
        shown = 0 if rate is None else rate
        longest_s = 8 * LONGEST_BYTES / rate_hz(shown)
        raise SynthError(
            f"{len(wave) / sound_hz:.2f} s are too long at rate {shown}, where a sample lasts "
            f"{longest_s:.2f} s; shorten it" + ("" if not shown else ", or lower the rate")
        )
    made = [
        _encode_at(wave, sound_hz, r, loop=loop)
        for r in ([rate] if rate is not None else fits[-8:])
    ]
    least = min(each.error_db for each in made)
    return next(each for each in made if each.error_db <= least + NEARLY_DB)


def _encode_at(wave: NDArray[np.float64], sound_hz: float, rate: int, *, loop: bool) -> Dpcm:
    """Encode a wave of -1 to 1 at one rate."""
    count = max(1, round(len(wave) / sound_hz * rate_hz(rate)))
    if loop:
        count = 8 * (16 * max(0, round((count / 8 - 1) / 16)) + 1)
        sound_hz = len(wave) * rate_hz(rate) / count
    target = np.clip(CENTRE + REACH * _resampled(wave, count, loop=loop), 0, LEVELS - 1)
    level, bits = encode_bits(target, loop=loop)
    error = _error_db(wave, sound_hz, decode_bits(level, bits), rate)
    return Dpcm(pack_bits(bits), level, rate, error)


def _resampled(wave: NDArray[np.float64], count: int, *, loop: bool) -> NDArray[np.float64]:
    """Resample a band-limited wave to a number of samples."""
    # A sample played once is padded with silence, so that its end does not affect its start.
    turn = wave if loop else np.concatenate((wave, np.zeros(len(wave))))
    whole = count if loop else 2 * count
    spectrum = np.fft.rfft(turn)
    wanted = np.fft.irfft(spectrum[: whole // 2 + 1], whole) * (whole / len(turn))
    return np.asarray(wanted[:count])


def _error_db(
    wave: NDArray[np.float64], sound_hz: float, levels: NDArray[np.int64], rate: int
) -> float:
    """Return the error of the staircase, in dB relative to the wave, at the wave's own rate."""
    at = np.arange(len(wave)) * (rate_hz(rate) / sound_hz)
    held = levels[np.minimum(at.astype(np.int64), len(levels) - 1)]
    rest = (held - CENTRE) / REACH - wave
    return float(10 * np.log10(max(float(np.mean(rest**2)), 1e-12) / float(np.mean(wave**2))))


def pack_bits(bits: NDArray[np.uint8]) -> bytes:
    """Return bits as bytes, the first lowest, up to a length that the DMC can play.

    Examples
    --------
    >>> pack_bits(np.array([1, 0, 0, 0, 0, 0, 0, 1], dtype=np.uint8)).hex()
    '81'
    """
    data = np.packbits(bits, bitorder="little").tobytes()
    if len(bits) % 8:  # the rest of the last byte stays where it is
        last = data[-1] | (SILENCE << (len(bits) % 8)) & 0xFF
        data = data[:-1] + bytes((last,))
    return pad_sample(data)


def pad_sample(data: bytes) -> bytes:
    """Return sample bytes made up to 16 n + 1, the lengths that $4013 can say."""
    length = max(1, -(-(len(data) - 1) // 16) * 16 + 1)
    return data.ljust(length, bytes((SILENCE,)))
