"""Prints what a listener hears in takes, beside real music, controls and bars.

    python -m benchmarks.listener --nes nesmdb_midi --pop909 pop909 --seeds folder --songs 60

Takes are made by `chipgen.composing.make_piece` at its default settings and kept in a folder,
by digests of the weights and of the code that composes; a run that was stopped goes on from there.
With `--page` they are shown beside songs instead, unless measures are named, too.
"""

import argparse
import json
import time
from dataclasses import asdict
from pathlib import Path

from benchmarks.listener.figures import Figure, table
from benchmarks.listener.material import Material
from benchmarks.listener.measures import MEASURES, run_measure
from benchmarks.listener.page import write_page
from benchmarks.listener.takes import Takes
from chipgen.errors import ChipgenError
from chipgen.request import ComposeRequest


def main() -> None:
    """Measure, and print the tables or JSON."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.listener", description=__doc__.splitlines()[0]
    )
    parser.add_argument("measures", nargs="*", help=f"of {', '.join(MEASURES)}; all by default")
    parser.add_argument("--nes", type=Path, help="unpacked nesmdb_midi folder")
    parser.add_argument("--split", default="valid", help="of NES-MDB (default: %(default)s)")
    parser.add_argument("--pop909", type=Path, help="folder of POP909's MIDI files and beats")
    parser.add_argument("--seeds", type=Path, help="folder of MIDI files to be continued, too")
    parser.add_argument("--songs", type=int, default=60, help="of a corpus, at most")
    parser.add_argument("--model", default=ComposeRequest().model, help="name or checkpoint")
    parser.add_argument(
        "--judge", default=ComposeRequest().model, help="weights that judge infilling"
    )
    parser.add_argument("--cache", type=Path, default=Path("runs/listener"), help="keeps the takes")
    parser.add_argument("--page", type=Path, help="write takes beside real music to this HTML file")
    parser.add_argument("--shown", type=int, default=12, help="takes of each kind on the page")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    wanted = parser.parse_args()
    unknown = [name for name in wanted.measures if name not in MEASURES]
    if unknown:
        parser.error(f"no measure is called {unknown[0]}; there are: {', '.join(MEASURES)}")
    for folder in (wanted.nes, wanted.pop909, wanted.seeds):
        if folder is not None and not folder.is_dir():
            parser.error(f"{folder}: no such folder")
    if wanted.songs < 1:
        parser.error(f"--songs {wanted.songs}: give 1 or more")
    try:
        takes = Takes(wanted.model, wanted.cache, quiet=wanted.json)
    except ChipgenError as error:
        raise SystemExit(f"error: {error}") from None
    material = Material(
        takes, wanted.songs, wanted.nes, wanted.pop909, wanted.seeds, wanted.split, wanted.judge
    )
    if wanted.page is not None:
        count = write_page(wanted.page, material, wanted.shown)
        print(f"{wanted.page}: {count} pieces", flush=True)
        if not wanted.measures:
            return
    answers: dict[str, list[Figure]] = {}
    for name in wanted.measures or MEASURES:
        began = time.perf_counter()
        answers[name] = run_measure(name, material)
        if not wanted.json:
            print(table(MEASURES[name], answers[name]))
            print(f"({time.perf_counter() - began:.0f} s)\n", flush=True)
    if wanted.json:
        told = {
            name: [{**asdict(each), "bar": each.bar, "met": each.met} for each in figures]
            for name, figures in answers.items()
        }
        print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
