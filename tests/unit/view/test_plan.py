"""Planning: pure, from seals that no disk has seen."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcrop.spec.graph import Edge, External, node_hash
from outcrop.store import Change, Entry, Hooks, Seal, VenvFacts
from outcrop.view import Item, ViewConflictError, ViewOptions, ViewPlan, inputs_digest, plan_view
from outcrop.view.variables import dependencies_first
from support.prefixes import external_seal, make_node

ROOT = Path("/env/view")
FACTS = VenvFacts(
    base_prefix="/usr",
    base_executable="/usr/bin/python3.11",
    version="3.11.2",
    purelib="lib/python3.11/site-packages",
    platlib="lib/python3.11/site-packages",
    include="include/python3.11",
    lib64=True,
)
SITE = FACTS.purelib


def a_file(path: str, content: str = "", **more: object) -> Entry:
    return Entry(path=path, kind="file", sha256=content, size=len(content), **more)  # type: ignore[arg-type]


def a_link(path: str, target: str) -> Entry:
    return Entry(path=path, kind="link", target=target)


def a_seal(
    name: str,
    *entries: Entry,
    version: str = "1",
    venv: VenvFacts | None = None,
    hooks: Hooks | None = None,
    needs: tuple[Seal, ...] = (),
) -> Seal:
    edges = tuple(Edge(hash=other.hash, types=("link", "run")) for other in needs)
    node = make_node(name, version, edges=edges)
    key = node_hash(node)
    return Seal(
        schema=1,
        hash=key,
        node=node,
        prefix=f"/store/prefixes/{name}-{version}-{key}",
        entries=entries,
        venv=venv,
        hooks=hooks or Hooks(),
    )


def a_venv(**more: object) -> Seal:
    facts = msgspec.structs.replace(FACTS, **more)
    return a_seal(
        "python-venv",
        a_link("bin/python", "python3.11"),
        a_link("bin/python3.11", "/usr/bin/python3.11"),
        a_file("pyvenv.cfg", "cfg", names=("own",)),
        a_link("lib64", "lib"),
        a_file("bin/activate", "stock", names=("own",)),
        a_file(f"{SITE}/_outcrop_isolation.pth", "line"),
        venv=facts,
    )


def plan(*seals: Seal, **options: object) -> ViewPlan:
    return plan_view(seals, ViewOptions(root=ROOT, **options))  # type: ignore[arg-type]


def items(made: ViewPlan) -> dict[str, Item]:
    return {item.path: item for item in made.items}


def test_identical_content_is_no_conflict_and_has_one_owner() -> None:
    a = a_seal("a", a_file("share/x", "same"), a_link("l", "share/x"))
    b = a_seal("b", a_file("share/x", "same"), a_link("l", "share/x"))
    found = items(plan(b, a))
    assert found["share/x"].owner == a.hash
    assert found["l"].target == "share/x"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (a_file("share/x", "one"), a_file("share/x", "other")),
        (a_file("share/x", "same"), a_file("share/x", "same", mode=0o755)),
        (a_file("share/x", "one"), a_link("share/x", "y")),
        (a_link("share/x", "y"), a_link("share/x", "z")),
        (a_file("share/x", "one"), a_file("share/x/inside", "other")),
        (a_link("share/x", "y"), a_file("share/x/inside/deep", "other")),
        (a_file("share/x", "one"), Entry(path="share/x", kind="dir")),
        (a_file("share/x", "one"), Entry(path="share/x/empty", kind="dir")),
    ],
)
def test_v12_anything_else_names_both_packages_and_the_file(one: Entry, other: Entry) -> None:
    a, b = a_seal("aaa", one), a_seal("bbb", other)
    for order in ((a, b), (b, a)):
        with pytest.raises(ViewConflictError) as caught:
            plan(*order)
        message = str(caught.value)
        assert "share/x" in message and "aaa@1/" in message and "bbb@1/" in message
        assert caught.value.hint is not None and "exclude" in caught.value.hint


def test_v12_many_conflicts_are_listed_up_to_a_point() -> None:
    a = a_seal("a", *(a_file(f"f{number:02}", "a") for number in range(20)))
    b = a_seal("b", *(a_file(f"f{number:02}", "b") for number in range(20)))
    with pytest.raises(ViewConflictError) as caught:
        plan(a, b)
    assert len(caught.value.details) == 9
    assert caught.value.details[-1] == "... and 12 more"


def test_v12_namespace_packages_merge() -> None:
    a = a_seal("a", a_file(f"{SITE}/ns/a.py"), a_file(f"{SITE}/ns/__init__.py", "same"))
    b = a_seal("b", a_file(f"{SITE}/ns/b.py"), a_file(f"{SITE}/ns/__init__.py", "same"))
    assert {f"{SITE}/ns/a.py", f"{SITE}/ns/b.py", f"{SITE}/ns/__init__.py"} <= items(plan(a, b)).keys()


def test_byte_code_is_no_conflict_and_comes_with_its_source() -> None:
    pyc = f"{SITE}/ns/__pycache__/__init__.cpython-311.pyc"
    a = a_seal("a", a_file(f"{SITE}/ns/__init__.py", "same"), a_file(pyc, "of a", compiled=True))
    b = a_seal("b", a_file(f"{SITE}/ns/__init__.py", "same"), a_file(pyc, "of b", compiled=True))
    found = items(plan(a, b))
    assert found[pyc].owner == found[f"{SITE}/ns/__init__.py"].owner == a.hash


def test_v12_python_venv_wins_for_the_interpreter() -> None:
    python = a_seal("python", a_file("bin/python3.11", "program", mode=0o755), version="3.11.2")
    found = items(plan(python, a_venv()))
    assert found["bin/python3.11"] == Item(
        path="bin/python3.11", kind="link", target="/usr/bin/python3.11", owner=a_venv().hash
    )


def test_v12_lib64_is_lib_where_the_venv_says_so() -> None:
    package = a_seal("p", a_file("lib64/libp.so", "so"), a_link("lib64/libp.so.1", "libp.so"))
    found = items(plan(package, a_venv()))
    assert found["lib/libp.so"].source == f"{package.prefix}/lib64/libp.so"
    assert found["lib/libp.so.1"].target == "libp.so"
    assert (found["lib64"].kind, found["lib64"].target) == ("link", "lib")
    assert not any(path.startswith("lib64/") for path in found)


def test_v12_without_a_venv_lib64_is_a_directory_of_its_own() -> None:
    package = a_seal("p", a_file("lib64/libp.so", "so"))
    assert "lib64/libp.so" in items(plan(package))


def test_v12_two_pythons_say_how_to_select() -> None:
    for seals in (
        (a_seal("python", version="3.11.2"), a_seal("python", version="3.12.0")),
        (a_seal("python", version="3.13.0"), a_venv()),
        (a_venv(), a_seal("python-venv", version="2", venv=FACTS)),
    ):
        with pytest.raises(ViewConflictError) as caught:
            plan(*seals)
        assert caught.value.code == "view-two-pythons"
        assert caught.value.hint is not None and "select" in caught.value.hint


def test_a_venv_and_its_base_python_are_one_python() -> None:
    assert plan(a_seal("python", version="3.11.9"), a_venv()).venv


def test_the_venvs_isolation_file_and_the_seals_are_left_out() -> None:
    package = a_seal("p", a_file(".outcrop/seal.json"), a_file(".outcropping"))
    found = items(plan(package, a_venv()))
    assert not [path for path in found if "isolation" in path or path.startswith(".outcrop/")]
    assert ".outcropping" in found
    assert (found[SITE].kind, found["bin/activate"].kind) == ("dir", "text")


def test_links_stay_in_the_view_where_it_has_what_they_lead_to() -> None:
    other = a_seal("other", a_file("libexec/tool", "t"))
    package = a_seal("p", a_file("bin/foo", "f"), a_file("share/doc/x", "x"))
    package = msgspec.structs.replace(
        package,
        entries=(
            *package.entries,
            a_link("bin/foo3", "foo"),
            a_link("bin/absolute", f"{package.prefix}/bin/foo"),
            a_link("bin/other", f"{other.prefix}/libexec/tool"),
            a_link("bin/climbs", f"../../{other.prefix.rpartition('/')[2]}/libexec/tool"),
            a_link("share/docs", f"{package.prefix}/share/doc"),
            a_link("bin/system", "/usr/bin/env"),
            a_link("bin/dangling", "nothing"),
            a_link("bin/gone", f"{other.prefix}/libexec/gone"),
        ),
    )
    targets = {path: item.target for path, item in items(plan(other, package)).items() if item.kind == "link"}
    assert targets == {
        "bin/foo3": "foo",
        "bin/absolute": "foo",
        "bin/other": "../libexec/tool",
        "bin/climbs": "../libexec/tool",
        "share/docs": "doc",
        "bin/system": "/usr/bin/env",
        "bin/dangling": "nothing",
        "bin/gone": f"{other.prefix}/libexec/gone",
    }


def test_only_files_that_name_an_interpreter_are_rewritten() -> None:
    package = a_seal(
        "p",
        a_file("bin/script", "1", mode=0o755, names=("venv",), interpreter="x"),
        a_file("share/kernel.json", "2", names=("venv",)),
        a_file("share/own.pc", "3", names=("own",)),
        a_file(f"{SITE}/named.py", "4", names=("venv", "own")),
        a_file(f"{SITE}/__pycache__/named.cpython-311.pyc", "5", compiled=True),
        a_file(f"{SITE}/__pycache__/other.cpython-311.pyc", "6", compiled=True),
    )
    made = plan(package, a_venv())
    kinds = {path: item.kind for path, item in items(made).items()}
    assert {path for path, kind in kinds.items() if kind == "rewrite"} == {
        "bin/script",
        "share/kernel.json",
        f"{SITE}/named.py",
        "pyvenv.cfg",
    }
    assert kinds["share/own.pc"] == "file"
    assert f"{SITE}/__pycache__/named.cpython-311.pyc" not in kinds
    assert f"{SITE}/__pycache__/other.cpython-311.pyc" in kinds
    assert items(made)["bin/script"].mode & 0o111
    assert [(rule.kind, rule.old, rule.new) for rule in made.substitutions] == [("prefix", a_venv().prefix, str(ROOT))]


def test_without_a_venv_nothing_is_rewritten() -> None:
    package = a_seal("p", a_file("bin/script", "1", names=("venv",)))
    made = plan(package)
    assert items(made)["bin/script"].kind == "file" and made.substitutions == ()


def test_v02_facts_make_a_venv_only_of_modules() -> None:
    module = a_seal("p", a_file(f"{SITE}/m.py"))
    tool = a_seal("t", a_file("bin/t"))
    assert not plan(tool, python=FACTS).venv
    made = plan(module, tool, python=FACTS)
    found = items(made)
    assert made.venv
    assert found["bin/python"].target == found["bin/python3"].target == "python3.11"
    assert found["bin/python3.11"].target == "/usr/bin/python3.11"
    assert found["lib64"].target == "lib"
    assert found["include/python3.11"].kind == "dir"
    assert found["pyvenv.cfg"].text == (
        "home = /usr/bin\ninclude-system-site-packages = false\nversion = 3.11.2\nexecutable = /usr/bin/python3.11\n"
        "command = /usr/bin/python3.11 -m venv --without-pip /env/view\n"
    )


def test_v02_before_3_11_the_configuration_has_three_keys() -> None:
    facts = msgspec.structs.replace(FACTS, version="3.10.4", base_executable="/usr/bin/python3")
    found = items(plan(a_seal("p", a_file(f"{SITE}/m.py")), python=facts))
    assert found["pyvenv.cfg"].text.splitlines()[-1] == "version = 3.10.4"
    assert found["bin/python3.10"].target == "python3"


def test_v07_an_external_python_gives_its_names() -> None:
    node = make_node(
        "python", "3.11.2", external=External(prefix="/usr", executable="/usr/bin/python3.11", abi="3.11 cpython-311")
    )
    made = plan(external_seal(node))
    links = {path: item.target for path, item in items(made).items() if item.kind == "link"}
    assert links == {
        "bin/python": "python3.11",
        "bin/python3": "python3.11",
        "bin/python3.11": "/usr/bin/python3.11",
    }
    assert not made.venv


def test_variables_are_projected_and_dependents_come_first() -> None:
    base = a_seal(
        "base",
        a_file("bin/b"),
        a_file("share/base/data"),
        hooks=Hooks(
            run=(
                Change(action="set", name="BASE_HOME", value="{prefix}"),
                Change(action="prepend", name="PATH", value="{prefix}/bin"),
                Change(action="prepend", name="TOOLS", value="{prefix}/share/base"),
                Change(action="set", name="NOT_THERE", value="{prefix}/nowhere"),
            )
        ),
    )
    top = a_seal(
        "atop",
        a_file("share/man/man1/x.1"),
        a_file("lib/pkgconfig/x.pc"),
        needs=(base,),
        hooks=Hooks(
            run=(Change(action="prepend", name="TOOLS", value="{view}/top"),),
            dependent_run={base.hash: (Change(action="append", name="FROM_BASE", value=f"{base.prefix}/bin:/x"),)},
        ),
    )
    made = plan(base, top)
    found = [(change.action, change.name, change.value) for change in made.variables]
    assert found == [
        ("prepend", "PATH", "/env/view/bin"),
        ("prepend", "MANPATH", "/env/view/share/man"),
        ("prepend", "PKG_CONFIG_PATH", "/env/view/lib/pkgconfig"),
        ("prepend", "CMAKE_PREFIX_PATH", "/env/view"),
        ("set", "BASE_HOME", "/env/view"),
        ("prepend", "TOOLS", "/env/view/share/base"),
        ("set", "NOT_THERE", f"{base.prefix}/nowhere"),
        ("append", "FROM_BASE", "/env/view/bin:/x"),
        ("prepend", "TOOLS", "/env/view/top"),
    ]
    assert "TOOLS=/env/view/share/base" in items(made)["bin/activate"].text


def test_v06_a_python_path_becomes_a_line_of_a_pth_file() -> None:
    package = a_seal(
        "p",
        a_file(f"{SITE}/m.py"),
        a_file("share/plugins/x.py"),
        hooks=Hooks(
            run=(
                Change(action="prepend", name="PYTHONPATH", value="{prefix}/" + SITE),
                Change(action="prepend", name="PYTHONPATH", value="{prefix}/share/plugins"),
                Change(action="prepend", name="LD_LIBRARY_PATH", value="{prefix}/hidden"),
            )
        ),
    )
    made = plan(package, a_venv())
    assert "PYTHONPATH" not in {change.name for change in made.variables}
    assert "LD_LIBRARY_PATH" in {change.name for change in made.variables}
    assert items(made)[f"{SITE}/_outcrop_paths.pth"].text == "/env/view/share/plugins\n"


def test_dependencies_come_before_dependents() -> None:
    a = a_seal("a")
    b = a_seal("b", needs=(a,))
    c = a_seal("c", needs=(a, b))
    first = a_seal("0", needs=(c,))
    assert [seal.node.name for seal in dependencies_first([first, b, c, a, a])] == ["a", "b", "c", "0"]


names = st.sampled_from(["a", "b", "c", "d"])
paths = st.lists(names, min_size=1, max_size=3).map("/".join)
packages = st.lists(st.dictionaries(paths, st.sampled_from(["x", "y"]), max_size=4), max_size=4)


@given(packages, st.randoms(use_true_random=False))
def test_the_plan_does_not_depend_on_the_order_of_seals(contents: list[dict[str, str]], random: object) -> None:
    seals = [
        a_seal(f"p{number}", *(a_file(path, content) for path, content in files.items()))
        for number, files in enumerate(contents)
        if not any(f"{other}/".startswith(f"{path}/") and other != path for path in files for other in files)
    ]
    shuffled = list(seals)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    def outcome(order: list[Seal]) -> object:
        try:
            return plan(*order).digest()
        except ViewConflictError as error:
            return str(error)

    assert outcome(seals) == outcome(shuffled)


@given(packages)
def test_a_plan_has_everything_or_there_is_a_conflict(contents: list[dict[str, str]]) -> None:
    seals = [
        a_seal(f"p{number}", *(a_file(path, content) for path, content in files.items()))
        for number, files in enumerate(contents)
        if not any(f"{other}/".startswith(f"{path}/") and other != path for path in files for other in files)
    ]
    everything: dict[str, set[str]] = {}
    for seal in seals:
        for entry in seal.entries:
            everything.setdefault(entry.path, set()).add(entry.sha256)
    nested = any(other.startswith(f"{path}/") for path in everything for other in everything)
    clash = nested or any(len(kinds) > 1 for kinds in everything.values())
    try:
        found = items(plan(*seals))
    except ViewConflictError:
        assert clash
    else:
        assert not clash
        assert everything.keys() == {path for path, item in found.items() if item.kind == "file"}


def test_digests_tell_plans_and_inputs_apart() -> None:
    a, b = a_seal("a", a_file("x", "1")), a_seal("b", a_file("y", "2"))
    assert plan(a, b).digest() == plan(b, a).digest()
    assert len({plan(a).digest(), plan(b).digest(), plan(a, link_type="copy").digest()}) == 3
    options = ViewOptions(root=ROOT)
    assert inputs_digest([a.hash, b.hash], options) == inputs_digest([b.hash, a.hash, a.hash], options)
    others = [ViewOptions(root=ROOT, prompt="x"), ViewOptions(root=ROOT / "y"), ViewOptions(root=ROOT, python=FACTS)]
    assert len({inputs_digest([a.hash], other) for other in (options, *others)}) == 4
    assert plan(a).inputs == inputs_digest([a.hash], options)


def test_a_plan_can_be_printed() -> None:
    made = plan(a_seal("p", a_file("x"), a_link("l", "x"), Entry(path="d", kind="dir")), a_venv())
    text = "\n".join(made.render())
    for line in (
        "symlink  x <- /store/",
        "link     l -> x",
        "dir      d/",
        "write    bin/activate",
        "rewrite  pyvenv.cfg",
    ):
        assert line in text
