"""Describes the page's controls, made from the fields of a request."""

from typing import Any

from chipgen.models.registry import MODELS
from chipgen.request import ComposeRequest, Request, request_fields
from chipgen.studio.page_messages import MAX_BARS

_WITHIN: dict[str, dict[str, Any]] = {"bars": {"minimum": 1, "maximum": MAX_BARS}}


def controls_json() -> list[dict[str, Any]]:
    """Return every field of a request: name, label, help, kind, unit, range, choices, default.

    ``composes`` is whether it is the composer's, ``page`` whether the page has a control for it.
    """
    models = [{"value": name, "label": name} for name in MODELS]
    return [
        {
            **field.json(),
            "page": field.page,
            "composes": name in ComposeRequest.model_fields,
            **({"kind": "choice", "choices": models} if name == "model" else {}),
            **_WITHIN.get(name, {}),
        }
        for name, field in request_fields(Request).items()
    ]
