"""Writes the example seeds from their notes: ``python examples/make_examples.py``."""

import argparse
from pathlib import Path
from types import ModuleType

from pieces import chorale, folk, groove, nes, orchestra, piano, seed

from chipgen.music.midi import midi_bytes
from chipgen.music.midi.write_nesmdb import nesmdb_bytes
from synth.atomic_write import write_bytes

PIECES: dict[str, ModuleType] = {
    "seed": seed,
    "chorale": chorale,
    "folk": folk,
    "groove": groove,
    "piano": piano,
    "orchestra": orchestra,
    "nes": nes,
}


def main() -> None:
    """Write every example into a folder, by default the script's own."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("-o", "--output", type=Path, default=Path(__file__).parent)
    folder = parser.parse_args().output
    folder.mkdir(parents=True, exist_ok=True)
    for name, piece in PIECES.items():
        score = piece.score()
        if score.dialect == "nesmdb":
            data = nesmdb_bytes(score)
        else:
            data = midi_bytes(score, comment=f"{piece.TITLE}. {piece.SOURCE}")
        write_bytes(folder / f"{name}.mid", data, overwrite=True)


if __name__ == "__main__":
    main()
