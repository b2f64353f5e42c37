"""The page's queue is filled to a length, and a change takes back what was not played."""

import asyncio

import numpy as np

from chipgen.playing.live_player import LogReader, Player
from chipgen.studio.sound_queue import AHEAD_S, FIRST_S, HEADER, MARGIN_S, MOST_S, SoundQueue
from synth.chip.register_log import RegisterLog
from synth.instrument.demo_scores import demo_score
from synth.instrument.driver import drive
from synth.instrument.preset_loader import load_preset

RATE = 48_000


def music() -> RegisterLog:
    """Return a few bars of the default preset."""
    preset = load_preset("default")
    return drive(demo_score(preset), preset)


def playing() -> tuple[SoundQueue, Player, list[bytes]]:
    """Return a queue of music that plays, and the blocks that it sends."""
    player = Player(RATE, parts=True)
    reader: LogReader = player.open(music(), "nes", 0.0, loop=False)
    player.start(reader)
    blocks: list[bytes] = []

    async def send(block: bytes) -> None:
        blocks.append(block)

    return SoundQueue(player, send), player, blocks


def test_a_page_that_says_nothing_is_sent_nothing() -> None:
    """Until its first report nothing is missing."""
    queue, _, _ = playing()
    assert queue.is_silent
    assert queue.missing_frames() == 0
    queue.report(0, None)
    assert not queue.is_silent
    assert queue.missing_frames() > 0


def test_a_change_is_sent_in_a_short_block_and_the_rest_after_it() -> None:
    """After a change the page gets little at once, and then so much that it bears a long wait."""
    queue, _, blocks = playing()
    held = 0
    while True:
        queue.report(held, queue.sent)
        missing = queue.missing_frames()
        if not missing:
            break
        asyncio.run(queue.send(missing))
        held += missing
    sizes = [HEADER.unpack(block[: HEADER.size])[2] for block in blocks]
    assert sizes[0] == round(FIRST_S * RATE)
    assert max(sizes[1:]) <= round(MOST_S * RATE)
    assert AHEAD_S - 0.2 < held / RATE <= AHEAD_S


def test_blocks_say_which_frames_they_are() -> None:
    """Each block has generation, first frame, length and channels before its samples."""
    queue, _, blocks = playing()
    asyncio.run(queue.send(480))
    asyncio.run(queue.send(960))
    heads = [HEADER.unpack(block[: HEADER.size]) for block in blocks]
    assert [head[:3] for head in heads] == [(0, 0, 480), (0, 480, 960)]
    for (_, _, frames, channels), block in zip(heads, blocks, strict=True):
        assert len(block) == HEADER.size + 4 * frames * channels


def test_what_was_taken_back_is_sent_again() -> None:
    """All but a margin of what the page holds comes again as a new generation, the same samples."""
    queue, _, blocks = playing()
    queue.report(0, None)
    asyncio.run(queue.send(9_600))
    queue.report(9_600, queue.sent)
    queue.take_back()
    first = queue.sent
    assert queue.generation == 1
    assert 0 < first <= round(MARGIN_S * RATE) + RATE // 10
    asyncio.run(queue.send(2_400))
    head = HEADER.unpack(blocks[1][: HEADER.size])
    assert head[:3] == (1, first, 2_400)
    sound = [np.frombuffer(block[HEADER.size :], "<f4").reshape(-1, head[3]) for block in blocks]
    np.testing.assert_array_equal(sound[1], sound[0][first : first + 2_400])
