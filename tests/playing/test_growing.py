"""A piece that grows for hours is voiced in pieces of the same size, and sounds as the whole."""

from dataclasses import replace

import numpy as np
import pytest

from chipgen.arranging import ArrangeConfig, arrange, mark_gains, parse_map
from chipgen.composing.passages import Passage, collect
from chipgen.music.score import Control, Meter, Note, Score, Tempo, Track
from chipgen.playing import growing
from chipgen.playing.growing import GrowingPiece, GrowingTune
from chipgen.playing.log_reader import LogReader
from chipgen.playing.transport import Transport, Tune
from chipgen.understand.ending import Ending
from synth.chip.register_log import RegisterLog
from synth.chip.render_log import render
from synth.instrument.chip_score import ChipScore
from synth.instrument.driver import drive
from synth.instrument.preset_loader import Preset, load_preset

BAR_BEATS = 4.0
SEED_BARS = 4
BPM = 120.0
ENDING = Ending(
    SEED_BARS * BAR_BEATS, BAR_BEATS, SEED_BARS, 4,
    Meter(SEED_BARS * BAR_BEATS, 4, 4), Tempo(SEED_BARS * BAR_BEATS, BPM),
)  # fmt: skip
GAINS = (1.25, 1.0)


def bar_of(track: int, bar: int) -> tuple[Note, ...]:
    """Return a bar of tune, of accompaniment, of bass or of drums."""
    start = bar * BAR_BEATS
    if track == 3:
        return tuple(Note(start + k, 0.25, (36, 42, 38, 42)[k]) for k in range(4))
    step, base = ((0.5, 72), (1.0, 64), (2.0, 40))[track]
    count = round(BAR_BEATS / step)
    return tuple(
        Note(start + k * step, step * 0.9, base + (3 * bar + 5 * k) % 7, 90) for k in range(count)
    )


def tracks_of(first: int, bars: int) -> tuple[Track, ...]:
    """Return the four tracks with so many bars."""
    empty = (
        Track("lead", 0, 80), Track("chords", 1, 0), Track("bass", 2, 33), Track("drums", 9),
    )  # fmt: skip
    return tuple(
        replace(track, notes=tuple(n for bar in range(first, first + bars) for n in bar_of(k, bar)))
        for k, track in enumerate(empty)
    )


def seed(*, controls: tuple[Control, ...] = ()) -> Score:
    """Return four bars that are gone on from."""
    lead, *others = tracks_of(0, SEED_BARS)
    return Score(
        (replace(lead, controls=controls), *others), (Tempo(0.0, BPM),),
        end_beats=SEED_BARS * BAR_BEATS,
    )  # fmt: skip


def passages(count: int, bars: int = 2) -> list[Passage]:
    """Return what a composer would give, so many bars at a time."""
    return [
        Passage(
            (SEED_BARS + k * bars) * BAR_BEATS, (SEED_BARS + (k + 1) * bars) * BAR_BEATS,
            tracks_of(SEED_BARS + k * bars, bars), ENDING.tempo, ENDING.meter,
        )
        for k in range(count)
    ]  # fmt: skip


class Voices:
    """An arranger that counts the notes it is given."""

    def __init__(self, config: ArrangeConfig | None = None) -> None:
        self.config = config or ArrangeConfig()
        self.counts: list[int] = []

    def __call__(self, score: Score, preset: Preset) -> ChipScore:
        """Arrange a score."""
        self.counts.append(sum(len(track.notes) for track in score.tracks))
        config = replace(self.config, gains=GAINS, excerpt=True)
        return arrange(score, config, preset).chip_score


def writes(log: RegisterLog) -> list[tuple[int, int, int]]:
    """Return a log's writes."""
    return list(zip(log.cycle.tolist(), log.address.tolist(), log.value.tolist(), strict=True))


def grow(tune: GrowingTune, made: list[Passage], preset: Preset, heard: bool = True) -> list[Tune]:
    """Voice a piece passage by passage, while it is heard shortly behind."""
    tunes = [tune.voice(preset, [])]
    for passage in made:
        heard_s = max(0.0, tunes[-1].log.duration_s - 20.0) if heard else 0.0
        tunes.append(tune.voice(preset, [passage], heard_s))
    return tunes


@pytest.mark.parametrize(
    "config",
    [ArrangeConfig(), ArrangeConfig(voice_map=parse_map("pulse2@2-3=track:0,drums=track:3"))],
    ids=["roles", "map"],
)
def test_it_is_the_log_of_the_whole(config: ArrangeConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the arranger stays of its mind, nothing tells that it saw the end of the piece only."""
    monkeypatch.setattr(growing, "CONTEXT_S", 12.0)
    monkeypatch.setattr(growing, "WINDOW_S", 24.0)
    preset, made = load_preset("default"), passages(20)
    voices = Voices(config)
    tunes = grow(GrowingTune(GrowingPiece(seed(), ENDING), voices), made, preset)
    whole = collect(seed(), ENDING, made)
    expected = drive(arrange(mark_gains(whole, GAINS), config, preset).chip_score, preset)
    assert writes(tunes[-1].log) == writes(expected)
    assert tunes[-1].log.duration_s == pytest.approx(88.0, abs=1.1)
    assert tunes[-1].bars_s == tuple(whole.beats_to_seconds(whole.bar_starts_beats()).tolist())
    assert max(voices.counts) < 0.5 * sum(len(track.notes) for track in whole.tracks)


def test_hours_cost_what_minutes_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Notes voiced, writes kept and passages kept stay the same, however long it goes on."""
    monkeypatch.setattr(growing, "KEPT_S", 60.0)
    monkeypatch.setattr(growing, "CONTEXT_S", 12.0)
    monkeypatch.setattr(growing, "WINDOW_S", 24.0)
    piece, voices = GrowingPiece(seed(), ENDING), Voices()
    tunes = grow(GrowingTune(piece, voices), passages(150), load_preset("plain"))
    assert tunes[-1].log.duration_s > 600.0
    early, late = slice(20, 50), slice(120, 150)
    for sizes in (voices.counts, [len(tune.log) for tune in tunes]):
        assert max(sizes[late]) <= 1.1 * max(sizes[early])
    assert len(piece._passages) <= 60.0 / 4.0 + 8
    assert tunes[-1].begins_s == pytest.approx(tunes[-1].log.duration_s - 80.0, abs=8.0)


def test_another_preset_voices_what_is_kept_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """It begins where music can still be sought, and sounds there as the whole does."""
    monkeypatch.setattr(growing, "KEPT_S", 30.0)
    made, voices = passages(30), Voices()
    tune = GrowingTune(GrowingPiece(seed(), ENDING), voices)
    before = grow(tune, made, load_preset("default"))[-1]
    after = tune.voice(load_preset("plain"), [], 100.0)
    assert before.begins_s <= after.begins_s
    assert after.log.cycle[0] / after.log.region.clock_hz == pytest.approx(after.begins_s, abs=0.02)
    whole = arrange(
        mark_gains(collect(seed(), ENDING, made), GAINS), ArrangeConfig(), load_preset("plain")
    )
    expected = drive(whole.chip_score, load_preset("plain"))
    first = int(after.log.cycle[0]) + 2 * after.log.region.clock_hz
    assert [w for w in writes(after.log) if w[0] >= first] == [
        w for w in writes(expected) if w[0] >= first
    ]


def test_what_was_set_long_ago_holds() -> None:
    """A level that the seed or a forgotten passage sets shapes the notes of hours later."""
    piece, made = GrowingPiece(seed(controls=(Control(0.0, 7, 50),)), ENDING), passages(12)
    made[1] = replace(
        made[1],
        tracks=(
            replace(made[1].tracks[0], controls=(Control(made[1].start_beats, 11, 70),)),
            *made[1].tracks[1:],
        ),
    )
    for passage in made:
        piece.add(passage)
    whole = piece.since(0.0)
    for _ in range(2):
        late = piece.since(80.0)
        assert [c for c in late.tracks[0].controls if c.number == 7] == [Control(0.0, 7, 50)]
        assert late.tracks[0].controls[-1] == Control(made[1].start_beats, 11, 70)
        assert [note for note in late.tracks[0].notes if note.onset_beats >= 80.0] == [
            note for note in whole.tracks[0].notes if note.onset_beats >= 80.0
        ]
        assert len(late.tracks[0].notes) < len(whole.tracks[0].notes) / 2
        piece.forget(60.0)
    assert len(piece._passages) == 8


def test_a_note_that_rings_on_is_kept() -> None:
    """What began before and still sounds is voiced from its own beginning."""
    made = passages(4)
    long = Note(made[0].start_beats, 30.0, 47)
    bass = replace(made[0].tracks[2], notes=(long,))
    made[0] = replace(made[0], tracks=(*made[0].tracks[:2], bass, made[0].tracks[3]))
    piece = GrowingPiece(seed(), ENDING)
    for passage in made:
        piece.add(passage)
    piece.forget(40.0)
    assert long in piece.since(40.0).tracks[2].notes
    assert long not in piece.since(46.5).tracks[2].notes


def test_bars_are_found_in_the_seed_and_behind_it() -> None:
    """The bar line at or before a time, of any part of the piece."""
    piece = GrowingPiece(seed(), ENDING)
    assert [piece.bar_at(t) for t in (-1.0, 0.0, 3.9, 4.1)] == [0.0, 0.0, 4.0, 8.0]
    for passage in passages(3):
        piece.add(passage)
    assert [piece.bar_at(t) for t in (7.9, 8.0, 11.0, 17.9)] == [12.0, 16.0, 20.0, 32.0]


def test_a_rest_behind_the_seed_is_composed_over() -> None:
    """The first log ends where composing begins, not where the seed's file does."""
    silent = replace(seed(), end_beats=40.0)
    tune = GrowingTune(GrowingPiece(silent, ENDING), Voices())
    first = tune.voice(load_preset("plain"), [])
    assert first.log.duration_s == pytest.approx(8.0, abs=1.1)
    made = passages(2)
    grown = tune.voice(load_preset("plain"), made)
    whole = arrange(
        mark_gains(collect(silent, ENDING, made), GAINS), ArrangeConfig(), load_preset("plain")
    )
    assert writes(grown.log) == writes(drive(whole.chip_score, load_preset("plain")))


def test_a_player_reads_on_without_a_crossfade(monkeypatch: pytest.MonkeyPatch) -> None:
    """From version to version the same reader goes on, also where logs begin later."""
    monkeypatch.setattr(growing, "KEPT_S", 20.0)
    monkeypatch.setattr(growing, "CONTEXT_S", 12.0)
    monkeypatch.setattr(growing, "WINDOW_S", 24.0)
    preset = load_preset("plain")
    tune = GrowingTune(GrowingPiece(seed(), ENDING), Voices())
    reader = LogReader(tune.voice(preset, []).log, rate_hz=8_000)
    heard = []
    for passage in passages(14):
        heard.append(reader.read(reader.total_frames - round(3.0 * 8_000) - reader.frame))
        grown = tune.voice(preset, [passage], reader.position_s)
        assert reader.extend(grown.log)
    assert grown.begins_s > 20.0
    whole = collect(seed(), ENDING, passages(14))
    voices = arrange(mark_gains(whole, GAINS), ArrangeConfig(), preset).chip_score
    sound = np.concatenate(heard)
    assert len(sound) > 40 * 8_000
    assert np.array_equal(sound, render(drive(voices, preset), 8_000)[: len(sound)])


def test_what_is_forgotten_is_not_sought(monkeypatch: pytest.MonkeyPatch) -> None:
    """A transport goes to where the piece is still known, not to silence before."""
    monkeypatch.setattr(growing, "KEPT_S", 10.0)
    tune = GrowingTune(GrowingPiece(seed(), ENDING), Voices())
    tune.voice(load_preset("plain"), passages(10))
    transport = Transport(tune.voice(load_preset("plain"), [], 40.0), 8_000)
    transport.seek(0.0)
    assert transport.position_s == pytest.approx(30.0, abs=2.1)
    assert transport.position_s == transport.tune.begins_s
