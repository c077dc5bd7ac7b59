"""``spack.yaml``: what an environment asks for, read with places and edited with comments kept."""

from __future__ import annotations

import io
import itertools
import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from outcrop.base.errors import InputError, Place
from outcrop.base.files import write_atomic
from outcrop.base.near import near_misses
from outcrop.config import SECTIONS, Document, Scope, ViewSection, convert, load_document
from outcrop.env.written import parse_written
from outcrop.spec import Spec

MANIFEST = "spack.yaml"
DEFAULT_VIEW = ".outcrop/view"
"""Where the view of an environment is that only says ``view: true``, or nothing."""

_KNOWN = ("specs", "definitions", "view", "include", *(name for name in SECTIONS if name != "view"))
_NO_EFFECT = ("modules", "ci", "cdash", "container", "bootstrap", "config", "compilers")
"""Keys of a ``spack.yaml`` that say nothing about what is installed or how a view looks."""

_UNSUPPORTED = ("develop", "include_concrete", "toolchains", "upstreams", "env_vars")
"""Keys that would change the result and that Outcrop does not act upon yet: refused rather than ignored."""


class Root(msgspec.Struct, frozen=True):
    """One request: the constraint and where it was written."""

    spec: Spec
    text: str
    place: Place


class View(msgspec.Struct, frozen=True):
    """One view of an environment; ``root`` is absolute."""

    name: str
    root: Path
    section: ViewSection


class Manifest(msgspec.Struct, frozen=True):
    """A parsed ``spack.yaml``."""

    path: Path
    roots: tuple[Root, ...]
    views: tuple[View, ...]
    scope: Scope
    includes: tuple[Scope, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def directory(self) -> Path:
        """The environment's directory."""
        return self.path.parent


def read_manifest(path: Path, *, cache: Path | None = None) -> Manifest:
    """Read and check a manifest.

    Args:
        path: the file.
        cache: see :func:`outcrop.config.load_document`.

    Raises:
        InputError: with file and line: not YAML, no ``spack:``, an unknown key, a spec that does not parse.
    """
    document = load_document(path, cache=cache)
    if document.data is None:
        raise InputError("the file is empty; expected the key 'spack:'", place=Place(path, 1), code="bad-manifest")
    if not isinstance(document.data, dict) or "spack" not in document.data:
        raise InputError("expected a mapping with the key 'spack:'", place=document.place(), code="bad-manifest")
    extra = [key for key in document.data if key != "spack"]
    if extra:
        raise InputError(
            f"unexpected key '{extra[0]}' beside 'spack:'", place=document.place(extra[0]), code="bad-manifest"
        )
    body = document.below("spack")
    if body.data is None:
        body = Document(body.file, {}, body.places)
    if not isinstance(body.data, dict):
        raise InputError("'spack:' should be a mapping", place=document.place("spack"), code="bad-manifest")
    warnings = _check_keys(body)
    scope = Scope(
        "environment",
        None,
        {_bare(key): body.below(key) for key in body.data if _bare(key) in SECTIONS and _bare(key) != "view"},
    )
    directory = path.parent.absolute()
    return Manifest(
        path=path.absolute(),
        roots=tuple(_roots(body)),
        views=tuple(_views(body, directory)),
        scope=scope,
        includes=tuple(_includes(body, directory, cache)),
        warnings=tuple(warnings),
    )


def _bare(key: str) -> str:
    return key.rstrip(":+-")


def _check_keys(body: Document) -> list[str]:
    assert isinstance(body.data, dict)
    warnings = []
    for key in body.data:
        name = _bare(key)
        if name in _KNOWN:
            continue
        place = body.place(key)
        if name in _NO_EFFECT:
            warnings.append(f"{place}: '{name}' has no effect here")
        elif name in _UNSUPPORTED:
            raise InputError(
                f"'{name}' is not supported yet", place=place, hint="take it out, or keep this environment where it is"
            )
        else:
            near = near_misses(name, [*_KNOWN, *_UNSUPPORTED, *_NO_EFFECT])
            hint = f"did you mean {' or '.join(near)}?" if near else f"known keys: {', '.join(sorted(_KNOWN))}"
            raise InputError(f"'spack:' has no key '{name}'", place=place, hint=hint, code="unknown-key")
    return warnings


# specs, definitions, matrices


def _roots(body: Document) -> list[Root]:
    assert isinstance(body.data, dict)
    definitions = _definitions(body)
    roots = []
    listed = body.below("specs")
    for text, place in _expand(listed, definitions, ()):
        roots.append(Root(parse_root(text, place), text, place))
    return roots


def parse_root(text: str, place: Place) -> Spec:
    """One request as a spec.

    Raises:
        InputError: it does not parse, or names no package; shows a caret under the place.
    """
    spec = parse_written(text, place)
    if not spec.name and not spec.hash:
        raise InputError(f"'{text}' names no package", place=place, code="anonymous-root")
    return spec


def _definitions(body: Document) -> dict[str, list[tuple[str, Place]]]:
    found: dict[str, list[tuple[str, Place]]] = {}
    listed = body.below("definitions")
    if listed.data is None:
        return found
    items = convert(listed, list[dict[str, object]], what="definitions")
    for index, item in enumerate(items):
        if "when" in item:
            raise InputError(
                "'when:' in a definition is not supported yet",
                place=listed.place(index, "when"),
                hint="write the definition without it, or keep one manifest a platform",
            )
        for name in item:
            found.setdefault(name, []).extend(_expand(listed.below(index, name), found, (name,)))
    return found


def _expand(
    listed: Document, definitions: Mapping[str, list[tuple[str, Place]]], inside: tuple[str, ...]
) -> list[tuple[str, Place]]:
    """Spec texts of a list: plain ones, ``$name`` references, matrices."""
    if listed.data is None:
        return []
    if not isinstance(listed.data, list):
        raise InputError("expected a list of specs", place=listed.place(), code="bad-manifest")
    result: list[tuple[str, Place]] = []
    for index, item in enumerate(listed.data):
        place = listed.place(index)
        if isinstance(item, str):
            result.extend(_reference(item, place, definitions))
        elif isinstance(item, dict) and "matrix" in item:
            result.extend(_matrix(listed.below(index), definitions, inside))
        else:
            raise InputError(
                "expected a spec, a $reference or a matrix",
                place=place,
                hint="quote specs that YAML takes for a number",
            )
    return result


def _reference(text: str, place: Place, definitions: Mapping[str, list[tuple[str, Place]]]) -> list[tuple[str, Place]]:
    if not text.startswith("$"):
        return [(text, place)]
    sigil = text[1] if text[1:2] in ("^", "%") else ""
    name = text[1 + len(sigil) :]
    if name not in definitions:
        known = ", ".join(f"${known}" for known in definitions) or "none"
        raise InputError(f"there is no definition '{name}'", place=place, hint=f"definitions above: {known}")
    return [(sigil + each, place) for each, _ in definitions[name]]


def _matrix(
    item: Document, definitions: Mapping[str, list[tuple[str, Place]]], inside: tuple[str, ...]
) -> list[tuple[str, Place]]:
    rows = item.below("matrix")
    if not isinstance(rows.data, list):
        raise InputError("a matrix is a list of lists", place=rows.place())
    assert isinstance(item.data, dict)
    unknown = [key for key in item.data if key not in ("matrix", "exclude")]
    if unknown:
        raise InputError(f"a matrix has no key '{unknown[0]}'", place=item.place(unknown[0]))
    expanded = [
        [text for text, _ in _expand(rows.below(index), definitions, inside)] for index in range(len(rows.data))
    ]
    excluded = [parse_written(text, place) for text, place in _expand(item.below("exclude"), definitions, inside)]
    place = item.place("matrix")
    result = []
    for combination in itertools.product(*expanded):
        text = " ".join(combination)
        spec = parse_root(text, place)
        if not any(spec.satisfies(other) for other in excluded):
            result.append((text, place))
    return result


# views and includes


def _views(body: Document, directory: Path) -> list[View]:
    assert isinstance(body.data, dict)
    data = body.data.get("view", True)
    document = body.below("view") if "view" in body.data else Document(body.file, True)
    data = convert(document, bool | str | dict[str, str | dict[str, object]], what="view")  # type: ignore[arg-type]  # a union is a type to msgspec
    if data is False:
        return []
    if data is True:
        return [View("default", directory / DEFAULT_VIEW, ViewSection(root=DEFAULT_VIEW))]
    if isinstance(data, str):
        return [View("default", _resolve(directory, data), ViewSection(root=data))]
    views = []
    for name, entry in data.items():
        if isinstance(entry, str):
            section = ViewSection(root=entry)
        else:
            section = convert(document.below(name), ViewSection, what=f"the view {name}")
        if (section.projections and set(section.projections) != {"all"}) or section.projections.get("all", "") != "":
            raise InputError(
                "projections are not supported yet: a view merges everything into its root",
                place=document.place(name, "projections"),
            )
        views.append(View(name, _resolve(directory, section.root), section))
    return views


def _resolve(directory: Path, text: str) -> Path:
    path = Path(text).expanduser()
    return path if path.is_absolute() else Path(os.path.normpath(directory / path))


def _includes(body: Document, directory: Path, cache: Path | None) -> list[Scope]:
    """Local files and directories named by ``include``, the first one with the highest precedence."""
    listed = body.below("include")
    if listed.data is None:
        return []
    items = convert(listed, list[str | dict[str, object]], what="include")
    scopes = []
    for index, item in enumerate(items):
        place = listed.place(index)
        if isinstance(item, dict):
            if set(item) - {"path", "optional", "name"} or not isinstance(item.get("path"), str):
                raise InputError("only 'path', 'optional' and 'name' are supported in an include", place=place)
            text, optional = str(item["path"]), bool(item.get("optional"))
        else:
            text, optional = item, False
        if "://" in text:
            raise InputError("configuration is included from local paths only", place=place)
        path = _resolve(directory, text)
        if path.is_dir():
            scopes.append(Scope(f"include {text}", path, cache=cache))
        elif path.is_file():
            included = load_document(path, cache=cache)
            data = included.data if isinstance(included.data, dict) else {}
            scopes.append(Scope(f"include {text}", None, {_bare(key): included.below(key) for key in data}))
        elif not optional:
            raise InputError(f"{path} does not exist", place=place, code="no-such-file")
    return list(reversed(scopes))


# editing


def new_manifest_text(specs: tuple[str, ...] = (), view: str | bool = True) -> str:
    """The text of a fresh manifest."""
    lines = ["# What this environment holds; `outcrop -e DIR install` makes it so.", "spack:"]
    if specs:
        lines += ["  specs:", *(f"  - {_scalar(spec)}" for spec in specs)]
    else:
        lines.append("  specs: []")
    lines.append(f"  view: {view if isinstance(view, str) else str(view).lower()}")
    return "\n".join(lines) + "\n"


def _scalar(text: str) -> str:
    return f'"{text}"' if any(char in text for char in ":#%@ [],{}&*!|>'\"") else text


def edit_specs(path: Path, *, add: tuple[str, ...] = (), remove: tuple[str, ...] = ()) -> tuple[list[str], list[str]]:
    """Add requests to a manifest or take them out, comments kept; the file is replaced atomically.

    Returns:
        What was added and what was removed: a text that is there already, or is not there, is in neither.
    """
    from ruamel.yaml import YAML  # 30 ms, and only editing needs it

    read_manifest(path)
    editor = YAML(typ="rt", pure=True)
    editor.indent(mapping=2, sequence=4, offset=2)
    tree = editor.load(path.read_text(encoding="utf-8"))
    if tree["spack"] is None:
        tree["spack"] = {}
    specs = tree["spack"].get("specs")
    if specs is None:
        tree["spack"]["specs"] = specs = []
    added = [text for text in add if text not in specs]
    specs.extend(added)
    removed = [text for text in remove if text in specs]
    for text in removed:
        specs.remove(text)
    if added and hasattr(specs, "fa"):
        specs.fa.set_block_style()
    stream = io.StringIO()
    editor.dump(tree, stream)
    write_atomic(path, stream.getvalue().encode("utf-8"))
    return added, removed
