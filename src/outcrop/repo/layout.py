"""Where a repository keeps what: ``repo.yaml``, and the mapping between directories, package names, class names and
module names.

Knows two layouts. In the current one (v2) a repository lies at ``spack_repo/<namespace>/`` below a directory that
plays the part of an entry of ``sys.path``, and package directories are Python module names. In the old one (v1) a
repository lies anywhere, and the name of a package directory is the package's name. Nothing here imports a recipe.
"""

# Texts, not Path objects: thousands of files are looked at, and this is on the way of every command.
# ruff: noqa: PTH113

from __future__ import annotations

import keyword
import os
import re
from functools import cached_property
from pathlib import Path

import msgspec

import outcrop
from outcrop.base.digests import SHORT_HASH, base32_name
from outcrop.base.errors import Place
from outcrop.base.patterns import pattern
from outcrop.repo.errors import RepositoryError

CORE_ROOT = Path(outcrop.__file__).parent / "recipes" / "spack_repo" / "core"
"""The repository that comes with the program."""

NEWEST_API = (2, 2)
OLDEST_API = (1, 0)

RECIPE_FILE = "package.py"
REPOSITORY_FILE = "repo.yaml"
INDEX_FILE = "spack-repo-index.yaml"

_MODULE = pattern(r"[a-z_][a-z0-9_]*\Z")
_PLAIN_MODULE = pattern(r"[a-z](?:_?[a-z0-9])*_?\Z")
_V1_NAME = re.compile(r"\w[\w-]*\Z")
_API = pattern(r"v(\d+)\.(\d+)\Z")
_NAMESPACE = pattern(r"[a-zA-Z_]\w*(\.[a-zA-Z_]\w*)*\Z")
_PLAIN_HEAD = pattern(r"repo:\s*(?:#.*)?\Z")
_PLAIN_ENTRY = pattern(r"""[ ]+(\w+):[ ]+(?:([A-Za-z_][\w.\-]*)|'([^'\\]*)'|"([^"\\]*)")[ ]*(?:#.*)?\Z""")
_PLAIN_NOTHING = pattern(r"\s*(?:#.*|---)?\Z")
_NOT_A_STRING = frozenset({"true", "false", "null", "yes", "no", "on", "off"})
_KEYWORDS = frozenset(word for word in keyword.kwlist if word.islower())


def package_name(directory: str) -> str | None:
    """The package that a v2 directory holds, or ``None`` where the directory's name is not a legal one."""
    if _PLAIN_MODULE.match(directory) and directory not in _KEYWORDS:
        return directory.replace("_", "-")
    if not _MODULE.match(directory) or "__" in directory or directory in _KEYWORDS:
        return None
    bare = directory.removeprefix("_")
    if bare != directory and not (bare[:1].isdigit() or bare in _KEYWORDS):
        return None
    return bare.replace("_", "-")


def directory_name(package: str) -> str:
    """The v2 directory of a package."""
    name = package.replace("-", "_")
    return f"_{name}" if name[:1].isdigit() or name in _KEYWORDS else name


def class_name(package: str) -> str:
    """The class that a package's recipe defines."""
    name = "".join(piece.capitalize() for piece in re.split("[-_]+", package))
    return f"_{name}" if name[:1].isdigit() or name in {"True", "False", "None"} else name


class Repository(msgspec.Struct, frozen=True, dict=True):
    """One repository as its ``repo.yaml`` describes it."""

    root: Path
    namespace: str
    api: tuple[int, int]
    subdirectory: str

    @property
    def is_v1(self) -> bool:
        """Laid out the old way."""
        return self.api < (2, 0)

    @cached_property
    def label(self) -> str:
        """What paths in models begin with: the namespace as a path."""
        return self.namespace.replace(".", "/")

    @cached_property
    def packages(self) -> str:
        """The directory of the package directories, absolute."""
        return os.path.join(self.root, self.subdirectory) if self.subdirectory else str(self.root)

    @cached_property
    def identity(self) -> str:
        """A name for caches: tells apart repositories of one namespace at different places."""
        return f"{self.namespace}-{base32_name(os.fsencode(self.root))[:SHORT_HASH]}"

    @cached_property
    def module_prefix(self) -> str:
        """Module name of the package that contains all recipes."""
        if self.is_v1:
            return f"spack.pkg.{self.namespace}"
        return ".".join(("spack_repo", self.namespace, self.subdirectory))

    def directory(self, name: str) -> str:
        """The directory of package ``name``, below :attr:`packages`; says nothing about whether it exists."""
        return name if self.is_v1 else directory_name(name)

    def recipe_path(self, name: str) -> str:
        """The recipe of package ``name``, absolute; says nothing about whether it exists."""
        return f"{self.packages}/{self.directory(name)}/{RECIPE_FILE}"

    def exists(self, name: str) -> bool:
        """The repository has a recipe of this name."""
        if not self.is_v1 and package_name(directory_name(name)) != name:
            return False
        return bool(_V1_NAME.match(name)) and os.path.isfile(self.recipe_path(name))

    def module_name(self, name: str) -> str:
        """The module that a recipe is imported as."""
        if self.is_v1:
            identifier = name.replace("-", "_")
            return f"{self.module_prefix}.{'num' if identifier[:1].isdigit() else ''}{identifier}"
        return f"{self.module_prefix}.{directory_name(name)}.package"

    def package_in(self, directory: str) -> str | None:
        """The package that a directory below :attr:`packages` holds if there is a recipe; ``None`` where its name is
        not of the right form.
        """
        if self.is_v1:
            return directory if _V1_NAME.match(directory) and not directory.startswith("__") else None
        return package_name(directory)

    def candidates(self) -> list[str]:
        """Packages that have a directory of the right form, sorted; whether there is a recipe was not looked at."""
        try:
            with os.scandir(self.packages) as entries:
                found = [entry.name for entry in entries if _may_be_directory(entry)]
        except FileNotFoundError:
            return []
        return sorted(filter(None, map(self.package_in, found)))

    def misnamed(self) -> list[str]:
        """Directories that hold a recipe but whose name no package can have, sorted; they are passed over."""
        with os.scandir(self.packages) as entries:
            return sorted(
                entry.name
                for entry in entries
                if (not _V1_NAME.match(entry.name) if self.is_v1 else package_name(entry.name) is None)
                and os.path.isfile(os.path.join(entry.path, RECIPE_FILE))
            )

    def relative(self, path: str) -> str | None:
        """A file below the root as models name it (``core/packages/py_pip/package.py``); ``None`` for one outside."""
        start = f"{self.root}{os.sep}"
        return f"{self.label}/{path[len(start) :]}" if path.startswith(start) else None


def _may_be_directory(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir(follow_symlinks=False) or entry.is_symlink()


def load_repository(root: Path) -> Repository:
    """Read ``repo.yaml`` in ``root`` and check what it says.

    Raises:
        RepositoryError: it is missing, broken or contradicts its place; names file and line.
    """
    root = root.absolute()
    file = root / REPOSITORY_FILE
    try:
        text = file.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        raise RepositoryError(
            f"{root} is no recipe repository: it has no {REPOSITORY_FILE}",
            hint="name the directory that holds repo.yaml (for Spack's own: <checkout>/repos/spack_repo/builtin)",
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise RepositoryError(f"{file} cannot be read: {error}", place=Place(file)) from error
    settings = _plain_settings(text)
    places: dict[str, Place] = {}
    if settings is None:
        settings, places = _yaml_settings(file)

    def wrong(key: str, message: str, hint: str | None = None) -> RepositoryError:
        return RepositoryError(message, place=places.get(key) or _find_place(file, text, key), hint=hint)

    api_text = settings.get("api", "v1.0")
    match = _API.match(api_text) if isinstance(api_text, str) else None
    if match is None:
        raise wrong("api", f"api is {api_text!r}, not of the form v2.0")
    api = (int(match[1]), int(match[2]))
    if not OLDEST_API <= api <= NEWEST_API:
        raise wrong(
            "api",
            f"the repository needs package API {api_text}; this Outcrop speaks v{OLDEST_API[0]}.{OLDEST_API[1]} "
            f"to v{NEWEST_API[0]}.{NEWEST_API[1]}",
            "use a newer Outcrop, or an older state of the repository",
        )
    subdirectory = settings.get("subdirectory", "packages")
    if not isinstance(subdirectory, str):
        raise wrong("subdirectory", f"subdirectory is {subdirectory!r}, not a name")
    namespace = settings.get("namespace")
    if namespace is not None and not (isinstance(namespace, str) and _NAMESPACE.match(namespace)):
        raise wrong("namespace", f"namespace is {namespace!r}, not a dotted name")
    if api < (2, 0):
        if namespace is None:
            raise wrong("namespace", "a repository of API v1 must say its namespace")
        return Repository(root, namespace, api, "" if subdirectory == "." else subdirectory)
    derived = _namespace_of(root)
    if derived is None:
        raise wrong(
            "api",
            f"a repository of API {api_text} must lie below a directory named spack_repo; {root} does not",
            "move it to spack_repo/<namespace>/, or say api: v1.0 if it is an old repository",
        )
    if namespace is not None and namespace != derived:
        raise wrong("namespace", f"namespace is {namespace}, but the directory {root} means {derived}")
    if not _MODULE.match(subdirectory):
        raise wrong("subdirectory", f"subdirectory is {subdirectory!r}, not a Python module name")
    return Repository(root, derived, api, subdirectory)


def repository_roots(path: Path) -> list[Path]:
    """The repositories that a directory stands for: itself, or those its ``spack-repo-index.yaml`` lists.

    Raises:
        RepositoryError: it is neither; the hint names repositories found not far below.
    """
    path = path.absolute()
    if (path / REPOSITORY_FILE).is_file():
        return [path]
    index = path / INDEX_FILE
    if index.is_file():
        from outcrop.config.document import load_document  # reads YAML: slow to import, and rarely needed here

        document = load_document(index).below("repo_index", "paths")
        if not isinstance(document.data, list) or not all(isinstance(item, str) for item in document.data):
            raise RepositoryError("repo_index: paths: is not a list of directories", place=document.place())
        return [path / item for item in document.data]
    below = sorted(path.glob(f"spack_repo/*/{REPOSITORY_FILE}")) + sorted(
        path.glob(f"*/spack_repo/*/{REPOSITORY_FILE}")
    )
    raise RepositoryError(
        f"{path} is no recipe repository: it has no {REPOSITORY_FILE} and no {INDEX_FILE}",
        hint=f"did you mean {below[0].parent}?" if below else None,
    )


def _namespace_of(root: Path) -> str | None:
    parts = root.parts
    if "spack_repo" not in parts[:-1]:
        return None
    start = len(parts) - 1 - parts[::-1].index("spack_repo")
    names = parts[start + 1 :]
    return ".".join(names) if all(name.isidentifier() for name in names) else None


def _plain_settings(text: str) -> dict[str, object] | None:
    """The settings of a file in the simplest form, which nearly every repository has; ``None`` asks for a real YAML
    reader.
    """
    result: dict[str, object] = {}
    inside = False
    for line in text.splitlines():
        if _PLAIN_NOTHING.match(line):
            continue
        if not inside:
            if not _PLAIN_HEAD.match(line):
                return None
            inside = True
            continue
        match = _PLAIN_ENTRY.match(line)
        if match is None or match[1] in result or (match[2] or "").lower() in _NOT_A_STRING:
            return None
        result[match[1]] = next(group for group in match.groups()[1:] if group is not None)
    return result if inside else None


def _yaml_settings(file: Path) -> tuple[dict[str, object], dict[str, Place]]:
    from outcrop.config.document import load_document  # reads YAML: slow to import, and rarely needed here

    document = load_document(file)
    if not isinstance(document.data, dict) or not isinstance(document.data.get("repo"), dict):
        raise RepositoryError("there is no mapping repo: at the top", place=document.place())
    settings: dict[str, object] = dict(document.data["repo"])
    return settings, {key: document.place("repo", key) for key in settings}


def _find_place(file: Path, text: str, key: str) -> Place:
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(rf"\s*{key}\s*:", line):
            return Place(file, number)
    return Place(file)
