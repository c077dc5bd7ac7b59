"""A recipe that is not written yet, and its text. Pure, but for a look at which build systems repositories have."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from outcrop.env.recipe_edit import version_line
from outcrop.env.requirements import DependencyLine
from outcrop.repo import Repositories
from outcrop.repo.layout import Repository, class_name

_CLASSES = {
    "python": "PythonPackage",
    "cmake": "CMakePackage",
    "autotools": "AutotoolsPackage",
    "meson": "MesonPackage",
    "makefile": "MakefilePackage",
    "generic": "Package",
}
_HOOKS = {
    "cmake": ("def cmake_args(self):", "return []"),
    "autotools": ("def configure_args(self):", "return []"),
    "meson": ("def meson_args(self):", "return []"),
    "makefile": ("def edit(self, spec, prefix):", "pass"),
    "generic": (
        "def install(self, spec, prefix):",
        'raise InstallError("the recipe does not say how it is installed")',
    ),
}
_ASK = {
    "cmake": 'options for this project, as in self.define("BUILD_TESTS", False)',
    "autotools": 'options for this project, as in "--disable-nls"',
    "meson": 'options for this project, as in "-Dtests=disabled"',
    "makefile": "change the Makefile where it has fixed paths",
    "generic": "build it, and put its files into prefix",
}
_WIDTH = 93


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A recipe that is not written yet. ``versions`` are (version, sha256), newest first; ``wanted`` are packages it
    depends on that have no recipe."""

    name: str
    build_system: str
    description: str = ""
    homepage: str = ""
    pypi: str = ""
    url: str = ""
    license: str = ""
    versions: tuple[tuple[str, str], ...] = ()
    dependencies: tuple[DependencyLine, ...] = ()
    notes: tuple[str, ...] = ()
    wanted: tuple[str, ...] = ()


def build_system_import(repositories: Repositories, target: Repository, build_system: str) -> str | None:
    """The import that gives a recipe its base class; empty if the star import does; ``None`` if nobody has it."""
    if target.is_v1:
        return ""
    ordered = [target, *(each for each in repositories.repositories if each.root != target.root)]
    for repository in ordered:
        if not repository.is_v1 and (repository.root / "build_systems" / f"{build_system}.py").is_file():
            module = f"spack_repo.{repository.namespace}.build_systems.{build_system}"
            return f"from {module} import {_CLASSES[build_system]}"
    return "" if build_system == "generic" else None


def render_recipe(draft: Draft, import_line: str | None) -> str:
    """The text of a recipe. What only a person can know is marked ``FIXME``.

    Args:
        import_line: see :func:`build_system_import`.
    """
    known = import_line is not None
    base = _CLASSES[draft.build_system] if known else "Package"
    lines = ["from spack.package import *", *([import_line] if import_line else []), "", ""]
    lines.append(f"class {class_name(draft.name)}({base}):")
    body = _docstring(draft.description)
    facts = [
        f'homepage = "{_quoted(draft.homepage)}"' if draft.homepage else '# FIXME: homepage = "https://..."',
        f'pypi = "{draft.pypi}"' if draft.pypi else f'url = "{_quoted(draft.url)}"',
    ]
    body += ["", *facts, ""]
    body.append(f'license("{draft.license}")' if draft.license else '# FIXME: license("...")')
    body += ["", *(version_line(version, sha256) for version, sha256 in draft.versions)]
    dependencies = [line for each in draft.dependencies for line in each.render()]
    if draft.notes or dependencies:
        body += ["", *dependencies, *(f"# FIXME: {note}" for note in draft.notes)]
    body += _hook(draft.build_system if known else "generic", draft.build_system if not known else "")
    lines += [f"    {line}" if line else "" for line in body]
    return "\n".join(lines) + "\n"


def _hook(build_system: str, missing: str) -> list[str]:
    if build_system not in _HOOKS:
        return []
    head, last = _HOOKS[build_system]
    ask = f"build it with {missing}, for which no repository has a class" if missing else _ASK[build_system]
    return ["", head, f"    # FIXME: {ask}", f"    {last}"]


def _docstring(text: str) -> list[str]:
    clean = " ".join(text.split()).replace("\\", "\\\\").replace('"""', "'''") or "FIXME: what it is, in a sentence."
    if clean[-1] not in ".!?":
        clean += "."
    lines = textwrap.wrap(f'"""{clean}', _WIDTH, break_long_words=False, break_on_hyphens=False)
    return [f'{lines[0]}"""'] if len(lines) == 1 else [*lines, '"""']


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
