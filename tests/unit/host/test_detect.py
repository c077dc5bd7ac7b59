from __future__ import annotations

import os
from pathlib import Path

from outcrop.host import detect_host
from support.machine import gcc, script
from support.pythons import SYSTEM, every_python


def test_p13_path_alone_decides_and_each_python_counts_once(tmp_path: Path) -> None:
    system = next(one for one in every_python() if one.prefix == "/usr")
    shims, links = tmp_path / "shims", tmp_path / "links"
    script(shims / "python3", f'#!/bin/sh\nexec {system.executable} "$@"\n')
    script(shims / "python3.13", "#!/bin/sh\necho 'shim: python3.13: no version is set' >&2; exit 127\n")
    links.mkdir()
    (links / "python3.11").symlink_to(system.executable)
    gcc(tmp_path / "tools/bin/gcc", "12.2.0")
    host = detect_host(os.pathsep.join(map(str, (shims, links, tmp_path / "tools/bin"))), tmp_path / "cache")
    assert [(python.prefix, python.executable) for python in host.pythons] == [("/usr", system.executable)]
    assert [(compiler.name, compiler.prefix) for compiler in host.compilers] == [("gcc", str(tmp_path / "tools"))]
    assert host.tools == ()
    assert host.platform == "linux"


def test_several_pythons_in_the_order_of_path(tmp_path: Path) -> None:
    pythons = [one for one in every_python() if one.distribution == "pyenv"][-2:] + [
        one for one in every_python() if one.prefix == "/usr"
    ]
    path = os.pathsep.join(str(Path(one.executable).parent) for one in pythons)
    host = detect_host(path, None)
    assert [one.prefix for one in host.pythons] == [one.prefix for one in pythons]
    assert detect_host("", None).pythons == ()


def test_warm_detection_starts_nothing(tmp_path: Path) -> None:
    """All answers come from the cache: the programs, asked again, would leave a trace."""
    log, cache = tmp_path / "log", tmp_path / "cache"
    note = f"#!/bin/sh\necho $0 >> {log}\n"
    script(tmp_path / "bin/python3", f'{note}exec {SYSTEM} "$@"\n')
    script(tmp_path / "bin/python3.9", f"{note}exit 1\n")
    script(tmp_path / "bin/gcc", f"{note}echo 12.2.0\n")
    script(tmp_path / "bin/make", f"{note}echo GNU Make 4.3\n")
    first = detect_host(str(tmp_path / "bin"), cache)
    assert sorted(Path(line).name for line in log.read_text().split()) == ["gcc", "make", "python3", "python3.9"]
    log.unlink()
    assert detect_host(str(tmp_path / "bin"), cache) == first
    assert not log.exists()
