"""`chipgen evaluate`: scores models and the arranger beside baselines."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from chipgen.cli.command import Choice, Group, WholeNumber, is_quiet, status
from chipgen.cli.json_output import echo_json, json_option
from chipgen.models.registry import MODELS, task_names
from chipgen.printable import echo, echo_lines

if TYPE_CHECKING:
    from chipgen.training.comparison import Report, Table

_TASKS: Final = "; ".join(
    f"{task} ({name}): {scored.summary}"
    for name, entry in MODELS.items()
    for task, scored in entry.tasks.items()
)

_data_option = click.option(
    "--data",
    "data_path",
    metavar="CACHE|DIR",
    type=click.Path(path_type=Path),
    required=True,
    help="A folder of MIDI with train/, valid/ or test/, or a cache made of one.",
)

_NO_TRAIN: Final = (
    "note: without train/ there are no baselines, which are counted on it, and songs that it has "
    "too are not left out"
)


@click.group(cls=Group)
def command() -> None:
    """Measure models and the arranger."""


@command.command(
    short_help="Measure how well a model predicts what comes next.",
    epilog="""\b
Examples:
  chipgen evaluate nll --task rows --data nesmdb_midi --split valid
  chipgen evaluate nll --model tonnetz-lstm --data nesmdb_midi
  chipgen evaluate nll --model runs/mine/row-transformer.safetensors --data my_songs
""",
)
@click.option(
    "--model",
    "model_name",
    default=None,
    help="A shipped model's name, or the path of a checkpoint.  [default: the first that knows the "
    "task]",
)
@click.option(
    "--task",
    type=Choice(task_names()),
    default=None,
    help=f"{_TASKS}.  [default: the model's first]",
)
@_data_option
@click.option(
    "--split",
    type=Choice(["train", "valid", "test"]),
    default=None,
    help="What to score.  [default: test if there, else valid]",
)
@json_option
def nll(
    model_name: str | None, task: str | None, data_path: Path, split: str | None, as_json: bool
) -> None:
    """Score a model in nats: how well it predicts what comes next, beside baselines.

    Where songs of the split are among the training songs too, by their notes, a second table leaves
    them out.
    """
    from chipgen.models.checkpoint_header import read_info
    from chipgen.models.registry import load_named, scored_task, usual_scored, weights_path
    from synth.extras import needs_extra

    if model_name is None:
        model_name = usual_scored(task)
    task, scored = scored_task(read_info(weights_path(model_name)).model, task)
    with needs_extra("train", f"scoring {task}"):
        report: Report = load_named(scored.report)
    compared = report(model_name, data_path, task, split, progress=not is_quiet())
    if as_json:
        tables = [_table_object(table) for table in compared.tables()]
        echo_json({"task": task, "method": compared.method(), "tables": tables})
    else:
        echo_lines(compared.text())
    if not compared.has_train:
        status(_NO_TRAIN)


def _table_object(table: "Table") -> dict[str, Any]:
    """Return a table as JSON has it."""
    return {"caption": table.caption, "rows": table.records()}


@command.command(
    short_help="Measure how well voices are found and melodies kept.",
    epilog="""\b
Examples:
  chipgen evaluate arrange --data nesmdb_midi
  chipgen evaluate arrange --labelled POP909 --files "*7.mid"
  chipgen evaluate arrange --cases synthetic --cases music21
""",
)
@click.option(
    "--data",
    "data_dir",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="A folder of NES-MDB MIDI with train/, valid/ or test/: are its voices found again?",
)
@click.option(
    "--labelled",
    "labelled_dir",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="A folder of any music: are tracks named melody, lead or vocal heard on a pulse, and "
    "basses on the triangle?",
)
@click.option(
    "--cases",
    "case_sets",
    type=Choice(["synthetic", "music21"]),
    multiple=True,
    help="Labelled music that needs no folder: made by rules, or chorales and quartets that come "
    "with music21.",
)
@click.option(
    "--files",
    "pattern",
    metavar="PATTERN",
    default="*",
    show_default=True,
    help="Which files of the labelled folder.",
)
@click.option(
    "--split",
    type=Choice(["train", "valid", "test"]),
    default=None,
    help="What to score of NES-MDB.  [default: test if there, else valid]",
)
@click.option(
    "--timing",
    type=Choice(["both", "logged", "frames"]),
    default="both",
    show_default=True,
    help="Onsets of NES-MDB as they are in the files, or rounded to 1/60 s.",
)
@json_option
def arrange(
    data_dir: Path | None,
    labelled_dir: Path | None,
    case_sets: tuple[str, ...],
    pattern: str,
    split: str | None,
    timing: str,
    as_json: bool,
) -> None:
    """Score how well the arranger finds voices and keeps melodies and basses."""
    if data_dir is None and labelled_dir is None and not case_sets:
        raise click.UsageError("nothing to score; give --data DIR, --labelled DIR or --cases SET")
    shown: dict[str, Any] = {}

    def show(caption: str, results: Sequence[Any], layout: Callable[[Any], str]) -> None:
        shown[caption] = results
        if not as_json:
            echo(f"arrange: {caption}")
            echo_lines(layout(results))

    if data_dir is not None:
        from chipgen.dataset.splits import default_split, split_files
        from chipgen.training.evaluate_arrange import (
            TIMINGS,
            evaluate_arrange,
            format_arrange_table,
        )

        split = split or default_split(split_files(data_dir))
        timings = TIMINGS if timing == "both" else (timing,)
        show(split, evaluate_arrange(data_dir, split, timings=timings), format_arrange_table)
    if labelled_dir is not None or case_sets:
        from chipgen.training.evaluate_labelled import (
            format_labelled_table,
            score_kinds,
            score_methods,
        )
        from chipgen.training.labelled_scores import read_labelled
    if labelled_dir is not None:
        labelled = read_labelled(labelled_dir, pattern)
        show(f"{labelled_dir.name}, {pattern}", score_methods(labelled), format_labelled_table)
    if "synthetic" in case_sets:
        from chipgen.training.synthetic_scores import make_cases

        cases = make_cases()
        show("synthetic", score_methods(cases), format_labelled_table)
        show("synthetic, the arranger on each kind", score_kinds(cases), format_labelled_table)
    if "music21" in case_sets:
        from chipgen.training.corpus_scores import LAYOUTS, read_corpus

        for layout in LAYOUTS:
            scores = read_corpus(layout)
            show(f"music21, {layout}", score_methods(scores), format_labelled_table)
    if as_json:
        echo_json(shown)


@command.command(
    short_help="Measure how well chords, keys and bars are found.",
    epilog="""\b
Examples:
  chipgen evaluate labels --data POP909-Dataset/POP909
  chipgen evaluate labels --data POP909-Dataset/POP909 --form hierarchical-structure-analysis/POP909
""",
)
@click.option(
    "--data",
    "folder",
    metavar="DIR",
    type=click.Path(path_type=Path),
    required=True,
    help="POP909 as its repository has it, with chords and keys beside the songs.",
)
@click.option(
    "--every",
    type=WholeNumber(1),
    metavar="N",
    default=1,
    show_default=True,
    help="Every how many-th of its test songs.",
)
@click.option(
    "--form",
    "annotations",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Annotated forms, 007/human_label1.txt and so on: phrases and sections are measured too.",
)
@json_option
def labels(folder: Path, every: int, annotations: Path | None, as_json: bool) -> None:
    """Print how often chords, keys and bars are told right, and how far confidence can be trusted.

    The songs are those whose number ends in 7, from which nothing is learned.
    """
    from chipgen.training.evaluate_form import evaluate_form
    from chipgen.training.evaluate_labels import evaluate_labels

    shown = not is_quiet()
    tables = evaluate_labels(folder, every=every, progress=shown)
    if annotations is not None:
        tables += evaluate_form(folder, annotations, every=every, progress=shown)
    if as_json:
        echo_json([_table_object(table) for table in tables])
        return
    echo_lines("\n\n".join(table.text() for table in tables))
