"""Rewriting a text file of the store for the place where a view shows it."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

from outcrop.python import interpreter_lines
from outcrop.store.scan import interpreter_of
from outcrop.view.model import Substitution

_END = rb"(?![\w.+-])"


class Rewriter:
    """The substitutions of one plan, ready to be applied to many files."""

    def __init__(self, substitutions: Sequence[Substitution]) -> None:
        self._rules: list[tuple[re.Pattern[bytes], bytes, str]] = []
        for rule in substitutions:
            old = re.escape(os.fsencode(rule.old))
            new = os.fsencode(rule.new).replace(b"\\", rb"\\")
            match rule.kind:
                case "prefix":
                    self._rules.append((re.compile(old + _END), new, rule.only))
                case "python":
                    program = rb"/bin/(python[0-9.]*)" + _END
                    self._rules.append((re.compile(old + program), new + rb"/bin/\1", rule.only))
                case "text":
                    self._rules.append((re.compile(old), new, rule.only))

    def rewrite(self, path: str, content: bytes) -> bytes:
        """``content`` of the file at ``path`` of the view; a script's first line is one that the kernel takes."""
        interpreter = interpreter_of(content[:8192])
        if interpreter is None:
            return self._replace(path, content)
        program = os.fsdecode(self._replace(path, os.fsencode(interpreter.program)))
        if program == interpreter.program:
            return self._replace(path, content)
        body = self._replace(path, content[interpreter.length :])
        return interpreter_lines(program, interpreter.arguments) + body

    def _replace(self, path: str, content: bytes) -> bytes:
        for pattern, new, only in self._rules:
            if not only or only == path:
                content = pattern.sub(new, content)
        return content
