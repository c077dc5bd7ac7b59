"""The ``module`` command of sites that have one."""

from __future__ import annotations

import os
import re
import shlex
import subprocess

from outcrop.package.programs.executable import ProcessError

_CHANGING = ("load", "swap", "unload", "purge", "use", "unuse")
_QUOTED = re.compile(r"""["']([^"']*)["']""")


def module_command(*args: str) -> str:
    """Run ``module`` in a shell and return what it writes, both streams.

    A sub-command that changes the environment (``load``, ``unload``, ...) changes that of this process.

    Raises:
        ProcessError: there is no such command here, or it cannot be run.
    """
    words = " ".join(shlex.quote(arg) for arg in args)
    changing = bool(args) and args[0] in _CHANGING
    script = f"module {words} > /dev/null 2>&1; env -0" if changing else f"module {words} 2>&1"
    script = "type module > /dev/null 2>&1 || exit 127; " + script
    try:
        done = subprocess.run(["/bin/bash", "-c", script], env=dict(os.environ), capture_output=True, check=False)
    except OSError as problem:
        raise ProcessError(f"cannot start a shell for module {words}: {problem.strerror}") from problem
    if done.returncode == 127:
        raise ProcessError("there is no module command on this machine", f"wanted: module {words}")
    text = done.stdout.decode("utf-8", errors="surrogateescape")
    if not changing:
        return text
    after = dict(item.split("=", 1) for item in text.split("\0") if "=" in item)
    for name in [name for name in os.environ if name not in after]:
        del os.environ[name]
    os.environ.update(after)
    return ""


def get_path_args_from_module_line(line: str) -> list[str]:
    """The paths a line of a module file gives to a variable.

    ``prepend-path PATH /a:/b`` and ``prepend_path("PATH", "/a:/b")`` both give ``["/a", "/b"]``.
    """
    if "(" in line and ")" in line:
        quoted = _QUOTED.findall(line)
        value = quoted[1] if len(quoted) > 1 else ""
    else:
        words = line.split()
        value = words[2] if len(words) > 2 else ""
    return value.split(":") if value else []
