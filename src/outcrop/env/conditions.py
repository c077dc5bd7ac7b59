"""``when:`` of a definition: an expression about the machine, in a small part of Python.

It is read as a syntax tree and worked out here; nothing of it is ever executed. What the part has not is refused when
the file is read, on every machine alike.
"""

from __future__ import annotations

import ast
import operator
import re
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from outcrop.base.errors import InputError, Place
from outcrop.env.written import parse_written
from outcrop.spec import Spec

NAMES = ("platform", "os", "target", "arch", "architecture", "arch_str", "hostname", "env", "re")
"""What an expression may speak of; ``architecture`` is ``arch``, and ``arch_str`` the same as text only."""

_PATTERN_CALLS = {"search": re.search, "match": re.match, "fullmatch": re.fullmatch}
_TEXT_CALLS = ("startswith", "endswith", "lower", "upper", "strip", "lstrip", "rstrip", "split", "removeprefix")
_METHODS = (*_TEXT_CALLS, *_PATTERN_CALLS, "get", "satisfies")
_ATTRIBUTES = ("platform", "os", "target")
# Any: a comparison that the values do not have is told as what it is, a TypeError.
_COMPARISONS: Mapping[type[ast.cmpop], Callable[[Any, Any], object]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda left, right: operator.contains(right, left),
    ast.NotIn: lambda left, right: not operator.contains(right, left),
}
_HINT = (
    f"there are {', '.join(NAMES)}; comparisons, 'and', 'or', 'not', 'in'; arch.satisfies(...), env.get(...), "
    "re.search(...), and methods of text such as startswith(...)"
)
_LONGEST = 2000


class Facts(msgspec.Struct, frozen=True):
    """What conditions are about."""

    platform: str
    os: str
    target: str
    hostname: str
    environ: Mapping[str, str]


class _Architecture(str):
    """``linux-debian12-zen4``, and its parts."""

    facts: Facts

    @classmethod
    def of(cls, facts: Facts) -> _Architecture:
        made = cls(f"{facts.platform}-{facts.os}-{facts.target}")
        made.facts = facts
        return made


class _Refused(Exception):
    """Why an expression is not taken."""


class Condition:
    """An expression that has been read.

    Raises:
        InputError: it is no expression, or has what is not understood; says what.
    """

    def __init__(self, text: str, place: Place) -> None:
        self.text = text
        self.place = place
        try:
            if len(text) > _LONGEST:
                raise _Refused(f"it is longer than {_LONGEST} characters")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # '\d' in a pattern means what it says
                self._tree = ast.parse(text.strip(), mode="eval").body
            for node in ast.walk(self._tree):
                _check(node)
        except _Refused as reason:
            raise self._error(str(reason)) from None
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            reason_text = error.msg if isinstance(error, SyntaxError) else "it cannot be read"
            raise self._error(f"it is no expression: {reason_text}") from error

    def holds(self, facts: Facts) -> bool:
        """Whether it is true here.

        Raises:
            InputError: it has no value here, such as a variable that is not set or a comparison of what cannot be
                compared.
        """
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what a pattern may mean in other versions of Python
                return bool(_Evaluation(facts, self.place).value(self._tree))
        except _Refused as reason:
            raise self._error(str(reason)) from None
        except re.error as error:
            raise self._error(f"{error.pattern!r} is no regular expression: {error}") from error
        except (TypeError, ValueError, AttributeError, LookupError, OverflowError, RecursionError) as error:
            raise self._error(str(error) or type(error).__name__) from error

    def _error(self, reason: str) -> InputError:
        return InputError(
            f"the condition '{self.text}' is not understood: {reason}",
            place=self.place,
            hint=_HINT,
            code="bad-condition",
        )


_PLAIN = (ast.Load, ast.And, ast.Or, ast.Not, ast.cmpop, ast.BoolOp, ast.Compare, ast.List, ast.Tuple, ast.Slice)


def _check(node: ast.AST) -> None:
    """Is this kind of node part of the language, wherever it stands?"""
    if isinstance(node, ast.Name):
        if node.id not in NAMES:
            raise _Refused(f"there is no '{node.id}'")
    elif isinstance(node, ast.Constant):
        if not (node.value is None or isinstance(node.value, str | int)):
            raise _Refused(f"{ast.unparse(node)} is neither text nor a whole number")
    elif isinstance(node, ast.Call):
        if not isinstance(node.func, ast.Attribute) or node.func.attr not in _METHODS:
            raise _Refused(f"'{ast.unparse(node.func)}' cannot be called")
        if node.keywords or any(isinstance(argument, ast.Starred) for argument in node.args):
            raise _Refused(f"'{ast.unparse(node)}' has arguments other than plain ones")
    elif isinstance(node, ast.Attribute):
        if node.attr not in (*_METHODS, *_ATTRIBUTES):
            raise _Refused(f"there is no attribute '{node.attr}'")
    elif isinstance(node, ast.UnaryOp):
        if not isinstance(node.op, ast.Not | ast.USub):
            raise _Refused(f"'{ast.unparse(node)}' is not among what it may have")
    elif not isinstance(node, (*_PLAIN, ast.Subscript, ast.USub)):
        raise _Refused(f"'{ast.unparse(node) if isinstance(node, ast.expr) else type(node).__name__}' cannot be used")


class _Evaluation:
    """Works an expression out; only values of the types below ever come up."""

    def __init__(self, facts: Facts, place: Place) -> None:
        self._facts = facts
        self._place = place

    def value(self, node: ast.AST | None) -> object:
        """The value of a checked node."""
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Name):
            return self._name(node.id)
        if isinstance(node, ast.BoolOp):
            return self._either(node)
        if isinstance(node, ast.UnaryOp):
            return self._unary(node)
        if isinstance(node, ast.Compare):
            return self._compare(node)
        if isinstance(node, ast.List | ast.Tuple):
            return tuple(self.value(item) for item in node.elts)
        if isinstance(node, ast.Call):
            return self._call(node)
        if isinstance(node, ast.Subscript):
            return self._item(node)
        if isinstance(node, ast.Attribute):
            return self._attribute(node)
        raise _Refused(f"'{ast.unparse(node)}' has no value" if node is not None else "a value is missing")

    def _name(self, name: str) -> object:
        if name in ("arch", "architecture"):
            return _Architecture.of(self._facts)
        if name == "arch_str":
            return str(_Architecture.of(self._facts))
        if name == "env":
            return self._facts.environ
        if name == "re":
            raise _Refused("'re' is for re.search(...), re.match(...) and re.fullmatch(...)")
        return getattr(self._facts, name)

    def _either(self, node: ast.BoolOp) -> object:
        wanted = isinstance(node.op, ast.Or)
        found: object = not wanted
        for part in node.values:
            found = self.value(part)
            if bool(found) is wanted:
                return found
        return found

    def _unary(self, node: ast.UnaryOp) -> object:
        inner = self.value(node.operand)
        if isinstance(node.op, ast.Not):
            return not inner
        if not isinstance(inner, int):
            raise _Refused(f"'{ast.unparse(node)}' is no number")
        return -inner

    def _compare(self, node: ast.Compare) -> bool:
        left = self.value(node.left)
        for sign, part in zip(node.ops, node.comparators, strict=True):
            right = self.value(part)
            if isinstance(sign, ast.Is | ast.IsNot):
                if left is not None and right is not None:
                    raise _Refused(f"'{ast.unparse(node)}': 'is' is for None; compare with '=='")
                fits = (left is right) is isinstance(sign, ast.Is)
            else:
                fits = bool(_COMPARISONS[type(sign)](left, right))
            if not fits:
                return False
            left = right
        return True

    def _item(self, node: ast.Subscript) -> object:
        held = self.value(node.value)
        if isinstance(held, Mapping):
            key = self.value(node.slice)
            if key not in held:
                raise _Refused(f"the variable {key} is not set; env.get({key!r}, '') is empty then")
            return held[key]
        if not isinstance(held, str | tuple):
            raise _Refused(f"'{ast.unparse(node.value)}' has no parts")
        if not isinstance(node.slice, ast.Slice):
            return held[self._index(node.slice) or 0]
        return held[self._index(node.slice.lower) : self._index(node.slice.upper) : self._index(node.slice.step)]

    def _index(self, node: ast.expr | None) -> int | None:
        found = self.value(node) if node is not None else None
        if found is not None and not isinstance(found, int):
            raise _Refused(f"{found!r} is no index")
        return found

    def _attribute(self, node: ast.Attribute) -> object:
        held = self.value(node.value)
        if node.attr in _ATTRIBUTES and isinstance(held, _Architecture):
            return getattr(held.facts, node.attr)
        raise _Refused(f"'{ast.unparse(node)}' has no value")

    def _call(self, node: ast.Call) -> object:
        assert isinstance(node.func, ast.Attribute)  # _check
        method, whole = node.func.attr, ast.unparse(node.func)
        arguments = [self.value(argument) for argument in node.args]
        if isinstance(node.func.value, ast.Name) and node.func.value.id == "re":
            if method not in _PATTERN_CALLS or len(arguments) != 2:
                raise _Refused(f"'{whole}' takes a pattern and a text")
            pattern, text = (_text(argument, whole) for argument in arguments)
            return _PATTERN_CALLS[method](pattern, text)
        held = self.value(node.func.value)
        if isinstance(held, Mapping) and method == "get" and 1 <= len(arguments) <= 2:
            return held.get(_text(arguments[0], whole), arguments[1] if len(arguments) > 1 else None)
        if isinstance(held, _Architecture) and method == "satisfies" and len(arguments) == 1:
            return self._fits(_text(arguments[0], whole))
        if isinstance(held, str) and method in _TEXT_CALLS:
            found = getattr(str(held), method)(*arguments)
            return tuple(found) if isinstance(found, list) else found
        raise _Refused(f"'{whole}' cannot be called with that")

    def _fits(self, text: str) -> bool:
        facts = self._facts
        here = Spec(platform=facts.platform, os=facts.os, target=facts.target)
        return here.satisfies(parse_written(text, self._place))


def _text(value: object, whole: str) -> str:
    if not isinstance(value, str):
        raise _Refused(f"'{whole}' takes text, not {value!r}")
    return value
