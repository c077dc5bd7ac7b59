"""Configuration: YAML files with the place of every value, scopes, merging, and typed sections.

Knows the form of the files (``spack.yaml``'s inline sections included), nothing of what the values lead to: no spec is
parsed here.
"""

from outcrop.config.document import Document, load_document, parse_document
from outcrop.config.merge import merge, split_key
from outcrop.config.schema import (
    SECTIONS,
    ConcretizerSection,
    ConfigSection,
    DependencyEntry,
    ExternalEntry,
    PackageSection,
    Requirement,
    ReuseSection,
    TargetsSection,
    ViewSection,
    convert,
)
from outcrop.config.scopes import (
    Configuration,
    Scope,
    edit_section,
    own_section,
    scope_from_directory,
    scope_from_options,
    sections_below,
)

__all__ = [
    "SECTIONS",
    "ConcretizerSection",
    "ConfigSection",
    "Configuration",
    "DependencyEntry",
    "Document",
    "ExternalEntry",
    "PackageSection",
    "Requirement",
    "ReuseSection",
    "Scope",
    "TargetsSection",
    "ViewSection",
    "convert",
    "edit_section",
    "load_document",
    "merge",
    "own_section",
    "parse_document",
    "scope_from_directory",
    "scope_from_options",
    "sections_below",
    "split_key",
]
