"""Where the sources and patches of a version come from, as its recipe's model says.

An archive that lies on a package index is described by project and file name, so that it is fetched from the index
that is configured; paths of the old form ``/packages/source/n/numpy/numpy-1.26.4.tar.gz`` are not served everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec

from outcrop.base.errors import Place
from outcrop.base.patterns import pattern
from outcrop.repo.errors import NoSourceError, RecipeError
from outcrop.repo.model import PackageModel, PatchDecl, VersionDecl
from outcrop.spec import GitVersion, Spec, Version, make_version
from outcrop.spec.addresses import replace_version, substitute_version
from outcrop.spec.graph import PatchSource, Source

Satisfies = Callable[[Spec], bool]
"""Whether a node fits a constraint on it."""

_ON_AN_INDEX = "/packages/"
_INDEX_PATH = pattern(r"/packages/(?:source|[a-z0-9.]+)/[^/]/(?P<project>[^/]+)/(?P<file>[^/?#]+)(?:[?#].*)?\Z")
_INDEX_BLOB = pattern(r"/packages/[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{60}/(?P<file>[^/?#]+)(?:[?#].*)?\Z")
_INDEX_FILE = pattern(
    r"(?P<name>.+?)-v?\d[^-]*?(?P<rest>(?:-[^/]+-[^/]+-[^/]+\.whl|\.(?:tar\.(?:gz|bz2|xz)|tgz|zip)))\Z"
)
_OTHER_DIGESTS = ("sha512", "sha384", "sha224", "sha1", "md5")
_SYSTEMS: tuple[Literal["git", "svn", "hg", "cvs"], ...] = ("git", "svn", "hg", "cvs")
_GIT_WORDS = frozenset({"commit", "tag", "branch"})
_GIT_HINTS = frozenset({"submodules", "get_full_repo", "submodules_delete", "git_sparse_paths"})


def sources_for(model: PackageModel, version: str, satisfies: Satisfies) -> tuple[Source, ...]:
    """The sources of a node: the main one, then the resources that apply, in the order in which they are declared.

    A version that the recipe does not declare gets the place where its archive should be, and no checksum. A package
    without code has no sources.

    Raises:
        NoSourceError: the recipe does not say where this version is.
    """
    found = [main_source(model, version)] if model.has_code else []
    for resource in model.resources:
        if resource.when.is_empty or satisfies(resource.when):
            placement = resource.placement
            described = _described(
                model, resource.fetch, Place(resource.origin.file, resource.origin.line), resource.name
            )
            found.append(
                msgspec.structs.replace(
                    described,
                    name=resource.name,
                    destination=resource.destination,
                    placement=placement if isinstance(placement, str) else msgspec.json.encode(placement).decode(),
                )
            )
    return tuple(found)


def main_source(model: PackageModel, version: str) -> Source:
    """The package's own source for a version.

    Raises:
        NoSourceError: the recipe does not say where it is.
    """
    exact = make_version(version)
    if isinstance(exact, GitVersion):
        repository = model.attributes.get("git")
        if not isinstance(repository, str):
            raise NoSourceError(
                f"{model.fullname} has no git repository, so there is no revision {exact.ref} of it",
                place=Place(model.file, model.line),
            )
        options: dict[str, object] = {"commit" if exact.is_commit else "tag": exact.ref}
        return _git(model, repository, options)
    declared = next((item for item in model.versions if make_version(item.version) == exact), None)
    fetch = declared.fetch if declared is not None else {}
    place = Place(declared.origin.file, declared.origin.line) if declared is not None else Place(model.file, model.line)
    if "url" in fetch or _system(fetch, model) is not None:
        return _described(model, fetch, place, f"version {version}")
    urls = _urls(model, exact)
    if urls:
        return _archive(model, urls, fetch)
    pypi = _text(model.attributes.get("pypi"))
    if "/" in pypi:
        project, _, file = pypi.partition("/")
        return _indexed(project, _other_file(model, file, exact), fetch)
    for system in _SYSTEMS:
        if _text(model.attributes.get(system)):
            # Without a revision: whatever the repository's own default is.
            return _checkout(model, system, _text(model.attributes[system]), fetch)
    raise NoSourceError(
        f"the recipe of {model.fullname} does not say where version {version} comes from",
        place=place,
        hint="it needs url=, or git= with a commit, tag or branch, or svn=, hg= or cvs=",
    )


def patches_for(model: PackageModel, satisfies: Satisfies) -> tuple[PatchSource, ...]:
    """The package's own patches that apply to a node, in the order in which they are applied.

    Raises:
        RecipeError: a patch file does not exist.
    """
    chosen = [patch for patch in model.patches if patch.when.is_empty or satisfies(patch.when)]
    order = sorted(range(len(chosen)), key=lambda number: (chosen[number].source.package, number))
    return tuple(_existing(model, chosen[number]) for number in order)


def patches_for_dependency(
    model: PackageModel, name: str, satisfies: Satisfies, dependency_satisfies: Satisfies
) -> tuple[PatchSource, ...]:
    """The patches that a node of ``model`` wants applied to its dependency called ``name`` (by package name or
    virtual).

    ``satisfies`` speaks of the node, ``dependency_satisfies`` of the dependency.

    Raises:
        RecipeError: a patch file does not exist.
    """
    return tuple(
        _existing(model, patch)
        for declared in model.dependencies
        if declared.patches and declared.spec.name == name and (declared.when.is_empty or satisfies(declared.when))
        for patch in declared.patches
        if patch.when.is_empty or dependency_satisfies(patch.when)
    )


def _existing(model: PackageModel, patch: PatchDecl) -> PatchSource:
    if not patch.source.sha256:
        raise RecipeError(
            f"the patch {patch.source.file} of {model.fullname} does not exist",
            place=Place(patch.origin.file, patch.origin.line),
            hint="put it beside the recipe, or remove the directive",
        )
    return patch.source


def _described(model: PackageModel, fetch: Mapping[str, object], place: Place, what: str) -> Source:
    """A source that is described completely by keywords (and the class's VCS attributes)."""
    url = _text(fetch.get("url"))
    if url:
        return _archive(model, (url, *_texts(fetch.get("urls"))), fetch)
    system = _system(fetch, model)
    if system is not None:
        repository = _text(fetch.get(system)) or _text(model.attributes.get(system))
        if repository:
            return _checkout(model, system, repository, fetch)
        raise NoSourceError(
            f"{what} of {model.fullname} names a {system} revision, but no {system} repository is given", place=place
        )
    raise NoSourceError(f"the recipe of {model.fullname} does not say where {what} comes from", place=place)


def _system(fetch: Mapping[str, object], model: PackageModel) -> Literal["git", "svn", "hg", "cvs"] | None:
    """The version control system that keywords mean: the one they name, or else the one they are used with."""
    named = next((system for system in _SYSTEMS if system in fetch), None)
    if named is not None:
        return named
    has = model.attributes.keys() & set(_SYSTEMS)
    if not _GIT_WORDS.isdisjoint(fetch):
        return "cvs" if "cvs" in has and "git" not in has and "branch" in fetch else "git"
    if "revision" in fetch:
        return "svn" if "svn" in has else "hg"
    if "date" in fetch:
        return "cvs"
    return "git" if "git" in has and not _GIT_HINTS.isdisjoint(fetch) else None


def _checkout(
    model: PackageModel, system: Literal["git", "svn", "hg", "cvs"], repository: str, fetch: Mapping[str, object]
) -> Source:
    if system == "git":
        return _git(model, repository, fetch)
    if system == "cvs":
        return Source(kind="cvs", urls=(repository,), ref=_word(fetch.get("branch")), date=_word(fetch.get("date")))
    return Source(kind=system, urls=(repository,), ref=_word(fetch.get("revision")))


def _git(model: PackageModel, repository: str, fetch: Mapping[str, object]) -> Source:
    submodules = fetch.get("submodules", model.attributes.get("submodules", False))
    computed = fetch.get("computed")
    # Which ones a function would choose is known in a build only: all of them serve each choice.
    wanted = submodules not in (False, "False", None, []) or (isinstance(computed, list) and "submodules" in computed)
    return Source(
        kind="git",
        urls=(repository,),
        commit=_word(fetch.get("commit")),
        ref=_word(fetch.get("tag")) or _word(fetch.get("branch")),
        submodules=wanted,
        submodule_paths=_texts(submodules),
        submodules_left_out=_texts(fetch.get("submodules_delete")) if wanted else (),
        full_history=fetch.get("get_full_repo") is True,
        sparse_paths=_texts(fetch.get("git_sparse_paths", model.attributes.get("git_sparse_paths"))),
    )


def _archive(model: PackageModel, urls: tuple[str, ...], fetch: Mapping[str, object]) -> Source:
    for url in urls:
        if _ON_AN_INDEX not in url:
            continue
        match = _INDEX_PATH.search(url)
        if match is not None:
            return _indexed(match["project"], match["file"], fetch, urls)
        blob = _INDEX_BLOB.search(url)
        if blob is not None:
            project = _text(model.attributes.get("pypi")).partition("/")[0] or blob["file"].partition("-")[0]
            return _indexed(project, blob["file"], fetch, urls)
    return Source(kind="archive", urls=tuple(dict.fromkeys(urls)), **_checks(fetch))


def _indexed(project: str, file: str, fetch: Mapping[str, object], urls: tuple[str, ...] = ()) -> Source:
    return Source(kind="index", project=project, filename=file, urls=urls, **_checks(fetch))


def _checks(fetch: Mapping[str, object]) -> dict[str, Any]:
    # Any: keywords of Source, of several types.
    checks: dict[str, Any] = {"sha256": _text(fetch.get("sha256"))}
    if not checks["sha256"]:
        other = next((name for name in _OTHER_DIGESTS if fetch.get(name)), None)
        if other is not None:
            checks["checksum"] = f"{other}:{_text(fetch[other])}"
    checks["expand"] = fetch.get("expand", True) is not False
    checks["extension"] = _text(fetch.get("extension"))
    return checks


def _urls(model: PackageModel, version: Version) -> tuple[str, ...]:
    """Where the archive of a version without a URL of its own should be, likeliest first."""
    computed = model.attributes.get("computed_urls")
    if isinstance(computed, dict):
        known = computed.get(version.string)
        if isinstance(known, list):
            return tuple(map(str, known))
    if _text(model.attributes.get("pypi")):
        # What the attribute says is better than the path that build systems derive from it.
        return ()
    templates = [_text(model.attributes.get("url")), *_texts(model.attributes.get("urls")), _nearest(model, version)]
    declared = [item.version for item in model.versions]

    def for_version(url: str) -> str:
        old = model.url_versions.get(url)
        if old is None:
            return substitute_version(url, version, declared)
        return replace_version(url, old, version) if old else url

    return tuple(dict.fromkeys(for_version(url) for url in templates if url))


def _other_file(model: PackageModel, file: str, version: Version) -> str:
    """A file of a package index for another version. A declared version in its name is surely the old one."""
    for known in sorted((declared.version for declared in model.versions), key=len, reverse=True):
        before, found, after = file.partition(f"-{known}")
        if found and after[:1] in (".", "-"):
            return f"{before}-{version}{after}"
    match = _INDEX_FILE.match(file)
    return f"{match['name']}-{version}{match['rest']}" if match is not None else substitute_version(file, version)


def _nearest(model: PackageModel, version: Version) -> str:
    """The URL of the greatest declared version below this one that has its own."""
    best: tuple[Version, VersionDecl] | None = None
    for declared in model.versions:
        if isinstance(declared.fetch.get("url"), str):
            known = make_version(declared.version)
            if not known > version and (best is None or known > best[0]):
                best = (known, declared)
    return _text(best[1].fetch["url"]) if best is not None else ""


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _word(value: object) -> str:
    """A revision as text: recipes write some as numbers."""
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _texts(value: object) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list | tuple) else ()
