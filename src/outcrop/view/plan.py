"""Planning a view: seals and options in, a frozen plan out. No file is read."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence

from outcrop.base.layout import VenvFacts
from outcrop.base.paths import ENVIRONMENT_VARIABLE
from outcrop.spec.graph import short
from outcrop.store.seal import Change, Entry, Seal
from outcrop.view.activation import activation_scripts
from outcrop.view.errors import ViewConflictError
from outcrop.view.merge import Claim, Tree, fold, label, merge
from outcrop.view.model import Item, Substitution, ViewOptions, ViewPlan, inputs_digest
from outcrop.view.variables import collect_variables, split_python_path
from outcrop.view.venv import (
    CONFIGURATION,
    configuration_text,
    has_modules,
    interpreter_links,
    python_of,
)

_PATHS_FILE = "_outcrop_paths.pth"


def plan_view(seals: Sequence[Seal], options: ViewOptions) -> ViewPlan:
    """Plan one merged tree of what ``seals`` say is in their prefixes.

    Raises:
        ViewConflictError: two packages want different things at one path, or there are two Pythons.
    """
    seals = sorted(
        {seal.hash: seal for seal in seals}.values(), key=lambda seal: (seal.node.name, seal.node.version, seal.hash)
    )
    _check_one_python(seals)
    facts = next((seal.venv for seal in seals if seal.venv is not None), None)
    made_here = facts is None and options.python is not None and has_modules(seals, options.python)
    if made_here:
        facts = options.python
    tree = merge(seals, facts)
    return _Planner(seals, options, tree, facts, made_here).plan()


def _check_one_python(seals: Sequence[Seal]) -> None:
    found = [seal for seal in seals if seal.node.name == "python"]
    found.extend(seal for seal in seals if seal.venv is not None)
    versions: dict[str, Seal] = {}
    for seal in found:
        version = seal.venv.version if seal.venv is not None else seal.node.version
        versions.setdefault(".".join(version.split(".")[:2]), seal)
    pythons = [seal for seal in found if seal.venv is None]
    venvs = [seal for seal in found if seal.venv is not None]
    clash = next((group for group in (list(versions.values()), pythons, venvs) if len(group) > 1), None)
    if clash is not None:
        one, other = clash[:2]
        raise ViewConflictError(
            f"{label(one)} and {label(other)} cannot be in one view: it has one Python",
            hint="choose with 'select' or 'exclude' in the view's entry "
            f"(exclude: [/{short(other.hash)}]), or make a view for each",
            code="view-two-pythons",
        )


class _Planner:
    """The values that all steps of one plan share."""

    def __init__(
        self, seals: Sequence[Seal], options: ViewOptions, tree: Tree, facts: VenvFacts | None, made_here: bool
    ) -> None:
        self.seals = seals
        self.options = options
        self.tree = tree
        self.facts = facts
        self.made_here = made_here
        self.root = str(options.root)
        self.lib64 = facts is not None and facts.lib64
        self.by_prefix = {seal.prefix: seal for seal in seals if seal.node.external is None}
        self.python = python_of(seals)

    def plan(self) -> ViewPlan:
        items = {item.path: item for item in self.merged()}
        for item in self.generated():
            items[item.path] = item
        changes = collect_variables(self.root, self.seals, self.tree, self.facts)
        if self.options.environment:
            changes.append(Change(action="set", name=ENVIRONMENT_VARIABLE, value=self.options.environment))
        variables, directories = split_python_path(changes, self.root, self.facts)
        if directories and self.facts is not None:
            path = f"{self.facts.purelib}/{_PATHS_FILE}"
            items[path] = Item(path=path, kind="text", text="".join(f"{line}\n" for line in directories))
        for path, text in activation_scripts(
            self.root, self.options.prompt or self.options.root.name, variables, venv=self.facts is not None
        ).items():
            items[path] = Item(path=path, kind="text", text=text)
        return ViewPlan(
            inputs=inputs_digest((seal.hash for seal in self.seals), self.options),
            root=self.root,
            link_type=self.options.link_type,
            venv=self.facts is not None,
            items=tuple(items[path] for path in sorted(items)),
            substitutions=self.substitutions(),
            variables=variables,
            packages={seal.hash: f"{seal.node.name}@{seal.node.version}" for seal in self.seals},
        )

    def merged(self) -> Iterator[Item]:
        """What comes from the prefixes."""
        rewritten = {path for path, claim in self.tree.files.items() if self.is_rewritten(claim)}
        stale = {_module(path) for path in rewritten if path.endswith(".py")}
        for path, claim in self.tree.files.items():
            entry, seal = claim
            if entry.kind == "link":
                yield Item(path=path, kind="link", target=self.target(path, entry, seal), owner=seal.hash)
            elif path in rewritten:
                source = f"{seal.prefix}/{entry.path}"
                yield Item(path=path, kind="rewrite", source=source, mode=entry.mode | 0o200, owner=seal.hash)
            elif not (stale and entry.compiled and _module_of_byte_code(path) in stale):
                source = f"{seal.prefix}/{entry.path}"
                yield Item(path=path, kind="file", source=source, mode=entry.mode, owner=seal.hash)
        for path, claim in self.tree.empty.items():
            yield Item(path=path, kind="dir", mode=0o755, owner=claim.seal.hash)

    def is_rewritten(self, claim: Claim) -> bool:
        """The text names an interpreter that in the view is the view's own."""
        entry, seal = claim
        if self.facts is None or entry.kind != "file" or entry.compiled:
            return False
        if "venv" in entry.names or "base" in entry.names:
            return True
        if "own" not in entry.names:
            return False
        if seal.venv is not None:
            return True
        return seal is self.python and bool(entry.interpreter) and entry.path.startswith("bin/")

    def target(self, path: str, entry: Entry, seal: Seal) -> str:
        """Where a link of a prefix leads in the view.

        Within the view where that has the same thing, so that a link to a rewritten script is a link to the rewritten
        one; else into the store or wherever it led. A virtual environment's interpreter is the base Python, as ``venv``
        makes it.
        """
        target = entry.target
        if not target.startswith("/"):
            inside = posixpath.normpath(posixpath.join(posixpath.dirname(entry.path), target))
            if not inside.startswith(".."):
                return target
            target = posixpath.normpath(f"{seal.prefix}/{inside}")
        if seal.venv is not None:
            return target
        owner = next((prefix for prefix in self.by_prefix if target == prefix or target.startswith(f"{prefix}/")), None)
        if owner is None:
            return target
        inside = fold(posixpath.normpath(target[len(owner) :].strip("/") or "."), self.lib64)
        seen = self.tree.files.get(inside)
        mine = seen is not None and seen.seal.prefix == owner
        if inside == path or not (mine or inside in self.tree.directories):
            return target
        return posixpath.relpath(inside, posixpath.dirname(path) or ".")

    def generated(self) -> Iterator[Item]:
        """What a virtual environment has of its own, where no python-venv brings it; and an external Python's names."""
        facts = self.facts
        if facts is None:
            if self.python is not None and self.python.node.external is not None:
                for path, target in interpreter_links(self.python).items():
                    yield Item(path=path, kind="link", target=target, owner=self.python.hash)
            return
        if facts.lib64:
            yield Item(path="lib64", kind="link", target="lib")
        directories = [facts.purelib, facts.platlib]
        if self.made_here:
            for path, target in interpreter_links(facts).items():
                yield Item(path=path, kind="link", target=target)
            yield Item(path=CONFIGURATION, kind="text", text=configuration_text(facts, self.root))
            directories.append(facts.include)
        for directory in directories:
            path = fold(directory, self.lib64)
            if path not in self.tree.directories:
                yield Item(path=path, kind="dir", mode=0o755)

    def substitutions(self) -> tuple[Substitution, ...]:
        facts = self.facts
        if facts is None:
            return ()
        prefixes = {seal.prefix for seal in self.seals if seal.venv is not None} | set(self.options.venv_prefixes)
        if self.made_here:
            prefixes.update(self.venvs_of_scripts())
        rules = [Substitution(kind="prefix", old=prefix, new=self.root) for prefix in sorted(prefixes)]
        names_base = any("base" in claim.entry.names for claim in self.tree.files.values())
        if names_base or (self.python is not None and self.python.node.external is None):
            rules.append(Substitution(kind="python", old=facts.base_prefix, new=self.root))
        if any(seal.node.name == "py-pip" for seal in self.seals):
            rules.append(Substitution(kind="text", old=" --without-pip ", new=" ", only=CONFIGURATION))
        return tuple(rules)

    def venvs_of_scripts(self) -> Iterator[str]:
        """Prefixes of python-venv nodes that are not in the view, as far as scripts of their dependents name them."""
        for entry, seal in self.tree.files.values():
            if "venv" in entry.names and "/bin/python" in entry.interpreter:
                prefix = entry.interpreter.partition("/bin/python")[0]
                if any(prefix.endswith(f"-{edge.hash}") for edge in seal.node.edges):
                    yield prefix


def _module(path: str) -> str:
    return path.removesuffix(".py")


def _module_of_byte_code(path: str) -> str:
    directory, _, name = path.rpartition("__pycache__/")
    return directory + name.partition(".")[0]
