"""What can go wrong with interpreters, virtual environments and wheels."""

from __future__ import annotations

from outcrop.base.errors import RequestError


class InterpreterError(RequestError):
    """A Python interpreter is gone, broken, or not one that can be used."""

    code = "python-unusable"


class VenvError(RequestError):
    """A base Python could not make a virtual environment."""

    code = "venv-failed"


class BackendError(RequestError):
    """A build back end is missing, failed, or broke its contract."""

    code = "build-backend-failed"


class WheelError(RequestError):
    """A wheel cannot be installed."""

    code = "bad-wheel"
