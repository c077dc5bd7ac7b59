"""Which package indexes to use: what pip was told by its configuration files and environment variables.

Somebody whose pip works needs to tell us nothing. Files are read in pip's order, later ones win, variables win over
all: those of the system, the user and the environment this program runs in; a file that ``PIP_CONFIG_FILE`` names
comes last and stands for the user's. Of a file the sections ``global``, ``download`` and ``install`` count, the last
one most.

Source: pip's user guide, "Configuration".
"""

from __future__ import annotations

import configparser
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from outcrop.base.errors import InputError, Place

_SECTIONS = ("global", "download", "install")
DEFAULT_TIMEOUT = 15.0
"""Seconds without an answer, as pip's."""
_TRUE = ("1", "y", "yes", "t", "true", "on")


@dataclass(frozen=True, slots=True, kw_only=True)
class PipSettings:
    """What concerns fetching. ``index_url`` is None where the default index is meant."""

    index_url: str | None = None
    extra_index_urls: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    no_index: bool = False
    trusted_hosts: tuple[str, ...] = ()
    cert: str | None = None
    client_cert: str | None = None
    proxy: str | None = None
    timeout: float = DEFAULT_TIMEOUT


def read_pip_settings(environ: Mapping[str, str], prefix: Path | None = None) -> PipSettings:
    """Read everything pip would read.

    Args:
        prefix: the environment whose own file counts; by default the one this runs in.

    Raises:
        InputError: a file cannot be parsed, or a value is none.
    """
    values: dict[str, tuple[str, Path | str]] = {}
    for path in _files(environ, prefix or Path(sys.prefix)):
        for name, value in _read(path):
            values[name] = (value, path)
    for variable, value in environ.items():
        if variable.startswith("PIP_") and value:
            values[_option(variable.removeprefix("PIP_"))] = (value, variable)

    def text(name: str) -> str | None:
        return values[name][0].strip() or None if name in values else None

    def several(name: str) -> tuple[str, ...]:
        return tuple(values[name][0].split()) if name in values else ()

    return PipSettings(
        index_url=text("index-url"),
        extra_index_urls=several("extra-index-url"),
        find_links=several("find-links"),
        no_index=(text("no-index") or "").lower() in _TRUE,
        trusted_hosts=several("trusted-host"),
        cert=text("cert"),
        client_cert=text("client-cert"),
        proxy=text("proxy"),
        timeout=_number(values, "timeout", "default-timeout"),
    )


def _number(values: Mapping[str, tuple[str, Path | str]], *names: str) -> float:
    for name in names:
        if name in values:
            value, origin = values[name]
            try:
                return float(value)
            except ValueError:
                raise InputError(
                    f"pip's option {name} must be a number of seconds, got {value!r}", place=Place(origin)
                ) from None
    return DEFAULT_TIMEOUT


def _option(name: str) -> str:
    return name.lower().replace("_", "-").removeprefix("--")


def _files(environ: Mapping[str, str], prefix: Path) -> Iterator[Path]:
    chosen = environ.get("PIP_CONFIG_FILE")
    if chosen == os.devnull:
        return
    for folder in (environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(os.pathsep):
        yield Path(folder, "pip", "pip.conf")
    yield Path("/etc/pip.conf")
    home = environ.get("HOME")
    if not (chosen and Path(chosen).exists()):  # it stands for the user's own
        if home:
            yield Path(home, ".pip", "pip.conf")
        settings = environ.get("XDG_CONFIG_HOME") or (str(Path(home, ".config")) if home else "")
        if settings:
            yield Path(settings, "pip", "pip.conf")
    yield prefix / "pip.conf"
    if chosen:
        yield Path(chosen)


def _read(path: Path) -> list[tuple[str, str]]:
    parser = configparser.RawConfigParser()
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as problem:
        if isinstance(problem, (NotADirectoryError, PermissionError)):
            return []
        raise InputError(f"pip's configuration cannot be read: {problem}", place=Place(path)) from problem
    try:
        parser.read_string(text)
    except configparser.Error as problem:
        line = getattr(problem, "lineno", None)
        raise InputError(
            "pip's configuration cannot be parsed",
            place=Place(path, line),
            hint="'pip config debug' shows what pip reads",
        ) from problem
    return [
        (_option(name), value)
        for section in _SECTIONS
        if parser.has_section(section)
        for name, value in parser.items(section)
    ]
