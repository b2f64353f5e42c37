"""Exponential, logarithm, sine, cosine and root for kernels: the same bits on every machine.

A C library's own differ from one to the next in the last bit. These are additions,
multiplications and divisions in a fixed order, 0.8 units in the last place of the truth.
"""

import math
from typing import Final

import numpy as np

from synth.kernels.kernel import compiled, compiled_by

# ln 2 and pi / 2 in parts whose multiples by whole numbers up to 2^20 are exact.
_LN2_HIGH: Final = float.fromhex("0x1.62e42feep-1")
_LN2_LOW: Final = float.fromhex("0x1.a39ef35793c76p-33")
_LOG2_E: Final = float.fromhex("0x1.71547652b82fep+0")
_HALF_PI_HIGH: Final = float.fromhex("0x1.921fb544p+0")
_HALF_PI_MIDDLE: Final = float.fromhex("0x1.0b4611a6p-34")
_HALF_PI_LOW: Final = float.fromhex("0x1.3198a2e037073p-69")
_TWO_BY_PI: Final = float.fromhex("0x1.45f306dc9c883p-1")
_SQRT_2: Final = float.fromhex("0x1.6a09e667f3bcdp+0")

# exp is infinite above, and 0 below; what is in between has a power of 2 within these.
_HIGHEST: Final = float.fromhex("0x1.62e42fefa39efp+9")
_LOWEST: Final = -745.2
# 2^(16 k) for k from -60 to 63, and 2^k for k from 0 to 15.
_COARSE: Final = np.array([2.0 ** (16 * k) for k in range(-60, 64)])
_FINE: Final = np.array([2.0**k for k in range(16)])
_DOWN: Final = 2.0**-128
_NORMAL: Final = 2.0**-1022


@compiled
def _power_of_2(k: int) -> float:
    """2^k for k from -960 to 1,023."""
    power: float = _COARSE[(k + 960) >> 4] * _FINE[k & 15]
    return power


@compiled
def exp(x: float) -> float:
    """Exponential of a float64."""
    if x > _HIGHEST:
        return np.inf
    if not x > _LOWEST:
        return 0.0 if x < 0.0 else x  # x is not a number
    k = int(x * _LOG2_E + (0.5 if x > 0.0 else -0.5))
    high = x - k * _LN2_HIGH
    low = k * _LN2_LOW
    r = high - low
    rest = (high - r) - low
    # Taylor's series from r^2 on, |r| < 0.35.
    p = 1.0 / 6227020800.0
    p = p * r + 1.0 / 479001600.0
    p = p * r + 1.0 / 39916800.0
    p = p * r + 1.0 / 3628800.0
    p = p * r + 1.0 / 362880.0
    p = p * r + 1.0 / 40320.0
    p = p * r + 1.0 / 5040.0
    p = p * r + 1.0 / 720.0
    p = p * r + 1.0 / 120.0
    p = p * r + 1.0 / 24.0
    p = p * r + 1.0 / 6.0
    p = p * r + 0.5
    value: float = 1.0 + (r + (p * (r * r) + (rest + rest * r)))
    if k < -960:
        value *= _DOWN
        k += 128
    elif k > 1023:
        value *= 2.0
        k -= 1
    value *= _power_of_2(k)
    return value


@compiled
def log(x: float) -> float:
    """Natural logarithm of a float64: minus infinity at 0, no number below."""
    if not x > 0.0:
        return -np.inf if x == 0.0 else np.nan
    if x == np.inf:
        return x
    k = 0
    if x < _NORMAL:
        x /= _DOWN
        k = -128
    step = 1024
    while step > 1:
        step >>= 1
        power = _power_of_2(step)
        if x >= power:
            x /= power
            k += step
        elif x * power < 2.0:
            x *= power
            k -= step
    if x > _SQRT_2:
        x *= 0.5
        k += 1
    f = x - 1.0
    s = f / (2.0 + f)
    z = s * s
    # log(1 + f) = 2 (s + s^3 / 3 + s^5 / 5 ...) = f - s (f - 2 (z / 3 + z^2 / 5 ...))
    p = 2.0 / 23.0
    p = p * z + 2.0 / 21.0
    p = p * z + 2.0 / 19.0
    p = p * z + 2.0 / 17.0
    p = p * z + 2.0 / 15.0
    p = p * z + 2.0 / 13.0
    p = p * z + 2.0 / 11.0
    p = p * z + 2.0 / 9.0
    p = p * z + 2.0 / 7.0
    p = p * z + 2.0 / 5.0
    p = p * z + 2.0 / 3.0
    return k * _LN2_HIGH + (f - (s * (f - p * z) - k * _LN2_LOW))


@compiled
def sin(x: float) -> float:
    """Sine of a float64 of up to 100,000 either way."""
    value: float = _sine_of_quarter(x, 0)
    return value


@compiled
def cos(x: float) -> float:
    """Cosine of a float64 of up to 100,000 either way."""
    value: float = _sine_of_quarter(x, 1)
    return value


@compiled
def _sine_of_quarter(x: float, ahead: int) -> float:
    """Sine of x plus a number of quarter turns."""
    k = int(x * _TWO_BY_PI + (0.5 if x > 0.0 else -0.5))
    high = x - k * _HALF_PI_HIGH
    middle = k * _HALF_PI_MIDDLE
    r = high - middle
    rest = ((high - r) - middle) - k * _HALF_PI_LOW
    z = r * r
    quarter = (k + ahead) & 3
    if quarter & 1:
        p = 1.0 / 20922789888000.0
        p = p * z - 1.0 / 87178291200.0
        p = p * z + 1.0 / 479001600.0
        p = p * z - 1.0 / 3628800.0
        p = p * z + 1.0 / 40320.0
        p = p * z - 1.0 / 720.0
        p = p * z + 1.0 / 24.0
        half = 0.5 * z
        whole = 1.0 - half
        value = whole + (((1.0 - whole) - half) + (p * (z * z) - r * rest))
    else:
        p = 1.0 / 355687428096000.0
        p = p * z - 1.0 / 1307674368000.0
        p = p * z + 1.0 / 6227020800.0
        p = p * z - 1.0 / 39916800.0
        p = p * z + 1.0 / 362880.0
        p = p * z - 1.0 / 5040.0
        p = p * z + 1.0 / 120.0
        p = p * z - 1.0 / 6.0
        value = r + (p * (z * r) + (rest - 0.5 * z * rest))
    return -value if quarter & 2 else value


@compiled_by("synth.kernels.intrinsics")
def sqrt(x: float) -> float:
    """Square root of a float64, correctly rounded, as IEEE 754 has it."""
    return math.sqrt(x)
