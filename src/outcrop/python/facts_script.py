# ruff: noqa: PTH110, PTH112, PTH113, PTH119, PTH120, UP031
"""Runs inside the interpreter that is asked about (``python -I -S``), never inside ours; writes one line of JSON.

Kept to what every Python 3 understands, so that one that is too old can say so. Run without ``site``: nothing of a
user's or a distribution's customization takes part, and ``sys.prefix`` tells of the base even in a virtual
environment.
"""

import json
import os
import sys
import sysconfig

MARK = "outcrop-python-facts:"
ANYWHERE = "/outcrop-prefix"


def real_program() -> str:
    """The file that the kernel runs, which may differ from what the interpreter was told its name is."""
    try:
        return os.path.realpath("/proc/self/exe" if os.path.exists("/proc/self/exe") else sys.executable)
    except OSError:
        return os.path.realpath(sys.executable)


def base_program(base_prefix: str) -> str:
    """The base Python's program, with a name that stays right when the distribution moves ``python3`` on."""
    bin_directory = os.path.join(base_prefix, "bin")
    running = real_program()
    told = getattr(sys, "_base_executable", None) or sys.executable or running
    names = ["python%d.%d" % sys.version_info[:2], os.path.basename(told), "python3", "python"]
    present = [os.path.join(bin_directory, name) for name in names if os.path.isfile(os.path.join(bin_directory, name))]
    for path in present:
        if os.path.realpath(path) == running:
            return path
    if os.path.realpath(os.path.dirname(running)) == os.path.realpath(bin_directory) or not present:
        return running
    return present[0]


def relative_scheme(scheme: str) -> "dict[str, str]":
    """The paths of a scheme, relative to whatever prefix it is used for."""
    places = dict.fromkeys(("base", "platbase", "installed_base", "installed_platbase"), ANYWHERE)
    found = {}
    for name in ("purelib", "platlib", "scripts", "include"):
        path = sysconfig.get_path(name, scheme, vars=places)
        found[name] = os.path.relpath(path, ANYWHERE)
    return found


def shared_library() -> "tuple[str, list[str]]":
    """The first libpython that exists, and every place where one would be."""
    directory = sysconfig.get_config_var("LIBDIR") or ""
    multiarch = sysconfig.get_config_var("MULTIARCH") or ""
    candidates = []
    for name in ("INSTSONAME", "LDLIBRARY"):
        library = sysconfig.get_config_var(name)
        if library and not library.endswith(".a"):
            candidates.append(os.path.join(directory, multiarch, library))
            candidates.append(os.path.join(directory, library))
    for path in candidates:
        if os.path.isfile(path):
            return path, candidates
    return "", candidates


def distribution(schemes: "list[str]", base_prefix: str) -> str:
    """Who built this Python, as far as it shows."""
    if os.path.isdir(os.path.join(base_prefix, "conda-meta")):
        return "conda"
    if os.sep + os.path.join(".pyenv", "versions") + os.sep in base_prefix + os.sep:
        return "pyenv"
    if "deb_system" in schemes or (base_prefix == "/usr" and os.path.isdir("/usr/lib/python3/dist-packages")):
        return "debian"
    return "system" if base_prefix == "/usr" else ""


def facts() -> "dict[str, object]":
    """Everything that is asked."""
    base_prefix = getattr(sys, "base_prefix", sys.prefix)
    schemes = list(sysconfig.get_scheme_names())
    scheme = relative_scheme("venv" if "venv" in schemes else "posix_prefix")
    include = sysconfig.get_path("include", "posix_prefix", vars={"installed_base": base_prefix, "base": base_prefix})
    library, libraries = shared_library()
    standard = os.path.dirname(os.__file__)
    headers = [os.path.join(include, "Python.h"), os.path.join(include, "pyconfig.h")]
    modules = [os.path.join(standard, name, "__init__.py") for name in ("venv", "ensurepip")]
    suffix = sysconfig.get_config_var("EXT_SUFFIX") or ""
    return {
        "executable": base_program(base_prefix),
        "program": real_program(),
        "prefix": base_prefix,
        "version": sys.version.split()[0].rstrip("+"),
        "xy": "%d.%d" % sys.version_info[:2],
        "implementation": sys.implementation.name,
        "soabi": sysconfig.get_config_var("SOABI") or suffix.strip(".").rpartition(".")[0],
        "platform": sysconfig.get_platform(),
        "purelib": scheme["purelib"],
        "platlib": scheme["platlib"],
        "scripts": scheme["scripts"],
        "include": scheme["include"],
        "lib64": sys.maxsize > 2**32 and sys.platform != "darwin",
        "include_dir": include,
        "has_headers": all(os.path.isfile(path) for path in headers),
        "libpython": library,
        "shared": bool(sysconfig.get_config_var("Py_ENABLE_SHARED")),
        "has_venv": os.path.isfile(modules[0]),
        "has_ensurepip": os.path.isfile(modules[1]),
        "distribution": distribution(schemes, base_prefix),
        "watch": headers + modules + libraries,
    }


if __name__ == "__main__":
    sys.stdout.write("\n" + MARK + json.dumps(facts()) + "\n")
