"""New recipes from what upstream publishes, and where recipes may be written.

A draft is plain data: it is made from a downloaded archive, rendered as text, and written once; nothing that is there
is ever replaced, and nothing goes into the repository that comes with the program.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from packaging.utils import canonicalize_name

from outcrop.base.errors import RequestError, UsageError
from outcrop.base.near import near_misses
from outcrop.env.context import Context
from outcrop.env.recipe_text import Draft
from outcrop.env.requirements import DependencyLine, package_name, translate_python, translate_requirement
from outcrop.env.source_tree import PythonProject, SourceTree, read_source_tree
from outcrop.env.upstream import Release, Upstream
from outcrop.fetch import Stage
from outcrop.fetch.cache import archive_suffix, url_filename
from outcrop.fetch.discovery import Discovered
from outcrop.package.urls import version_in_url
from outcrop.repo import CORE_ROOT
from outcrop.repo.layout import Repository, directory_name, load_repository
from outcrop.repo.layout import package_name as name_of_directory
from outcrop.repo.model import Origin, PackageModel, VersionDecl
from outcrop.repo.sources import main_source
from outcrop.spec.graph import DependencyType


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How to make a draft; empty: as it is found out.

    ``count`` is how many of upstream's versions are taken.
    """

    name: str = ""
    build_system: str = ""
    version: str = ""
    count: int = 1


# -- where recipes are written ---


def writable_repository(context: Context, wanted: str | None) -> Repository:
    """The repository that a new recipe goes into: the one named (by namespace, configured name or path), else the first
    configured one that can be written to.

    Raises:
        RequestError: there is none, or it is the one that comes with the program.
    """
    roots = context.repository_roots()
    if wanted is not None:
        repository = _named_repository(context, wanted, roots)
        if _is_core(repository):
            raise RequestError(
                "recipes are not written into the repository that comes with Outcrop: an update would lose them",
                hint="name another one with --repo; 'outcrop repo list' shows them",
                code="core-repository",
            )
        if not _is_writable(repository):
            raise RequestError(
                f"{repository.packages} cannot be written to", hint="name another repository with --repo"
            )
        return repository
    for _, root in roots:
        repository = load_repository(root)
        if not _is_core(repository) and _is_writable(repository):
            return repository
    raise RequestError(
        "no configured repository can be written to",
        details=[f"{name}: {root}" for name, root in roots],
        hint="make one: a directory spack_repo/NAME with a repo.yaml that says 'repo: {namespace: NAME, api: v2.2}', "
        "then 'outcrop repo add spack_repo/NAME'",
        code="no-writable-repository",
    )


def _named_repository(context: Context, wanted: str, roots: Sequence[tuple[str, Path]]) -> Repository:
    for name, root in roots:
        repository = load_repository(root)
        if wanted in (name, repository.namespace):
            return repository
    path = Path(wanted).expanduser()
    path = path if path.is_absolute() else context.directory / path
    if path.is_dir():
        return load_repository(path)
    near = near_misses(wanted, [name for name, _ in roots])
    raise RequestError(
        f"there is no repository {wanted}",
        hint=f"did you mean {' or '.join(near)}?" if near else "'outcrop repo list' shows the configured ones",
        code="no-repository",
    )


def _is_core(repository: Repository) -> bool:
    return repository.root.resolve() == CORE_ROOT.resolve()


def _is_writable(repository: Repository) -> bool:
    packages = Path(repository.packages)
    return os.access(packages if packages.is_dir() else repository.root, os.W_OK | os.X_OK)


def check_editable(file: Path) -> None:
    """May this recipe be changed by a command?

    Raises:
        RequestError: it comes with the program, or cannot be written to.
    """
    if file.resolve().is_relative_to(CORE_ROOT.resolve()):
        raise RequestError(
            f"{file} comes with Outcrop: an update would lose the change",
            hint="copy the recipe into a repository of your own and change it there",
            code="core-repository",
        )
    if not os.access(file, os.W_OK):
        raise RequestError(f"{file} cannot be written to", hint="check its permissions")


def check_name(repository: Repository, name: str) -> None:
    """May a new package of ``repository`` be called so?

    Raises:
        UsageError: no package can.
        RequestError: there is one already.
    """
    legal = re.fullmatch(r"[a-z0-9][a-z0-9-]*", name) and (
        repository.is_v1 or name_of_directory(directory_name(name)) == name
    )
    if not legal:
        raise UsageError(
            f"'{name}' is no possible name of a package: lower-case letters, digits and single '-'",
            hint="choose one with --name",
        )
    path = Path(repository.recipe_path(name))
    if path.exists():
        raise RequestError(
            f"there is a recipe of {repository.namespace}.{name} already: {path}",
            hint=f"'outcrop edit {name}' opens it, 'outcrop checksum {name} --add' adds versions; or choose --name",
            code="recipe-exists",
        )


def write_recipe(repository: Repository, name: str, text: str) -> Path:
    """Write a new recipe and return its path.

    Raises:
        RequestError: there is one already.
    """
    check_name(repository, name)
    path = Path(repository.recipe_path(name))
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise RequestError(f"there is a recipe already: {path}", code="recipe-exists") from None
    return path


# -- drafts ---


class Author:
    """Makes drafts."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._upstream = Upstream(context)

    def draft(self, subject: str, wish: Wish, *, check: Callable[[str], None] = lambda name: None) -> Draft:
        """A draft from an address, an archive on this machine, or the name of a project on the package index.

        Args:
            check: is called with the package's name as soon as it is known, before anything long begins.

        Raises:
            RequestError: nothing can be found out.
            FetchError: something cannot be had.
        """
        path = Path(subject).expanduser()
        path = path if path.is_absolute() else self._context.directory / path
        if "://" not in subject and not path.is_file():
            if "/" in subject:
                raise RequestError(f"there is no file {path}", hint="give an address, or the name of a project")
            return self._from_project(subject, wish, check)
        url = subject if "://" in subject else path.as_uri()
        indexed = _on_index(url)
        if indexed is not None:
            return self._from_project(indexed[0], wish, check, filename=indexed[1])
        return self._from_url(url, wish, check)

    def _from_project(self, project: str, wish: Wish, check: Callable[[str], None], *, filename: str = "") -> Draft:
        plain = canonicalize_name(project)
        name = wish.name or package_name(plain, self._exists)
        check(name)
        found = self._upstream.project_releases(plain)
        if not found:
            raise RequestError(
                f"the package index has no source distribution of {project}",
                hint="check the name; for a project that publishes elsewhere, give the address of an archive",
                code="no-project",
            )
        releases = _chosen(found, wish, filename, project)
        files = [self._fetched(release, name) for release in releases]
        tree = self._read(files[0][1], wish.build_system)
        return self._complete(
            Draft(
                name=name,
                build_system=tree.build_system,
                pypi=f"{plain}/{releases[0].filename}",
                versions=_checked(releases, files),
            ),
            tree,
        )

    def _from_url(self, url: str, wish: Wish, check: Callable[[str], None]) -> Draft:
        version = wish.version or version_in_url(url)
        if version is None:
            raise UsageError(f"{url} names no version", hint="say which it is with --version")
        guessed = name_in_url(url, version)
        if wish.name:
            check(wish.name)
        releases = [Release(version, (url,))]
        if wish.count > 1:
            releases += self._others(url, version)[: wish.count - 1]
        files = [self._fetched(release, guessed) for release in releases]
        tree = self._read(files[0][1], wish.build_system)
        name = wish.name
        if not name:
            project = tree.python.name if tree.python is not None else ""
            name = package_name(project or guessed, self._exists) if tree.build_system == "python" else guessed
            check(name)
        return self._complete(
            Draft(name=name, build_system=tree.build_system, url=url, versions=_checked(releases, files)), tree
        )

    def _others(self, url: str, version: str) -> list[Release]:
        """Releases beside the one at ``url``, newest first."""
        model = PackageModel(
            name="new",
            namespace="new",
            class_name="New",
            file="new",
            line=1,
            versions=(VersionDecl(version=version, origin=Origin("new", 1)),),
            attributes={"url": url},
        )
        return self._upstream.undeclared(model)

    def _fetched(self, release: Release, name: str) -> tuple[str, Discovered]:
        return self._upstream.fetch(release, name)

    def _exists(self, name: str) -> bool:
        return self._context.repositories.exists(name)

    def _read(self, file: Discovered, build_system: str) -> SourceTree:
        """Unpack, look, and remove again."""
        self._context.paths.stage.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix="new-recipe-", dir=self._context.paths.stage))
        try:
            return read_source_tree(Stage(work).expand(file.path, name=file.filename), build_system or None)
        finally:
            shutil.rmtree(work)

    def _complete(self, draft: Draft, tree: SourceTree) -> Draft:
        """Add what the sources say."""
        compiled = [DependencyLine(language, ("build",)) for language in tree.languages]
        project = tree.python
        if project is None:
            tools = ("autoconf", "automake", "libtool", "m4") if tree.needs_autoreconf else ()
            lines = [*compiled, *(DependencyLine(tool, ("build",)) for tool in tools)]
            return replace(draft, dependencies=tuple(lines), wanted=self._missing(lines))
        lines = [*compiled, *_python_lines(project, self._exists)]
        notes = [] if project.known else ["run-time dependencies: upstream computes them when it is built"]
        return replace(
            draft,
            description=project.summary,
            homepage=project.homepage if self._may_stand(project.homepage) else "",
            license=project.license,
            dependencies=tuple(lines),
            notes=tuple(notes),
            wanted=self._missing(lines),
        )

    def _missing(self, lines: Sequence[DependencyLine]) -> tuple[str, ...]:
        names = {re.split("[@ ]", line.spec)[0] for line in lines if line.spec and not line.commented}
        repositories = self._context.repositories
        return tuple(sorted(name for name in names if not (repositories.exists(name) or repositories.is_virtual(name))))

    def _may_stand(self, homepage: str) -> bool:
        """A web address that is not a page of a package index."""
        host = urlsplit(homepage).hostname or ""
        if urlsplit(homepage).scheme not in ("http", "https") or not host:
            return False
        indexes = {urlsplit(origin.url).hostname for origin in self._context.fetcher.origins}
        return host.removeprefix("www.") not in indexes


def _on_index(url: str) -> tuple[str, str] | None:
    """(project, file name) of an address that is a package index's."""
    probe = VersionDecl(version="0", origin=Origin("new", 1), fetch={"url": url})
    model = PackageModel(name="new", namespace="new", class_name="New", file="new", line=1, versions=(probe,))
    source = main_source(model, "0")
    return (source.project, source.filename) if source.kind == "index" else None


def _chosen(found: Sequence[Release], wish: Wish, filename: str, project: str) -> list[Release]:
    """The releases a draft takes, the one it is written after first."""
    if wish.version or filename:
        first = [each for each in found if each.version == wish.version or (filename and each.filename == filename)]
        if not first:
            raise RequestError(
                f"the package index has no source distribution {filename or wish.version} of {project}",
                hint=f"the newest are {', '.join(each.version for each in found[:3])}",
                code="no-version",
            )
    else:
        first = [each for each in found if not (each.is_prerelease or each.yanked)][:1] or list(found[:1])
    rest = [each for each in found if each not in first and not (each.is_prerelease or each.yanked)]
    older = rest[: max(0, wish.count - len(first))]
    return [*first, *older]


def _checked(releases: Sequence[Release], files: Sequence[tuple[str, Discovered]]) -> tuple[tuple[str, str], ...]:
    return tuple((release.version, file.sha256) for release, (_, file) in zip(releases, files, strict=True))


def name_in_url(url: str, version: str) -> str:
    """What a package is called, as its address tells: the file without its version, or the repository of a forge."""
    stem = url_filename(url).removesuffix(archive_suffix(url_filename(url)))
    before = re.split(rf"[-_.]?v?{re.escape(version)}", stem, maxsplit=1)[0]
    if not before or re.fullmatch(r"v|r|release|version", before, re.IGNORECASE):
        segments = [unquote(segment) for segment in urlsplit(url).path.split("/") if segment]
        ends = [number for number, segment in enumerate(segments) if segment in ("archive", "releases", "-")]
        before = segments[ends[0] - 1] if ends and ends[0] else (segments[-2] if len(segments) > 1 else stem)
    return re.sub("[^a-z0-9]+", "-", before.lower()).strip("-")


def _python_lines(project: PythonProject, exists: Callable[[str], bool]) -> list[DependencyLine]:
    """Directives for Python, for what builds the project and for what it needs."""
    both: tuple[DependencyType, ...] = ("build", "run")
    lines = translate_python(project.requires_python) if project.requires_python else []
    for texts, types in ((project.build_requires, ("build",)), (project.requires, both)):
        for text in texts:
            line = translate_requirement(text, types, exists)
            if line is not None and line not in lines:
                lines.append(line)
    running = {(line.spec, line.when) for line in lines if line.types == both}
    return [line for line in lines if line.types == both or (line.spec, line.when) not in running]
