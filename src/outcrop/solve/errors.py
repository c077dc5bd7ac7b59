"""What can go wrong in the solver: a request that no graph fulfils."""

from __future__ import annotations

from outcrop.base.errors import RequestError


class UnsatisfiableError(RequestError):
    """No graph fulfils the request. ``details`` are the requests and recipe lines that clash, each with its place;
    a minimal set.
    """

    code = "unsatisfiable"
