"""Outcrop: builds software from source recipes and surfaces environments as real Python virtual environments."""

__version__ = "0.1.0"
