"""The fields for sound: the source, its arrangement, its timbres, the chip."""

from typing import Annotated, Literal

from pydantic import StringConstraints

from chipgen.music.formats import CHIP, SCORE
from chipgen.request.base import RequestPart
from chipgen.request.field import SEEDED, request_field
from chipgen.request.values import Track

Region = Literal["ntsc", "pal"]
ConsoleFilter = Literal["none", "nes", "famicom"]
Name = Annotated[str, StringConstraints(min_length=1)]


class PresetFields(RequestPart):
    """Which timbres."""

    preset: Name = request_field(
        "default", "Name of a preset (chipgen preset list) or path of a YAML file.",
        sources=(*SEEDED, "chip score"), targets=("timbres",), page=False,
    )  # fmt: skip


class SoundFields(PresetFields):
    """Which timbres and which chip."""

    region: Region | None = request_field(
        None, "Television system of the console.",
        unset="the preset's", labels={"ntsc": "NTSC", "pal": "PAL"}, targets=("timbres",),
    )  # fmt: skip
    console_filter: ConsoleFilter | None = request_field(
        None, "Output stage of the console.",
        flag="--filter", label="Filter", unset="the preset's",
        labels={"nes": "NES", "famicom": "Famicom"}, targets=("sound",),
    )  # fmt: skip
    ultrasonic: Literal["silent", "exact"] = request_field(
        "silent", "What the triangle does above hearing: hold its level, or run on as the chip's "
        "does.",
        targets=("sound",), page=False,
    )  # fmt: skip
    click_free: bool = request_field(
        False, "New notes of a pulse leave its phase alone; the chip restarts it, with a click.",
        targets=("sound",), page=False,
    )  # fmt: skip


class ArrangeFields(RequestPart):
    """How ordinary MIDI becomes four voices."""

    voice_map: str = request_field(
        "", "Give a voice a part: bass=track:3,pulse1@17-24=channel:0,noise=channel:9:36-51,"
        "drop=track:Choir",
        flag="--map", metavar="VOICE=PART,…", sources=SCORE, targets=("voices",), page=False,
    )  # fmt: skip
    poly: Literal["auto", "arp", "newest", "hold", "split"] = request_field(
        "auto", "What becomes of chords that do not fit the voices.",
        sources=SEEDED, targets=("voices",), page=False,
    )  # fmt: skip
    echo: bool = request_field(
        False, "Let pulse 2 echo the melody where it rests.",
        sources=SEEDED, targets=("voices",), page=False,
    )  # fmt: skip


class TrackFields(RequestPart):
    """Which of several tracks is taken."""

    track: Track = request_field(
        1, "Song of a file that holds several, a chip file or MIDI of format 2; render, export and "
        "batch write all by their names.",
        metavar="N|all", sources=(*SCORE, *CHIP), page=False,
    )  # fmt: skip


class ReadFields(TrackFields):
    """How a file is read."""

    keep_silence: bool = request_field(
        False, "Keep long silence at the end of a MIDI file, and a wait longer than all the rest.",
        sources=SCORE, page=False,
    )  # fmt: skip


class SourceFields(ReadFields):
    """What is taken of a source."""

    seconds: float | None = request_field(
        None, "Play so much at most.",
        unit="s", gt=0, le=86_400, unset="all", targets=("timbres",), page=False,
    )  # fmt: skip
