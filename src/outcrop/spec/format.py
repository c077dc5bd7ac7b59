"""Concrete nodes as text: ``format_node(graph, key, "{name}{@version}{%compiler}")``, and the spec that describes a
node.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from outcrop.base.patterns import pattern
from outcrop.spec.errors import NodeFormatError
from outcrop.spec.graph import Edge, Graph, Node, VariantAnswer
from outcrop.spec.parts import COMPILER_ALIASES, FlagConstraint, VariantConstraint
from outcrop.spec.render import flag_text, variants_text

LANGUAGES = ("c", "cxx", "fortran")
_OLD_COMPILER_NAMES = {package: name for name, package in COMPILER_ALIASES.items()}

_FIELD = pattern(
    r"(?P<sigil>[@%/]|\ ?[A-Za-z_]+=)?"
    r"(?:\^(?P<dependency>[A-Za-z0-9_-]+)\.)?"
    r"(?P<path>[A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*)"
    r"(?::(?P<length>[0-9]+))?"
)
_SIGILS = {
    "@": ("version", "versions"),
    "%": ("compiler", "compiler.name", "compiler.version"),
    "/": ("hash", "dag_hash"),
}

Prefixes = Callable[[str, Node], str]


class _Subject(msgspec.Struct, frozen=True):
    graph: Graph
    key: str
    prefixes: Prefixes | None
    root: str

    @property
    def node(self) -> Node:
        return self.graph[self.key]


def format_node(graph: Graph, key: str, template: str, *, prefixes: Prefixes | None = None, root: str = "") -> str:
    r"""``template`` with the fields in braces filled in.

    A field is a path such as ``{name}``, ``{variants.shared}``, ``{architecture.target}``, ``{hash:7}`` or
    ``{^mpi.version}``, in any letter case. A sign before it (``{@version}``, ``{/hash:7}``, ``{
    target=architecture.target}``) is printed only if the field has a value. ``\{``, ``\}`` and ``\\`` are the letters
    themselves.

    Args:
        graph: the graph.
        key: hash of the node.
        template: text with fields.
        prefixes: where a node is or would be installed, for ``{prefix}``.
        root: what ``{spack_root}`` prints.

    Raises:
        NodeFormatError: unmatched braces, an empty, private or unknown field.
    """
    subject = _Subject(graph, key, prefixes, root)
    pieces: list[str] = []
    at = 0
    while at < len(template):
        letter = template[at]
        if letter == "\\" and template[at + 1 : at + 2] in ("{", "}", "\\"):
            pieces.append(template[at + 1])
            at += 2
        elif letter == "{":
            end = template.find("}", at)
            if end < 0 or "{" in template[at + 1 : end]:
                raise _bad(template, at, "this '{' is not closed")
            pieces.append(_field(subject, template, at + 1, end))
            at = end + 1
        elif letter == "}":
            raise _bad(template, at, "no '{' was opened before this '}'")
        else:
            pieces.append(letter)
            at += 1
    return "".join(pieces)


def node_to_spec_text(graph: Graph, key: str, *, exact: bool = False, architecture: bool = True) -> str:
    """The node without its dependencies as a spec that it satisfies; ``exact`` writes ``@=``."""
    node = graph[key]
    text = f"{node.name}@{'=' if exact else ''}{node.version}" if node.version else node.name
    text += node_variants_text(node) + node_flags_text(node)
    if architecture and node.platform:
        text += f" arch={node.platform}-{node.os}-{node.target}"
    return text


def node_variants_text(node: Node) -> str:
    """``+shared~mpi languages=c,c++``."""
    return variants_text([_variant(name, answer) for name, answer in sorted(node.variants.items())])


def node_flags_text(node: Node) -> str:
    """`` cflags="-O2 -g"`` for every kind of flag that the node has."""
    return "".join(
        [" " + flag_text(FlagConstraint(name, words)) for name, words in sorted(node.flags.items()) if words]
    )


def _variant(name: str, answer: VariantAnswer) -> VariantConstraint:
    if isinstance(answer, bool):
        return VariantConstraint.boolean(name, answer)
    return VariantConstraint(name, (answer,) if isinstance(answer, str) else answer)


def _bad(template: str, at: int, message: str, *, hint: str | None = None) -> NodeFormatError:
    return NodeFormatError(message, details=(template, " " * at + "^"), hint=hint)


def _field(subject: _Subject, template: str, begin: int, end: int) -> str:
    text = template[begin:end]
    match = _FIELD.fullmatch(text)
    if match is None:
        raise _bad(
            template, begin, f"'{{{text}}}' is not a field", hint="as in {name}, {@version}, {variants.x}, {^dep.name}"
        )
    sigil, path = match["sigil"] or "", match["path"]
    lower = path.lower()
    if any(part.startswith("_") for part in path.split(".")):
        raise _bad(template, begin, f"the field '{path}' is private")
    if lower not in _SIGILS.get(sigil, (lower,)):
        raise _bad(template, begin, f"'{sigil}' cannot stand before '{path}'")
    if match["dependency"] is not None:
        found = subject.graph.find_dependency(subject.key, match["dependency"])
        if found is None:
            return ""
        subject = _Subject(subject.graph, found, subject.prefixes, subject.root)
    value = _value(subject, path)
    if value is None:
        raise _bad(template, begin, f"a node has no field '{path}'")
    if match["length"] is not None:
        if lower not in _SIGILS["/"]:
            raise _bad(template, begin, f"only a hash can be shortened, not '{path}'")
        value = value[: int(match["length"])]
    if not value:
        return ""
    return sigil + (value.lstrip() if sigil else value)


def _value(subject: _Subject, path: str) -> str | None:
    node = subject.node
    head, _, rest = path.partition(".")
    head = head.lower()
    if head == "variants" and rest:
        answer = node.variants.get(rest)
        return "" if answer is None else variants_text([_variant(rest, answer)]).lstrip()
    if head == "compiler_flags" and rest:
        return " ".join(node.flags.get(rest.lower(), ()))
    if head in ("architecture", "arch") and rest:
        return {"platform": node.platform, "os": node.os, "target": node.target}.get(rest.lower())
    if head == "compiler":
        return _compiler(subject, rest.lower())
    if rest:
        return None
    simple = {
        "name": node.name,
        "namespace": node.namespace,
        "fullname": f"{node.namespace}.{node.name}" if node.namespace else node.name,
        "version": node.version,
        "versions": node.version,
        "platform": node.platform,
        "os": node.os,
        "target": node.target,
        "hash": subject.key,
        "dag_hash": subject.key,
        "spack_root": subject.root,
        "external": str(node.is_external),
    }
    if head in simple:
        return simple[head]
    return _composed(subject, head)


def _composed(subject: _Subject, head: str) -> str | None:
    node = subject.node
    if head == "variants":
        return node_variants_text(node)
    if head == "compiler_flags":
        return node_flags_text(node)
    if head in ("architecture", "arch"):
        return f"{node.platform}-{node.os}-{node.target}" if node.platform else ""
    if head == "compilers":
        return _compilers(subject)
    if head in ("prefix", "external_path"):
        if node.external is not None:
            return node.external.prefix
        return subject.prefixes(subject.key, node) if subject.prefixes is not None and head == "prefix" else ""
    return None


def _language_edges(subject: _Subject) -> dict[str, Edge]:
    """Language -> edge to the compiler that provides it."""
    edges = subject.graph.direct(subject.key).values()
    found = {language: edge for language in LANGUAGES for edge in edges if language in edge.virtuals}
    return {language: found[language] for language in LANGUAGES if language in found}


def _compiler(subject: _Subject, rest: str) -> str | None:
    if rest not in ("", "name", "version", "versions"):
        return None
    edges = list(_language_edges(subject).values())
    if not edges:
        return "none"
    compiler = subject.graph[edges[0].hash]
    name = _OLD_COMPILER_NAMES.get(compiler.name, compiler.name)
    return {"": f"{name}@{compiler.version}", "name": name}.get(rest, compiler.version)


def _compilers(subject: _Subject) -> str:
    texts: dict[str, list[str]] = {}
    for language, edge in _language_edges(subject).items():
        texts.setdefault(edge.hash, []).append(language)
    nodes = [(languages, subject.graph[key]) for key, languages in texts.items()]
    return "".join([f" %{','.join(languages)}={node.name}@{node.version}" for languages, node in nodes])
