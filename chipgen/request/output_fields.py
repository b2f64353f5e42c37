"""The fields for files: rate, depth, levels, stems, loops, titles."""

from typing import Final, Literal

from chipgen.request.base import RequestPart
from chipgen.request.field import request_field
from synth.output.audioformats import USUAL_RATE_HZ

NORMAL_PEAK_DBFS: Final = -1.0  # leaves room for the overshoot of lossy formats and resamplers


class NotesFields(RequestPart):
    """How a score is written."""

    heading = "Output"

    loop_marks: Literal["markers", "brackets", "cc111", "cc116"] = request_field(
        "markers", "How to mark a loop in MIDI: with loopStart and loopEnd, [ and ], RPG Maker's "
        "controller 111, or XMI's 116 and 117.",
        targets=("notes",), page=False,
    )  # fmt: skip


class FormatFields(RequestPart):
    """Which format a file is written in, where its name could be several."""

    heading = "Files"

    file_format: str = request_field(
        "", "Write this format, such as wav, flac, mid, vgm, nsf or famistudio, whatever the file "
        "is called.",
        flag="--format", metavar="FORMAT", unset="by the file's suffix", page=False,
        short="Format, if the file's name does not say.",
        aliases=("--to",),
    )  # fmt: skip


class RateFields(RequestPart):
    """How finely sound is sampled."""

    heading = "Output"

    rate_hz: int | None = request_field(
        None, "Sample rate in Hz.",
        flag="--rate", unit="Hz", ge=8_000, le=192_000, unset=f"{USUAL_RATE_HZ}, for Opus 48000",
        targets=("sound",), page=False,
    )  # fmt: skip


class DeliveryFields(RateFields):
    """Which files of sound are written, and how."""

    bits: Literal["16", "24", "float"] = request_field(
        "16", "Sample format, for file formats that offer a choice.",
        targets=("bit depth",), page=False,
    )  # fmt: skip
    normalize: bool = request_field(
        False, f"Bring the peak to {NORMAL_PEAK_DBFS:g} dBFS.",
        targets=("sound file",), page=False,
    )  # fmt: skip
    loudness: bool = request_field(
        False, "Measure and report the loudness in LUFS.", targets=("sound file",), page=False
    )
    stems: Literal["isolated", "apu"] | None = request_field(
        None, "Also write one file for each voice: isolated, or adding up to the mix (apu).",
        targets=("sound file",), page=False,
    )  # fmt: skip
    loops: int | None = request_field(
        None, "Play the music's loop this many times, whether marked or detected.",
        ge=1, le=1000, targets=("sound file",), page=False,
    )  # fmt: skip
    fade_s: float = request_field(
        0.0, "Fade out after the last loop.",
        flag="--fade", metavar="SECONDS", unit="s", ge=0.0, le=600.0,
        targets=("sound file",), page=False,
    )  # fmt: skip
    loop_points: bool = request_field(
        False, "Write a seamless loop with loop points for players and game engines.",
        targets=("loop points",), page=False,
    )  # fmt: skip
    split_intro: bool = request_field(
        False, "Write the intro and the loop as two files.", targets=("two files",), page=False
    )
    exact_loop: bool = request_field(
        False, "Make every pass of the loop the same samples: its waves restart with it.",
        targets=("sound file",), page=False,
    )  # fmt: skip


class ExportFields(RequestPart):
    """What a chip file says of itself, whether it goes around, and how a tracker's has rows."""

    heading = "Titles, loop and rows of chip files"

    title: str | None = request_field(
        None, "Title to store in the file.",
        unset="the input's, or the name of the output", targets=("titles",), page=False,
    )  # fmt: skip
    artist: str | None = request_field(
        None, "Artist to store in the file.", unset="the input's", targets=("titles",), page=False
    )
    rights: str | None = request_field(
        None,
        "Copyright to store in the file: year and owner.",
        flag="--copyright",
        unset="the input's",
        targets=("titles",),
        page=False,
    )
    find_loop: bool = request_field(
        False, "If no loop is marked, loop the repetition that the music ends with.",
        flag="--find-loop", sources=("score", "nothing"), targets=("loop points",), page=False,
    )  # fmt: skip
    beat_rows: bool = request_field(
        False, "Keep a tracker's rows on the beat, even where fewer frames are right then.",
        targets=("rows",), page=False,
    )  # fmt: skip
