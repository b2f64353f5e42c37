"""The request as a whole, and which of its fields apply to a source and a target.

A new thing to ask for is one field, declared where it belongs (`composing`, `sounding`,
`delivery`). The options of the commands, the studio's controls, its messages and the recipe in a
take are made from the fields.
"""

from typing import Final

from chipgen.errors import RequestError
from chipgen.music.formats import CHIP
from chipgen.request.compose_fields import ComposeRequest
from chipgen.request.field import RequestField, request_fields, says_something
from chipgen.request.output_fields import (
    DeliveryFields,
    ExportFields,
    FormatFields,
    NotesFields,
)
from chipgen.request.sound_fields import ArrangeFields, SoundFields, SourceFields
from chipgen.request.targets import Target

_LACKS: Final = {
    "notes": "mark loops in their own way",
    "voices": "hold what is composed, not how it is arranged",
    "timbres": "hold notes, not their sound",
    "sound": "hold no sound",
    "sound file": "hold no sound",
    "bit depth": "have no choice of sample formats",
    "loop points": "keep no loop points",
    "two files": "cannot go on from an intro without a seam",
    "titles": "have no place for titles",
    "rows": "have no rows",
}
_AS_IS: Final = ("bars", 0)


class Request(
    ExportFields,
    DeliveryFields,
    FormatFields,
    NotesFields,
    SourceFields,
    ArrangeFields,
    SoundFields,
    ComposeRequest,
):
    """The whole request for a source: how it is composed, arranged, voiced and written.

    Every field has a default; see `chipgen.request.field.request_fields` for unit, range and help.

    Examples
    --------
    >>> Request(bars=8, temperature=1.2).task
    'continue'
    >>> Request(temperature=9.0)
    Traceback (most recent call last):
    chipgen.errors.RequestError: --temperature 9.0 is not allowed; give 0.1 to 3
    """

    @property
    def seeks_loop(self) -> bool:
        """Whether music without loop marks loops over the repetition it ends with."""
        return bool(self.find_loop or self.loops or self.loop_points or self.split_intro)


def applies(field: RequestField, kind: str, target: Target, task: str) -> bool:
    """Return whether a field has a meaning for a source, a target and a task.

    Parameters
    ----------
    field
        One of `request_fields(Request)`.
    kind
        Which of `chipgen.request.field.SOURCES` there is.
    target
        What is made.
    task
        Which of `chipgen.request.field.TASKS` is done.
    """
    return kind in field.sources and task in field.tasks and _can_hold(field, target, task)


def check_request(request: Request, target: Target, kind: str, source: object = "") -> None:
    """Refuse fields that were given but do not apply; unset fields are ignored.

    Parameters
    ----------
    request
        What is asked for.
    target
        What is made.
    kind
        Which of `chipgen.request.field.SOURCES` there is.
    source
        What an error calls it.

    Raises
    ------
    RequestError
        Names the option, why it does not apply, and the way out.
    """
    task = "as is" if kind in CHIP else request.task
    for name, field in request_fields(Request).items():
        value = getattr(request, name)
        if name in request.model_fields_set and says_something(value) and (name, value) != _AS_IS:
            why = _why_not(field, request, target, kind, task, source)
            if why:
                raise RequestError(why)


def fit_request(request: Request, target: Target, kind: str) -> Request:
    """Return a request without what does not apply to a target; see `check_request`."""
    task = "as is" if kind in CHIP else request.task
    fields = request_fields(Request)
    asked = request.model_dump(exclude_unset=True)
    return Request(
        **{k: value for k, value in asked.items() if applies(fields[k], kind, target, task)}
    )


def _can_hold(field: RequestField, target: Target, task: str) -> bool:
    # Rewriting a piece arranges it for the chip first, for every target.
    holds = target.holds | {"voices"} if task == "rewrite" else target.holds
    return not field.targets or bool(holds.intersection(field.targets))


def _why_not(
    field: RequestField, request: Request, target: Target, kind: str, task: str, source: object
) -> str:
    """Return why a field does not apply; empty if it does."""
    flag = field.flag
    if kind not in field.sources:
        if kind in CHIP:
            holds = "the chip's own notes" if kind == "chip score" else "register writes, not notes"
            return f"{source} holds {holds}: leave out {flag}"
        if kind == "nothing":
            return f"--from-scratch has no seed that {flag} could be about: leave it out"
        if field.sources == ("nothing",):
            return f"{flag} is for --from-scratch: a seed keeps its own"
        return (
            f"{source} holds notes, and {flag} is for chip files (.vgm, .vgz, .nsf): leave it out"
        )
    if task not in field.tasks:
        if task == "as is":
            return (
                f"nothing is composed (--as-is, --bars 0), so leave out {flag}, or compose with "
                "--bars 1 or more"
            )
        if task == "rewrite":
            rewriting = next(
                f"--{name}" for name in ("only", "keep", "fill") if getattr(request, name)
            )
            return (
                f"{rewriting} writes inside the piece, and {flag} is about bars composed after "
                "it; do one after the other"
            )
        return f"{flag} does not go with the other options: leave it out"
    if not _can_hold(field, target, task):
        return f"{target.name} {_LACKS[field.targets[0]]}: leave out {flag}"
    return ""
