"""A score that grows is driven as if it had been whole."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.chip.register_log import RegisterLog
from synth.errors import SynthError
from synth.instrument import incremental
from synth.instrument.chip_score import ChipNote, ChipScore, SampleHit
from synth.instrument.demo_scores import demo_score
from synth.instrument.driver import drive
from synth.instrument.incremental import HELD_BACK_S, IncrementalDriver
from synth.instrument.preset_loader import load_preset, preset_names


def long_score(rounds: int = 4, preset: str = "default") -> ChipScore:
    """Return a demonstration that is played so often, one after the other."""
    score = demo_score(load_preset(preset))
    length_s = math.ceil(score.end_s)
    voices: dict[str, tuple[ChipNote, ...]] = {}
    for name in ("pulse1", "pulse2", "triangle", "noise"):
        voices[name] = tuple(
            replace(n, start_s=n.start_s + at_s, end_s=n.end_s + at_s)
            for at_s in range(0, rounds * length_s, length_s)
            for n in score.voice(name)
        )
    return ChipScore(**voices, end_s=rounds * length_s)


def stretch(score: ChipScore, from_s: float, to_s: float) -> ChipScore:
    """Return the notes that sound after a time, of those that begin before another."""
    voices = {
        name: tuple(n for n in score.voice(name) if n.end_s > from_s and n.start_s < to_s)
        for name in ("pulse1", "pulse2", "triangle", "noise")
    }
    ends = [notes[-1].end_s for notes in voices.values() if notes]
    hits = tuple(hit for hit in score.dmc if hit.end_s > from_s and hit.start_s < to_s)
    return ChipScore(**voices, end_s=max([to_s, *ends]), dmc=hits)


def grow(
    driver: IncrementalDriver, score: ChipScore, step_s: float, context_s: float, kept_s: float
) -> list[RegisterLog]:
    """Drive a score in steps, each with so much of what came before."""
    logs, end_s = [], 0.0
    while end_s < score.end_s:
        before_s, end_s = end_s, min(end_s + step_s, score.end_s)
        from_s = max(0.0, before_s - context_s)
        part = (
            stretch(score, from_s, end_s)
            if end_s < score.end_s
            else replace(stretch(score, from_s, end_s), end_s=score.end_s)
        )
        logs.append(driver.drive(part, from_s, forget_s=max(0.0, before_s - kept_s)))
    return logs


def writes(log: RegisterLog, first: int = 0) -> list[tuple[int, int, int | bytes]]:
    """Return a log's writes from a cycle on, with samples themselves where their places stand."""
    memory = dict(log.memory)
    late = log.cycle >= first
    rows = zip(log.cycle[late], log.address[late], log.value[late], strict=True)
    return [
        (int(c), int(a), memory[0xC000 + 64 * int(v)] if a == 0x4012 else int(v))
        for c, a, v in rows
    ]


@pytest.mark.parametrize("name", preset_names())
def test_the_last_log_is_that_of_the_whole(name: str) -> None:
    """Every preset's echoes, sweeps, envelopes and samples go on across the seams."""
    preset, score = load_preset(name), long_score(2, name)
    log = grow(IncrementalDriver(preset), score, 3.1, 8.0, 1e9)[-1]
    whole = drive(score, preset)
    assert writes(log) == writes(whole)
    assert log.end_cycle == whole.end_cycle


@settings(max_examples=20, deadline=None)
@given(st.floats(0.4, 9.0), st.floats(6.0, 12.0))
def test_steps_of_any_length_give_the_same(step_s: float, context_s: float) -> None:
    """Where the seams lie does not matter."""
    score = long_score(2, "bright")
    log = grow(IncrementalDriver(load_preset("bright")), score, step_s, context_s, 1e9)[-1]
    assert writes(log) == writes(drive(score, load_preset("bright")))


def test_what_was_returned_stays_but_for_its_end() -> None:
    """A player that has read up to the end that is held back has read the truth."""
    logs = grow(IncrementalDriver(load_preset("default")), long_score(), 4.0, 8.0, 1e9)
    for before, after in itertools.pairwise(logs):
        sure = before.end_cycle - round((HELD_BACK_S + 0.1) * before.region.clock_hz)
        count = int(np.searchsorted(before.cycle, sure))
        assert count > 100
        assert writes(before)[:count] == writes(after)[:count]


def test_other_notes_before_the_seam_change_nothing_there() -> None:
    """What an arranger thinks otherwise of in hindsight is as it was, up to what is held back."""
    driver, score = IncrementalDriver(load_preset("plain")), long_score(4, "plain")
    first = driver.drive(stretch(score, 0.0, 10.0))
    swapped = replace(score, pulse1=score.pulse2, pulse2=score.pulse1)
    log = driver.drive(stretch(swapped, 2.0, 20.0), 2.0)
    seam = first.end_cycle - round(HELD_BACK_S * first.region.clock_hz) - 60_000
    assert writes(log)[: int(np.searchsorted(first.cycle, seam))] == [
        write for write in writes(first) if write[0] < seam
    ]
    late = seam + 3 * first.region.clock_hz  # all notes of the old order have ended
    whole = drive(stretch(swapped, 0.0, 20.0), load_preset("plain"))
    standing = {address: value for cycle, address, value in writes(log) if cycle < late}
    assert standing == {a: v for cycle, a, v in writes(whole) if cycle < late}


def test_what_is_forgotten_leaves_what_stands() -> None:
    """The log begins later, with every register as it was, and does not grow."""
    preset, score = load_preset("default"), long_score(12)
    logs = grow(IncrementalDriver(preset), score, 4.0, 8.0, 10.0)
    whole = drive(score, preset)
    log = logs[-1]
    begin = int(log.cycle[0])
    assert begin / log.region.clock_hz == pytest.approx(score.end_s - 4.0 - 10.0, abs=4.1)
    frame = log.region.frame_half_cycles // 2 + 1
    assert writes(log, begin + frame) == writes(whole, begin + frame)
    standing = {a: v for cycle, a, v in writes(log) if cycle < begin + frame}
    assert set(standing) >= {0x4000, 0x4002, 0x4003, 0x4008, 0x400C, 0x4015}
    sizes = [len(log) for log in logs[6:]]
    assert max(sizes) < 2.5 * min(sizes)


def test_the_work_does_not_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the piece has become, the same number of notes is played each time."""
    played: list[int] = []
    play = incremental.play_score

    def counted(score: ChipScore, *rest: object) -> object:
        played.append(sum(len(score.voice(v)) for v in ("pulse1", "pulse2", "triangle", "noise")))
        assert score.end_s < 20.0
        return play(score, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(incremental, "play_score", counted)
    grow(IncrementalDriver(load_preset("plain")), long_score(20, "plain"), 4.0, 8.0, 10.0)
    assert len(played) > 30
    assert max(played[20:]) <= 1.5 * max(played[2:10])


def test_samples_keep_their_places() -> None:
    """A sample that is first struck late does not move the others in memory."""
    preset = next(preset for preset in map(load_preset, preset_names()) if len(preset.samples) >= 2)
    first, second = list(preset.samples)[:2]
    hits = (*(SampleHit(k, k + 0.5, first) for k in range(8)), SampleHit(9.0, 9.5, second))
    score = replace(long_score(4), dmc=hits)
    logs = grow(IncrementalDriver(preset), score, 4.0, 8.0, 1e9)
    assert logs[0].memory == logs[-1].memory
    whole = drive(score, preset)
    assert writes(logs[-1]) == writes(whole)
    assert len(whole.memory) < len(logs[-1].memory)


def test_a_stretch_that_comes_too_late_is_refused() -> None:
    """Nothing is left out in silence."""
    driver, score = IncrementalDriver(load_preset("plain")), long_score(4, "plain")
    driver.drive(stretch(score, 0.0, 10.0))
    with pytest.raises(SynthError, match="needed from"):
        driver.drive(stretch(score, 15.0, 20.0), 15.0)
