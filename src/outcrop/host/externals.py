"""What the machine has, as packages that lie outside the store."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from outcrop.base.errors import Place
from outcrop.base.patterns import pattern
from outcrop.host.detect import Host
from outcrop.host.errors import ExternalError
from outcrop.host.libc import Libc
from outcrop.host.programs import Compiler, Tool, compilers_in, program_version
from outcrop.python import Interpreter, InterpreterError, probe
from outcrop.spec.graph import External, VariantAnswer

_LANGUAGE_VALUES = {"c": "c", "cxx": "c++", "fortran": "fortran"}
_SPEC_START = pattern(r"\s*(?:[\w-]+\.)?(?P<name>[\w-]+)\s*(?:@=?(?P<version>[\w.-]+))?")


class ExternalPackage(msgspec.Struct, frozen=True, kw_only=True):
    """A package outside the store: all the solver needs to choose it, and what its node will hold."""

    name: str
    version: str
    variants: dict[str, VariantAnswer] = {}
    external: External


def host_externals(host: Host) -> list[ExternalPackage]:
    """Everything found that can stand for a package: Pythons, compilers, make, each in the order of PATH; then the C
    library.
    """
    found = [
        *(_python(interpreter) for interpreter in host.pythons),
        *(_compiler(compiler) for compiler in host.compilers),
        *(_tool(tool) for tool in host.tools),
    ]
    if host.libc is not None:
        found.append(_libc(host.libc))
    return found


def find_externals(host: Host) -> dict[str, list[dict[str, object]]]:
    """The same as entries for ``packages.yaml``: package name -> list for its ``externals``.

    Without the C library: which one that is, is no question of configuration.
    """
    found: dict[str, list[dict[str, object]]] = {}
    for package in host_externals(msgspec.structs.replace(host, libc=None)):
        entry: dict[str, object] = {"spec": _spec_text(package), "prefix": package.external.prefix}
        if package.external.extra:
            entry["extra_attributes"] = dict(package.external.extra)
        found.setdefault(package.name, []).append(entry)
    return found


def describe_external(
    spec_text: str,
    prefix: str,
    *,
    extra: Mapping[str, object] | None = None,
    modules: tuple[str, ...] = (),
    place: Place | None = None,
    cache: Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> ExternalPackage:
    """A configured external, looked at where that is needed: Pythons and compilers.

    For a Python, ``prefix`` may be a virtual environment, a view, a directory of shims or a program: it is followed to
    its base, which gives prefix, version and ABI. For a compiler without ``compilers`` in ``extra``, its programs are
    looked for in the prefix. Of ``spec_text`` only name and version are read; its variants are the caller's.

    Raises:
        ExternalError: at ``place``: gone, without a version, or not the version the entry says.
    """
    match = _SPEC_START.match(spec_text)
    if match is None:
        raise ExternalError(f"not the spec of an external: {spec_text!r}", place=place)
    name, version = match["name"], match["version"] or ""
    root = Path(prefix).expanduser()
    if prefix and not root.exists():
        raise ExternalError(
            f"the external {spec_text} is gone: {root} does not exist",
            place=place,
            hint="correct or remove the entry",
            code="external-gone",
        )
    if name == "python":
        return _configured_python(spec_text, root, version, place, cache, environ)
    if not version:
        raise ExternalError(f"the external {spec_text} has no version", place=place, hint=f"write {name}@VERSION")
    external = External(prefix=str(root) if prefix else "", modules=modules, extra=dict(extra or {}))
    if name in ("gcc", "llvm"):
        external = _with_compilers(name, version, external, place, cache)
    return ExternalPackage(name=name, version=version, external=external)


def _configured_python(
    spec_text: str,
    root: Path,
    version: str,
    place: Place | None,
    cache: Path | None,
    environ: Mapping[str, str] | None,
) -> ExternalPackage:
    xy = ".".join(version.split(".")[:2])
    names = [f"python{xy}"] if xy.count(".") == 1 else []
    names += ["python3", "python"]
    places = (root / "bin", root)
    candidates = [root] if root.is_file() else [directory / name for directory in places for name in names]
    present = [path for path in candidates if path.exists() and not path.is_dir()]
    if not present:
        raise ExternalError(
            f"the external {spec_text} is gone: no Python in {root / 'bin'}",
            place=place,
            hint="correct or remove the entry",
            code="external-gone",
        )
    try:
        found = probe(present[0], cache, environ=environ)
    except InterpreterError as error:
        raise ExternalError(
            f"the external {spec_text} cannot be used: {error.message}", place=place, details=error.details
        ) from error
    if version and not f"{found.version}.".startswith(f"{version}."):
        raise ExternalError(
            f"the external {spec_text} is Python {found.version}: {present[0]}",
            place=place,
            hint=f"write python@{found.version}",
        )
    return _python(found)


def _with_compilers(name: str, version: str, external: External, place: Place | None, cache: Path | None) -> External:
    """``external`` with its programs by language, each known to exist."""
    given = external.extra.get("compilers")
    if isinstance(given, Mapping) and given:
        for path in given.values():
            if not program_version(name, str(path), cache):
                raise ExternalError(f"the external {name}@{version} names {path}, which does not run", place=place)
        return external
    for compiler in compilers_in(str(Path(external.prefix, "bin")), None, cache):
        if compiler.name == name and f"{compiler.version}.".startswith(f"{version}."):
            return _compiler_external(compiler, external)
    message = f"the external {name}@{version} has no compiler of that version in {external.prefix}/bin"
    raise ExternalError(message, place=place)


def _python(interpreter: Interpreter) -> ExternalPackage:
    external = External(prefix=interpreter.prefix, executable=interpreter.executable, abi=interpreter.abi)
    return ExternalPackage(name="python", version=interpreter.version, external=external)


def _compiler(compiler: Compiler) -> ExternalPackage:
    variants: dict[str, VariantAnswer] = {}
    if compiler.name == "gcc":
        variants["languages"] = tuple(sorted(_LANGUAGE_VALUES[language] for language in compiler.paths))
    else:
        variants["clang"] = "c" in compiler.paths
        variants["flang"] = "fortran" in compiler.paths
    return ExternalPackage(
        name=compiler.name,
        version=compiler.version,
        variants=variants,
        external=_compiler_external(compiler, External(prefix=compiler.prefix)),
    )


def _compiler_external(compiler: Compiler, external: External) -> External:
    first = next(iter(compiler.paths.values()))
    return msgspec.structs.replace(
        external,
        executable=compiler.paths.get("c", first),
        extra={**external.extra, "compilers": dict(compiler.paths)},
    )


def _tool(tool: Tool) -> ExternalPackage:
    external = External(prefix=tool.prefix, executable=tool.executable)
    return ExternalPackage(name=tool.name, version=tool.version, external=external)


def _libc(libc: Libc) -> ExternalPackage:
    return ExternalPackage(name=libc.name, version=libc.version, external=External(prefix=libc.prefix))


def _spec_text(package: ExternalPackage) -> str:
    words = [f"{package.name}@{package.version}"]
    for name, value in sorted(package.variants.items()):
        if isinstance(value, bool):
            words.append(f"{'+' if value else '~'}{name}")
        else:
            text = value if isinstance(value, str) else ",".join(value)
            words.append(f"{name}:='{text}'")
    return " ".join(words)
