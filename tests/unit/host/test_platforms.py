from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from outcrop.host.platforms import OperatingSystem, Processor, read_operating_system, read_processor


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('ID=debian\nVERSION_ID="12"\n', OperatingSystem("debian12", "debian")),
        ("ID=debian\nVERSION_CODENAME=trixie\n", OperatingSystem("debian", "debian")),
        ('ID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\n', OperatingSystem("ubuntu24.04", "debian")),
        ('ID="rhel"\nID_LIKE="fedora"\nVERSION_ID="9.4"\n', OperatingSystem("rhel9", "fedora")),
        ('ID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="8.10"\n', OperatingSystem("rocky8", "fedora")),
        ('ID="centos"\nID_LIKE="rhel"\nVERSION_ID="7"\n', OperatingSystem("centos7", "fedora")),
        ("ID=fedora\nVERSION_ID=41\n", OperatingSystem("fedora41", "fedora")),
        (
            'ID="opensuse-leap"\nID_LIKE="suse opensuse"\nVERSION_ID="15.6"\n',
            OperatingSystem("opensuseleap15.6", "suse"),
        ),
        ("ID=alpine\nVERSION_ID=3.20.3\n", OperatingSystem("alpine3.20", "alpine")),
        ("NAME='Arch Linux'\nID=arch\nBUILD_ID=rolling\n", OperatingSystem("arch", "arch")),
        ("nothing useful", OperatingSystem("linux", "")),
    ],
)
def test_names_of_systems(tmp_path: Path, text: str, expected: OperatingSystem) -> None:
    (tmp_path / "os-release").write_text(text)
    assert read_operating_system(tmp_path / "os-release") == expected


def test_no_os_release(tmp_path: Path) -> None:
    assert read_operating_system(tmp_path / "missing") == OperatingSystem("linux")


CPU = (
    "processor\t: 0\nvendor_id\t: GenuineIntel\nflags\t\t: fpu sse2\ncpu MHz\t\t: {mhz}\n\n"
    "processor\t: 1\nflags\t: other{mhz}\n"
)


def test_processor_is_remembered_whatever_its_clock(tmp_path: Path) -> None:
    file, cache = tmp_path / "cpuinfo", tmp_path / "cache"
    file.write_text(CPU.format(mhz="1000.1"))
    first = read_processor(cache, file)
    (record,) = cache.iterdir()
    record.write_bytes(record.read_bytes().replace(f'"{first.target}"'.encode(), b'"remembered"'))
    file.write_text(CPU.format(mhz="3999.9"))
    assert read_processor(cache, file).target == "remembered"
    file.write_text(CPU.format(mhz="1").replace("sse2", "avx2"))
    assert read_processor(cache, file) == first


def test_processor_of_this_machine() -> None:
    found = read_processor(None)
    assert found.targets[0] == found.target
    machine = os.uname().machine
    assert any(machine in name for name in found.targets)
    assert isinstance(found, Processor)


def test_archspec_is_loaded_only_when_asked() -> None:
    code = "import sys, outcrop.host; print('archspec' in sys.modules, 'subprocess' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"
