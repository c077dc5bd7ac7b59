"""From an imported recipe to a :class:`PackageModel`: plain data, every directive with its condition and its place."""

# Paths are texts here, as modules and directives have them.
# ruff: noqa: PTH100, PTH119, PTH120

from __future__ import annotations

import contextlib
import inspect
import operator
import os
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, TypeVar

import outcrop
from outcrop.base.errors import OutcropError
from outcrop.package.language import records as said
from outcrop.package.specs.spec_api import Spec as ApiSpec
from outcrop.repo.errors import RecipeError
from outcrop.repo.files import Files
from outcrop.repo.importing import Loaded
from outcrop.repo.layout import Repository, package_name
from outcrop.repo.model import (
    ConflictDecl,
    DependencyDecl,
    ExtendDecl,
    LicenseDecl,
    Origin,
    PackageModel,
    PatchDecl,
    ProvideDecl,
    RequirementDecl,
    ResourceDecl,
    VariantDecl,
    VariantValue,
    VersionDecl,
)
from outcrop.repo.runtime_rules import runtime_rules
from outcrop.spec import Version
from outcrop.spec.addresses import version_in_url
from outcrop.spec.graph import PatchSource
from outcrop.spec.version import Key

if TYPE_CHECKING:
    from outcrop.package.classes.base import PackageBase

R = TypeVar("R", bound=said.Record)
D = TypeVar("D")

PLAIN_ATTRIBUTES = (
    "url",
    "urls",
    "list_url",
    "list_depth",
    "pypi",
    "cran",
    "bioc",
    "git",
    "svn",
    "hg",
    "cvs",
    "git_sparse_paths",
    "submodules",
    "gnu_mirror_path",
    "xorg_mirror_path",
    "sourceforge_mirror_path",
    "sourceware_mirror_path",
    "fetch_options",
    "manual_download",
    "executables",
    "libraries",
    "extendable",
    "build_system_class",
)
"""Class attributes that go into a model where a recipe sets them to plain data."""

_PLACES = frozenset({"url", "git", "commit", "tag", "branch", "svn", "hg", "cvs"})

_OUR_SOURCES = os.path.dirname(os.path.dirname(os.path.abspath(outcrop.__file__)))


class Extractor:
    """Turns recipes of ``repositories`` into models; ``files`` are theirs."""

    def __init__(self, repositories: Iterable[Repository], files: Files | None = None) -> None:
        self._repositories = tuple(repositories)
        self.files = files or Files(self._repositories)
        self._names: dict[str, str] = {}

    def relative(self, file: str) -> str:
        """A file as models name it; files of the program itself appear below ``outcrop/``."""
        known = self._names.get(file)
        if known is None:
            for repository in self._repositories:
                known = repository.relative(file)
                if known is not None:
                    break
            else:
                known = os.path.relpath(file, _OUR_SOURCES) if file.startswith(_OUR_SOURCES + os.sep) else file
            self._names[file] = known
        return known

    def extract(self, repository: Repository, name: str, loaded: Loaded) -> tuple[PackageModel, tuple[str, ...]]:
        """The model of a recipe, and all files it was made from: repository modules (the recipe first), then patches.

        Raises:
            RecipeError: a directive makes no sense.
        """
        recipe = loaded.recipe
        fullname = f"{repository.namespace}.{name}"
        try:
            by_kind: dict[type, list[said.Record]] = {}
            for record in recipe.records():
                by_kind.setdefault(type(record), []).append(record)
            work = _Directives(self, by_kind)
            model = self._model(repository, name, loaded, work)
        except OutcropError as error:
            raise RecipeError(
                f"the recipe of {fullname} cannot be read: {error.message}",
                place=error.place,
                details=error.details,
                hint=error.hint,
            ) from error
        return model, (*loaded.files, *sorted(work.patch_files - set(loaded.files)))

    def _model(self, repository: Repository, name: str, loaded: Loaded, work: _Directives) -> PackageModel:
        recipe = loaded.recipe
        tags = [str(tag) for tag in getattr(recipe, "tags", ()) or ()]
        attributes = _plain_attributes(recipe)
        if "detectable" not in tags and ("executables" in attributes or "libraries" in attributes):
            tags.append("detectable")
        versions = _left_versions(recipe, name, work.versions())
        if _overrides(recipe, "url_for_version") or _overrides(recipe, "url_version"):
            attributes["computes_url"] = True
            computed = _computed_urls(recipe, name, versions)
            if computed:
                attributes["computed_urls"] = computed
        else:
            attributes.update(_url_properties(recipe, name))
        people = {person for record in work.of(said.MaintainersRecord) for person in record.names}
        homepage = _attribute(recipe, "homepage")
        has_code = _attribute(recipe, "has_code")
        return PackageModel(
            name=name,
            namespace=repository.namespace,
            class_name=recipe.__name__,
            file=self.relative(loaded.files[0]),
            line=loaded.line,
            versions=versions,
            variants=work.all(said.VariantRecord, work.variant),
            dependencies=work.all(said.DependencyRecord, work.dependency),
            conflicts=work.all(said.ConflictRecord, work.conflict),
            requirements=work.all(said.RequirementRecord, work.requirement),
            provides=work.all(said.ProvideRecord, work.provide),
            extends=work.all(said.ExtendRecord, work.extend),
            patches=work.all(said.PatchRecord, work.patch),
            resources=work.all(said.ResourceRecord, work.resource),
            licenses=work.all(said.LicenseRecord, work.license),
            runtimes=runtime_rules(recipe, name, (item.version for item in versions), self.relative),
            maintainers=tuple(sorted(people)),
            tags=tuple(tags),
            homepage=homepage if isinstance(homepage, str) else "",
            description=inspect.cleandoc(recipe.__doc__ or ""),
            attributes=attributes,
            url_versions=_url_versions(attributes, versions),
            modules=tuple(self.relative(file) for file in loaded.files),
            virtual=getattr(recipe, "virtual", False) is True,
            has_code=has_code is not False,
        )

    def package_of(self, directory: str) -> str | None:
        """The full name of the package whose directory this is."""
        for repository in self._repositories:
            if os.path.dirname(directory) == repository.packages:
                last = os.path.basename(directory)
                name = last if repository.is_v1 else package_name(last)
                return f"{repository.namespace}.{name}"
        return None


class _Directives:
    """The records of one recipe as declarations; collects the patch files they name."""

    def __init__(self, extractor: Extractor, by_kind: Mapping[type, list[said.Record]]) -> None:
        self._extractor = extractor
        self._by_kind = by_kind
        self.patch_files: set[str] = set()

    def of(self, kind: type[R]) -> list[R]:
        """Records of one kind."""
        return self._by_kind.get(kind, [])  # type: ignore[return-value]  # keyed by their own type

    def all(self, kind: type[R], declare: Callable[[R], D]) -> tuple[D, ...]:
        """Records of one kind, each turned into a declaration."""
        return tuple([declare(record) for record in self.of(kind)])

    def origin(self, record: said.Record) -> Origin:
        """Where a record comes from."""
        return Origin(self._extractor.relative(record.file), record.line)

    def versions(self) -> tuple[VersionDecl, ...]:
        """Best first; of several declarations of one version the last counts."""
        # By key, which compares faster than versions do.
        found: dict[Key, tuple[tuple[bool, bool, bool, bool, Key], VersionDecl]] = {}
        for record in self.of(said.VersionRecord):
            declared = VersionDecl(
                version=record.version,
                origin=self.origin(record),
                preferred=record.preferred,
                deprecated=record.deprecated,
                fetch=_plain_items(record.fetch),
            )
            version = Version(record.version)
            rank = (
                record.preferred,
                not record.deprecated,
                not version.isdevelop(),
                not version.is_prerelease,
                version.key,
            )
            found[version.key] = (rank, declared)
        return tuple(declared for _, declared in sorted(found.values(), key=operator.itemgetter(0), reverse=True))

    def variant(self, record: said.VariantRecord) -> VariantDecl:
        return VariantDecl(
            name=record.name,
            kind=record.kind,
            origin=self.origin(record),
            default=record.default,
            values=tuple(VariantValue(value=item.value, when=item.when, never=item.never) for item in record.values),
            sets=record.sets,
            open=record.open,
            sticky=record.sticky,
            description=record.description,
            when=record.when,
        )

    def dependency(self, record: said.DependencyRecord) -> DependencyDecl:
        return DependencyDecl(
            spec=record.spec,
            origin=self.origin(record),
            types=record.types,
            when=record.when,
            patches=tuple(self.patch(patch) for patch in record.patches),
        )

    def conflict(self, record: said.ConflictRecord) -> ConflictDecl:
        return ConflictDecl(spec=record.spec, origin=self.origin(record), when=record.when, message=record.message)

    def requirement(self, record: said.RequirementRecord) -> RequirementDecl:
        return RequirementDecl(
            specs=record.specs,
            origin=self.origin(record),
            policy=record.policy,
            when=record.when,
            message=record.message,
        )

    def provide(self, record: said.ProvideRecord) -> ProvideDecl:
        return ProvideDecl(virtuals=record.virtuals, origin=self.origin(record), when=record.when)

    def extend(self, record: said.ExtendRecord) -> ExtendDecl:
        return ExtendDecl(name=record.name, origin=self.origin(record), types=record.types, when=record.when)

    def patch(self, record: said.PatchRecord) -> PatchDecl:
        if record.is_url:
            source = PatchSource(
                sha256=record.sha256,
                package=record.declared_by,
                url=record.target,
                archive_sha256=record.archive_sha256,
                level=record.level,
                working_dir=record.working_dir,
                reverse=record.reverse,
            )
        else:
            # A file that exists nowhere keeps an empty checksum: an error where the patch would apply, not before.
            digest = ""
            if record.directory:
                file = os.path.join(record.directory, record.target)
                digest = self._extractor.files.sha256(self._extractor.relative(file), file).hex()
                self.patch_files.add(file)
            source = PatchSource(
                sha256=digest,
                package=self._extractor.package_of(record.directory) or record.declared_by,
                file=record.target,
                level=record.level,
                working_dir=record.working_dir,
                reverse=record.reverse,
            )
        return PatchDecl(source=source, origin=self.origin(record), when=record.when)

    def resource(self, record: said.ResourceRecord) -> ResourceDecl:
        return ResourceDecl(
            name=record.name,
            origin=self.origin(record),
            destination=record.destination,
            placement=record.placement,
            fetch=_plain_items(record.fetch),
            when=record.when,
        )

    def license(self, record: said.LicenseRecord) -> LicenseDecl:
        return LicenseDecl(expression=record.expression, origin=self.origin(record), when=record.when)


def _plain_attributes(recipe: type[PackageBase]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name in PLAIN_ATTRIBUTES:
        value = _attribute(recipe, name)
        if value is not None and value != "" and value != () and value != [] and _is_plain(value):
            found[name] = _plain(value)
    return found


def _left_versions(recipe: type[PackageBase], name: str, versions: tuple[VersionDecl, ...]) -> tuple[VersionDecl, ...]:
    """The versions that are left once a package object exists: a few recipes take back inherited ones in ``__init__``,
    out of the dictionary of the class.
    """
    if not _overrides(recipe, "__init__"):
        return versions
    with contextlib.suppress(Exception):
        recipe(ApiSpec(name))  # type: ignore[arg-type]  # no node, on purpose
    left = {str(version) for version in recipe.versions}
    return tuple(item for item in versions if item.version in left)


def _url_versions(attributes: Mapping[str, object], versions: Iterable[VersionDecl]) -> dict[str, str]:
    """The versions in templates: finding them takes expressions that are slow to make, so it is done here, once."""
    urls = attributes.get("urls")
    own = [item.fetch.get("url") for item in versions]
    # Those of single versions serve for others that have none.
    templates = [
        attributes.get("url"),
        *(urls if isinstance(urls, list | tuple) else ()),
        *(own if None in own else ()),
    ]
    declared = [item.version for item in versions]
    return {url: version_in_url(url, declared) or "" for url in templates if url and isinstance(url, str)}


def _computed_urls(recipe: type[PackageBase], name: str, versions: Iterable[VersionDecl]) -> dict[str, list[str]]:
    """What a recipe that computes URLs says about the declared versions that have no place of their own.

    Asked of an object that knows nothing but a version; a recipe that needs more is asked again when it is built.
    """
    found: dict[str, list[str]] = {}
    for declared in versions:
        if not _PLACES.isdisjoint(declared.fetch):
            continue
        package = object.__new__(recipe)
        try:
            package.spec = ApiSpec(f"{name}@={declared.version}")  # type: ignore[assignment]  # no node, on purpose
            urls = [str(url) for url in package.all_urls_for_version(Version(declared.version))]
        except Exception:
            continue
        if urls:
            found[declared.version] = urls
    return found


def _url_properties(recipe: type[PackageBase], name: str) -> dict[str, object]:
    """URL templates that a recipe makes from other attributes (names of mirrors mostly)."""
    found: dict[str, object] = {}
    for word in ("url", "urls"):
        if isinstance(_attribute(recipe, word), property):
            package = object.__new__(recipe)
            package.spec = ApiSpec(name)  # type: ignore[assignment]  # no node, on purpose
            value = _attribute(package, word)
            if value and _is_plain(value):
                found[word] = _plain(value)
    return found


def _attribute(owner: object, name: str) -> object:
    """An attribute; ``None`` where computing it fails (it may need more than there is)."""
    try:
        return getattr(owner, name, None)
    except Exception:
        return None


def _plain_items(items: Mapping[str, object]) -> dict[str, object]:
    """The keywords that are plain data; ``computed`` lists the names of the others."""
    found: dict[str, object] = {}
    computed: list[str] = []
    for key, value in items.items():
        if type(value) is str:
            found[key] = value
        elif not _is_plain(value):
            computed.append(key)
        elif value is not None:
            found[key] = _plain(value)
    if computed:
        found["computed"] = sorted(computed)
    return found


def _is_plain(value: object) -> bool:
    if isinstance(value, list | tuple | set | frozenset):
        return all(_is_plain(item) for item in value)
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_plain(item) for key, item in value.items())
    return value is None or isinstance(value, str | bool | int | float | Version)


def _plain(value: object) -> object:
    if isinstance(value, set | frozenset):
        return sorted(str(item) for item in value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value if value is None or isinstance(value, bool | int | float) else str(value)


def _overrides(recipe: type[PackageBase], name: str) -> bool:
    """The nearest class of a repository, not ours, defines ``name``."""
    for owner in recipe.__mro__:
        if name in vars(owner):
            return not owner.__module__.startswith("outcrop.")
    return False
