from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from archspec import cpu

from outcrop.host.platforms import (
    OperatingSystem,
    Processor,
    describe_processor,
    read_operating_system,
    read_processor,
)
from outcrop.spec import make_version, parse_versions


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
    (record,) = cache.glob("*.json")
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


def described(name: str) -> Processor:
    return describe_processor(cpu.TARGETS[name], cpu.TARGETS.values())


@pytest.mark.parametrize("name", ["cascadelake", "zen4", "neoverse_v1", "power9le", "u74mc", "x86_64"])
def test_every_target_comes_before_its_ancestors(name: str) -> None:
    found = described(name)
    assert found.targets[0] == name
    assert set(found.targets) == {name, *(ancestor.name for ancestor in cpu.TARGETS[name].ancestors)}
    for place, target in enumerate(found.targets):
        assert set(found.family[target].ancestors) <= set(found.targets[place + 1 :])
    assert tuple(found.family)[: len(found.targets)] == found.targets


def test_the_whole_family_is_known_and_no_other() -> None:
    family = described("skylake").family
    assert {"zen4", "sapphirerapids", "x86_64_v4"} <= set(family)
    assert "aarch64" not in family
    assert {name for name, facts in family.items() if facts.generic} == {
        "x86_64",
        "x86_64_v2",
        "x86_64_v3",
        "x86_64_v4",
    }


@pytest.mark.parametrize("name", ["cascadelake", "zen4", "neoverse_v1", "power9le"])
@pytest.mark.parametrize(
    ("archspec_name", "recipe", "version"),
    [
        ("gcc", "gcc", "4.8"),
        ("gcc", "gcc", "9.4.0"),
        ("gcc", "gcc", "14.2.0"),
        ("clang", "llvm", "3.9"),
        ("clang", "llvm", "18.1.8"),
        ("nvhpc", "nvhpc", "24.1"),
        ("oneapi", "intel-oneapi-compilers", "2024.1.0"),
        ("arm", "acfl", "22.1"),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_compilers_make_what_archspec_has_flags_for(name: str, archspec_name: str, recipe: str, version: str) -> None:
    for target, facts in described(name).family.items():
        ranges = facts.compilers.get(recipe)
        try:
            cpu.TARGETS[target].optimization_flags(archspec_name, version)
        except cpu.UnsupportedMicroarchitecture:
            assert ranges is not None
            assert not ranges or not parse_versions(",".join(ranges)).includes(make_version(version))
        else:
            assert ranges is None or parse_versions(",".join(ranges)).includes(make_version(version))


def test_archspec_is_loaded_only_when_asked() -> None:
    code = "import sys, outcrop.host; print('archspec' in sys.modules, 'subprocess' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"
