"""Small repositories of recipes, written to disk for one test."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field
from pathlib import Path

from outcrop.base.events import Event
from outcrop.repo.layout import Repository, class_name, directory_name, load_repository
from outcrop.repo.repositories import Repositories


@dataclass
class Listener:
    """A reporter that remembers."""

    events: list[Event] = field(default_factory=list)

    def report(self, event: Event) -> None:
        self.events.append(event)

    def texts(self, kind: str) -> list[str]:
        return [event.text for event in self.events if event.kind == kind]


@dataclass(frozen=True)
class RepositoryDirectory:
    """A repository being written."""

    root: Path

    def file(self, path: str, text: str) -> Path:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(textwrap.dedent(text), "utf-8")
        return target

    def recipe(self, name: str, body: str = "", *, base: str = "Package", head: str = "") -> Path:
        inside = textwrap.indent(textwrap.dedent(body).strip("\n") or "pass", "    ")
        start = f"from spack.package import *\n{textwrap.dedent(head)}"
        text = f"{start}\n\nclass {class_name(name)}({base}):\n{inside}\n"
        return self.file(f"packages/{directory_name(name)}/package.py", text)

    def load(self) -> Repository:
        return load_repository(self.root)


@dataclass
class World:
    """Repositories below one directory, and a cache."""

    path: Path
    listener: Listener = field(default_factory=Listener)
    opened: list[Repositories] = field(default_factory=list)

    @property
    def cache(self) -> Path:
        return self.path / "cache"

    def repository(
        self, namespace: str = "first", settings: str = "api: v2.2", place: str = "repos"
    ) -> RepositoryDirectory:
        root = self.path / place / "spack_repo" / namespace.replace(".", "/")
        root.mkdir(parents=True)
        lines = "".join(f"  {line}\n" for line in settings.splitlines())
        (root / "repo.yaml").write_text(f"repo:\n{lines}", "utf-8")
        return RepositoryDirectory(root)

    def old_repository(self, namespace: str, place: str = "old") -> RepositoryDirectory:
        root = self.path / place
        root.mkdir(parents=True)
        (root / "repo.yaml").write_text(f"repo:\n  namespace: {namespace}\n", "utf-8")
        return RepositoryDirectory(root)

    def open(self, *directories: RepositoryDirectory) -> Repositories:
        found = Repositories([item.root for item in directories], self.cache, reporter=self.listener)
        self.opened.append(found)
        return found
