"""Sources from git."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from outcrop.base.events import Event
from outcrop.fetch import Fetcher, OfflineError, Stage, StageError, source_filename
from outcrop.fetch.vcs import check_out, current_revision, is_pinned
from outcrop.spec.graph import Source
from support.vcs import ENVIRON, tool

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="no git here")


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "protocol.file.allow=always"]
    return tool("git", *identity, *arguments, cwd=folder)


def commit(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", name)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "upstream repo"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    return folder


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path / "stage")


def source(repository: Path | str, **fields: object) -> Source:
    return Source(kind="git", urls=(str(repository),), **fields)  # type: ignore[arg-type]


def test_an_old_commit(repository: Path, stage: Stage) -> None:
    first = commit(repository, "a", "1")
    commit(repository, "a", "2")
    for url in (str(repository), repository.as_uri()):
        assert stage.check_out(source(url, commit=first), environ=ENVIRON, offline=True) == stage.source_path
        assert (stage.source_path / "a").read_text() == "1"
        assert git(stage.source_path, "rev-parse", "HEAD") == first


def test_commits_that_a_server_does_not_give_out_alone(repository: Path, stage: Stage) -> None:
    first = commit(repository, "a", "1")
    commit(repository, "a", "2")
    stage.check_out(source(repository, commit=first[:10]), environ=ENVIRON)
    assert (stage.source_path / "a").read_text() == "1"


def test_tags_branches_and_nothing(repository: Path, stage: Stage) -> None:
    first = commit(repository, "a", "1")
    git(repository, "tag", "v1")
    git(repository, "branch", "old")
    commit(repository, "a", "2")
    for fields, text in (({"ref": "v1"}, "1"), ({"ref": "old"}, "1"), ({}, "2"), ({"ref": "v1", "commit": first}, "1")):
        stage.check_out(source(repository, **fields), environ=ENVIRON)
        assert (stage.source_path / "a").read_text() == text


def test_submodules_only_when_asked(repository: Path, stage: Stage, tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    git(inner, "init", "-q", "-b", "main")
    commit(inner, "in", "side")
    git(repository, "submodule", "add", "-q", str(inner), "sub/inner")
    head = commit(repository, "a", "1")
    stage.check_out(source(repository, commit=head), environ=ENVIRON)
    assert list((stage.source_path / "sub/inner").iterdir()) == []
    stage.check_out(source(repository, commit=head, submodules=True), environ=ENVIRON)
    assert (stage.source_path / "sub/inner/in").read_text() == "side"


def test_git_resources(repository: Path, stage: Stage) -> None:
    head = commit(repository, "a", "1")
    stage.create()
    placed = stage.add_resource(source(repository, commit=head, destination="deps"), None, environ=ENVIRON)
    assert placed == [stage.source_path / "deps" / repository.name]
    assert (placed[0] / "a").read_text() == "1"


def test_what_is_not_there_leaves_nothing(repository: Path, stage: Stage, tmp_path: Path) -> None:
    commit(repository, "a", "1")
    for wanted in (
        source(repository, commit="0" * 40),
        source(repository, ref="none"),
        source(tmp_path / "none", ref="main"),
        source("https://me:secret@127.0.0.1:9/x.git", commit="0" * 40),
    ):
        with pytest.raises(StageError, match="cannot be checked out") as caught:
            stage.check_out(wanted, environ=ENVIRON)
        assert caught.value.details
        assert "secret" not in f"{caught.value}{caught.value.details}"
        assert list(stage.path.iterdir()) == []


def test_no_network_and_no_git(repository: Path, stage: Stage, tmp_path: Path) -> None:
    with pytest.raises(OfflineError, match=r"127\.0\.0\.1"):
        stage.check_out(source("https://127.0.0.1:9/x.git"), environ=ENVIRON, offline=True)
    with pytest.raises(StageError, match="without git"):
        stage.check_out(source(repository), environ={"PATH": str(tmp_path)})
    with pytest.raises(StageError, match="names no repository"):
        stage.check_out(Source(kind="git"), environ=ENVIRON)


def test_a_commit_is_fetched_once_and_kept(repository: Path, stage: Stage, tmp_path: Path) -> None:
    commit(repository, "a", "1")
    (repository / "link").symlink_to("a")
    head = commit(repository, "b", "2")
    fetcher = Fetcher(tmp_path / "cache", environ=ENVIRON)
    wanted = source(repository, commit=head)
    assert fetcher.cached(wanted) is None
    kept = fetcher.fetch(wanted, name="foo", version="1")
    repository.rename(tmp_path / "gone")
    assert fetcher.cached(wanted) == fetcher.fetch(wanted, name="foo", version="1") == kept
    stage.expand(kept, name=source_filename(wanted))
    assert (stage.source_path / "link").read_text() == "1"
    assert git(stage.source_path, "status", "--porcelain") == ""
    assert git(stage.source_path, "rev-parse", "HEAD") == head
    assert fetcher.fetch(source(tmp_path / "gone", commit=head, submodules=True), name="foo", version="1") != kept


def test_a_damaged_checkout_is_fetched_again(repository: Path, tmp_path: Path) -> None:
    fetcher = Fetcher(tmp_path / "cache", environ=ENVIRON)
    wanted = source(repository, commit=commit(repository, "a", "1"))
    kept = fetcher.fetch(wanted, name="foo", version="1")
    good = kept.stat().st_size
    kept.write_bytes(b"damaged")
    assert fetcher.cached(wanted) is None
    assert fetcher.fetch(wanted, name="foo", version="1").stat().st_size == good


def test_a_branch_is_followed_while_there_is_a_network(repository: Path, stage: Stage, tmp_path: Path) -> None:
    wanted = source(repository, ref="main")
    kept = tmp_path
    for text in "12":
        commit(repository, "a", text)
        kept = Fetcher(tmp_path / "cache", environ=ENVIRON).fetch(wanted, name="foo", version="main")
        stage.expand(kept)
        assert (stage.source_path / "a").read_text() == text
    commit(repository, "a", "3")
    offline = Fetcher(tmp_path / "cache", environ=ENVIRON, offline=True)
    assert offline.fetch(wanted, name="foo", version="main") == kept
    stage.expand(kept)
    assert (stage.source_path / "a").read_text() == "2"
    with pytest.raises(OfflineError, match="of foo@main"):
        offline.fetch(source("https://127.0.0.1:9/x.git", ref="main"), name="foo", version="main")


def test_the_same_commit_has_the_same_bytes(repository: Path, tmp_path: Path) -> None:
    inner = library(tmp_path, "inner")
    git(repository, "submodule", "add", "-q", str(inner), "sub/inner")
    (repository / "sub").joinpath("more").mkdir()
    (repository / "sub/more/run").write_text("#!/bin/sh\n")
    (repository / "sub/more/run").chmod(0o755)
    head = commit(repository, "a", "1")
    git(repository, "tag", "-a", "-m", "m", "v1")
    for fields in ({}, {"submodules": True}, {"full_history": True}, {"ref": "v1"}, {"sparse_paths": ("sub/more",)}):
        wanted = source(repository, commit=head, **fields)
        kept = [
            Fetcher(tmp_path / f"{number}{sorted(fields)}", environ=ENVIRON).fetch(wanted, name="foo", version="1")
            for number in range(2)
        ]
        assert kept[0].read_bytes() == kept[1].read_bytes(), fields
        stage = Stage(tmp_path / "stage")
        stage.expand(kept[0])
        assert git(stage.source_path, "status", "--porcelain") == "", fields
        assert git(stage.source_path, "rev-parse", "HEAD") == head


def library(root: Path, name: str) -> Path:
    folder = root / name
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    commit(folder, "in", name)
    return folder


def test_some_submodules(repository: Path, stage: Stage, tmp_path: Path) -> None:
    for name in ("one", "two", "three"):
        git(repository, "submodule", "add", "-q", str(library(tmp_path, name)), f"sub/{name}")
    head = commit(repository, "a", "1")

    def there(**fields: object) -> list[str]:
        stage.check_out(source(repository, commit=head, submodules=True, **fields), environ=ENVIRON)
        return sorted(path.parent.name for path in (stage.source_path / "sub").glob("*/in"))

    assert there() == ["one", "three", "two"]
    assert there(submodule_paths=("sub/one", "sub/two")) == ["one", "two"]
    assert there(submodules_left_out=("sub/one",)) == ["three", "two"]
    assert there(submodule_paths=("sub/one",), submodules_left_out=("sub/one",)) == []
    with pytest.raises(StageError, match="cannot be checked out"):
        there(submodule_paths=("sub/none",))


def test_submodules_of_a_near_repository_stay_near(repository: Path, stage: Stage, tmp_path: Path) -> None:
    git(repository, "submodule", "add", "-q", str(library(tmp_path, "inner")), "inner")
    git(repository, "config", "-f", ".gitmodules", "submodule.inner.url", "https://127.0.0.1:9/x.git")
    head = commit(repository, "a", "1")
    with pytest.raises(StageError) as caught:
        stage.check_out(source(repository, commit=head, submodules=True), environ=ENVIRON, offline=True)
    assert "'https' not allowed" in " ".join(caught.value.details)


def test_a_tag_is_there_to_be_described(repository: Path, stage: Stage) -> None:
    first = commit(repository, "a", "1")
    git(repository, "tag", "-a", "-m", "m", "v1.0")
    commit(repository, "a", "2")
    for fields in ({"ref": "v1.0"}, {"ref": "v1.0", "commit": first}, {"ref": "v1.0", "commit": first[:9]}):
        stage.check_out(source(repository, **fields), environ=ENVIRON)
        assert git(stage.source_path, "describe") == "v1.0"
        assert git(stage.source_path, "rev-list", "--count", "HEAD") == "1"


def test_the_whole_history(repository: Path, stage: Stage) -> None:
    git(repository, "checkout", "-q", "-b", "old")
    first = commit(repository, "a", "1")
    git(repository, "tag", "v1.0")
    last = commit(repository, "a", "2")
    for fields, count in (({"commit": last}, 2), ({"ref": "v1.0"}, 1), ({"ref": "old"}, 2), ({}, 2)):
        stage.check_out(source(repository, full_history=True, **fields), environ=ENVIRON)
        assert git(stage.source_path, "rev-list", "--count", "HEAD") == str(count)
    assert git(stage.source_path, "describe", "--tags").startswith("v1.0-1-g")
    git(repository, "tag", "-d", "v1.0")
    git(repository, "reset", "-q", "--hard", first)
    # On no branch any more, but still there.
    stage.check_out(source(repository, full_history=True, commit=last), environ=ENVIRON)
    assert (stage.source_path / "a").read_text() == "2"


def test_some_directories(repository: Path, stage: Stage) -> None:
    for name in ("one", "two", "three"):
        (repository / name).mkdir()
        (repository / name / "in").write_text(name)
    git(repository, "config", "uploadpack.allowFilter", "true")
    head = commit(repository, "a", "1")
    for url in (str(repository), repository.as_uri()):
        stage.check_out(source(url, commit=head, sparse_paths=("one", "three")), environ=ENVIRON)
        assert sorted(path.parent.name for path in stage.source_path.glob("*/in")) == ["one", "three"]


def test_a_tag_that_moved(repository: Path, stage: Stage) -> None:
    first = commit(repository, "a", "1")
    git(repository, "tag", "-a", "-m", "m", "v1")
    git(repository, "branch", "line")
    second = commit(repository, "a", "2")
    stage.check_out(source(repository, ref="v1", commit=first), environ=ENVIRON)
    # Branches move, and a tag may go away: the commit counts.
    stage.check_out(source(repository, ref="line", commit=second), environ=ENVIRON)
    stage.check_out(source(repository, ref="gone", commit=second), environ=ENVIRON)
    assert (stage.source_path / "a").read_text() == "2"
    git(repository, "tag", "-f", "v1", second)
    with pytest.raises(StageError, match=r"the tag v1 of .* is not the commit") as caught:
        stage.check_out(source(repository, ref="v1", commit=first), environ=ENVIRON)
    assert caught.value.code == "moved-tag"
    assert list(caught.value.details) == [f"expected {first}", f"got      {second}"]
    assert list(stage.path.iterdir()) == []


def test_a_tag_comes_before_a_branch_of_its_name(repository: Path, stage: Stage) -> None:
    first = commit(repository, "a", "1")
    git(repository, "tag", "same")
    git(repository, "checkout", "-q", "-b", "same")
    second = commit(repository, "a", "2")
    for full in (False, True):
        for ref, expected in (("same", first), ("refs/heads/same", second), ("refs/tags/same", first)):
            wanted = source(repository, ref=ref, full_history=full)
            assert check_out(wanted, stage.path / f"{full}{ref}", environ=ENVIRON) == expected
            assert current_revision(wanted, environ=ENVIRON) == expected


class Recorder:
    def __init__(self) -> None:
        self.events: list[Event] = []

    def report(self, event: Event) -> None:
        self.events.append(event)


def test_what_a_branch_means_is_reported(repository: Path, tmp_path: Path) -> None:
    def fetch(**options: bool) -> list[tuple[str, str]]:
        recorder = Recorder()
        fetcher = Fetcher(tmp_path / "cache", environ=ENVIRON, reporter=recorder, **options)  # type: ignore[arg-type]
        fetcher.fetch(wanted, name="foo", version="main")
        return [(event.kind, event.text) for event in recorder.events]

    wanted = source(repository, ref="main")
    told = f"main of {repository} is "
    first = commit(repository, "a", "1")
    assert [kind for kind, _ in fetch()] == ["fetch.started", "fetch.resolved", "fetch.done"]
    # Nothing is fetched while it stays what it was.
    assert fetch() == [("fetch.resolved", told + first)]
    second = commit(repository, "a", "2")
    assert fetch(offline=True) == []
    assert fetch()[1] == ("fetch.resolved", told + second)
    wanted = source(repository, commit=second)
    assert [kind for kind, _ in fetch()] == ["fetch.started", "fetch.done"]


def test_links_that_lead_out_are_warned_of(repository: Path, stage: Stage, tmp_path: Path) -> None:
    (repository / "out").symlink_to("/etc")
    recorder = Recorder()
    fetcher = Fetcher(tmp_path / "cache", environ=ENVIRON, reporter=recorder)
    stage.expand(fetcher.fetch(source(repository, commit=commit(repository, "a", "1")), name="foo", version="1"))
    assert (stage.source_path / "a").exists()
    assert not (stage.source_path / "out").is_symlink()
    assert [event.text for event in recorder.events if event.kind == "warning"] == [
        "links that lead out of the sources of foo@1 are left out: out"
    ]


def test_a_kept_resource_is_called_as_its_repository(repository: Path, stage: Stage, tmp_path: Path) -> None:
    wanted = source(repository, commit=commit(repository, "a", "1"), destination="deps")
    kept = Fetcher(tmp_path / "cache", environ=ENVIRON).fetch(wanted, name="foo", version="1")
    stage.create()
    assert stage.add_resource(wanted, kept) == [stage.source_path / "deps" / repository.name]


def test_nothing_is_taken_for_an_option(repository: Path, stage: Stage, tmp_path: Path) -> None:
    commit(repository, "a", "1")
    evil = f"--upload-pack=touch {tmp_path / 'evil'}"
    fields: list[dict[str, object]] = [
        {"ref": evil},
        {"commit": evil},
        {"submodules": True, "submodule_paths": (evil,)},
        {"sparse_paths": ("--stdin",)},
    ]
    for wanted in [*(source(repository, **given) for given in fields), source(evil)]:
        with pytest.raises(StageError, match="begins with a hyphen"):
            stage.check_out(wanted, environ=ENVIRON)
    assert not (tmp_path / "evil").exists()


def test_hooks_and_settings_of_the_user_do_nothing(repository: Path, stage: Stage, tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "hooks").mkdir(parents=True)
    hook = home / "hooks" / "post-checkout"
    hook.write_text(f"#!/bin/sh\ntouch {home}/ran\n")
    hook.chmod(0o755)
    (home / ".gitconfig").write_text(
        f"[core]\n hooksPath = {home}/hooks\n autocrlf = true\n[init]\n templateDir = {home}\n"
    )
    head = commit(repository, "a", "1\n")
    stage.check_out(source(repository, commit=head), environ={**ENVIRON, "HOME": str(home)})
    assert (stage.source_path / "a").read_bytes() == b"1\n"
    assert not (home / "ran").exists()
    assert not (stage.source_path / ".git/hooks").exists()


def test_what_is_pinned() -> None:
    assert is_pinned(Source(kind="git", commit="ab" * 20))
    assert is_pinned(Source(kind="git", commit="ab" * 32))
    for moving in (Source(kind="git", commit="ab12"), Source(kind="git", ref="v1"), Source(kind="git")):
        assert not is_pinned(moving)
