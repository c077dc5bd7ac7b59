"""Which versions upstream has of a package, where each lies, and what its checksum is.

A package whose recipe names a project of the package index is looked up there; for one with an address, the page that
lists its archives is read (``list_url``, else the directory of the address), or the tags of its repository where the
address is that of a forge.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote

import msgspec

from outcrop.base.errors import RequestError
from outcrop.env.context import Context
from outcrop.fetch import FetchError
from outcrop.fetch.client import local_path
from outcrop.fetch.discovery import Discovered, Discovery
from outcrop.fetch.index import IndexedFile
from outcrop.package.urls import substitute_version, version_in_url
from outcrop.repo.errors import NoSourceError
from outcrop.repo.model import PackageModel
from outcrop.repo.sources import main_source
from outcrop.spec import Version, VersionError
from outcrop.spec.graph import Source

_FORGE = re.compile(
    r"(?P<repository>https://(?:github\.com|gitlab\.[^/]+|codeberg\.org)/[^/]+/[^/]+)/(?:-/)?(?:archive|releases)/"
)
_TAG_VERSION = re.compile(r"(?:^|[A-Za-z_/-])(?P<version>\d+(?:[._-]\d+)*(?:[._-]?(?:alpha|beta|a|b|rc|p|post)\d*)?)$")
_PRERELEASE = re.compile(
    r"(?:\d|[._-])(?:[abc]\d+|(?:rc|alpha|beta|dev|pre|preview)[._-]?\d*)(?:$|[._-])", re.IGNORECASE
)
_SDIST = (".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".zip")


@dataclass(frozen=True, slots=True)
class Release:
    """A version that upstream has. ``urls`` are addresses to try, in order; ``project`` is set where they are the
    package index's own, which no recipe may hold."""

    version: str
    urls: tuple[str, ...]
    project: str = ""
    filename: str = ""
    yanked: bool = False

    @property
    def is_prerelease(self) -> bool:
        """Named as an alpha, a beta, a candidate or the like."""
        return _PRERELEASE.search(self.version) is not None


class Upstream:
    """Asks upstream for packages."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @cached_property
    def discovery(self) -> Discovery:
        """Lists and fetches."""
        return Discovery(self._context.fetcher)

    def releases(self, model: PackageModel) -> list[Release]:
        """Everything upstream has of a package, newest first.

        Raises:
            RequestError: the recipe gives no address that could be asked.
            FetchError: nobody answers.
        """
        source = template_source(model)
        if source.kind == "index":
            return self.project_releases(source.project)
        return self._listed(model, source)

    def undeclared(self, model: PackageModel, *, newer: bool = False) -> list[Release]:
        """Releases that the recipe does not declare, newest first; pre-releases and yanked ones are left out.

        Args:
            newer: only those above everything the recipe declares as a number.
        """
        declared = [Version(each.version) for each in model.versions]
        numbered = [version for version in declared if not version.isdevelop()]
        newest = max(numbered, default=None)
        return [
            release
            for release in self.releases(model)
            if not (release.is_prerelease or release.yanked)
            and Version(release.version) not in declared
            and not (newer and newest is not None and Version(release.version) < newest)
        ]

    def release(self, model: PackageModel, version: str) -> Release:
        """One version, declared or not.

        Raises:
            RequestError: the recipe does not say where it could be, or the index does not have it; near misses are
                named.
        """
        source = template_source(model)
        if source.kind != "index":
            return Release(version, _addresses(model, source, version))
        found = self.project_releases(source.project)
        wanted = Version(version)
        for release in found:
            if Version(release.version) == wanted:
                return release
        newest = ", ".join(release.version for release in found[:3])
        raise RequestError(
            f"the package index has no source distribution of {source.project} {version}",
            hint=f"the newest are {newest}; 'outcrop versions --remote {model.name}' lists all" if found else None,
            code="no-version",
        )

    def project_releases(self, project: str) -> list[Release]:
        """The source distributions of a project on the package index, one a version, newest first.

        Raises:
            FetchError: no index can be asked.
        """
        best: dict[str, IndexedFile] = {}
        for file in self.discovery.project_files(project):
            if file.filename.endswith(_SDIST) and _is_version(file.version):
                known = best.get(file.version)
                if known is None or _rank(file.filename) < _rank(known.filename):
                    best[file.version] = file
        releases = [
            Release(file.version, (file.url,), project=project, filename=file.filename, yanked=file.yanked)
            for file in best.values()
        ]
        return sorted(releases, key=lambda release: Version(release.version), reverse=True)

    def fetch(self, release: Release, name: str) -> tuple[str, Discovered]:
        """The file of a release, from the first of its addresses that has it: the address and the file.

        Raises:
            FetchError: none has it; says what each answered.
        """
        refused: list[str] = []
        hint = None
        for url in release.urls:
            try:
                return url, self.discovery.get(url, f"{name}@{release.version}")
            except FetchError as error:
                refused.append(error.message)
                hint = hint or error.hint
        raise FetchError(
            f"version {release.version} of {name} cannot be fetched",
            details=refused,
            hint=hint or "check the version, and how the recipe's url spells it",
        )

    def _listed(self, model: PackageModel, source: Source) -> list[Release]:
        template = source.urls[0]
        known = [each.version for each in model.versions]
        if local_path(template) is None and (forge := _FORGE.match(template)):
            tags = self.discovery.tags(forge["repository"], environ=self._context.environ)
            found = _tagged(tags, template, known)
        else:
            page = model.attributes.get("list_url")
            directory = template.rpartition("/")[0] + "/"
            found = _linked(self.discovery.links(page if isinstance(page, str) else directory), template, known)
        releases = {Version(version): Release(version, urls) for version, urls in found if _is_version(version)}
        return [releases[version] for version in sorted(releases, reverse=True)]


def template_source(model: PackageModel) -> Source:
    """Where the best of the versions whose archive the recipe describes lies: the pattern for others.

    Raises:
        RequestError: no version is an archive with an address (they come from a repository, or there is no source).
    """
    for each in model.versions:
        with contextlib.suppress(NoSourceError):
            source = main_source(model, each.version)
            if source.kind == "index" or (source.kind == "archive" and source.urls):
                return source
    with contextlib.suppress(NoSourceError):
        source = main_source(model, "1.0")
        if source.kind == "index" or (source.kind == "archive" and source.urls):
            return source
    raise RequestError(
        f"the recipe of {model.fullname} describes no archive, so there is nothing to look for",
        hint="versions from a repository have no checksum: give their tag= and commit=",
        code="no-archive",
    )


def is_derived(model: PackageModel, release: Release, url: str) -> bool:
    """Would the recipe find the release where it was found, without being told the address?"""
    bare = msgspec.structs.replace(
        model, versions=tuple(each for each in model.versions if each.version != release.version)
    )
    try:
        source = main_source(bare, release.version)
    except NoSourceError:
        return False
    return source.kind == "index" or url in source.urls


def _addresses(model: PackageModel, template: Source, version: str) -> tuple[str, ...]:
    """Where a version may lie: where the recipe says, then by the pattern of its best version."""
    found: list[str] = []
    with contextlib.suppress(NoSourceError):
        own = main_source(model, version)
        found += own.urls if own.kind == "archive" else ()
    known = [each.version for each in model.versions]
    found += [substitute_version(url, version, known) for url in template.urls]
    return tuple(dict.fromkeys(found))


def _tagged(tags: Iterable[str], template: str, known: list[str]) -> list[tuple[str, tuple[str, ...]]]:
    """(version, addresses) of the tags that are named as the one in ``template``."""
    found: list[tuple[str, tuple[str, ...]]] = []
    for tag in tags:
        match = _TAG_VERSION.search(tag)
        if match is None:
            continue
        version = match["version"]
        if "." not in version:
            version = re.sub("[_-]", ".", version)
        url = substitute_version(template, version, known)
        if f"/{tag}" in unquote(url):
            found.append((version, (url,)))
    return found


def _linked(links: Iterable[str], template: str, known: list[str]) -> list[tuple[str, tuple[str, ...]]]:
    """(version, addresses) of the links whose file is named as the one in ``template``; what the recipe derives comes
    first."""
    found: list[tuple[str, tuple[str, ...]]] = []
    for link in links:
        version = version_in_url(link, known)
        if version is None:
            continue
        pattern = substitute_version(template, version, known)
        if pattern.rpartition("/")[2] == link.rpartition("/")[2]:
            found.append((version, tuple(dict.fromkeys((pattern, link)))))
    return found


def _is_version(text: str) -> bool:
    try:
        Version(text)
    except VersionError:
        return False
    return True


def _rank(filename: str) -> int:
    return next((number for number, suffix in enumerate(_SDIST) if filename.endswith(suffix)), len(_SDIST))
