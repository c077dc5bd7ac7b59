"""Specs from text: a descent over the grammar of Spack's spec language.

a %b ^c %d      b and c hang on a, d on c: ``%`` binds to the last ``^`` before it, or to the root
a %b +x         +x belongs to b
"""

from __future__ import annotations

from functools import lru_cache

from outcrop.base.errors import Place
from outcrop.spec import scan
from outcrop.spec.errors import UnsatisfiableSpecError, VersionError
from outcrop.spec.graph import DEPENDENCY_TYPES, DependencyType
from outcrop.spec.parts import COMPILER_ALIASES, FLAG_NAMES, FlagConstraint, VariantConstraint
from outcrop.spec.ranges import parse_versions
from outcrop.spec.scan import Cursor
from outcrop.spec.shortcut import read_common
from outcrop.spec.spec import EdgeConstraint, Spec, version_text
from outcrop.spec.targets import normal_target

_ARCHITECTURE = {"platform": "platform", "os": "os", "operating_system": "os", "target": "target"}
_EDGE_KEYS = ("virtuals", "deptypes", "when")


@lru_cache(maxsize=1 << 14)
def _parse_cached(text: str) -> Spec:
    return read_common(text) or _parse_one(Cursor(text, None))


def parse_spec(text: str, *, file: Place | None = None) -> Spec:
    """Read one spec; the empty text matches everything. Equal texts are read once.

    Args:
        text: the spec.
        file: where it was written, for errors.

    Raises:
        SpecParseError: with the text and a caret below the place.
    """
    return _parse_cached(text) if file is None else read_common(text) or _parse_one(Cursor(text, file))


def parse_specs(text: str, *, file: Place | None = None) -> list[Spec]:
    """Read any number of specs: a package name behind a complete node begins the next one.

    Raises:
        SpecParseError: as for :func:`parse_spec`.
    """
    cursor = Cursor(text, file)
    found = []
    cursor.skip_blanks()
    while not cursor.done:
        found.append(_parse_root(cursor))
        cursor.skip_blanks()
    return found


def _parse_one(cursor: Cursor) -> Spec:
    cursor.skip_blanks()
    if cursor.done:
        return Spec()
    spec = _parse_root(cursor)
    cursor.skip_blanks()
    if not cursor.done:
        hint = "constraints on a dependency begin with '^' or '%'; variants with '+', '~' or name=value"
        if scan.SPACED_EQUALS.match(cursor.text, cursor.at):
            hint = "there are no blanks around '=': name=value"
        cursor.fail("a second spec begins here, expected only one", hint=hint)
    return spec


class _Draft:
    """A node while its attributes are read."""

    __slots__ = ("architecture", "begin", "edges", "flags", "hash", "name", "namespace", "variants", "versions")

    def __init__(self, begin: int) -> None:
        self.begin = begin
        self.name = ""
        self.namespace = ""
        self.versions: str | None = None
        self.variants: dict[str, VariantConstraint] = {}
        self.flags: dict[str, FlagConstraint] = {}
        self.architecture: dict[str, str] = {}
        self.hash = ""
        self.edges: list[EdgeConstraint] = []

    def finish(self, cursor: Cursor) -> Spec:
        try:
            return Spec.make(
                self.name,
                versions=self.versions or "",
                variants=self.variants.values(),
                flags=self.flags.values(),
                edges=self.edges,
                namespace=self.namespace,
                platform=self.architecture.get("platform", ""),
                os=self.architecture.get("os", ""),
                target=self.architecture.get("target", ""),
                hash=self.hash,
            )
        except UnsatisfiableSpecError as error:
            cursor.fail(
                f"two constraints on the same dependency contradict each other: {error.reason}",
                self.begin,
                width=cursor.at - self.begin,
            )


class _Hanging:
    """An edge while its target is read."""

    __slots__ = ("direct", "node", "propagate", "types", "virtuals", "when")

    def __init__(self, *, direct: bool, propagate: bool) -> None:
        self.direct = direct
        self.propagate = propagate
        self.virtuals: list[str] = []
        self.types: list[DependencyType] = []
        self.when: Spec | None = None
        self.node: _Draft

    def finish(self, cursor: Cursor) -> EdgeConstraint:
        return EdgeConstraint.make(
            self.node.finish(cursor),
            direct=self.direct,
            virtuals=self.virtuals,
            types=self.types,
            when=self.when,
            propagate=self.propagate,
        )


def _parse_root(cursor: Cursor) -> Spec:
    if scan.SPEC_FILE.match(cursor.text, cursor.at):
        cursor.fail("a file cannot be read as a spec here", hint="write the spec itself, or /hash for an installed one")
    root = _parse_node(cursor)
    holder = root
    last: _Hanging | None = None
    while True:
        cursor.skip_blanks()
        if cursor.letter not in ("^", "%") or cursor.done:
            break
        edge = _parse_edge(cursor)
        if edge.direct:
            holder.edges.append(edge.finish(cursor))
            continue
        if last is not None:
            root.edges.append(last.finish(cursor))
        last, holder = edge, edge.node
    if last is not None:
        root.edges.append(last.finish(cursor))
    return root.finish(cursor)


def _parse_edge(cursor: Cursor) -> _Hanging:
    begin = cursor.at
    direct = cursor.letter == "%"
    propagate = cursor.skip("%%")
    if not propagate:
        cursor.at += 1
    sigil = cursor.text[begin : cursor.at]
    edge = _Hanging(direct=direct, propagate=propagate)
    cursor.skip_blanks()
    if cursor.skip("["):
        _parse_properties(cursor, edge, begin)
        cursor.skip_blanks()
    binding = cursor.take(scan.BINDING)
    if binding is not None:
        edge.virtuals.extend(name.strip() for name in binding[1].split(","))
        if not scan.NAME.match(cursor.text, cursor.at):
            cursor.fail(
                f"expected the name of a package behind '{binding[0]}'",
                hint=f"'{sigil}{binding[1]}' alone asks for any provider",
            )
    edge.node = _parse_node(cursor, behind=sigil)
    if direct:
        edge.node.name = COMPILER_ALIASES.get(edge.node.name, edge.node.name)
    return edge


def _parse_properties(cursor: Cursor, edge: _Hanging, begin: int) -> None:
    seen: set[str] = set()
    while True:
        cursor.skip_blanks()
        if cursor.skip("]"):
            return
        if cursor.done:
            cursor.fail("expected ']' at the end of the edge's properties", hint="as in %[virtuals=c when='+x'] gcc")
        at = cursor.at
        match = cursor.take(scan.KEY)
        if match is None or match[2] != "=":
            cursor.fail(f"expected one of {', '.join(f'{key}=' for key in _EDGE_KEYS)} or ']'", at)
        key = match[1]
        if key not in _EDGE_KEYS:
            # difflib, which only this error needs.
            from outcrop.base.near import near_misses

            close = near_misses(key, _EDGE_KEYS, 1)
            hint = f"did you mean '{close[0]}'?" if close else "an edge has virtuals=, deptypes= and when="
            cursor.fail(f"an edge has no property '{key}'", at, width=len(key), hint=hint)
        if key in seen and key != "virtuals":
            cursor.fail(f"'{key}' is given twice", at, width=len(key))
        seen.add(key)
        value, start, in_quotes = cursor.value(key)
        if key == "when":
            edge.when = _parse_condition(cursor, value, start, in_quotes=in_quotes)
            continue
        words = _words(cursor, key, value, start)
        if key == "virtuals":
            edge.virtuals.extend(words)
        else:
            edge.types.extend(_dependency_types(cursor, words, start))


def _parse_condition(cursor: Cursor, value: str, start: int, *, in_quotes: bool) -> Spec:
    inner = Cursor(value, cursor.place, whole=cursor.whole, offset=cursor.offset + start)
    spec = _parse_one(inner)
    if not in_quotes and cursor.letter not in ("]", " ", "\t", "\n", ""):
        cursor.fail(f"unexpected {_shown(cursor.letter)} in the value of 'when'", hint="put the condition in quotes")
    return spec


def _dependency_types(cursor: Cursor, words: list[str], start: int) -> list[DependencyType]:
    found: list[DependencyType] = []
    for word in words:
        kinds = [kind for kind in DEPENDENCY_TYPES if word in (kind, "all")]
        if not kinds:
            cursor.fail(f"'{word}' is not a dependency type", start, hint="the types are build, link, run and test")
        found.extend(kinds)
    return found


def _parse_node(cursor: Cursor, *, behind: str = "") -> _Draft:
    cursor.skip_blanks()
    draft = _Draft(cursor.at)
    begin = cursor.at
    if scan.KEY.match(cursor.text, cursor.at) is None:
        match = cursor.take(scan.NAME)
        if match is not None and match[0] != "*":
            draft.namespace, _, draft.name = match[0].rpartition(".")
            if cursor.letter == ".":
                cursor.fail(
                    "a name ends before this '.'",
                    hint="the names of a namespace and of a package have a dot between them",
                )
    while _parse_attribute(cursor, draft):
        pass
    if cursor.at == begin:
        if behind:
            cursor.fail(f"expected the name of a package behind '{behind}'")
        if cursor.letter not in ("^", "%"):
            _fail_on_letter(cursor)
    return draft


def _parse_attribute(cursor: Cursor, draft: _Draft) -> bool:
    """Take one attribute; false where the node ends."""
    before = cursor.at
    blank = cursor.skip_blanks()
    letter = cursor.letter
    if letter in ("", "^", "%"):
        return False
    if letter == "@":
        _parse_version(cursor, draft)
        return True
    if letter in "+~-":
        _parse_boolean(cursor, draft)
        return True
    if letter == "/":
        if draft.hash:
            cursor.at = before
            return False
        return _parse_hash(cursor, draft)
    match = scan.KEY.match(cursor.text, cursor.at)
    if match is not None and (blank or before == draft.begin or cursor.text[before - 1] in "\"':]"):
        _parse_key(cursor, draft)
        return True
    if scan.NAME.match(cursor.text, cursor.at):
        if not blank and match is not None:
            cursor.fail(f"expected a blank before '{match[1]}='")
        return False
    _fail_on_letter(cursor)
    return False


def _parse_hash(cursor: Cursor, draft: _Draft) -> bool:
    if scan.SPEC_FILE.match(cursor.text, cursor.at):
        cursor.fail("a file cannot be read as a spec here", hint="write the spec itself, or /hash for an installed one")
    cursor.at += 1
    cursor.skip_blanks()
    match = cursor.take(scan.HASH)
    if match is None:
        cursor.fail("expected the beginning of a hash behind '/'", hint="'outcrop find' shows hashes")
    draft.hash = match[0]
    return True


def _parse_boolean(cursor: Cursor, draft: _Draft) -> None:
    begin = cursor.at
    sign = cursor.letter
    cursor.at += 1
    propagate = cursor.skip(sign)
    cursor.skip_blanks()
    match = cursor.take(scan.VARIANT_NAME)
    if match is None:
        cursor.fail(f"expected the name of a variant behind '{sign}'")
    if cursor.letter == "=":
        cursor.fail(
            f"'{sign}{match[0]}' has no value",
            begin,
            width=cursor.at + 1 - begin,
            hint=f"write '{sign}{match[0]}' or, with a blank before it, '{match[0]}=value'",
        )
    _add_variant(cursor, draft, VariantConstraint.boolean(match[0], sign == "+", propagate=propagate), begin)


def _add_variant(cursor: Cursor, draft: _Draft, variant: VariantConstraint, begin: int) -> None:
    if variant.name in draft.variants:
        hint = None
        if not variant.is_boolean:
            hint = f"several values go into one list: {variant.name}=a,b"
        elif cursor.at < len(cursor.text) or draft.edges:
            hint = "what stands behind a dependency belongs to the dependency"
        cursor.fail(f"the variant '{variant.name}' is given twice", begin, width=cursor.at - begin, hint=hint)
    draft.variants[variant.name] = variant


def _parse_key(cursor: Cursor, draft: _Draft) -> None:
    begin = cursor.at
    match = cursor.take(scan.KEY)
    assert match is not None
    key, sign = match[1], match[2]
    exact, propagate = sign.startswith(":"), sign.endswith("==")
    value, start, in_quotes = cursor.value(key)
    if key in FLAG_NAMES:
        _only(cursor, begin, key, sign, ("=", "=="))
        flag = FlagConstraint(key, tuple(value.split()), propagate)
        have = draft.flags.get(key)
        if flag.words:
            draft.flags[key] = flag if have is None else have.constrain(flag)
    elif key in ("arch", "architecture"):
        _only(cursor, begin, key, sign, ("=",))
        fields = value.split("-", 2) if "-" in value else ("", "", value)
        if len(fields) != 3:
            cursor.fail(
                f"expected platform-os-target or a target behind '{key}='",
                start,
                width=len(value),
                hint="as in arch=linux-debian12-x86_64 or arch=x86_64:",
            )
        for part, word in zip(("platform", "os", "target"), fields, strict=True):
            if word not in ("", "None", "none", "*"):
                _add_architecture(cursor, draft, part, word, begin)
    elif key in _ARCHITECTURE:
        _only(cursor, begin, key, sign, ("=",))
        _add_architecture(cursor, draft, _ARCHITECTURE[key], value, begin)
    elif key == "namespace":
        _only(cursor, begin, key, sign, ("=",))
        if draft.namespace and draft.namespace != value:
            cursor.fail(f"the namespace is given twice: '{draft.namespace}' and '{value}'", begin)
        draft.namespace = value
    else:
        values = [value] if key == "dev_path" else _words(cursor, key, value, start)
        if "*" in values and (len(values) > 1 or exact):
            cursor.fail(f"'*' stands for any value and cannot be one of a list: {key}=*", start)
        _add_variant(cursor, draft, VariantConstraint.make(key, values, exact=exact, propagate=propagate), begin)
    if not in_quotes and cursor.letter in ('"', "'"):
        cursor.fail(
            f"a quote in the middle of the value of '{key}'", hint=f'put the whole value in quotes: {key}="..."'
        )


def _only(cursor: Cursor, begin: int, key: str, sign: str, allowed: tuple[str, ...]) -> None:
    if sign not in allowed:
        cursor.fail(f"'{key}' takes '{allowed[0]}', not '{sign}'", begin + len(key), width=len(sign))


def _words(cursor: Cursor, key: str, value: str, start: int) -> list[str]:
    words = [word.strip() for word in value.split(",")]
    if not all(words):
        cursor.fail(f"an empty value in the list behind '{key}='", start, width=max(1, len(value)))
    return words


def _add_architecture(cursor: Cursor, draft: _Draft, part: str, value: str, begin: int) -> None:
    if part == "target":
        value = normal_target(value)
    have = draft.architecture.get(part)
    if have is not None and have != value:
        cursor.fail(f"'{part}' is given twice: '{have}' and '{value}'", begin, width=cursor.at - begin)
    draft.architecture[part] = value


def _parse_version(cursor: Cursor, draft: _Draft) -> None:
    begin = cursor.at
    cursor.at += 1
    cursor.skip_blanks()
    start = cursor.at
    if draft.versions is not None:
        cursor.fail(
            f"the version is given twice: '@{draft.versions}' was there already",
            begin,
            hint="several versions go into one list: @1.2,1.4:",
        )
    text = scan.take_versions(cursor)
    try:
        draft.versions = version_text(parse_versions(text)) or ":"
    except VersionError as error:
        cursor.fail(error.message, start, width=cursor.at - start, hint=error.hint)


def _fail_on_letter(cursor: Cursor) -> None:
    letter = cursor.letter
    if letter == "":
        cursor.fail("expected a spec, and the text ends here")
    hints = {
        "=": "there is no blank around '=', and a name before it: name=value",
        ",": "a list has no comma at its ends; specs are separated by blanks",
        ":": "a range of versions begins with '@': @1.2:",
        "[": "properties of an edge stand behind '^' or '%': %[virtuals=c] gcc",
        "]": "no '[' was opened",
        "(": "there are no parentheses in specs",
        "!": "a variant is negated with '~'",
        ">": "write @1.2: for 1.2 and later",
        "<": "write @:1.2 for 1.2 and earlier",
        '"': 'quotes stand around values only: name="value"',
        "'": "quotes stand around values only: name='value'",
        "#": "comments do not belong into a spec",
        "*": "'*' stands for a value: name=*",
        "&": "everything in a spec must hold anyway",
        "|": "alternatives are given as a list of requirements, not within a spec",
    }
    cursor.fail(f"unexpected {_shown(letter)}", hint=hints.get(letter))


def _shown(letter: str) -> str:
    return f"'{letter}'" if letter.isprintable() else f"character U+{ord(letter):04X}"
