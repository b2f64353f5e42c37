"""`chipgen dataset render`: renders a folder of songs as a data set of audio."""

from pathlib import Path
from typing import Any, Final

import click

from chipgen.cli.batch import end_with, folder_options, folder_request, where_to_work
from chipgen.cli.command import FILES, Choice, Command, WholeNumber, option
from chipgen.cli.options import lists_formats
from chipgen.cli.progress import progress_bar
from chipgen.music.formats import SCORE
from synth.fileformat import Content

_AUDIO: Final[tuple[Content, ...]] = ("samples",)


@lists_formats(SCORE, _AUDIO)
@click.command(
    cls=Command,
    epilog="""\b
Examples:
  chipgen dataset render songs -o audio/ --takes 10 --presets all
  chipgen dataset render songs -o audio/ --as-is --presets bright,soft --format flac
""",
)
@folder_options(
    "DIR", "OUT",
    "Folder to write to; made if missing. manifest.jsonl in it lists what is there.",
    without=("preset", "stems", "loudness", "split_intro"),
)  # fmt: skip
@option(
    "--shard-size", type=WholeNumber(1), default=1000, show_default=True, metavar="N",
    group=FILES, short="Takes in a folder. [1000]",
    help="Put at most so many takes into each numbered folder of OUT.",
)  # fmt: skip
@option(
    "--takes", type=WholeNumber(1, 999), default=1, show_default=True, metavar="N",
    group="Compose", short="How many to make of each song. [1]",
    help="How many to make of each song; they are numbered, and their seed numbers count up.",
)  # fmt: skip
@option(
    "--presets", default="default", show_default=True, metavar="NAME,…|all", group="Sound",
    short="Play each take with these timbres.",
    help="Play each take with each of these presets: names (chipgen preset list) or YAML files, or "
    "all that are shipped.",
)  # fmt: skip
@option(
    "--stems", type=Choice(["isolated", "apu"]), default="isolated", show_default=True,
    group="Output", help="Write the voices isolated, or adding up to the mix (apu).",
)  # fmt: skip
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
    from chipgen.app.audio_dataset import AudioDatasetConfig, parse_presets, render_dataset
    from synth.temporary_files import output_folder

    workers, cluster = where_to_work(jobs, on)
    suffix, request = folder_request(folder, options, _AUDIO, as_is=as_is)
    request = request.model_copy(update={"stems": stems})
    config = AudioDatasetConfig(suffix, request, parse_presets(presets), takes, shard_size)
    with output_folder(output), progress_bar(folder.name, "take") as progress:
        outcomes = render_dataset(
            folder, output, config, workers=workers, cluster=cluster, overwrite=force,
            on_outcome=lambda _outcome, done, total: progress(done, total),
        )  # fmt: skip
    end_with(outcomes, output, as_json=as_json)
