"""Times the live synthesizer block by block, as a sound device would ask for it."""

import time
from typing import Final

from synth.instrument.synthesizer import Message, Synth

BLOCK_FRAMES: Final = 64
BLOCKS: Final = 4_000
NOTE_BLOCKS: Final = 40  # a new note on every voice so often: about 17 a second
_KEYS: Final = (60, 64, 40, 5)


def block_times_s(preset: str = "default") -> list[float]:
    """Return the processor seconds that each block took."""
    synth = Synth(preset)
    times_s = []
    for block in range(BLOCKS):
        messages = _messages(block) if block % NOTE_BLOCKS == 0 else []
        start = time.thread_time()
        synth.process(messages, BLOCK_FRAMES)
        times_s.append(time.thread_time() - start)
    return times_s


def _messages(block: int) -> list[Message]:
    """Return the end of each voice's note and the beginning of its next."""
    turn = block // NOTE_BLOCKS
    messages: list[Message] = []
    for channel, key in enumerate(_KEYS):
        messages.append((bytes([0x80 | channel, key + (turn - 1) % 12, 0]), 0.0))
        messages.append((bytes([0x90 | channel, key + turn % 12, 100]), 0.0))
    return messages
