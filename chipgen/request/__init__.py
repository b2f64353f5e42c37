"""What a user asks for, as one validated value, and the table of what applies where."""

from chipgen.request.composing import ComposeRequest
from chipgen.request.knob import Knob, knobs
from chipgen.request.request import Request, check_request, fit_request

__all__ = ["ComposeRequest", "Knob", "Request", "check_request", "fit_request", "knobs"]
