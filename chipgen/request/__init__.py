"""What a user can ask for: one validated request, and what applies where."""

from chipgen.request.compose_fields import ComposeRequest
from chipgen.request.field import RequestField, request_fields
from chipgen.request.request import Request, check_request, fit_request

__all__ = [
    "ComposeRequest",
    "Request",
    "RequestField",
    "check_request",
    "fit_request",
    "request_fields",
]
