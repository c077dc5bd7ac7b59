"""Activation for fish."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from outcrop.store.seal import Change

_HEAD = """\
if functions -q _outcrop_deactivate
    _outcrop_deactivate
end

function _outcrop_keep
    contains -- $argv[1] $_OUTCROP_NAMES; and return
    set -ga _OUTCROP_NAMES $argv[1]
    if set -qgx $argv[1]
        set -g _OUTCROP_S_$argv[1] exported
        set -g _OUTCROP_V_$argv[1] $$argv[1]
    else if set -qg $argv[1]
        set -g _OUTCROP_S_$argv[1] plain
        set -g _OUTCROP_V_$argv[1] $$argv[1]
    else
        set -g _OUTCROP_S_$argv[1] unset
    end
end

function _outcrop_deactivate
    for name in $_OUTCROP_NAMES
        set -l state _OUTCROP_S_$name
        set -l value _OUTCROP_V_$name
        switch $$state
            case exported
                set -gx $name $$value
            case plain
                set -eg $name
                set -g $name $$value
            case '*'
                set -eg $name
        end
        set -eg $state
        set -eg $value
    end
    set -eg _OUTCROP_NAMES
    if functions -q _outcrop_prompt
        functions -e fish_prompt
        functions -c _outcrop_prompt fish_prompt
        functions -e _outcrop_prompt
    end
    functions -e deactivate
    if functions -q _outcrop_foreign_deactivate
        functions -c _outcrop_foreign_deactivate deactivate
        functions -e _outcrop_foreign_deactivate
    end
    functions -e _outcrop_keep _outcrop_deactivate
end

if functions -q deactivate
    functions -c deactivate _outcrop_foreign_deactivate
    functions -e deactivate
end
function deactivate -d 'Bring back the environment from before the activation'
    _outcrop_deactivate
end

set -g _OUTCROP_NAMES
"""


def fish_script(root: str, prompt: str, changes: Sequence[Change]) -> str:
    """``bin/activate.fish``."""
    return "".join(f"{line}\n" for line in _lines(prompt, changes))


def _lines(prompt: str, changes: Sequence[Change]) -> Iterator[str]:
    yield "# Prepares a fish shell to work in a view: read it with 'source', do not run it."
    yield "# 'deactivate' brings back what was there before."
    yield ""
    yield _HEAD
    for name in dict.fromkeys(change.name for change in changes):
        yield f"_outcrop_keep {name}"
    yield ""
    for change in changes:
        yield from _change(change)
    yield ""
    yield 'if test -z "$VIRTUAL_ENV_DISABLE_PROMPT"; and functions -q fish_prompt'
    yield "    functions -c fish_prompt _outcrop_prompt"
    yield "    function fish_prompt"
    yield "        set -l outcrop_status $status"
    yield f"        printf '%s' {_quote(f'({prompt}) ')}"
    yield '        echo "exit $outcrop_status" | .'
    yield "        _outcrop_prompt"
    yield "    end"
    yield "end"


def _change(change: Change) -> Iterator[str]:
    name, value, separator = change.name, _quote(change.value), _quote(change.separator)
    # fish keeps variables named ...PATH as lists and joins them with colons for children.
    is_list = name.endswith("PATH") and change.separator == ":"
    match change.action:
        case "set":
            yield f"set -gx {name} {value}"
        case "unset":
            yield f"set -eg {name}"
        case "prepend" if name == "MANPATH":
            yield f"if set -q {name}; set -gx {name} {value} ${name}; else; set -gx {name} {value} ''; end"
        case "prepend" if is_list:
            yield f"set -gx {name} {value} ${name}"
        case "append" if is_list:
            yield f"set -gx {name} ${name} {value}"
        case "prepend":
            yield f'if test -n "${name}"; set -gx {name} {value}{separator}"${name}"; else; set -gx {name} {value}; end'
        case "append":
            yield f'if test -n "${name}"; set -gx {name} "${name}"{separator}{value}; else; set -gx {name} {value}; end'
        case "remove" if is_list:
            yield f"set -gx {name} (string match -v -- {value} ${name})"
        case "remove":
            others = f'string split -- {separator} "${name}" | string match -v -- {value}'
            yield f"set -gx {name} ({others} | string join -- {separator})"


def _quote(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
