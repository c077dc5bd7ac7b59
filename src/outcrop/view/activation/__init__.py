"""Activation scripts: text for each family of shells, from a list of changes to the environment."""

from outcrop.view.activation.scripts import activation_scripts

__all__ = ["activation_scripts"]
