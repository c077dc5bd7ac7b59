"""Where a package's sources are: which of the URLs a recipe names counts for a version."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

from outcrop.package import Package, PackageBase, Version, version
from outcrop.package.classes.addresses import Addresses
from outcrop.package.errors import SpackError
from outcrop.package.specs.spec_api import Spec
from outcrop.repo.importing import Importer
from outcrop.repo.layout import load_repository
from support.api_world import imported_recipe

CHECKOUT = os.environ.get("OUTCROP_TEST_REPO", "")
HOST = "https://example.org"


def package(recipe: type[PackageBase]) -> PackageBase:
    """An object that knows nothing but its class."""
    made = object.__new__(recipe)
    made.spec = Spec("p")  # type: ignore[assignment]  # no node, on purpose
    return made


class Template(Package):
    url = f"{HOST}/new/foo-2.0.tar.gz"

    version("3.0")
    version("2.0")
    version("1.0", url=f"{HOST}/old/foo-1.0.zip")


class Several(Package):
    urls = [f"{HOST}/a/foo-2.0.tgz", f"{HOST}/b/foo-2.0.tgz"]

    version("2.0")
    version("1.0", url=f"{HOST}/a/foo-1.0.tgz")


class NoTemplate(Package):
    version("4.0", url=f"{HOST}/c/foo-4.0.tgz")
    version("3.0")
    version("2.0", url=f"{HOST}/b/foo-2.0.tgz")
    version("0.5")


class Nowhere(Package):
    version("1.0")


class Spelled(Package):
    url = f"{HOST}/7z1900-src.tgz"

    version("19.00")

    def url_version(self, version: object) -> str:
        return "7z" + str(version).replace(".", "")


class Sometimes(Package):
    url = f"{HOST}/new/foo-2.0.tgz"

    def url_for_version(self, version: Any) -> str | None:
        return f"{HOST}/old/foo-{version}.zip" if version < Version("2") else None


class NumberedName(Package):
    url = f"{HOST}/tool-518-0.19.tgz"

    version("0.19")

    def url_for_version(self, version: Any) -> Any:
        return super().url_for_version(f"518-{version}")


def test_a_version_with_a_url_of_its_own() -> None:
    assert package(Template).url_for_version(Version("1.0")) == f"{HOST}/old/foo-1.0.zip"
    assert package(Template).all_urls_for_version(Version("1.0")) == [
        f"{HOST}/old/foo-1.0.zip",
        f"{HOST}/new/foo-1.0.tar.gz",
    ]


@pytest.mark.parametrize("wanted", ["3.0", "2.0", "1.5", "0.1"])
def test_the_template_of_the_class_comes_before_other_versions(wanted: str) -> None:
    for value in (wanted, Version(wanted)):
        assert package(Template).url_for_version(value) == f"{HOST}/new/foo-{wanted}.tar.gz"
    assert package(Template).all_urls_for_version(wanted) == [f"{HOST}/new/foo-{wanted}.tar.gz"]


def test_all_templates_are_tried_in_their_order() -> None:
    assert package(Several).url_for_version(Version("2.1")) == f"{HOST}/a/foo-2.1.tgz"
    assert package(Several).all_urls_for_version("2.1") == [f"{HOST}/a/foo-2.1.tgz", f"{HOST}/b/foo-2.1.tgz"]
    assert package(Several).all_urls_for_version("1.0") == [f"{HOST}/a/foo-1.0.tgz", f"{HOST}/b/foo-1.0.tgz"]


@pytest.mark.parametrize(
    ("wanted", "expected"), [("5.0", "c/foo-5.0"), ("3.0", "b/foo-3.0"), ("2.0", "b/foo-2.0"), ("0.5", "b/foo-0.5")]
)
def test_without_a_template_the_nearest_version_counts(wanted: str, expected: str) -> None:
    made = package(NoTemplate)
    assert made.url_for_version(Version(wanted)) == f"{HOST}/{expected}.tgz"
    assert made.all_urls_for_version(wanted) == [f"{HOST}/{expected}.tgz"]


def test_nearest_url() -> None:
    made = package(NoTemplate)
    found = [made.nearest_url(wanted) for wanted in ("9", "4.0", "3.9", "2.0", "1")]
    c, b = f"{HOST}/c/foo-4.0.tgz", f"{HOST}/b/foo-2.0.tgz"
    assert found == [c, c, b, b, b]
    assert package(Nowhere).nearest_url("1.0") is None


def test_no_url_at_all() -> None:
    with pytest.raises(SpackError, match=r"Nowhere has no URL for version 1\.0"):
        package(Nowhere).url_for_version(Version("1.0"))
    assert package(Nowhere).all_urls_for_version("1.0") == []


def test_a_recipe_may_spell_versions_its_own_way() -> None:
    assert package(Spelled).url_for_version(Version("20.01")) == f"{HOST}/7z2001-src.tgz"


def test_a_recipe_may_answer_for_some_versions_only() -> None:
    assert package(Sometimes).all_urls_for_version(Version("1.0")) == [f"{HOST}/old/foo-1.0.zip"]
    assert package(Sometimes).all_urls_for_version(Version("3.0")) == [f"{HOST}/new/foo-3.0.tgz"]


def test_a_text_stands_for_all_that_looks_like_the_version() -> None:
    assert package(NumberedName).url_for_version(Version("0.20")) == f"{HOST}/tool-518-0.20.tgz"


def test_the_declared_versions_tell_what_in_a_template_is_the_version(tmp_path: Path) -> None:
    source = f"""
class Tagged(Package):
    url = "{HOST}/tags/14-7e284.tar.gz"
    version("18-8cc5c")
    version("14-7e284")

    def url_for_version(self, version):
        return super().url_for_version(version) + "#own"
"""
    with imported_recipe(tmp_path, "tagged", source) as module:
        made = package(module.Tagged)
        expected = f"{HOST}/tags/18-8cc5c.tar.gz#own"
        assert made.url_for_version(Version("18-8cc5c")) == expected
        assert made.all_urls_for_version(Version("18-8cc5c")) == [expected]
        assert type(made).url_for_version is not Addresses.url_for_version


@pytest.mark.slow
@pytest.mark.skipif(not CHECKOUT, reason="OUTCROP_TEST_REPO names no checkout of Spack's public recipes")
def test_templates_of_public_recipes_give_names_with_the_version() -> None:
    repository = load_repository(Path(CHECKOUT))
    right, wrong = 0, []
    with Importer([repository]) as importer:
        for name in repository.candidates()[::9]:
            recipe = importer.load(repository, name).recipe
            if not recipe.has_code or "url_for_version" in vars(recipe):
                continue
            for known, facts in recipe.versions.items():
                if facts.keys() & {"url", "git", "commit", "tag", "branch", "svn", "hg", "cvs"}:
                    continue
                for url in package(recipe).all_urls_for_version(known)[:1]:
                    if re.sub(r"[^a-z0-9]", "", str(known).lower()) in re.sub(r"[^a-z0-9]", "", url.lower()):
                        right += 1
                    else:
                        wrong.append(url)
    assert right > 2000
    # Some archives are called the same in every version.
    assert len(wrong) < 10, wrong
