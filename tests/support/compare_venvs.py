"""Compare two virtual environments: every difference, one line each.

    python compare_venvs.py ONE OTHER        # exit 1 if they differ

What an environment says of itself is compared with its own path written as ``{venv}``. Nothing is imported from either.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

_QUESTIONS = """
import json, os, site, sys, sysconfig
print(json.dumps({
    "sys.prefix": sys.prefix,
    "sys.exec_prefix": sys.exec_prefix,
    "sys.base_prefix": sys.base_prefix,
    "sys.base_exec_prefix": sys.base_exec_prefix,
    "sys.executable": sys.executable,
    "sys._base_executable": getattr(sys, "_base_executable", None),
    "sys.real_executable": os.path.realpath(sys.executable),
    "sys.version": sys.version,
    "sys.platlibdir": sys.platlibdir,
    "sys.path": sys.path,
    "sys.flags": list(sys.flags),
    "site.ENABLE_USER_SITE": site.ENABLE_USER_SITE,
    "site.PREFIXES": site.PREFIXES,
    "site.getsitepackages": site.getsitepackages(),
    "sysconfig.default_scheme": sysconfig.get_default_scheme(),
    "sysconfig.paths": sysconfig.get_paths(),
    "sysconfig.venv": sysconfig.get_paths("venv") if "venv" in sysconfig.get_scheme_names() else None,
    "sysconfig.EXT_SUFFIX": sysconfig.get_config_var("EXT_SUFFIX"),
    "sysconfig.platform": sysconfig.get_platform(),
}))
"""


def describe(venv: Path) -> dict[str, object]:
    """Everything that is compared, flat: name -> value, with the path of the environment as ``{venv}``."""
    facts: dict[str, object] = {}
    for name in ("python", "python3"):
        # One argument list and directory for both: PYTHON* of the caller would change the answers.
        done = subprocess.run(
            [venv / "bin" / name, "-c", _QUESTIONS],
            capture_output=True,
            text=True,
            check=True,
            env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"},
            cwd="/",
        )
        for key, value in _flat(json.loads(done.stdout)):
            facts[f"{name}: {key}"] = value
    for key, value in read_configuration(venv).items():
        facts[f"pyvenv.cfg: {key}"] = value
    for path in sorted((venv / "bin").iterdir()):
        kind = "link" if path.is_symlink() else "file"
        facts[f"bin/{path.name}"] = f"{kind} -> {path.readlink()}" if _is_python(path) else "there"
        if not _is_python(path):
            facts[f"bin/{path.name}: mode"] = oct(path.stat().st_mode & 0o111)
    for name in ("include", "lib", "lib64"):
        path = venv / name
        facts[name] = f"link -> {path.readlink()}" if path.is_symlink() else path.is_dir()
    facts["directories"] = sorted(
        str(path.relative_to(venv)) for path in venv.glob("lib/python*/site-packages") if path.is_dir()
    ) + sorted(str(path.relative_to(venv)) for path in venv.glob("include/*"))
    facts[".gitignore"] = (venv / ".gitignore").is_file()
    own = str(venv)
    return {key: _own(value, own) for key, value in facts.items()}


def read_configuration(venv: Path) -> dict[str, str]:
    """``pyvenv.cfg`` as a mapping, in the order of the file."""
    lines = (venv / "pyvenv.cfg").read_text().splitlines()
    return {key.strip(): value.strip() for key, _, value in (line.partition("=") for line in lines)}


def differences(one: Mapping[str, object], other: Mapping[str, object]) -> Iterator[str]:
    """One line for each difference: ``name: this | that``."""
    for key in sorted(one.keys() | other.keys()):
        this, that = one.get(key, "missing"), other.get(key, "missing")
        if this != that:
            yield f"{key}: {this} | {that}"


def compare(one: Path, other: Path) -> list[str]:
    """Every difference between two environments."""
    return list(differences(describe(one), describe(other)))


def _is_python(path: Path) -> bool:
    return path.name.startswith("python") and path.is_symlink()


def _flat(facts: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for key, value in facts.items():
        if isinstance(value, dict):
            yield from ((f"{key}[{name}]", inner) for name, inner in value.items())
        else:
            yield key, value


def _own(value: object, own: str) -> object:
    if isinstance(value, str):
        return value.replace(own, "{venv}")
    if isinstance(value, list):
        return [_own(inner, own) for inner in value]
    return value


if __name__ == "__main__":
    found = compare(Path(sys.argv[1]).absolute(), Path(sys.argv[2]).absolute())
    sys.stdout.write("".join(f"{line}\n" for line in found) or "no difference\n")
    sys.exit(1 if found else 0)
