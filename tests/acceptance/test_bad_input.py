"""What goes wrong is said clearly, with the right exit status, and leaves nothing half-done behind."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
from pathlib import Path

import pytest

from acceptance.conftest import World
from support.program import Program, Ran, clean_run
from support.recipes import RecipeRepository, python_project


def _nothing_installed(program: Program, name: str) -> None:
    """No prefix, sealed or not, and no record of ``name``."""
    prefixes = program.root / "store" / "prefixes"
    left = [path.name for path in prefixes.iterdir() if path.name.startswith(f"{name}-")] if prefixes.is_dir() else []
    assert left == []
    assert program("find", "--json").json()["installed"] == [] or name not in program("find").stdout


def _is_clear(ran: Ran) -> None:
    assert "internal error" not in ran.stderr.lower(), str(ran)
    assert "Error:" in ran.stderr, str(ran)


def test_unknown_package_has_near_misses(program: Program) -> None:
    ran = program("spec", "py-blak", status=1)
    _is_clear(ran)
    assert "py-blak" in ran.stderr and "py-black" in ran.stderr


def test_unknown_version_names_those_there_are(program: Program) -> None:
    ran = program("install", "py-black@999", status=1)
    _is_clear(ran)
    assert "999" in ran.stderr and "24.10.0" in ran.stderr
    _nothing_installed(program, "py-black")


def test_unknown_variant_is_named(program: Program) -> None:
    ran = program("spec", "py-black +nothing_like_it", status=1)
    _is_clear(ran)
    assert "nothing_like_it" in ran.stderr and "py-black" in ran.stderr


@pytest.mark.parametrize(
    "text", ["py-black@", "py-black@1@2", "py-black ^", "py-black +", "py-black@1.2=", "py-black&"]
)
def test_a_spec_that_does_not_parse_shows_a_caret(program: Program, text: str) -> None:
    ran = program("spec", text, status=2)
    _is_clear(ran)
    lines = ran.stderr.splitlines()
    caret = next(
        index for index, line in enumerate(lines) if line.strip().startswith("^") and set(line.strip()) <= set("^~")
    )
    assert text.strip() in lines[caret - 1]


def test_a_conflict_names_the_recipe_lines_and_the_request(program: Program) -> None:
    ran = program("spec", "py-mypy ^py-typing-extensions@0.1", status=1)
    _is_clear(ran)
    assert len(ran.stderr.strip().splitlines()) <= 16


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        ("spack:\n  specs: [py-pip\n", 3, "YAML"),
        ("spack:\n  specs: py-pip\n", 2, "list of specs"),
        ("spack:\n  specs: [py-pip]\n  vew: x\n", 3, "did you mean view?"),
        ("spack:\n  specs:\n  - py-pip@@1\n", 3, "^"),
        ("spack:\n  specs: [py-pip]\n  packages:\n    python:\n      externals: 3\n", 5, "a list"),
    ],
)
def test_a_broken_manifest_names_file_line_and_what_was_expected(
    program: Program, tmp_path: Path, text: str, line: int, expected: str
) -> None:
    environment = program.environment_at(tmp_path / "env", text)
    ran = program("-e", environment, "install", status=1)
    _is_clear(ran)
    assert f"spack.yaml:{line}" in ran.stderr and expected in ran.stderr
    assert sorted(path.name for path in environment.iterdir()) == ["spack.yaml"]


def test_a_directory_without_a_manifest(program: Program, tmp_path: Path) -> None:
    ran = program("-e", tmp_path, "install", status=1)
    _is_clear(ran)
    assert "spack.yaml" in ran.stderr and "env create" in ran.stderr


def test_a_spack_lock_is_refused_with_a_hint(program: Program, tmp_path: Path) -> None:
    environment = program.environment_at(tmp_path / "env", "spack:\n  specs: [python-venv]\n  view: false\n")
    (environment / "spack.lock").write_text("{}")
    ran = program("-e", environment, "install", status=1)
    _is_clear(ran)
    assert "spack.lock" in ran.stderr and "outcrop.lock" in ran.stderr


def test_a_checksum_that_differs(program: Program, tmp_path: Path) -> None:
    repository = RecipeRepository(tmp_path)
    path = repository.python_package("py-odd")
    archive = next((tmp_path / "archives").iterdir())
    archive.write_bytes(archive.read_bytes() + b"changed")
    program("repo", "add", repository.root)
    ran = program("install", "py-odd", status=1)
    _is_clear(ran)
    assert "sha256" in ran.stderr and path.read_text().split('sha256="')[1][:64] in ran.stderr
    _nothing_installed(program, "py-odd")


@pytest.mark.parametrize("name", ["../outside.txt", "/tmp/outcrop-absolute.txt", "top/../../outside.txt"])
def test_an_archive_that_writes_outside_is_refused(program: Program, tmp_path: Path, name: str) -> None:
    import hashlib

    repository = RecipeRepository(tmp_path)
    repository.python_package("py-evil")
    archive = next((tmp_path / "archives").iterdir())
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for member in ("top/pyproject.toml", name):
            info = tarfile.TarInfo(member)
            info.size = 2
            tar.addfile(info, io.BytesIO(b"x\n"))
    archive.write_bytes(buffer.getvalue())
    recipe = repository.packages["py-evil"]
    text = recipe.read_text()
    old = text.split('sha256="')[1][:64]
    recipe.write_text(text.replace(old, hashlib.sha256(buffer.getvalue()).hexdigest()))
    program("repo", "add", repository.root)
    ran = program("install", "py-evil", status=1)
    _is_clear(ran)
    assert name in ran.stderr
    _nothing_installed(program, "py-evil")
    assert not list(tmp_path.rglob("outside.txt")) and not Path("/tmp/outcrop-absolute.txt").exists()


def test_an_external_python_that_is_gone(world: World, program: Program, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    environment = program.environment_at(
        tmp_path / "env",
        "spack:\n  specs: [py-pip]\n  packages:\n    python:\n      externals:\n"
        f"      - {{spec: python@3.11, prefix: {gone}}}\n      buildable: false\n",
    )
    ran = program("-e", environment, "install", status=1)
    _is_clear(ran)
    assert str(gone) in ran.stderr and "spack.yaml:6" in ran.stderr


def test_an_external_python_that_went_away_after_the_lock(program: Program, tmp_path: Path) -> None:
    bin_directory = tmp_path / "base" / "bin"
    clean_run(["/usr/bin/python3", "-m", "venv", "--without-pip", tmp_path / "base"])
    environment = program.environment_at(tmp_path / "env", "spack:\n  specs: [python-venv]\n  view: false\n")
    program("-e", environment, "concretize")
    lock = environment / "outcrop.lock"
    assert str(bin_directory) not in lock.read_text(), "a virtual environment is followed to its base"
    lock_text = lock.read_text()
    import msgspec

    from outcrop.env.lock import read_lock, write_lock
    from outcrop.spec.graph import Draft, DraftEdge, seal_graph

    found = read_lock(lock)
    assert found is not None
    drafts = {}
    for key, node in found.nodes.items():
        if node.external is not None and node.name == "python":
            external = msgspec.structs.replace(
                node.external, prefix=str(tmp_path / "lost"), executable=str(tmp_path / "lost/bin/python3")
            )
            node = msgspec.structs.replace(node, external=external)
        drafts[key] = Draft(
            node=msgspec.structs.replace(node, edges=()),
            edges=[
                DraftEdge(target=edge.hash, types=edge.types, virtuals=edge.virtuals) for edge in found.nodes[key].edges
            ],
        )
    graph = seal_graph(drafts, [root.hash for root in found.roots])
    roots = tuple(msgspec.structs.replace(root, hash=key) for root, key in zip(found.roots, graph.roots, strict=True))
    write_lock(lock, msgspec.structs.replace(found, nodes=dict(graph.nodes), roots=roots))
    assert lock.read_text() != lock_text
    ran = program("-e", environment, "install", status=1)
    _is_clear(ran)
    assert str(tmp_path / "lost") in ran.stderr and "gone" in ran.stderr


def test_no_network_says_which_file_could_not_be_fetched(fresh: Program) -> None:
    offline = fresh.with_root(
        fresh.root,
        extra={
            "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
            "PIP_EXTRA_INDEX_URL": "",
            "PIP_FIND_LINKS": "",
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_RETRIES": "0",
        },
    )
    ran = offline("install", "py-flit-core", status=1)
    _is_clear(ran)
    assert "flit_core-" in ran.stderr
    _nothing_installed(fresh, "py-flit-core")
    assert not [
        path for path in (fresh.root / "cache" / "sources").rglob("*") if path.is_file() and path.suffix != ".lock"
    ]


def test_offline_says_so(fresh: Program) -> None:
    ran = fresh("install", "--offline", "py-flit-core", status=1)
    _is_clear(ran)
    assert "offline" in ran.stderr


def test_a_read_only_store(program: Program, tmp_path: Path) -> None:
    store = program.root / "store"
    store.mkdir(parents=True)
    probe = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", f"mount --bind -o ro {store} {store}"],
        capture_output=True,
        text=True,
    )
    if probe.returncode != 0:
        pytest.skip(f"no mount namespaces here: {probe.stderr.strip()}")
    script = f'mount --bind {store} {store} && mount -o remount,bind,ro {store} && exec "$@"'
    done = subprocess.run(
        [
            "unshare",
            "--user",
            "--map-root-user",
            "--mount",
            "sh",
            "-c",
            script,
            "sh",
            *program.command("install", "python-venv"),
        ],
        env=program.environment(),
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    ran = Ran(("install", "python-venv"), done.returncode, done.stdout, done.stderr)
    assert ran.status == 1, str(ran)
    _is_clear(ran)
    assert str(store) in ran.stderr
    assert list(store.iterdir()) == []


def test_a_failed_build_shows_phase_log_and_place_and_the_rest_goes_on(program: Program, tmp_path: Path) -> None:
    repository = RecipeRepository(tmp_path)
    repository.python_package(
        "py-broken",
        python_project("py-broken", during_build="print('about to break')\nraise SystemExit('it broke here')"),
    )
    repository.python_package("py-above", body='depends_on("py-broken", type=("build", "run"))')
    repository.python_package("py-beside")
    program("repo", "add", repository.root)
    ran = program("install", "py-above", "py-beside", status=1)
    _is_clear(ran)
    assert "py-broken@1.0" in ran.stderr and "build_wheel" in ran.stderr and "it broke here" in ran.stderr
    assert "not tried because of it: py-above" in ran.stderr
    log = next(line.split("the whole log:")[1].strip() for line in ran.stderr.splitlines() if "the whole log:" in line)
    assert "about to break" in Path(log).read_text()
    _nothing_installed(program, "py-broken")
    assert "py-beside" in program("find").stdout
    # Mended, it goes on where it stopped.
    repository.python_package("py-broken")
    program("install", "py-above", "py-beside")


def test_unknown_command_and_option_are_usage_errors(program: Program) -> None:
    ran = program("instal", status=2)
    assert "install" in ran.stderr
    assert program("install", "--no-such-option", "x", status=2).stderr.count("Error:") == 1
    assert program("install", status=2).stderr.count("Error:") == 1
    assert program("-c", "nothing:x", "list", status=2).stderr.count("Error:") == 1


def test_a_drifted_recipe_is_refused_with_the_difference(program: Program, tmp_path: Path) -> None:
    repository = RecipeRepository(tmp_path)
    path = repository.python_package("py-drift", body='depends_on("python@3:", type=("build", "run"))')
    program("repo", "add", repository.root)
    environment = program.environment_at(tmp_path / "env", "spack:\n  specs: [py-drift]\n  view: false\n")
    program("-e", environment, "install")
    original = path.read_text()
    path.write_text("# a comment changes nothing\n" + original.replace('"""A trial."""', '"""Another docstring."""'))
    program("-e", environment, "install")
    path.write_text(original + '\n    def config_settings(self, spec, prefix):\n        return {"marker": "new"}\n')
    ran = program("-e", environment, "install", status=1)
    _is_clear(ran)
    assert "py-drift@1.0" in ran.stderr and "marker" in ran.stderr and "concretize --force" in ran.stderr
    program("-e", environment, "concretize", "--force")
    program("-e", environment, "install")
    assert len(program("find", "py-drift", "--json").json()["installed"]) == 2
