"""The fields for sound: the source, its arrangement, its timbres, the chip."""

from typing import Literal

from chipgen.music.formats import CHIP, SCORE
from chipgen.request.base import FileName, RequestPart
from chipgen.request.field import SEEDED, request_field
from chipgen.request.values import Track

Region = Literal["ntsc", "pal"]
ConsoleFilter = Literal["none", "nes", "famicom"]


class PresetFields(RequestPart):
    """Which timbres."""

    heading = "Sound"

    preset: FileName = request_field(
        "default", "Name of a preset (chipgen preset list) or path of a YAML file.",
        sources=(*SEEDED, "chip score"), targets=("timbres",), page=False,
        short="Timbres: a name (chipgen preset list) or a file.",
    )  # fmt: skip


class SoundFields(PresetFields):
    """Which timbres and which chip."""

    region: Region | None = request_field(
        None, "Television system of the console.",
        unset="the preset's", labels={"ntsc": "NTSC", "pal": "PAL"}, targets=("timbres",),
    )  # fmt: skip
    console_filter: ConsoleFilter | None = request_field(
        None, "Output filters of the console.",
        flag="--filter", label="Filter", unset="the preset's",
        labels={"nes": "NES", "famicom": "Famicom"}, targets=("sound",),
    )  # fmt: skip
    ultrasonic: Literal["silent", "exact"] = request_field(
        "silent", "Play a triangle above the audible range as a steady level (silent), or as the "
        "chip does (exact).",
        targets=("sound",), page=False,
    )  # fmt: skip
    click_free: bool = request_field(
        False, "Keep the phase of a pulse at new notes; the chip restarts it, which clicks.",
        targets=("sound",), page=False,
    )  # fmt: skip


class ArrangeFields(RequestPart):
    """How ordinary MIDI becomes four voices."""

    heading = "Arrange"

    voice_map: str = request_field(
        "", "Choose which voice plays a part: bass=track:3,pulse1@17-24=channel:0,"
        "noise=channel:9:36-51,drop=track:Choir",
        flag="--map", metavar="VOICE=PART,…", sources=SCORE, targets=("voices",), page=False,
    )  # fmt: skip
    poly: Literal["auto", "arp", "newest", "hold", "split"] = request_field(
        "auto", "How to play chords that need more voices than there are.",
        sources=SEEDED, targets=("voices",), page=False,
    )  # fmt: skip
    echo: bool = request_field(
        False, "Let pulse 2 echo the melody where it rests.",
        sources=SEEDED, targets=("voices",), page=False,
    )  # fmt: skip


class TrackFields(RequestPart):
    """Which of several tracks is taken."""

    heading = "Input"

    track: Track = request_field(
        1, "Song to read from a chip file or a MIDI file of format 2 that holds several; with all, "
        "render, export and batch write each song under its name.",
        metavar="N|all", sources=(*SCORE, *CHIP), page=False,
    )  # fmt: skip


class ReadFields(TrackFields):
    """How a file is read."""

    keep_silence: bool = request_field(
        False, "Keep long silence at the end of a MIDI file, and pauses longer than the music.",
        sources=SCORE, page=False,
    )  # fmt: skip


class SourceFields(ReadFields):
    """What is taken of a source."""

    seconds: float | None = request_field(
        None, "Stop after so many seconds.",
        unit="s", gt=0, le=86_400, unset="all", targets=("timbres",), page=False,
    )  # fmt: skip
