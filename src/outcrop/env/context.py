"""What the steps of an installation share: paths, configuration, store, repositories, host. Built by ``cli``, passed
in, never global."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from outcrop.base.errors import InputError, Place
from outcrop.base.events import Quiet, Reporter
from outcrop.base.paths import Paths
from outcrop.config import ConfigSection, Configuration, Scope, scope_from_directory, scope_from_options

# Each of these rooms costs start-up time, and `find` or `location` need only the store.
if TYPE_CHECKING:
    from outcrop.fetch import Fetcher
    from outcrop.host import Host
    from outcrop.repo import Repositories
    from outcrop.store import Store

SYSTEM_CONFIGURATION = Path("/etc/outcrop")


class Context:
    """One command's view of the installation. Everything is built when first asked for."""

    def __init__(
        self,
        *,
        environ: Mapping[str, str],
        directory: Path,
        reporter: Reporter | None = None,
        scopes: Sequence[Path] = (),
        settings: Sequence[str] = (),
        offline: bool = False,
        configuration: Configuration | None = None,
    ) -> None:
        self.environ = environ
        self.directory = directory
        self.reporter: Reporter = reporter or Quiet()
        self.paths = Paths.from_environment(environ)
        self.offline = offline
        self._scopes = tuple(scopes)
        self._settings = tuple(settings)
        self._configuration = configuration

    @cached_property
    def configuration(self) -> Configuration:
        """System, user, ``-C`` directories, command line."""
        if self._configuration is not None:
            return self._configuration
        scopes = [self._scope("system", SYSTEM_CONFIGURATION), self._scope("user", self.paths.config)]
        if self.environ.get("OUTCROP_ROOT"):
            # A moved installation is closed in itself: the machine's own configuration stays out.
            scopes = scopes[1:]
        scopes += [self._scope(str(path), path) for path in self._scopes]
        scopes.append(scope_from_options(self._settings))
        return Configuration(scopes)

    def _scope(self, name: str, directory: Path) -> Scope:
        return scope_from_directory(name, directory, cache=self.paths.documents)

    def with_scopes(self, scopes: Sequence[Scope]) -> Context:
        """The same installation with further scopes below the command line (an environment's)."""
        configuration = self.configuration
        for scope in scopes:
            configuration = configuration.with_scope(scope)
        return Context(
            environ=self.environ,
            directory=self.directory,
            reporter=self.reporter,
            scopes=self._scopes,
            settings=self._settings,
            offline=self.offline,
            configuration=configuration,
        )

    def with_packages(self, scope: Scope) -> Context:
        """Like :meth:`with_scopes` for a scope that says nothing of recipes, store and machine: these stay the same."""
        made = self.with_scopes([scope])
        for name in ("store", "repositories", "host"):
            made.__dict__[name] = getattr(self, name)
        return made

    @cached_property
    def settings(self) -> ConfigSection:
        """The merged ``config:`` section."""
        return self.configuration.section("config", ConfigSection, ConfigSection())

    @cached_property
    def store(self) -> Store:
        """The store; ``config:install_tree`` moves it."""
        from outcrop.store import Store

        tree = self.settings.install_tree
        root = tree.get("root") if isinstance(tree, dict) else tree
        return Store(Path(str(root)).expanduser() if root else self.paths.store)

    def repository_roots(self) -> list[tuple[str, Path]]:
        """(configured name, root) of every repository in search order; our own ``core`` comes last unless it is named.

        Raises:
            InputError: a configured repository is not there.
        """
        from outcrop.repo import CORE_ROOT

        data = self.configuration.merged("repos")
        entries: list[tuple[str, object]] = []
        if isinstance(data, dict):
            entries = list(data.items())
        elif isinstance(data, list):
            entries = [(str(item), item) for item in data]
        roots = []
        for name, entry in entries:
            if not isinstance(entry, str):
                raise InputError(
                    f"the repository {name} is to be cloned; only local paths are supported",
                    hint="clone it yourself and give its path",
                )
            document = self.configuration.place("repos", name)
            place = document.place(name) if document is not None else None
            # A relative path is relative to the file it stands in.
            base = Path(place.file).parent if place is not None and Path(place.file).is_file() else self.directory
            path = base / Path(entry).expanduser()
            if not (path / "repo.yaml").is_file():
                raise InputError(
                    f"the repository {name} is not at {path}: no repo.yaml there",
                    place=place or Place(path),
                    hint=f"'outcrop repo remove {name}' takes it out of the configuration",
                    code="no-repository",
                )
            roots.append((name, path))
        if all(path.resolve() != CORE_ROOT.resolve() for _, path in roots):
            roots.append(("core", CORE_ROOT))
        return roots

    @cached_property
    def repositories(self) -> Repositories:
        """All configured recipe repositories."""
        from outcrop.repo import Repositories

        roots = [path for _, path in self.repository_roots()]
        return Repositories(roots, self.paths.cache / "recipes", reporter=self.reporter)

    @cached_property
    def host(self) -> Host:
        """What this machine is and has, as far as PATH shows it."""
        from outcrop.host import detect_host

        return detect_host(self.environ.get("PATH", ""), self.paths.cache / "host", environ=self.environ)

    @cached_property
    def sources(self) -> Path:
        """The source cache; ``config:source_cache`` moves it."""
        cache = self.settings.source_cache
        return Path(cache).expanduser() if cache else self.paths.sources

    @cached_property
    def fetcher(self) -> Fetcher:
        """Gets sources into the cache."""
        from outcrop.fetch import Fetcher

        mirrors = self.configuration.merged("mirrors")
        places = []
        for entry in mirrors.values() if isinstance(mirrors, dict) else ():
            url = entry.get("url") if isinstance(entry, dict) else entry
            if isinstance(url, str):
                places.append(url)
        return Fetcher(
            self.sources,
            offline=self.offline,
            mirrors=places,
            reporter=self.reporter,
            environ=self.environ,
        )
