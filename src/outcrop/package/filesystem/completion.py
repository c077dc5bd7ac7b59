"""Where shells look for completion files below a prefix."""

from __future__ import annotations

import os
from pathlib import Path


def bash_completion_path(root: str | os.PathLike[str]) -> Path:
    """For ``bash-completion``."""
    return Path(root) / "share" / "bash-completion" / "completions"


def zsh_completion_path(root: str | os.PathLike[str]) -> Path:
    """For ``zsh``."""
    return Path(root) / "share" / "zsh" / "site-functions"


def fish_completion_path(root: str | os.PathLike[str]) -> Path:
    """For ``fish``."""
    return Path(root) / "share" / "fish" / "vendor_completions.d"
