"""Prints a syntax tree as lines that look like Python, in a form that is the same under every Python version.

:func:`ast.unparse` does not promise that: parentheses, quotes and f-strings come out differently from one minor
version to the next.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence

_OPERATORS = {
    "Add": "+",
    "Sub": "-",
    "Mult": "*",
    "MatMult": "@",
    "Div": "/",
    "Mod": "%",
    "LShift": "<<",
    "RShift": ">>",
    "BitOr": "|",
    "BitXor": "^",
    "BitAnd": "&",
    "FloorDiv": "//",
    "Pow": "**",
    "Invert": "~",
    "Not": "not ",
    "UAdd": "+",
    "USub": "-",
    "Eq": "==",
    "NotEq": "!=",
    "Lt": "<",
    "LtE": "<=",
    "Gt": ">",
    "GtE": ">=",
    "Is": "is",
    "IsNot": "is not",
    "In": "in",
    "NotIn": "not in",
    "And": "and",
    "Or": "or",
}
_ATOMS = (
    ast.Attribute,
    ast.Call,
    ast.Constant,
    ast.Dict,
    ast.DictComp,
    ast.JoinedStr,
    ast.List,
    ast.ListComp,
    ast.Name,
    ast.Set,
    ast.SetComp,
    ast.Subscript,
)
_IGNORED_FIELDS = frozenset({"ctx", "kind", "type_comment", "type_params", "annotation", "returns"})


class CodePrinter:
    """Prints statements as lines. Every compound part of an expression is in parentheses, so no precedence has to be
    known.
    """

    def block(self, body: Sequence[ast.stmt]) -> list[str]:
        """The lines of a block, without indentation; expressions that are constants (docstrings) are left out."""
        lines: list[str] = []
        for statement in body:
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                continue
            method: Callable[[ast.stmt], list[str]] = getattr(self, f"_{type(statement).__name__}", self._other)
            lines += method(statement)
        return lines

    def _inner(self, head: str, body: Sequence[ast.stmt]) -> list[str]:
        return [f"{head}:", *("    " + line for line in self.block(body) or ["pass"])]

    def _other(self, node: ast.stmt) -> list[str]:
        return [self._generic(node)]

    def _FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
        word = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
        return [*self._decorators(node), *self._inner(f"{word} {node.name}({self._arguments(node.args)})", node.body)]

    _AsyncFunctionDef = _FunctionDef

    def _ClassDef(self, node: ast.ClassDef) -> list[str]:
        bases = [self.expression(base) for base in node.bases] + self._keywords(node.keywords)
        return [*self._decorators(node), *self._inner(f"class {node.name}({', '.join(bases)})", node.body)]

    def _decorators(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> list[str]:
        return [f"@{self.expression(item)}" for item in node.decorator_list]

    def _Return(self, node: ast.Return) -> list[str]:
        return ["return" if node.value is None else f"return {self.expression(node.value)}"]

    def _Delete(self, node: ast.Delete) -> list[str]:
        return [f"del {self._list(node.targets)}"]

    def _Assign(self, node: ast.Assign) -> list[str]:
        return [" = ".join(self.expression(part) for part in (*node.targets, node.value))]

    def _AugAssign(self, node: ast.AugAssign) -> list[str]:
        return [f"{self.expression(node.target)} {self._operator(node.op)}= {self.expression(node.value)}"]

    def _AnnAssign(self, node: ast.AnnAssign) -> list[str]:
        return [f"{self.expression(node.target)} = {self.expression(node.value)}"] if node.value is not None else []

    def _For(self, node: ast.For | ast.AsyncFor) -> list[str]:
        word = "async for" if isinstance(node, ast.AsyncFor) else "for"
        head = f"{word} {self.expression(node.target)} in {self.expression(node.iter)}"
        return [*self._inner(head, node.body), *self._else(node.orelse)]

    _AsyncFor = _For

    def _While(self, node: ast.While) -> list[str]:
        return [*self._inner(f"while {self.expression(node.test)}", node.body), *self._else(node.orelse)]

    def _If(self, node: ast.If, word: str = "if") -> list[str]:
        lines = self._inner(f"{word} {self.expression(node.test)}", node.body)
        if len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):
            return [*lines, *self._If(node.orelse[0], "elif")]
        return [*lines, *self._else(node.orelse)]

    def _else(self, body: Sequence[ast.stmt], word: str = "else") -> list[str]:
        return self._inner(word, body) if body else []

    def _With(self, node: ast.With | ast.AsyncWith) -> list[str]:
        items = [
            self.expression(item.context_expr)
            + (f" as {self.expression(item.optional_vars)}" if item.optional_vars is not None else "")
            for item in node.items
        ]
        word = "async with" if isinstance(node, ast.AsyncWith) else "with"
        return self._inner(f"{word} {', '.join(items)}", node.body)

    _AsyncWith = _With

    def _Try(self, node: ast.Try, star: str = "") -> list[str]:
        lines = self._inner("try", node.body)
        for handler in node.handlers:
            kind = f" {self.expression(handler.type)}" if handler.type is not None else ""
            name = f" as {handler.name}" if handler.name else ""
            lines += self._inner(f"except{star}{kind}{name}", handler.body)
        return [*lines, *self._else(node.orelse), *self._else(node.finalbody, "finally")]

    def _TryStar(self, node: ast.Try) -> list[str]:
        return self._Try(node, "*")

    def _Raise(self, node: ast.Raise) -> list[str]:
        words = ["raise", *([self.expression(node.exc)] if node.exc is not None else [])]
        return [" ".join([*words, *(["from", self.expression(node.cause)] if node.cause is not None else [])])]

    def _Assert(self, node: ast.Assert) -> list[str]:
        return [f"assert {self._list([node.test, *([node.msg] if node.msg is not None else [])])}"]

    def _Import(self, node: ast.Import) -> list[str]:
        return [f"import {self._alias(alias)}" for alias in sorted(node.names, key=lambda alias: alias.name)]

    def _ImportFrom(self, node: ast.ImportFrom) -> list[str]:
        if node.module in ("typing", "__future__"):
            # For annotations, which are left out.
            return []
        start = f"from {'.' * node.level}{node.module or ''} import "
        return [start + self._alias(alias) for alias in sorted(node.names, key=lambda alias: alias.name)]

    @staticmethod
    def _alias(alias: ast.alias) -> str:
        return alias.name if alias.asname is None else f"{alias.name} as {alias.asname}"

    def _Global(self, node: ast.Global) -> list[str]:
        return [f"global {', '.join(node.names)}"]

    def _Nonlocal(self, node: ast.Nonlocal) -> list[str]:
        return [f"nonlocal {', '.join(node.names)}"]

    def _Expr(self, node: ast.Expr) -> list[str]:
        return [self.expression(node.value)]

    def _Pass(self, node: ast.Pass) -> list[str]:
        return []

    def _Break(self, node: ast.Break) -> list[str]:
        return ["break"]

    def _Continue(self, node: ast.Continue) -> list[str]:
        return ["continue"]

    # expressions

    def expression(self, node: ast.AST) -> str:
        """One expression."""
        method: Callable[[ast.AST], str] = getattr(self, f"_x{type(node).__name__}", self._generic)
        return method(node)

    def _part(self, node: ast.AST) -> str:
        text = self.expression(node)
        return (
            text if isinstance(node, _ATOMS) or (text.startswith("(") and isinstance(node, ast.Tuple)) else f"({text})"
        )

    def _list(self, nodes: Iterable[ast.AST]) -> str:
        return ", ".join(map(self.expression, nodes))

    @staticmethod
    def _operator(node: ast.AST) -> str:
        return _OPERATORS[type(node).__name__]

    def _xName(self, node: ast.Name) -> str:
        return node.id

    def _xConstant(self, node: ast.Constant) -> str:
        # ascii(): what repr() shows as it is depends on the Unicode tables of the Python version.
        return "..." if node.value is Ellipsis else ascii(node.value)

    def _xAttribute(self, node: ast.Attribute) -> str:
        number = isinstance(node.value, ast.Constant) and not isinstance(node.value.value, str | bytes)
        text = self._part(node.value)
        return f"({text}).{node.attr}" if number else f"{text}.{node.attr}"

    def _xCall(self, node: ast.Call) -> str:
        return (
            f"{self._part(node.func)}({', '.join([*map(self.expression, node.args), *self._keywords(node.keywords)])})"
        )

    def _keywords(self, keywords: Iterable[ast.keyword]) -> list[str]:
        return [f"{'**' if item.arg is None else f'{item.arg}='}{self.expression(item.value)}" for item in keywords]

    def _xSubscript(self, node: ast.Subscript) -> str:
        return f"{self._part(node.value)}[{self.expression(node.slice)}]"

    def _xSlice(self, node: ast.Slice) -> str:
        parts = [self._part(part) if part is not None else "" for part in (node.lower, node.upper)]
        return ":".join([*parts, *([self._part(node.step)] if node.step is not None else [])])

    def _xStarred(self, node: ast.Starred) -> str:
        return f"*{self._part(node.value)}"

    def _xUnaryOp(self, node: ast.UnaryOp) -> str:
        return f"{self._operator(node.op)}{self._part(node.operand)}"

    def _xBinOp(self, node: ast.BinOp) -> str:
        return f"{self._part(node.left)} {self._operator(node.op)} {self._part(node.right)}"

    def _xBoolOp(self, node: ast.BoolOp) -> str:
        return f" {self._operator(node.op)} ".join(map(self._part, node.values))

    def _xCompare(self, node: ast.Compare) -> str:
        rest = (
            f" {self._operator(op)} {self._part(part)}" for op, part in zip(node.ops, node.comparators, strict=True)
        )
        return self._part(node.left) + "".join(rest)

    def _xIfExp(self, node: ast.IfExp) -> str:
        return f"{self._part(node.body)} if {self._part(node.test)} else {self._part(node.orelse)}"

    def _xNamedExpr(self, node: ast.NamedExpr) -> str:
        return f"{node.target.id} := {self._part(node.value)}"

    def _xLambda(self, node: ast.Lambda) -> str:
        return f"lambda {self._arguments(node.args)}: {self._part(node.body)}"

    def _xTuple(self, node: ast.Tuple) -> str:
        return f"({self._list(node.elts)}{',' if len(node.elts) == 1 else ''})"

    def _xList(self, node: ast.List) -> str:
        return f"[{self._list(node.elts)}]"

    def _xSet(self, node: ast.Set) -> str:
        return f"{{{self._list(node.elts)}}}"

    def _xDict(self, node: ast.Dict) -> str:
        items = (
            f"**{self._part(value)}" if key is None else f"{self.expression(key)}: {self.expression(value)}"
            for key, value in zip(node.keys, node.values, strict=True)
        )
        return f"{{{', '.join(items)}}}"

    def _xListComp(self, node: ast.ListComp) -> str:
        return f"[{self.expression(node.elt)}{self._loops(node.generators)}]"

    def _xSetComp(self, node: ast.SetComp) -> str:
        return f"{{{self.expression(node.elt)}{self._loops(node.generators)}}}"

    def _xGeneratorExp(self, node: ast.GeneratorExp) -> str:
        return f"({self.expression(node.elt)}{self._loops(node.generators)})"

    def _xDictComp(self, node: ast.DictComp) -> str:
        return f"{{{self.expression(node.key)}: {self.expression(node.value)}{self._loops(node.generators)}}}"

    def _loops(self, loops: Iterable[ast.comprehension]) -> str:
        text = ""
        for loop in loops:
            text += f" {'async ' if loop.is_async else ''}for {self.expression(loop.target)} in {self._part(loop.iter)}"
            text += "".join(f" if {self._part(test)}" for test in loop.ifs)
        return text

    def _xAwait(self, node: ast.Await) -> str:
        return f"await {self._part(node.value)}"

    def _xYield(self, node: ast.Yield) -> str:
        return "yield" if node.value is None else f"yield {self.expression(node.value)}"

    def _xYieldFrom(self, node: ast.YieldFrom) -> str:
        return f"yield from {self.expression(node.value)}"

    def _xJoinedStr(self, node: ast.JoinedStr) -> str:
        return f"f'{self._pieces(node)}'"

    def _pieces(self, node: ast.AST) -> str:
        """The inside of an f-string; how its constant parts are cut differs between Python versions, so they are
        joined.
        """
        if isinstance(node, ast.JoinedStr):
            return "".join(map(self._pieces, node.values))
        if isinstance(node, ast.Constant):
            quoted = ascii("'\"" + str(node.value))
            return quoted[len("'\\'\"") : -1].replace("{", "{{").replace("}", "}}")
        assert isinstance(node, ast.FormattedValue), "f-strings consist of texts and values"
        conversion = f"!{chr(node.conversion)}" if node.conversion > 0 else ""
        form = f":{self._pieces(node.format_spec)}" if node.format_spec is not None else ""
        return f"{{{self.expression(node.value)}{conversion}{form}}}"

    def _arguments(self, node: ast.arguments) -> str:
        plain = [*node.posonlyargs, *node.args]
        defaults = [None] * (len(plain) - len(node.defaults)) + [*node.defaults]
        words = [self._argument(item, default) for item, default in zip(plain, defaults, strict=True)]
        if node.posonlyargs:
            words.insert(len(node.posonlyargs), "/")
        if node.vararg is not None:
            words.append(f"*{node.vararg.arg}")
        elif node.kwonlyargs:
            words.append("*")
        words += [
            self._argument(item, default) for item, default in zip(node.kwonlyargs, node.kw_defaults, strict=True)
        ]
        if node.kwarg is not None:
            words.append(f"**{node.kwarg.arg}")
        return ", ".join(words)

    def _argument(self, node: ast.arg, default: ast.expr | None) -> str:
        return node.arg if default is None else f"{node.arg}={self._part(default)}"

    def _generic(self, node: object) -> str:
        """Whatever has no rule (``match``, say): the tree itself, without what differs between Python versions."""
        if isinstance(node, list):
            return f"[{', '.join(map(self._generic, node))}]"
        if not isinstance(node, ast.AST):
            return ascii(node)
        if isinstance(node, ast.expr) and hasattr(self, f"_x{type(node).__name__}"):
            return self.expression(node)
        if isinstance(node, ast.stmt) and hasattr(self, f"_{type(node).__name__}"):
            return f"{{{'; '.join(self.block([node]))}}}"
        fields = (
            f"{name}={self._generic(value)}"
            for name, value in ast.iter_fields(node)
            if name not in _IGNORED_FIELDS and value not in (None, [])
        )
        return f"{type(node).__name__}({', '.join(fields)})"
