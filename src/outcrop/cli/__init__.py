"""Commands: parse arguments, call one function of a room below, render. The only room that prints, colours and
exits."""

from outcrop.cli.app import run

__all__ = ["run"]
