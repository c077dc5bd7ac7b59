"""Views: installed prefixes merged into one tree, which for Python is a virtual environment.

A view is planned from seals alone (:func:`plan_view`, pure) and then applied (:func:`apply_view`) by swapping a
finished tree into place. This room walks no prefix, imports no recipe and decides nothing about which packages belong
in a view.

Planning and applying are imported on first use: they take 20 ms, and most views are found to be up to date.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from outcrop.view.model import Item, LinkType, Substitution, ViewOptions, ViewPlan, inputs_digest
from outcrop.view.state import ViewState, read_state

if TYPE_CHECKING:
    from outcrop.view.apply import ViewResult, apply_view, remove_view
    from outcrop.view.errors import ViewConflictError, ViewError
    from outcrop.view.plan import plan_view

__all__ = [
    "Item",
    "LinkType",
    "Substitution",
    "ViewConflictError",
    "ViewError",
    "ViewOptions",
    "ViewPlan",
    "ViewResult",
    "ViewState",
    "apply_view",
    "inputs_digest",
    "plan_view",
    "read_state",
    "remove_view",
]

_ON_FIRST_USE = {
    "ViewConflictError": "errors",
    "ViewError": "errors",
    "ViewResult": "apply",
    "apply_view": "apply",
    "plan_view": "plan",
    "remove_view": "apply",
}


def __getattr__(name: str) -> object:
    module = _ON_FIRST_USE.get(name)
    if module is None:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    return getattr(importlib.import_module(f"{__name__}.{module}"), name)
