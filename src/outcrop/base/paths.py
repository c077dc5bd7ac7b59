"""Where Outcrop keeps things: XDG directories, or everything below ``OUTCROP_ROOT``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

ENVIRONMENT_VARIABLE = "OUTCROP_ENV"
"""Names the active environment by its directory; set by activation."""


class Paths(msgspec.Struct, frozen=True):
    """The directories of one installation; none of them needs to exist."""

    config: Path
    """Configuration files of the user scope (``packages.yaml``, ``repos.yaml``, ...)."""
    store: Path
    """Installed prefixes, seals, the index, recipes as used."""
    cache: Path
    """Whatever can be thrown away: sources, recipe models, probes."""
    stage: Path
    """Where builds happen; also the logs of failed builds."""
    environments: Path
    """Named environments (``outcrop env create NAME``)."""

    @property
    def sources(self) -> Path:
        """Source archives, keyed by sha256."""
        return self.cache / "sources"

    @property
    def documents(self) -> Path:
        """YAML files as they were read."""
        return self.cache / "documents"

    @classmethod
    def below(cls, root: Path) -> Paths:
        """Everything below one directory."""
        root = root.absolute()
        return cls(
            config=root / "config",
            store=root / "store",
            cache=root / "cache",
            stage=root / "stage",
            environments=root / "environments",
        )

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Paths:
        """``OUTCROP_ROOT`` moves everything; otherwise the XDG base directories (freedesktop.org basedir-spec)."""
        root = environ.get("OUTCROP_ROOT")
        if root:
            return cls.below(Path(root).expanduser())
        # 14 ms that a moved installation does without.
        import platformdirs

        data = Path(platformdirs.user_data_dir("outcrop"))
        cache = Path(platformdirs.user_cache_dir("outcrop"))
        return cls(
            config=Path(platformdirs.user_config_dir("outcrop")),
            store=data / "store",
            cache=cache,
            stage=cache / "stage",
            environments=data / "environments",
        )
