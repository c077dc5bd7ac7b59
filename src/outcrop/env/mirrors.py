"""Mirrors: directories with sources by checksum, as the cache has them, and under names that people know.

``_source-cache/archive/<ab>/<sha256><suffix>`` are the files; ``<name>/<name>-<version><suffix>`` are links to them.
Fetching looks only at the former.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from outcrop.base.errors import InputError, RequestError, UsageError
from outcrop.base.near import near_misses
from outcrop.config import edit_section, own_section
from outcrop.env.context import Context
from outcrop.env.sources import NodeFiles, node_title
from outcrop.fetch import source_filename
from outcrop.fetch.cache import archive_suffix, parse_checksum, relative_path
from outcrop.fetch.client import local_path
from outcrop.spec.graph import Graph, PatchSource, Source

SOURCE_CACHE = "_source-cache"


@dataclass(slots=True)
class MirrorReport:
    """What became of the sources: files written, files that were there, and (package, reason) of what no
    mirror holds."""

    written: list[Path] = field(default_factory=list)
    present: list[Path] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)


def write_mirror(context: Context, graph: Graph, files: Mapping[str, NodeFiles], directory: Path) -> MirrorReport:
    """Put the sources and patches of nodes into a mirror; what is in it stays.

    Args:
        files: what :func:`outcrop.env.sources.fetch_nodes` fetched.

    Raises:
        FetchError: a compressed patch cannot be had in the form in which it is fetched.
    """
    report = MirrorReport()
    for key, fetched in files.items():
        node = graph[key]
        for source, path in zip(node.sources, fetched.archives, strict=True):
            if source.is_checkout:
                report.skipped.append((node_title(node), f"{source.urls[0]} is a {source.kind} repository"))
                continue
            suffix = f".{source.extension.lstrip('.')}" if source.extension else archive_suffix(source_filename(source))
            link = f"{source.name or node.name}-{node.version}{suffix}"
            _place(report, directory, source, path, suffix, f"{node.name}/{link}")
        for patch in node.patches:
            if patch.url:
                source = _packed(patch)
                path = context.fetcher.fetch(source, name=f"patch of {node.name}", version=node.version)
                filename = source_filename(source)
                _place(report, directory, source, path, archive_suffix(filename), f"{node.name}/{filename}")
    return report


def _packed(patch: PatchSource) -> Source:
    """The file that is fetched for a patch: a compressed one has a checksum of its own."""
    return Source(kind="archive", urls=(patch.url,), sha256=patch.archive_sha256 or patch.sha256)


def _place(report: MirrorReport, directory: Path, source: Source, path: Path, suffix: str, link: str) -> None:
    checksum = parse_checksum(source.sha256, source.checksum)
    assert checksum is not None, "what was fetched has a checksum"
    target = directory / SOURCE_CACHE / relative_path(checksum, suffix)
    if target.is_file() and checksum.of(target) == checksum.value:
        if target not in report.present and target not in report.written:
            report.present.append(target)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f".{target.name}.part")
        shutil.copyfile(path, partial)
        partial.replace(target)
        report.written.append(target)
    _name(directory / link, target, suffix)


def _name(link: Path, target: Path, suffix: str) -> None:
    """Make ``link`` lead to ``target``; where the name is taken by other content, the checksum tells them apart."""
    if link.is_symlink() and link.resolve() != target.resolve():
        link = link.with_name(f"{link.name.removesuffix(suffix)}-{target.name[:8]}{suffix}")
    if link.is_symlink() or link.exists():
        return
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(os.path.relpath(target, link.parent))


# -- configuration ---


def configured_mirrors(context: Context) -> dict[str, str]:
    """Name -> address, in the order in which they are asked."""
    merged = context.configuration.merged("mirrors")
    found: dict[str, str] = {}
    for name, entry in merged.items() if isinstance(merged, dict) else ():
        url = entry.get("url") if isinstance(entry, dict) else entry
        if isinstance(url, str):
            found[name] = url
    return found


def add_mirror(context: Context, name: str, address: str) -> str:
    """Ask a mirror before all others from now on; gives its address as it was written.

    Raises:
        UsageError: the name or the address makes no sense.
        RequestError: the name is taken, or there is no such directory.
    """
    if not name or "/" in name or ":" in name:
        raise UsageError(f"'{name}' is no name for a mirror", hint="the name comes first: mirror add NAME DIR|URL")
    known = configured_mirrors(context)
    if name in known:
        raise RequestError(
            f"there is a mirror {name} already: {known[name]}", hint=f"'outcrop mirror remove {name}' takes it out"
        )
    local = local_path(address)
    if local is not None:
        local = local if local.is_absolute() else context.directory / local
        if not local.is_dir():
            raise RequestError(
                f"there is no directory {local}", hint=f"'outcrop mirror create -d {address} SPEC' makes a mirror"
            )
        address = str(Path(os.path.normpath(local)))
    path = context.paths.config / "mirrors.yaml"
    edit_section(path, "mirrors", {name: address, **_own_mirrors(path)})
    return address


def remove_mirror(context: Context, name: str) -> None:
    """Ask a mirror no more; its files stay.

    Raises:
        RequestError: there is no such mirror, or it is configured elsewhere.
    """
    path = context.paths.config / "mirrors.yaml"
    own = _own_mirrors(path)
    if name in own:
        edit_section(path, "mirrors", {label: entry for label, entry in own.items() if label != name})
        return
    document = context.configuration.place("mirrors", name)
    if document is not None:
        raise InputError(
            f"the mirror {name} is not configured in {path}",
            place=document.place(name),
            hint="edit that file",
        )
    known = configured_mirrors(context)
    near = near_misses(name, known)
    hint = f"did you mean {' or '.join(near)}?" if near else f"configured: {', '.join(known) or 'none'}"
    raise RequestError(f"there is no mirror {name}", hint=hint, code="no-mirror")


def _own_mirrors(path: Path) -> dict[str, object]:
    data = own_section(path, "mirrors")
    return dict(data) if isinstance(data, dict) else {}


def holds_sources(address: str) -> bool:
    """A mirror that is a directory has sources in it; nothing is known about others."""
    local = local_path(address)
    return local is None or (local / SOURCE_CACHE).is_dir()
