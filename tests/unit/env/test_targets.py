"""Targets that the configuration allows."""

from __future__ import annotations

import pytest

from outcrop.base.errors import InputError
from outcrop.config import ConcretizerSection, TargetsSection, convert, parse_document
from outcrop.env.targets import allowed_targets
from outcrop.host import Host
from outcrop.spec.targets import TargetFacts

FAMILY = {
    "haswell": TargetFacts(ancestors=("x86_64_v3", "x86_64")),
    "x86_64_v3": TargetFacts(ancestors=("x86_64",), generic=True),
    "x86_64": TargetFacts(generic=True),
    "zen4": TargetFacts(ancestors=("x86_64_v4", "x86_64_v3", "x86_64")),
    "x86_64_v4": TargetFacts(ancestors=("x86_64_v3", "x86_64"), generic=True),
}
HOST = Host(
    platform="linux",
    os="debian12",
    family="debian",
    target="haswell",
    targets=("haswell", "x86_64_v3", "x86_64"),
    known_targets=FAMILY,
)


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        (TargetsSection(), ("haswell", "x86_64_v3", "x86_64")),
        (TargetsSection(granularity="generic"), ("x86_64_v3", "x86_64")),
        (TargetsSection(host_compatible=False), ("haswell", "x86_64_v3", "x86_64", "zen4", "x86_64_v4")),
        (TargetsSection(granularity="generic", host_compatible=False), ("x86_64_v3", "x86_64", "x86_64_v4")),
    ],
)
def test_allowed(section: TargetsSection, expected: tuple[str, ...]) -> None:
    found = allowed_targets(HOST, section)
    assert found.allowed == expected
    assert found.target == expected[0]


def test_a_machine_of_which_nothing_is_known() -> None:
    host = Host(platform="linux", os="linux", family="", target="m68k", targets=("m68k",))
    for section in (TargetsSection(granularity="generic"), TargetsSection(host_compatible=False)):
        assert allowed_targets(host, section).allowed == ("m68k",)


def test_the_section_is_checked() -> None:
    text = "targets:\n  granularity: generic\nos_compatible:\n  rhel9: [rhel8]\n"
    section = convert(parse_document(text, "x.yaml"), ConcretizerSection, what="concretizer")
    assert section.targets == TargetsSection(granularity="generic")
    assert section.os_compatible == {"rhel9": ["rhel8"]}
    with pytest.raises(InputError, match="granularity"):
        convert(parse_document("targets:\n  granularity: fine\n", "x.yaml"), ConcretizerSection, what="concretizer")
