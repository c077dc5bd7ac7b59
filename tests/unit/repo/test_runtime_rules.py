"""What compiler recipes say about packages that use them."""

from __future__ import annotations

import pytest

from outcrop.repo.errors import RecipeError
from outcrop.repo.extract import Extractor
from outcrop.repo.importing import Importer
from outcrop.repo.model import PackageModel, RuntimeRule
from support.recipe_world import RepositoryDirectory, World


def extract(directory: RepositoryDirectory, name: str) -> PackageModel:
    repository = directory.load()
    with Importer([repository]) as importer:
        return Extractor([repository]).extract(repository, name, importer.load(repository, name))[0]


def rules(world: World, body: str) -> tuple[RuntimeRule, ...]:
    lines = body.strip("\n").splitlines()
    directory = world.repository()
    directory.recipe(
        "cc",
        "\n".join(
            [
                'version("9")',
                'version("8")',
                "@classmethod",
                "def runtime_constraints(cls, *, spec, pkg):",
                *(f"    {line}" for line in lines),
            ]
        ),
    )
    return extract(directory, "cc").runtimes


def told(found: tuple[RuntimeRule, ...]) -> dict[str, list[list[str]]]:
    """Spec -> the cases in which it is said, in words."""
    return {
        rule.spec: [
            [f"{'' if item.expected else 'not '}{item.relation} {item.text}" for item in case] for case in rule.cases
        ]
        for rule in found
    }


def test_most_recipes_have_none(world: World) -> None:
    directory = world.repository()
    directory.recipe("x", 'version("1")')
    assert extract(directory, "x").runtimes == ()


def test_every_kind_of_rule(world: World) -> None:
    found = rules(
        world,
        """
for language in ("c", "cxx"):
    pkg("*").depends_on(
        f"rt@{spec.version}:",
        when=f"%[deptypes=build virtuals={language}] {spec.name}@{spec.versions}",
        type=("run", "link"),
        description="why",
    )
pkg("rt").requires(f"@{spec.versions}", when=f"%{spec.name}@{spec.versions}")
pkg("*").propagate(f"cc@:{spec.version}", when=f"%[deptypes=build] {spec.name}@{spec.versions}")
""",
    )
    assert [(rule.kind, rule.package, rule.spec, rule.types) for rule in found] == [
        ("depends", "*", "rt@{version}:", ("link", "run")),
        ("depends", "*", "rt@{version}:", ("link", "run")),
        ("requires", "rt", "@={version}", ()),
        ("propagate", "*", "cc@:{version}", ()),
    ]
    assert found[1].when == "%[deptypes=build virtuals=cxx] cc@={version}"
    assert all(rule.cases == () for rule in found)
    assert [rule.origin.line for rule in found] == sorted(rule.origin.line for rule in found)
    assert found[0].origin.line == found[1].origin.line != found[2].origin.line


def test_questions_become_cases(world: World) -> None:
    found = rules(
        world,
        """
name = "new"
if spec.satisfies("cc@:6"):
    name = "old"
elif spec.satisfies("@7"):
    name = "middle"
pkg("*").depends_on(name, when="%cc")
pkg("*").depends_on("always", when="%cc")
""",
    )
    assert told(found) == {
        "old": [["in :6"]],
        "middle": [["not in :6", "in 7"]],
        "new": [["not in :6", "not in 7"]],
        "always": [],
    }


def test_comparisons_are_questions_too(world: World) -> None:
    found = rules(
        world,
        """
if spec.version >= Version("8"):
    pkg("*").depends_on("a", when="%cc")
if spec.version <= Version("5") or spec.version == Version("7.1"):
    pkg("*").depends_on("b", when="%cc")
""",
    )
    assert all(case[0] == "not < 8" for case in told(found)["a"])
    assert {tuple(case) for case in told(found)["b"]} == {
        ("< 8", "<= 5"),
        ("< 8", "not <= 5", "in =7.1"),
        ("not < 8", "<= 5"),
        ("not < 8", "not <= 5", "in =7.1"),
    }


def test_of_other_things_a_compiler_knows_nothing(world: World) -> None:
    found = rules(
        world,
        """
if spec.satisfies("%gcc") or "+offload" in spec or spec.satisfies("other@1"):
    pkg("*").depends_on("never", when="%cc")
pkg("*").depends_on("yes", when="%cc")
""",
    )
    assert told(found) == {"yes": []}


def test_what_cannot_be_left_open_is_asked_of_declared_versions(world: World) -> None:
    found = rules(
        world,
        """
pkg("*").depends_on(f"rt{spec.version.up_to(1)}", when="%cc")
pkg("*").depends_on("rt", when="%cc")
""",
    )
    # A rule of all declared versions is still no rule of others.
    assert told(found) == {"rt9": [["in =9"]], "rt": [["in =9"], ["in =8"]], "rt8": [["in =8"]]}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('pkg("*").depends_on("rt@@1", when="%cc")', "is no spec"),
        ('raise RuntimeError("no")', "fails for version 9"),
    ],
)
def test_what_is_no_rule_is_an_error_of_the_recipe(world: World, body: str, words: str) -> None:
    with pytest.raises(RecipeError, match=words):
        rules(world, body)
