"""Fixtures of the repository tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.recipe_world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    for repositories in made.opened:
        repositories.close()
