"""Errors of views."""

from __future__ import annotations

from outcrop.base.errors import RequestError


class ViewError(RequestError):
    """The view cannot be made or changed."""

    code = "view"


class ViewConflictError(ViewError):
    """The packages of the view do not fit into one tree."""

    code = "view-conflict"
