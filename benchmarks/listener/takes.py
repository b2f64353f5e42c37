"""Takes by the product's public call, each kept on disk until the product or its weights change."""

import hashlib
import pickle
from pathlib import Path
from typing import Any, Final

import chipgen
from chipgen.composing import Composition, make_piece
from chipgen.errors import ChipgenError
from chipgen.models.registry import weights_path
from chipgen.music.score import Score
from chipgen.request import ComposeRequest

# The rooms that a take passes through: a change in any of them makes all takes anew.
_ROOMS: Final = (
    "arranging", "composing", "labels", "models", "music", "performer", "request", "rows",
    "understand",
)  # fmt: skip
_PARTS: Final = ("composing", "labels", "performer")  # whose own weights count, too


class Takes:
    """Composes, and keeps what was composed.

    Parameters
    ----------
    model
        A model's name or the path of a checkpoint.
    folder
        Where takes are kept; None keeps none.
    quiet
        Whether nothing is told of progress.
    """

    def __init__(self, model: str, folder: Path | None, *, quiet: bool = False) -> None:
        self.model = model
        self.made = 0
        self._quiet = quiet
        self._folder = folder and folder / product_digest(model)
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)

    def __call__(self, seed: Score | None, **wanted: Any) -> Composition | None:
        """Return the piece that the model makes with a request's defaults but for `wanted`.

        None if the product refuses, or has no such setting.
        """
        if not set(wanted) <= set(ComposeRequest.model_fields):
            return None
        request = ComposeRequest(model=self.model, **wanted)
        path = self._folder and self._folder / f"{_key(seed, request)}.pickle"
        if path is not None and path.exists():
            kept: Composition | None = pickle.loads(path.read_bytes())
            return kept
        try:
            made = make_piece(seed, request)
        except ChipgenError as error:
            if not self._quiet:
                print(f"refused: {error}", flush=True)
            made = None
        self.made += 1
        if not self._quiet and self.made % 20 == 0:
            print(f"{self.made} takes made", flush=True)
        if path is not None:
            half = path.with_suffix(".part")
            half.write_bytes(pickle.dumps(made))
            half.replace(path)
        return made


def product_digest(model: str) -> str:
    """Return a digest of a model's weights and of the code that composes with them."""
    digest = hashlib.sha256()
    with weights_path(model).open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    root = Path(chipgen.__file__).parent
    files = [path for room in _ROOMS for path in (root / room).rglob("*.py")]
    files += [path for room in _PARTS for path in (root / room).rglob("*.safetensors")]
    for path in sorted(files):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _key(seed: Score | None, request: ComposeRequest) -> str:
    digest = hashlib.sha256(request.model_dump_json().encode())
    digest.update(repr(seed).encode())
    return digest.hexdigest()[:24]
