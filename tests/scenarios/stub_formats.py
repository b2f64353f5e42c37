"""Three formats that exist nowhere, one for each thing that a file can hold besides sound."""

import json
from dataclasses import asdict

from chipgen.music.midi import midi_bytes, score_from_midi
from chipgen.music.score import Score
from synth.chip.register_log import RegisterLog
from synth.chip.voices import VOICES
from synth.errors import SynthError
from synth.fileformat import FileFormat
from synth.formats.chipfile import ChipFile, Titles
from synth.formats.vgm_read import read_vgm
from synth.formats.vgm_write import write_vgm
from synth.instrument.chip_score import ChipNote, ChipScore
from synth.instrument.preset_loader import Preset

HERE = "tests.scenarios.stub_formats"
LOG = FileFormat(
    key="stublog", name="Stub log", suffixes=(".slog",), first_bytes=rb"SLOG",
    reads="log", reader=f"{HERE}:read_log", writes="log", writer=f"{HERE}:write_log",
)  # fmt: skip
SCORE = FileFormat(
    key="stubscore", name="Stub score", suffixes=(".sscore",), first_bytes=rb"SSCR",
    reads="score", reader=f"{HERE}:read_score", writes="score", writer=f"{HERE}:write_score",
)  # fmt: skip
VOICES_ = FileFormat(
    key="stubvoices", name="Stub tracker", suffixes=(".strk",), first_bytes=rb"STRK",
    reads="chip score", reader=f"{HERE}:read_voices",
    writes="chip score", writer=f"{HERE}:write_voices",
)  # fmt: skip


def read_log(
    data: bytes, name: str, track: int, seconds: float | None, region: str | None
) -> ChipFile:
    """Read register writes behind four bytes."""
    return read_vgm(data[4:], name, track, seconds, region)


def write_log(log: RegisterLog, titles: Titles) -> tuple[bytes, tuple[str, ...]]:
    """Write register writes behind four bytes, without the artist."""
    return b"SLOG" + write_vgm(log, Titles(titles.title)), ("a stub keeps no artist",)


def read_score(data: bytes, *, name: str, song: int = 1, keep_silence: bool = False) -> Score:
    """Read a score behind four bytes."""
    return score_from_midi(data[4:], name=name, song=song, keep_silence=keep_silence)


def write_score(score: Score, *, comment: str = "", loop_marks: str = "markers") -> bytes:
    """Write a score behind four bytes."""
    return b"SSCR" + midi_bytes(score, comment=comment, loop_marks=loop_marks)


def read_voices(data: bytes, name: str, track: int) -> tuple[ChipScore, Preset | None]:
    """Read the notes of four voices; a stub brings no instruments."""
    if track != 1:
        raise SynthError(f"{name} has one song; there is no song {track}")
    told = json.loads(data[4:])
    voices = {voice: tuple(ChipNote(**note) for note in told[voice]) for voice in VOICES}
    return ChipScore(**voices, end_s=told["end_s"], loop_s=told["loop_s"]), None


def write_voices(
    score: ChipScore, preset: Preset, titles: Titles, *, beat_rows: bool
) -> tuple[bytes, tuple[str, ...]]:
    """Write onsets, ends, pitches and volumes, and no more of the notes."""
    del titles, beat_rows
    kept = ("start_s", "end_s", "pitch", "volume")
    told = {
        voice: [{name: asdict(note)[name] for name in kept} for note in score.voice(voice)]
        for voice in VOICES
    }
    data = json.dumps({**told, "end_s": score.end_s, "loop_s": score.loop_s}).encode()
    return b"STRK" + data, (f"the instruments of {preset.name} are left out",)
