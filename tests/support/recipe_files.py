"""Recipes read as text: what can be known of them without running any."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from pathlib import Path

import outcrop.recipes

RECIPES = Path(outcrop.recipes.__file__).parent
CORE = RECIPES / "spack_repo" / "core"


@dataclass(frozen=True)
class Call:
    """A directive: positional texts, and keywords that are literals."""

    name: str
    texts: tuple[str, ...]
    keywords: dict[str, object]


@dataclass(frozen=True)
class RecipeFile:
    """One ``package.py``, parsed."""

    path: Path
    tree: ast.Module
    class_name: str
    bases: tuple[str, ...]
    attributes: dict[str, object] = field(default_factory=dict)
    calls: tuple[Call, ...] = ()

    @property
    def name(self) -> str:
        return self.path.parent.name.replace("_", "-")

    def directives(self, name: str) -> list[Call]:
        return [call for call in self.calls if call.name == name]

    @property
    def versions(self) -> dict[str, object]:
        """Version -> sha256, as written."""
        return {call.texts[0]: call.keywords.get("sha256") for call in self.directives("version")}


def read_recipe(path: Path) -> RecipeFile:
    tree = ast.parse(path.read_text("utf-8"), str(path))
    (recipe,) = (item for item in tree.body if isinstance(item, ast.ClassDef))
    attributes: dict[str, object] = {}
    for item in recipe.body:
        if isinstance(item, ast.Assign) and isinstance(item.targets[0], ast.Name):
            attributes[item.targets[0].id] = _literal(item.value)
    return RecipeFile(
        path=path,
        tree=tree,
        class_name=recipe.name,
        bases=tuple(base.id for base in recipe.bases if isinstance(base, ast.Name)),
        attributes=attributes,
        calls=tuple(_calls(recipe.body, {})),
    )


def all_recipes() -> list[RecipeFile]:
    return [read_recipe(path) for path in sorted((CORE / "packages").glob("*/package.py"))]


def class_name_of(directory: str) -> str:
    """The rule: words capitalised and joined."""
    return "".join(word.capitalize() for word in re.split("_+", directory.strip("_")))


def _calls(body: list[ast.stmt], defaults: dict[str, object]) -> list[Call]:
    found: list[Call] = []
    for item in body:
        if isinstance(item, ast.With):
            outer = item.items[0].context_expr
            assert isinstance(outer, ast.Call)
            found.extend(_calls(item.body, {**defaults, **_keywords(outer)}))
        elif isinstance(item, ast.Expr) and isinstance(item.value, ast.Call) and isinstance(item.value.func, ast.Name):
            texts = tuple(str(_literal(value)) for value in item.value.args)
            found.append(Call(item.value.func.id, texts, {**defaults, **_keywords(item.value)}))
    return found


def _keywords(call: ast.Call) -> dict[str, object]:
    return {keyword.arg: _literal(keyword.value) for keyword in call.keywords if keyword.arg}


def _literal(node: ast.expr) -> object:
    try:
        return ast.literal_eval(node)
    except ValueError:
        return None
