"""Configuration: YAML files with the place of every value, scopes, merging, and typed sections.

Knows the form of the files (``spack.yaml``'s inline sections included), nothing of what the values lead to: no spec is
parsed here.
"""

from outcrop.config.document import Document, load_document, parse_document
from outcrop.config.merge import merge
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
from outcrop.config.scopes import Configuration, Scope, edit_section, scope_from_directory, scope_from_options

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
    "parse_document",
    "scope_from_directory",
    "scope_from_options",
]
