"""`chipgen dataset render`: renders a folder of songs as a data set of audio."""

from pathlib import Path
from typing import Any

import click

from chipgen.cli.batch import end_with, jobs_option, on_option, where_to_work
from chipgen.cli.command import FILES, Command, option
from chipgen.cli.json_output import json_option
from chipgen.cli.options import (
    as_it_is,
    asked,
    file_target,
    force_option,
    lists_formats,
    request_options,
    without_format,
)
from chipgen.cli.progress import progress_bar
from chipgen.music.formats import SCORE, suffix_of
from chipgen.request import check_request
from chipgen.request.compose_fields import ComposeFields, RewriteFields
from chipgen.request.output_fields import DeliveryFields, FormatFields
from chipgen.request.sound_fields import ArrangeFields, ReadFields, SoundFields
from synth.fileformat import Content

_AUDIO: tuple[Content, ...] = ("samples",)


@lists_formats(SCORE, _AUDIO)
@click.command(
    cls=Command,
    epilog="""\b
Examples:
  chipgen dataset render songs -o audio/ --takes 10 --presets all
  chipgen dataset render songs -o audio/ --as-is --presets bright,soft --format flac
""",
)
@click.argument(
    "folder", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="DIR"
)
@option(
    "--output", "-o", type=click.Path(file_okay=False, path_type=Path), required=True,
    metavar="OUT", group=FILES, short="Folder to write to; made if missing.",
    help="Folder to write to; made if missing. manifest.jsonl in it lists what is there.",
)  # fmt: skip
@option(
    "--shard-size", type=click.IntRange(1), default=1000, show_default=True, metavar="N",
    group=FILES, short="Takes in a folder. [1000]",
    help="Put at most so many takes into each numbered folder of OUT.",
)  # fmt: skip
@option(
    "--takes", type=click.IntRange(1, 999), default=1, show_default=True, metavar="N",
    group="Compose", short="How many to make of each song. [1]",
    help="How many to make of each song; they are numbered, and their seed numbers count up.",
)  # fmt: skip
@option(
    "--as-is", is_flag=True, group="Compose", short="Play the songs as they are; compose nothing.",
    help="Play the songs as they are; the same as --bars 0.",
)  # fmt: skip
@option(
    "--presets", default="default", show_default=True, metavar="NAME,…|all", group="Sound",
    short="Play each take with these timbres.",
    help="Play each take with each of these presets: names (chipgen preset list) or YAML files, or "
    "all that are shipped.",
)  # fmt: skip
@option(
    "--stems", type=click.Choice(["isolated", "apu"]), default="isolated", show_default=True,
    group="Output", help="Write the voices isolated, or adding up to the mix (apu).",
)  # fmt: skip
@jobs_option
@on_option
@request_options(
    FormatFields,
    ComposeFields,
    RewriteFields,
    SoundFields,
    ArrangeFields,
    ReadFields,
    DeliveryFields,
    without=("preset", "stems", "loudness", "split_intro"),
)
@force_option
@json_option
def render(
    folder: Path,
    output: Path,
    shard_size: int,
    takes: int,
    as_is: bool,
    presets: str,
    stems: str,
    jobs: int | None,
    on: str | None,
    force: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Render takes of every song of DIR as a data set of audio.

    Each take has its MIDI and, for each preset, the mix, a stem of each voice and the register
    writes as VGM; OUT/manifest.jsonl has a line for each mix. Takes that an earlier run made from
    the same song with the same settings are kept. Failures and files that are not scores are listed
    at the end; the exit code is 1 if a take failed.
    """
    from chipgen.app import stage_settings
    from chipgen.app.audio_dataset import AudioDatasetConfig, parse_presets, render_dataset

    workers, cluster = where_to_work(jobs, on)
    request = as_it_is(asked(options)) if as_is else asked(options)
    suffix = suffix_of(request.file_format or "wav", _AUDIO)
    request = without_format(request).model_copy(update={"stems": stems})
    example = Path(f"song{suffix}")
    check_request(request, file_target(example, _AUDIO), "score", folder)
    stage_settings.delivery_of(request, example)
    config = AudioDatasetConfig(suffix, request, parse_presets(presets), takes, shard_size)
    with progress_bar(folder.name, "take") as progress:
        outcomes = render_dataset(
            folder, output, config, workers=workers, cluster=cluster, overwrite=force,
            on_outcome=lambda _outcome, done, total: progress(done, total),
        )  # fmt: skip
    end_with(outcomes, output, as_json=as_json)
