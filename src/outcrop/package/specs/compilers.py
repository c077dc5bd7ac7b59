"""``self.compiler`` and ``spec.compiler``: the old view of what are dependencies now."""

from __future__ import annotations

import re
from collections.abc import Sequence

# Any: compiler packages are recipes; their flags and paths are what the recipe says.
from typing import TYPE_CHECKING, Any

from outcrop.package.errors import CompilerError
from outcrop.spec.format import LANGUAGES

if TYPE_CHECKING:
    from outcrop.package.specs.facade import NodeSpec

OLD_NAMES = {
    "llvm": "clang",
    "intel-oneapi-compilers": "oneapi",
    "llvm-amdgpu": "rocmcc",
    "intel-oneapi-compilers-classic": "intel",
    "acfl": "arm",
}
"""Package -> the name its compiler had before compilers were packages."""

_PER_LANGUAGE = {"cc": "c", "cxx": "cxx", "fc": "fortran", "f77": "fortran"}
_LANGUAGE_MEMBER = re.compile(r"(cc|cxx|fc|f77)_(pic_flag|rpath_arg)")
_STANDARD_FLAG = re.compile(r"(cxx|c)(\d\d)_flag")
_PATHS = {"cc": "cc", "cxx": "cxx", "fc": "fortran", "f77": "fortran"}


def compiler_nodes(spec: NodeSpec) -> dict[str, NodeSpec]:
    """Language -> direct dependency that provides it to ``spec``."""
    found: dict[str, NodeSpec] = {}
    for edge in spec.edges_to_dependencies():
        for language in LANGUAGES:
            if language in edge.virtuals and language not in found:
                found[language] = edge.spec
    return found


class CompilerAdaptor:
    """The compilers of one package as one object. ``name`` is the package's name."""

    def __init__(self, spec: NodeSpec) -> None:
        self._spec = spec
        self._nodes = compiler_nodes(spec)
        if not self._nodes:
            # AttributeError is what recipes and getattr() expect of a package without compilers.
            raise AttributeError(f"{spec.name} depends on no compiler: it has no depends_on('c'), 'cxx' or 'fortran'")

    def _node(self, languages: Sequence[str] = LANGUAGES) -> NodeSpec:
        for language in languages:
            if language in self._nodes:
                return self._nodes[language]
        raise AttributeError(f"{self._spec.name} does not depend on a compiler for {' or '.join(languages)}")

    @property
    def spec(self) -> NodeSpec:
        """The compiler's node: of C, else C++, else Fortran."""
        return self._node()

    @property
    def name(self) -> str:
        """Name of the compiler's package."""
        return self._node().name

    @property
    def version(self) -> Any:
        """The compiler's version."""
        return self._node().version

    @property
    def prefix(self) -> Any:
        """The compiler's prefix."""
        return self._node().prefix

    @property
    def extra_rpaths(self) -> list[str]:
        """From the configuration entry of an external compiler."""
        return list(self._node().extra_attributes.get("extra_rpaths", []))

    def implicit_rpaths(self) -> list[str]:
        """Directories that the compiler puts into every binary by itself, as its configuration entry says."""
        return list(self._node().extra_attributes.get("implicit_rpaths", []))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name in _PATHS:
            return getattr(self._node([_PER_LANGUAGE[name]]).package, _PATHS[name])
        language_member = _LANGUAGE_MEMBER.fullmatch(name)
        if language_member:
            return getattr(self._node([_PER_LANGUAGE[language_member[1]]]).package, language_member[2])
        standard = _STANDARD_FLAG.fullmatch(name)
        if standard:
            compiler: Any = self._node([standard[1]]).package
            return compiler.standard_flag(language=standard[1], standard=standard[2])
        return getattr(self._node().package, name)

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"


class OldCompilerSpec:
    """``spec.compiler``: name (of old), version, and the text ``gcc@=12.2.0``."""

    def __init__(self, spec: NodeSpec) -> None:
        node = CompilerAdaptor(spec).spec
        self.spec = node
        self.name = OLD_NAMES.get(node.name, node.name)
        self.version = node.version

    def __str__(self) -> str:
        return f"{self.name}@={self.version}"

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))


def standard_flag(package: Any, language: str, standard: str) -> str:
    """The flag that makes a compiler package's compiler follow a language standard.

    Raises:
        CompilerError: the package knows no such flag.
    """
    ask = getattr(package, "standard_flag", None)
    if ask is None:
        raise CompilerError(f"{package.name} is no compiler that knows language standards")
    return str(ask(language=language, standard=standard))
