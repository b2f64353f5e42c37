"""The fields for files: rate, depth, levels, stems, loops, titles."""

from typing import Final, Literal

from chipgen.request.base import RequestPart
from chipgen.request.field import request_field
from synth.output.audioformats import USUAL_RATE_HZ

NORMAL_PEAK_DBFS: Final = -1.0  # leaves room for the overshoot of lossy formats and resamplers


class NotesFields(RequestPart):
    """How a score is written."""

    loop_marks: Literal["markers", "brackets", "cc111", "cc116"] = request_field(
        "markers", "How MIDI that is written marks a loop: loopStart and loopEnd, [ and ], RPG "
        "Maker's controller 111, or XMI's 116 and 117.",
        targets=("notes",), page=False,
    )  # fmt: skip


class FormatFields(RequestPart):
    """Which format a file is written in, where its name could be several."""

    file_format: str = request_field(
        "", "Write this format whatever OUT ends in: famistudio, famitracker, or another's key.",
        flag="--to", metavar="FORMAT", page=False,
    )  # fmt: skip


class RateFields(RequestPart):
    """How finely sound is sampled."""

    rate_hz: int | None = request_field(
        None, "Sample rate in Hz.",
        flag="--rate", unit="Hz", ge=8_000, le=192_000, unset=f"{USUAL_RATE_HZ}, for Opus 48000",
        targets=("sound",), page=False,
    )  # fmt: skip


class DeliveryFields(RateFields, FormatFields):
    """Which files of sound are written, and how."""

    bits: Literal["16", "24", "float"] = request_field(
        "16", "Sample format, where the file format has the choice.",
        targets=("bit depth",), page=False,
    )  # fmt: skip
    normalize: bool = request_field(
        False, f"Bring the peak to {NORMAL_PEAK_DBFS:g} dBFS.",
        targets=("sound file",), page=False,
    )  # fmt: skip
    loudness: bool = request_field(
        False, "Measure and tell the loudness in LUFS.", targets=("sound file",), page=False
    )
    stems: Literal["isolated", "apu"] | None = request_field(
        None, "Write one file a voice too: each alone, or so that they add up to the mix.",
        targets=("sound file",), page=False,
    )  # fmt: skip
    loops: int | None = request_field(
        None, "Play the music's loop, marked or found, so many times.",
        ge=1, le=1000, targets=("sound file",), page=False,
    )  # fmt: skip
    fade_s: float = request_field(
        0.0, "Fade out for so long after the last loop.",
        flag="--fade", metavar="SECONDS", unit="s", ge=0.0, le=600.0,
        targets=("sound file",), page=False,
    )  # fmt: skip
    loop_points: bool = request_field(
        False, "Write a loop without a seam, and its points where players read them.",
        targets=("loop points",), page=False,
    )  # fmt: skip
    split_intro: bool = request_field(
        False, "Write intro and loop as two files.", targets=("two files",), page=False
    )


class ExportFields(FormatFields):
    """What a chip file says of itself, and whether it goes around."""

    title: str | None = request_field(
        None, "Title the file carries.",
        unset="IN's, or the name of OUT", targets=("titles",), page=False,
    )  # fmt: skip
    artist: str | None = request_field(
        None, "Artist the file carries.", unset="IN's", targets=("titles",), page=False
    )
    rights: str | None = request_field(
        None, "Year and owner.", flag="--copyright", unset="IN's", targets=("titles",), page=False
    )
    find_loop: bool = request_field(
        False, "Loop over the repetition the music ends with, if none is marked.",
        flag="--loop", sources=("score", "nothing"), targets=("loop points",), page=False,
    )  # fmt: skip
