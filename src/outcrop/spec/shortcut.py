"""The common forms of specs, read word by word with one pattern each: recipes have a hundred thousand of them.

``cuda@11:``, ``+mpi ^hypre+cuda cuda_arch=90``, ``%gcc@:8``. Whatever is not one of these forms (anything that is an
error, too) is left to ``parse``, and a text that is read here means there exactly the same.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from outcrop.base.patterns import pattern
from outcrop.spec.errors import UnsatisfiableSpecError, VersionError
from outcrop.spec.parts import COMPILER_ALIASES, FLAG_NAMES, VariantConstraint
from outcrop.spec.relations import normal_edges
from outcrop.spec.spec import EdgeConstraint, Spec, version_text
from outcrop.spec.targets import normal_target

_VERSION = r"[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?"
_ITEM = rf"(?:=?{_VERSION}|{_VERSION}:(?:{_VERSION})?|:(?:{_VERSION})?)"
_WORD = pattern(
    r"([%^]?)([A-Za-z0-9_][A-Za-z0-9_-]*)?"
    rf"(?:@({_ITEM}(?:,{_ITEM})*))?"
    r"((?:[+~][A-Za-z0-9_][A-Za-z0-9_.-]*)*)"
)
_BOOLEAN = pattern(r"([+~])([^+~]+)")
_KEY = pattern(r"([A-Za-z0-9_][A-Za-z0-9_.-]*)=([A-Za-z0-9_.,:+-]+)")
# Its normal form is what was written.
_SIMPLE_VERSIONS = pattern(rf"=?{_VERSION}|{_VERSION}:|:{_VERSION}")
_PLACES = ("platform", "os", "target")
_OTHER_KEYS = frozenset({"arch", "architecture", "operating_system", "namespace", "dev_path", *FLAG_NAMES})
_COMMIT_LENGTH = 40


class _Word(NamedTuple):
    """What one word says; ``versions`` is ``None`` where it says nothing of them."""

    sigil: str = ""
    name: str = ""
    versions: str | None = None
    variants: tuple[VariantConstraint, ...] = ()
    place: tuple[str, str] | None = None


class _Node:
    """A node while its words are read."""

    __slots__ = ("direct", "edges", "name", "places", "variants", "versions")

    def __init__(self, word: _Word) -> None:
        self.direct = word.sigil == "%"
        self.name = word.name
        self.versions = word.versions
        self.variants = word.variants
        self.places: dict[str, str] = {} if word.place is None else dict([word.place])
        self.edges: list[EdgeConstraint] = []

    def add(self, word: _Word) -> bool:
        """Take a further word; false if it contradicts what is there, or needs a closer look."""
        if word.name or (word.versions is not None and self.versions is not None):
            return False
        if word.versions is not None:
            self.versions = word.versions
        if word.place is not None:
            if word.place[0] in self.places:
                return False
            self.places[word.place[0]] = word.place[1]
        self.variants += word.variants
        return True

    def finish(self) -> Spec | None:
        """The spec; ``None`` if it is none."""
        variants = self.variants
        if len(variants) > 1:
            by_name = {variant.name: variant for variant in variants}
            if len(by_name) != len(variants):
                return None
            variants = tuple([by_name[name] for name in sorted(by_name)])
        places = self.places
        return Spec(
            name=self.name,
            version_text=self.versions or "",
            variants=variants,
            edges=normal_edges(self.edges) if self.edges else (),
            platform=places.get("platform", ""),
            os=places.get("os", ""),
            target=places.get("target", ""),
        )


def read_common(text: str) -> Spec | None:
    """The spec, if the text has one of the common forms."""
    words = [_read_word(word) for word in text.split()]
    if not words or words[0] is None:
        return None
    root = _Node(_Word() if words[0].sigil else words[0])
    nodes = [root]
    for word in words if words[0].sigil else words[1:]:
        if word is None:
            return None
        if word.sigil:
            nodes.append(_Node(word))
        elif not nodes[-1].add(word):
            return None
    try:
        return _hang(root, nodes[1:])
    except UnsatisfiableSpecError:
        return None


def _hang(root: _Node, others: list[_Node]) -> Spec | None:
    """Direct dependencies belong to the last transitive one before them, or to the root."""
    holder = root
    pending: list[_Node] = []
    for node in others:
        if not node.direct:
            holder = node
            pending.append(node)
            continue
        spec = node.finish()
        if spec is None:
            return None
        holder.edges.append(EdgeConstraint(spec, True))
    for node in pending:
        spec = node.finish()
        if spec is None:
            return None
        root.edges.append(EdgeConstraint(spec))
    return root.finish()


@lru_cache(maxsize=1 << 14)
def _read_word(text: str) -> _Word | None:
    if text.isascii() and text[0] != "-" and text.replace("-", "_").isidentifier():
        return _Word(name=text)  # the plainest of requests compiles no expression
    match = _WORD.fullmatch(text)
    if match is None:
        return _read_key(text)
    sigil, name, versions, booleans = match.groups()
    if sigil and not name:
        return None
    if versions is not None:
        versions = _normal_versions(versions)
        if versions is None:
            return None
    variants = tuple(
        [VariantConstraint.boolean(variant, sign == "+") for sign, variant in _BOOLEAN.findall(booleans)]
        if booleans
        else ()
    )
    name = name or ""
    return _Word(sigil, COMPILER_ALIASES.get(name, name) if sigil == "%" else name, versions, variants)


def _read_key(text: str) -> _Word | None:
    match = _KEY.fullmatch(text)
    if match is None:
        return None
    key, value = match.groups()
    if key in _PLACES:
        return _Word(place=(key, normal_target(value) if key == "target" else value))
    values = value.split(",")
    if key in _OTHER_KEYS or not all(values):
        return None
    return _Word(variants=(VariantConstraint.make(key, values),))


def _normal_versions(text: str) -> str | None:
    if "git." in text or len(text) >= _COMMIT_LENGTH:
        return None
    if _SIMPLE_VERSIONS.fullmatch(text):
        return text
    try:
        return version_text(text)
    except VersionError:
        return None
