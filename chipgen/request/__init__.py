"""What a user asks for, as one validated value, and the table of what applies where."""

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
