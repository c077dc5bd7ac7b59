"""The recipe hash of a node: a name for what its recipe means for this node, and the text it is the name of.

The text has the directives that apply to the node, taken from its model, and the canonical code of the recipe and of
every repository module whose names that code uses: build systems, recipes it inherits from, helpers. What does not
concern the node is not in it: other versions, directives whose condition does not hold, constraints that are met,
people and licences. So a lock drifts only when the package would be built differently.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from outcrop.base.digests import base32_name
from outcrop.base.errors import Place
from outcrop.repo.cache import ModelCache
from outcrop.repo.canonical import CanonicalModule, canonical_module
from outcrop.repo.errors import RecipeError
from outcrop.repo.files import Files
from outcrop.repo.layout import Repository
from outcrop.repo.model import DependencyDecl, PackageModel, PatchDecl, RequirementDecl, ResourceDecl
from outcrop.repo.shards import replace_file
from outcrop.spec import Spec
from outcrop.spec.graph import PatchSource

RECIPE_SCHEMA = 1
"""Part of every text; raised whenever what a text covers changes."""

Satisfies = Callable[[Spec], bool]
"""Whether the node, with all it depends on, fits a constraint on it."""

_PRELUDE = "spack_repo.builtin.build_systems._package_api_v1"


class CanonicalRecipe(NamedTuple):
    """A recipe hash and the text whose bytes it names."""

    hash: str
    text: str


class RecipeHasher:
    """Makes recipe hashes for models of ``repositories``; canonical code and answers are kept in the cache."""

    def __init__(self, repositories: Sequence[Repository], cache: ModelCache, files: Files) -> None:
        self._by_label = {repository.label: repository for repository in repositories}
        self._cache = cache
        self._files = files
        self._modules: dict[str, CanonicalModule] = {}
        self._module_names: dict[str, str] = {}
        self._decoder = msgspec.msgpack.Decoder(CanonicalModule)

    def recipe(self, model: PackageModel, version: str, satisfies: Satisfies) -> CanonicalRecipe:
        """The canonical recipe of a node of this version.

        Raises:
            RecipeError: a module is not valid Python any more.
        """
        lines = [f"# outcrop recipe {RECIPE_SCHEMA}: {model.fullname}"]
        lines += _directives(model, version, satisfies)
        text = "\n".join(lines) + "\n"
        for name, module in self._code(model):
            text += f"\n# {name}\n{module.text}"
        return CanonicalRecipe(base32_name(text.encode()), text)

    def known(self, repository: Repository, content: str, subject: str) -> str | None:
        """The remembered recipe hash of the node ``subject`` (its hash), if ``content`` is still what its recipe is
        made of.
        """
        try:
            data = Path(self._file(repository, subject)).read_bytes()
        except OSError:
            return None
        kept, _, answer = data.decode("ascii", "replace").partition(" ")
        return answer if kept == content and len(answer) == len(content) else None

    def remember(self, repository: Repository, content: str, subject: str, answer: str) -> None:
        """Let :meth:`known` answer next time."""
        with contextlib.suppress(OSError):
            replace_file(self._file(repository, subject), f"{content} {answer}".encode())

    def _file(self, repository: Repository, subject: str) -> str:
        return f"{self._cache.directory(repository)}/hashes/{subject}"

    # -- code ---

    def _code(self, model: PackageModel) -> list[tuple[str, CanonicalModule]]:
        """The modules whose names are used, the recipe first, the others in order of their names."""
        by_module = {self._module_name(name): name for name in model.modules}
        own = model.modules[0]
        found: dict[str, CanonicalModule] = {}
        waiting = [own]
        while waiting:
            name = waiting.pop()
            if name in found:
                continue
            module = found[name] = self._module(name)
            waiting += [by_module[used] for used in module.uses if used in by_module]
            if name == own and _PRELUDE in by_module:
                # An old recipe sees these names without importing them.
                waiting += [
                    file for dotted, file in by_module.items() if ".build_systems." in dotted and dotted != _PRELUDE
                ]
        rest = sorted(name for name in found if name != own)
        return [(name, found[name]) for name in (own, *rest)]

    def _module(self, name: str) -> CanonicalModule:
        known = self._modules.get(name)
        if known is None:
            try:
                known = self._decoder.decode(Path(self._kept_at(name)).read_bytes())
            except (OSError, msgspec.MsgspecError):
                known = self._parse(name)
                # Under the digest of what was parsed now, which may not be what was looked at before.
                with contextlib.suppress(OSError):
                    replace_file(self._kept_at(name), msgspec.msgpack.encode(known))
            self._modules[name] = known
        return known

    def _kept_at(self, name: str) -> str:
        digest = self._files.digest(name).hex()
        return f"{self._cache.generation}/canonical/{digest}-{base32_name(name.encode())[:7]}"

    def _parse(self, name: str) -> CanonicalModule:
        path = self._files.path(name) or name
        try:
            source = self._files.read(name, path)
            return canonical_module(source, self._module_name(name), is_package=name.endswith("/__init__.py"))
        except OSError as error:
            raise RecipeError(f"{path} cannot be read: {error}", place=Place(path)) from error
        except SyntaxError as error:
            place = Place(path, error.lineno, error.offset)
            raise RecipeError(f"this is not valid Python: {error.msg}", place=place) from error

    def _module_name(self, name: str) -> str:
        """The module that a file is imported as."""
        known = self._module_names.get(name)
        if known is None:
            known = self._module_names[name] = self._find_module_name(name)
        return known

    def _find_module_name(self, name: str) -> str:
        bare = name.removesuffix(".py").removesuffix("/__init__")
        parts = bare.split("/")
        for size in range(len(parts) - 1, 0, -1):
            repository = self._by_label.get("/".join(parts[:size]))
            if repository is not None and repository.is_v1:
                return repository.module_name(parts[-2])
        return ".".join(("spack_repo", *parts))


def _directives(model: PackageModel, version: str, satisfies: Satisfies) -> Iterator[str]:
    """What the model says about a node, a line each; within a kind sorted, except where order matters."""
    answers: dict[Spec, bool] = {}

    def holds(when: Spec) -> bool:
        answer = answers.get(when)
        if answer is None:
            answer = answers[when] = when.is_empty or satisfies(when)
        return answer

    declared = next((item for item in model.versions if item.version == version), None)
    yield f"version({version!a}{_keywords(declared.fetch) if declared is not None else ''})"
    yield from sorted({f"variant({item.name!a}, {item.kind})" for item in model.variants if holds(item.when)})
    yield from sorted({_dependency(item) for item in model.dependencies if holds(item.when)})
    yield from sorted({f"extends({item.name!a}, {_words(item.types)})" for item in model.extends if holds(item.when)})
    yield from sorted({f"provides({_words(map(str, item.virtuals))})" for item in model.provides if holds(item.when)})
    yield from sorted(
        {f"conflicts({str(item.spec)!a})" for item in model.conflicts if holds(item.when) and holds(item.spec)}
    )
    yield from sorted(
        {
            f"requires({_words(map(str, item.specs))}, policy={item.policy!a})"
            for item in model.requirements
            if holds(item.when) and not _is_met(item, holds)
        }
    )
    yield from (_patch(item.source) for item in model.patches if holds(item.when))
    yield from (_resource(item) for item in model.resources if holds(item.when))


def _is_met(item: RequirementDecl, holds: Satisfies) -> bool:
    count = sum(map(holds, item.specs))
    return count == 1 if item.policy == "one_of" else count > 0


def _dependency(item: DependencyDecl) -> str:
    patches = "".join(f", {_conditional_patch(patch)}" for patch in item.patches)
    return f"depends_on({str(item.spec)!a}, type={_words(item.types)}{patches})"


def _conditional_patch(item: PatchDecl) -> str:
    text = _patch(item.source)
    return text if item.when.is_empty else f"{text[:-1]}, when={str(item.when)!a})"


def _patch(source: PatchSource) -> str:
    options = {"level": source.level, "working_dir": source.working_dir, "reverse": source.reverse}
    return f"patch({source.sha256!a}{_keywords(options)})"


def _resource(item: ResourceDecl) -> str:
    options = {"destination": item.destination, "placement": item.placement, **item.fetch}
    return f"resource({item.name!a}{_keywords(options)})"


def _keywords(options: Mapping[str, object]) -> str:
    return "".join(f", {name}={_value(value)}" for name, value in sorted(options.items()))


def _value(value: object) -> str:
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key!a}: {_value(item)}' for key, item in sorted(value.items()))}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    return ascii(value)


def _words(words: Iterable[str]) -> str:
    return f"({', '.join(map(ascii, words))})"
