"""Activation for csh and tcsh. One activation at a time: another one ends it first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from outcrop.store.seal import Change


def csh_script(root: str, prompt: str, changes: Sequence[Change]) -> str:
    """``bin/activate.csh``."""
    return "".join(f"{line}\n" for line in _lines(prompt, changes))


def _lines(prompt: str, changes: Sequence[Change]) -> Iterator[str]:
    names = list(dict.fromkeys(change.name for change in changes))
    restore = [
        f'test $?_OUTCROP_V_{name} != 0 && setenv {name} "$_OUTCROP_V_{name}:q" || unsetenv {name}; '
        f"unset _OUTCROP_V_{name}"
        for name in names
    ]
    restore.append('test $?_OUTCROP_PROMPT != 0 && set prompt="$_OUTCROP_PROMPT:q"; unset _OUTCROP_PROMPT')
    restore.append("rehash; unset _OUTCROP_ACTIVE; unalias deactivate")
    yield "# Prepares a csh or tcsh to work in a view: read it with 'source', do not run it."
    yield "# 'deactivate' brings back what was there before."
    yield ""
    yield "if ( $?_OUTCROP_ACTIVE ) deactivate"
    yield f"alias deactivate '{'; '.join(restore)}'"
    yield "set _OUTCROP_ACTIVE"
    for name in names:
        yield f"if ( $?{name} ) then"
        yield f'    set _OUTCROP_V_{name}="${name}:q"'
        yield "endif"
    yield ""
    for change in changes:
        yield from _change(change)
    yield ""
    yield "if ( ! $?VIRTUAL_ENV_DISABLE_PROMPT && $?prompt ) then"
    yield '    set _OUTCROP_PROMPT="$prompt:q"'
    yield f'    set prompt={_quote(f"({prompt}) ")}"$prompt:q"'
    yield "endif"
    yield "rehash"


def _change(change: Change) -> Iterator[str]:
    name, value, separator = change.name, _quote(change.value), _quote(change.separator)
    joined = {"prepend": f'{value}{separator}"${name}:q"', "append": f'"${name}:q"{separator}{value}'}
    match change.action:
        case "set":
            yield f"setenv {name} {value}"
        case "unset":
            yield f"unsetenv {name}"
        case "prepend" | "append":
            yield f"if ( $?{name} ) then"
            yield f"    setenv {name} {joined[change.action]}"
            yield "else"
            yield f"    setenv {name} {value}{separator if name == 'MANPATH' else ''}"
            yield "endif"
        case "remove":
            yield f"if ( $?{name} ) then"
            others = f"tr {separator} '\\012' | grep -v -x -F -e {value} | paste -s -d {separator} -"
            yield f'    setenv {name} "`printenv {name} | {others}`"'
            yield "endif"


def _quote(text: str) -> str:
    return "'" + text.replace("'", "'\\''").replace("!", "\\!") + "'"
