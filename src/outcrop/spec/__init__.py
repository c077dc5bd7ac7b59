"""What can be asked for and what was decided: versions, abstract specs, and the concrete graph.

``parse_spec`` reads a :class:`Spec`, an immutable constraint; ``graph`` has the nodes that the solver answers with;
``match`` tells whether a node of a graph fits a spec. This room knows nothing of recipes and touches no file.

What stands here is imported when it is first asked for: many commands need nothing but graphs.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from outcrop.spec.errors import NodeFormatError, SpecParseError, UnsatisfiableSpecError, VersionError
    from outcrop.spec.format import format_node, node_to_spec_text
    from outcrop.spec.match import matching_dependency, matching_nodes, node_satisfies
    from outcrop.spec.parse import parse_spec, parse_specs
    from outcrop.spec.parts import COMPILER_ALIASES, FLAG_NAMES, FlagConstraint, VariantConstraint
    from outcrop.spec.ranges import VersionList, VersionRange, parse_versions, ver
    from outcrop.spec.spec import EdgeConstraint, Spec
    from outcrop.spec.version import GitVersion, Version, VersionWord, make_version

__all__ = [
    "COMPILER_ALIASES",
    "FLAG_NAMES",
    "EdgeConstraint",
    "FlagConstraint",
    "GitVersion",
    "NodeFormatError",
    "Spec",
    "SpecParseError",
    "UnsatisfiableSpecError",
    "VariantConstraint",
    "Version",
    "VersionError",
    "VersionList",
    "VersionRange",
    "VersionWord",
    "format_node",
    "make_version",
    "matching_dependency",
    "matching_nodes",
    "node_satisfies",
    "node_to_spec_text",
    "parse_spec",
    "parse_specs",
    "parse_versions",
    "ver",
]

_HOMES = {
    "errors": ("NodeFormatError", "SpecParseError", "UnsatisfiableSpecError", "VersionError"),
    "format": ("format_node", "node_to_spec_text"),
    "match": ("matching_dependency", "matching_nodes", "node_satisfies"),
    "parse": ("parse_spec", "parse_specs"),
    "parts": ("COMPILER_ALIASES", "FLAG_NAMES", "FlagConstraint", "VariantConstraint"),
    "ranges": ("VersionList", "VersionRange", "parse_versions", "ver"),
    "spec": ("EdgeConstraint", "Spec"),
    "version": ("GitVersion", "Version", "VersionWord", "make_version"),
}
"""Module below this one -> what stands here of it."""

_MODULE_OF = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    module = _MODULE_OF.get(name)
    if module is None:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    value = getattr(importlib.import_module(f"{__name__}.{module}"), name)
    globals()[name] = value
    return value
