"""Reuse of what is installed, with the real program and real builds of small packages."""

from __future__ import annotations

from pathlib import Path

from support.program import Program
from support.recipes import RecipeRepository

RECIPE = '''from spack.package import *


class {name}(Package):
    """A trial."""

    url = "{url}"
{body}

    def install(self, spec, prefix):
        mkdirp(prefix.share)
        install("text", prefix.share)
'''


def write_recipe(repository: RecipeRepository, name: str, *lines: str, versions: tuple[str, ...] = ("1.0",)) -> None:
    """A package that installs one file and needs no compiler."""
    found = {version: repository.source({"text": f"{name} {version}\n"}, name, version) for version in versions}
    body = [f'    version("{version}", sha256="{digest}")' for version, (_, digest) in found.items()]
    url = found[versions[0]][0]
    text = RECIPE.format(name=name.title(), url=url, body="\n".join([*body, *[f"    {line}" for line in lines]]))
    repository.recipe(name, text)


def test_reuse_by_default_by_option_and_by_hash(fresh: Program, tmp_path: Path) -> None:
    repository = RecipeRepository(tmp_path)
    write_recipe(repository, "lib", versions=("1.3", "1.2"))
    write_recipe(repository, "app", 'depends_on("lib", type="link")')
    write_recipe(repository, "other", 'depends_on("lib", type="link")')
    fresh("repo", "add", repository.root)
    fresh("install", "app ^lib@1.2")

    shown = fresh("spec", "other")
    assert "kept lib@1.2, which is installed; 1.3 is the newest allowed, and --fresh takes it" in shown.stderr
    assert [line.split()[0] for line in shown.stdout.splitlines() if "lib@1.2" in line] == ["[+]"]
    assert "lib@1.3" in fresh("spec", "--fresh", "other").stdout
    assert "lib@1.3" in fresh("spec", "-U", "app").stdout
    assert "lib@1.2" in fresh("spec", "--reuse-deps", "app").stdout
    assert "lib@1.3" in fresh("spec", "--fresh-roots", "lib").stdout
    assert "lib@1.3" in fresh("-c", "concretizer:reuse:false", "spec", "other").stdout
    assert "lib@1.2" in fresh("-c", "concretizer:reuse:false", "spec", "--reuse", "other").stdout

    # Reused, it is not built again; what uses it is.
    built = fresh("install", "other", "--json").json()
    assert len(built["built"]) == 1
    again = fresh("install", "other", "--json").json()
    assert again["built"] == [] and again["roots"] == built["roots"]

    # A hash names a node whatever the options say.
    old = fresh("find", "lib@1.2", "--json").json()["installed"][0]["hash"]
    fresh("install", "--fresh", "lib")
    assert "lib@1.2" in fresh("spec", "--fresh", f"other ^/{old[:7]}").stdout
    assert "lib@1.3" in fresh("spec", "other ^lib@1.3").stdout
    wrong = fresh("spec", "other ^/zzzzzzz", status=1)
    assert "nothing installed has a hash that begins with zzzzzzz" in wrong.stderr


def test_an_environment_that_reused_something_costs_nothing_again(fresh: Program, tmp_path: Path) -> None:
    repository = RecipeRepository(tmp_path)
    write_recipe(repository, "lib", versions=("1.3", "1.2"))
    write_recipe(repository, "app", 'depends_on("lib", type="link")')
    fresh("repo", "add", repository.root)
    fresh("install", "lib@1.2")
    environment = fresh.environment_at(tmp_path / "env", "spack:\n  specs: [app]\n  view: false\n")
    fresh("-e", environment, "install")
    lock = environment / "outcrop.lock"
    before = (lock.read_bytes(), lock.stat().st_mtime_ns)
    assert '"version": "1.2"' in lock.read_text()
    fresh("-e", environment, "install")
    assert "unchanged" in fresh("-e", environment, "concretize").stderr
    assert (lock.read_bytes(), lock.stat().st_mtime_ns) == before
    # Concretized anew it stays, and without the store's influence it does not.
    fresh("-e", environment, "concretize", "--force")
    assert lock.read_bytes() == before[0]
    fresh("-e", environment, "concretize", "--force", "--fresh")
    assert '"version": "1.3"' in lock.read_text()
