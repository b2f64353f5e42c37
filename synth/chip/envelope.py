"""The envelope unit of pulses and noise: constant volume, or a decay from 15.

References
----------
NESdev wiki: "APU Envelope".
"""

from typing import Any, Final

import numpy as np

from synth.kernels import compiled

ENVELOPE: Final = np.dtype(
    [("restart", np.int64), ("loop", np.int64), ("constant", np.int64), ("volume", np.int64),
     ("divider", np.int64), ("decay", np.int64)]
)  # fmt: skip


@compiled
def write_envelope(envelope: Any, value: int) -> None:
    """Take --LC VVVV of $4000, $4004 or $400C: loop, constant volume, volume or period."""
    envelope.loop = (value >> 5) & 1
    envelope.constant = (value >> 4) & 1
    envelope.volume = value & 15


@compiled
def clock_envelope(envelope: Any) -> None:
    """Decay by one step every V + 1 quarter frames, from 15 after a restart."""
    if envelope.restart:
        envelope.restart = 0
        envelope.decay = 15
        envelope.divider = envelope.volume
    elif envelope.divider > 0:
        envelope.divider -= 1
    else:
        envelope.divider = envelope.volume
        if envelope.decay > 0:
            envelope.decay -= 1
        elif envelope.loop:
            envelope.decay = 15


@compiled
def envelope_volume(envelope: Any) -> int:
    """Volume 0-15 that the envelope asks for now."""
    if envelope.constant:
        return int(envelope.volume)
    return int(envelope.decay)
