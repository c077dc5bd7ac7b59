"""Finding what is installed outside the store, by asking recipes: which programs or libraries are theirs, of which
version, with which variants.

Nothing here knows repositories: recipes are those that were imported in this process, or can be from where those are.
"""

from __future__ import annotations

import importlib
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

# Any: recipes answer with texts, pairs, or lists of them, and their extra attributes hold anything.
from typing import Any, NamedTuple

from outcrop.package.classes.base import PackageBase
from outcrop.package.language.naming import is_package_module
from outcrop.package.programs.talk import tty
from outcrop.package.specs.spec_api import Spec

__all__ = ["DetectedPackage", "by_path", "detect", "find_recipe"]

_LIBRARY_PATHS = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH")
_LIBRARY_DIRECTORIES = ("lib", "lib64")
_PROGRAM_DIRECTORIES = ("bin", "sbin", "libexec")


class DetectedPackage(NamedTuple):
    """Something that is installed: its spec, with what the recipe says of it, and where it is."""

    spec: Spec
    prefix: str


def by_path(
    packages_to_search: Iterable[str],
    *,
    path_hints: Sequence[str | os.PathLike[str]] | None = None,
    max_workers: int | None = None,
) -> dict[str, list[DetectedPackage]]:
    """Package name -> what is installed of it; packages of which nothing is found, or without a recipe, are left out.

    Args:
        packages_to_search: names, with or without namespace.
        path_hints: directories, or prefixes with ``bin`` or ``lib`` in them; by default the search paths of this
            process.
        max_workers: accepted and ignored.
    """
    hints = None if path_hints is None else [os.fspath(path) for path in path_hints]
    result: dict[str, list[DetectedPackage]] = {}
    for name in packages_to_search:
        recipe = find_recipe(name)
        found = detect(recipe, hints) if recipe is not None else []
        if found:
            result[name] = found
    return result


def detect(recipe: type[PackageBase], path_hints: Sequence[str] | None = None) -> list[DetectedPackage]:
    """What is installed of one recipe's package, in the order of the directories; see :func:`by_path`."""
    found: dict[tuple[str, str], DetectedPackage] = {}
    for attribute, directories in (
        ("executables", _program_directories(path_hints)),
        ("libraries", _library_directories(path_hints)),
    ):
        patterns = _patterns(getattr(recipe, attribute, None))
        if not patterns:
            continue
        for directory in directories:
            paths = [
                path for path in _files(directory, patterns) if attribute == "libraries" or os.access(path, os.X_OK)
            ]
            if paths:
                prefix = _prefix(directory)
                for one in _answers(recipe, prefix, paths):
                    found.setdefault((str(one.spec), one.prefix), one)
    return list(found.values())


def find_recipe(name: str) -> type[PackageBase] | None:
    """The class of a package: of a module that was imported already, else from the repositories of such modules."""
    namespace, _, bare = name.rpartition(".")
    modules = [module for module in list(sys.modules) if is_package_module(module)]
    for module in modules:
        recipe = _recipe_of(module, bare)
        if recipe is not None and namespace in ("", recipe.namespace):
            return recipe
    directory = bare.replace("-", "_")
    for start in dict.fromkeys(module.rsplit(".", 2)[0] for module in modules if module.startswith("spack_repo.")):
        for candidate in (directory, f"_{directory}"):
            module = f"{start}.{candidate}.package"
            try:
                importlib.import_module(module)
            except ModuleNotFoundError:
                continue
            recipe = _recipe_of(module, bare)
            if recipe is not None and namespace in ("", recipe.namespace):
                return recipe
    return None


def _recipe_of(module: str, name: str) -> type[PackageBase] | None:
    for value in list(vars(sys.modules[module]).values()) if module in sys.modules else ():
        if isinstance(value, type) and issubclass(value, PackageBase) and value.__module__ == module:
            plain = value.__name__.lower().lstrip("_")
            if value.name == name and plain == re.sub("[-_]", "", name).lower():
                return value
    return None


def _patterns(value: Any) -> list[re.Pattern[str]]:
    return [re.compile(pattern) for pattern in value] if isinstance(value, list | tuple) else []


def _program_directories(hints: Sequence[str] | None) -> list[str]:
    if hints is None:
        return _directories(os.environ.get("PATH", "").split(os.pathsep))
    return _directories([*hints, *(os.path.join(hint, below) for hint in hints for below in _PROGRAM_DIRECTORIES)])


def _library_directories(hints: Sequence[str] | None) -> list[str]:
    if hints is None:
        listed = [path for variable in _LIBRARY_PATHS for path in os.environ.get(variable, "").split(os.pathsep)]
        hints = ["/usr", "/usr/local"]
        listed += [os.path.join(hint, below) for hint in hints for below in _LIBRARY_DIRECTORIES]
        return _directories(listed)
    return _directories([*hints, *(os.path.join(hint, below) for hint in hints for below in _LIBRARY_DIRECTORIES)])


def _directories(paths: Iterable[str]) -> list[str]:
    """Those that exist, each once, whatever it is called."""
    places: dict[str, str] = {}
    for path in paths:
        if path and Path(path).is_dir():
            places.setdefault(os.path.realpath(path), path)
    return list(places.values())


def _files(directory: str, patterns: list[re.Pattern[str]]) -> list[str]:
    try:
        with os.scandir(directory) as entries:
            names = sorted(entry.name for entry in entries if any(one.search(entry.name) for one in patterns))
    except OSError:
        return []
    paths = [os.path.join(directory, name) for name in names]
    return [path for path in paths if Path(path).is_file()]


def _prefix(directory: str) -> str:
    """What has the directory in it, up to the last component that is a usual name for one."""
    path = Path(directory)
    for candidate in (path, *path.parents):
        if candidate.name in (*_PROGRAM_DIRECTORIES, *_LIBRARY_DIRECTORIES):
            return str(candidate.parent)
    return directory


def _answers(recipe: Any, prefix: str, paths: list[str]) -> list[DetectedPackage]:
    try:
        return list(_details(recipe, prefix, paths))
    except Exception as error:
        # What a recipe makes of programs it has never seen is no reason to stop looking.
        tty.debug(f"{recipe.name} cannot tell what is in {prefix}: {error!r}")
        return []


def _details(recipe: Any, prefix: str, paths: list[str]) -> Iterator[DetectedPackage]:
    whole = getattr(recipe, "determine_spec_details", None)
    if whole is not None:
        answers = whole(prefix, set(paths))
        for spec in answers if isinstance(answers, list | tuple) else [answers]:
            if spec is not None and _is_valid(recipe, spec):
                yield DetectedPackage(spec, prefix)
        return
    by_version: dict[str, list[str]] = {}
    choose = getattr(recipe, "filter_detected_exes", None)
    for path in choose(prefix, paths) if choose is not None else paths:
        version = _ask_version(recipe, path)
        if version:
            by_version.setdefault(version, []).append(path)
    for version, same in by_version.items():
        for variants, extra in _ask_variants(recipe, same, version):
            place = str(extra.pop("prefix", prefix))
            modules = extra.pop("modules", None)
            spec = Spec.from_detection(
                f"{recipe.name}@={version} {variants}".strip(),
                external_path=place,
                external_modules=modules,
                extra_attributes=extra,
            )
            if _is_valid(recipe, spec):
                yield DetectedPackage(spec, place)


def _ask_version(recipe: Any, path: str) -> str:
    """The version of one file; empty if the recipe cannot tell, whatever keeps it from that."""
    ask = getattr(recipe, "determine_version", None)
    if ask is None:
        return ""
    try:
        return str(ask(path) or "")
    except Exception:
        # A program that is not what its name says may answer anything.
        return ""


def _ask_variants(recipe: Any, paths: list[str], version: str) -> Iterator[tuple[str, dict[str, Any]]]:
    ask = getattr(recipe, "determine_variants", None)
    answer = ask(paths, version) if ask is not None else ""
    for one in answer if isinstance(answer, list) else [answer]:
        text, extra = one if isinstance(one, tuple) else (one, None)
        yield str(text or ""), dict(extra or {})


def _is_valid(recipe: Any, spec: Spec) -> bool:
    validate = getattr(recipe, "validate_detected_spec", None)
    if validate is None:
        return True
    try:
        validate(spec, spec.extra_attributes)
    except Exception:
        # Recipes refuse with assertions, and with errors of every kind.
        return False
    return True
