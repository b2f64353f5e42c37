"""Turns a request into the settings of each stage: arranger, chip and files."""

from pathlib import Path

from chipgen.app.source_files import kind_of
from chipgen.arranging import ArrangeConfig
from chipgen.arranging.voice_map import parse_map
from chipgen.errors import ChipgenError, RequestError
from chipgen.music import formats
from chipgen.request import Request, check_request
from chipgen.request.output_fields import NORMAL_PEAK_DBFS
from chipgen.request.sound_fields import ArrangeFields
from chipgen.request.targets import Target
from synth.chip.audio_stream import ChipChoices
from synth.errors import SynthError
from synth.output.audioformats import USUAL_RATE_HZ, default_rate_hz
from synth.output.delivery import Delivery
from synth.output.loudness import check_loudness


def check(request: Request, source: Path | None, target: Target) -> None:
    """Refuse what was asked for but does not apply to a source or a target.

    Raises
    ------
    RequestError
        Names the option.
    SynthError
        If the source cannot be read.
    """
    kind = kind_of(source)
    check_request(request, target, kind, source)
    chooses = source is not None and kind == "score" and "track" in request.model_fields_set
    if chooses and source is not None and len(formats.score_songs(source)) < 2:
        raise RequestError(
            f"{source} holds one score; --track is for files of several: leave it out"
        )


def arrange_config(request: ArrangeFields) -> ArrangeConfig:
    """Return the arranger's settings from a request.

    Raises
    ------
    RequestError
        If its map cannot be read.
    """
    try:
        voice_map = parse_map(request.voice_map)
    except ChipgenError as error:
        raise RequestError(str(error)) from None
    return ArrangeConfig(poly=request.poly, voice_map=voice_map, echo=request.echo)


def chip_choices(request: Request) -> ChipChoices:
    """Return where a request lets the chip be other than the hardware."""
    return ChipChoices(request.click_free, request.ultrasonic)


def rate_of(request: Request, path: Path | None = None) -> int:
    """Return the sample rate in Hz: the request's, or the usual one for the target."""
    return request.rate_hz or (
        USUAL_RATE_HZ if path is None else default_rate_hz(path, request.file_format)
    )


def delivery_of(request: Request, path: Path) -> Delivery:
    """Return the settings of the files to be written from a request.

    Raises
    ------
    RequestError
        If options exclude each other.
    MissingExtraError
        If loudness is requested and the package that measures it is not installed.
    """
    if request.loudness:
        check_loudness()
    titles = {"title": request.title, "artist": request.artist, "copyright": request.rights}
    try:
        return Delivery(
            rate_hz=rate_of(request, path),
            bits=request.bits,
            normalize_dbfs=NORMAL_PEAK_DBFS if request.normalize else None,
            loudness=request.loudness,
            tags={name: text for name, text in titles.items() if text is not None},
            stems=request.stems or "",
            loops=request.loops,
            fade_s=request.fade_s,
            loop_points=request.loop_points,
            split_intro=request.split_intro,
            exact_loop=request.exact_loop,
            beat_rows=request.beat_rows,
            file_format=request.file_format,
        )
    except SynthError as error:
        raise RequestError(str(error)) from error
