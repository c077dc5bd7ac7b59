"""Activation for sh and everything that reads its language."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from outcrop.store.seal import Change

# Level n is the n-th activation in this shell. Of each variable it touched are kept: _OUTCROP_<n>_S_<name>, its state
# (unset, plain, exported), and _OUTCROP_<n>_V_<name>, its value.
_HEAD = r"""
_outcrop_exported () {
    if [ -n "${ZSH_VERSION-}" ]; then
        eval "case \${(t)${1}} in *export*) return 0 ;; esac"
        return 1
    fi
    case "
${_outcrop_exports}" in
        *"
export ${1}="* | *"
declare -x ${1}="* | *"
typeset -x ${1}="*) return 0 ;;
    esac
    return 1
}

_outcrop_keep () {
    eval "_outcrop_value=\${_OUTCROP_${_OUTCROP_LEVEL}_S_${1}-}"
    if [ -n "${_outcrop_value}" ]; then
        return 0
    fi
    eval "_outcrop_state=\${${1}+plain}"
    if [ -z "${_outcrop_state}" ]; then
        _outcrop_state=unset
    else
        eval "_OUTCROP_${_OUTCROP_LEVEL}_V_${1}=\$${1}"
        if _outcrop_exported "${1}"; then
            _outcrop_state=exported
        fi
    fi
    eval "_OUTCROP_${_OUTCROP_LEVEL}_S_${1}=\${_outcrop_state}"
    eval "_OUTCROP_${_OUTCROP_LEVEL}_NAMES=\"\${_OUTCROP_${_OUTCROP_LEVEL}_NAMES}${1} \""
}

_outcrop_without () {
    eval "_outcrop_value=\${2}\${${1}-}\${2}"
    while :; do
        case "${_outcrop_value}" in
            *"${2}${3}${2}"*)
                _outcrop_state=${_outcrop_value#*"${2}${3}${2}"}
                _outcrop_value=${_outcrop_value%%"${2}${3}${2}"*}${2}${_outcrop_state}
                ;;
            *) break ;;
        esac
    done
    _outcrop_value="${_outcrop_value#"${2}"}"
    eval "${1}=\${_outcrop_value%\"\${2}\"}"
}

deactivate () {
    eval "_outcrop_left=\${_OUTCROP_${_OUTCROP_LEVEL}_NAMES}"
    while [ -n "${_outcrop_left}" ]; do
        _outcrop_name=${_outcrop_left%% *}
        _outcrop_left=${_outcrop_left#* }
        eval "_outcrop_state=\${_OUTCROP_${_OUTCROP_LEVEL}_S_${_outcrop_name}}"
        case "${_outcrop_state}" in
            unset)
                unset "${_outcrop_name}"
                ;;
            plain)
                unset "${_outcrop_name}"
                eval "${_outcrop_name}=\${_OUTCROP_${_OUTCROP_LEVEL}_V_${_outcrop_name}}"
                if [ -n "${ZSH_VERSION-}" ]; then
                    typeset -g +x "${_outcrop_name}"
                fi
                ;;
            exported)
                eval "${_outcrop_name}=\${_OUTCROP_${_OUTCROP_LEVEL}_V_${_outcrop_name}}"
                export "${_outcrop_name?}"
                ;;
        esac
        unset "_OUTCROP_${_OUTCROP_LEVEL}_S_${_outcrop_name}" "_OUTCROP_${_OUTCROP_LEVEL}_V_${_outcrop_name}"
    done
    unset "_OUTCROP_${_OUTCROP_LEVEL}_NAMES" "_OUTCROP_${_OUTCROP_LEVEL}_ROOT" _outcrop_name _outcrop_state
    hash -r 2>/dev/null || :
    _OUTCROP_LEVEL=$((_OUTCROP_LEVEL - 1))
    if [ "${_OUTCROP_LEVEL}" -eq 0 ]; then
        _outcrop_left=${_OUTCROP_DEACTIVATE-}
        unset _OUTCROP_LEVEL _OUTCROP_DEACTIVATE
        unset -f deactivate _outcrop_exported _outcrop_keep _outcrop_without
        if [ -n "${_outcrop_left}" ]; then
            eval "${_outcrop_left}"
        fi
    fi
    unset _outcrop_left
}
"""


def sh_script(root: str, prompt: str, changes: Sequence[Change]) -> str:
    """``bin/activate``."""
    return "".join(f"{line}\n" for line in _lines(root, prompt, changes))


def _lines(root: str, prompt: str, changes: Sequence[Change]) -> Iterator[str]:
    quoted = shlex.quote(root)
    yield "# Prepares a shell to work in a view: read it with '.' (or 'source'), do not run it."
    yield "# 'deactivate' brings back what was there before."
    yield ""
    yield 'if [ -z "${_OUTCROP_LEVEL-}" ]; then'
    yield "    _OUTCROP_LEVEL=0"
    yield "    _OUTCROP_DEACTIVATE="
    yield '    if [ -n "${BASH_VERSION-}${ZSH_VERSION-}" ]; then'
    yield "        _OUTCROP_DEACTIVATE=$(typeset -f deactivate 2>/dev/null) || :"
    yield "    fi"
    yield "else"
    yield '    eval "_outcrop_value=\\${_OUTCROP_${_OUTCROP_LEVEL}_ROOT}"'
    yield f'    if [ "${{_outcrop_value}}" = {quoted} ]; then'
    yield "        _OUTCROP_AGAIN=${_OUTCROP_DEACTIVATE-}"
    yield "        deactivate"
    yield '        if [ -z "${_OUTCROP_LEVEL-}" ]; then'
    yield "            _OUTCROP_LEVEL=0"
    yield "            _OUTCROP_DEACTIVATE=${_OUTCROP_AGAIN}"
    yield "        fi"
    yield "        unset _OUTCROP_AGAIN"
    yield "    fi"
    yield "fi"
    yield _HEAD
    yield "_OUTCROP_LEVEL=$((_OUTCROP_LEVEL + 1))"
    yield f'eval "_OUTCROP_${{_OUTCROP_LEVEL}}_ROOT="{shlex.quote(quoted)}'
    yield 'eval "_OUTCROP_${_OUTCROP_LEVEL}_NAMES="'
    yield "_outcrop_exports=$(export -p)"
    for name in dict.fromkeys(change.name for change in changes):
        yield f"_outcrop_keep {name}"
    yield ""
    for change in changes:
        yield from _change(change)
    yield ""
    yield 'if [ -z "${VIRTUAL_ENV_DISABLE_PROMPT-}" ] && [ -n "${PS1+set}" ]; then'
    yield "    _outcrop_keep PS1"
    yield f'    PS1={shlex.quote(f"({prompt}) ")}"${{PS1}}"'
    yield "fi"
    yield "unset _outcrop_exports _outcrop_value _outcrop_state"
    yield "hash -r 2>/dev/null || :"


def _change(change: Change) -> Iterator[str]:
    name, value, separator = change.name, shlex.quote(change.value), shlex.quote(change.separator)
    match change.action:
        case "set":
            yield f"{name}={value}"
            yield f"export {name}"
        case "unset":
            yield f"unset {name}"
        case "prepend" if name == "MANPATH":  # An empty entry is where the system's own pages are looked for.
            yield f'{name}={value}:"${{{name}-}}"'
            yield f"export {name}"
        case "prepend":
            yield f'{name}={value}"${{{name}:+{_inside(change.separator)}${{{name}}}}}"'
            yield f"export {name}"
        case "append":
            yield f'{name}="${{{name}:+${{{name}}}{_inside(change.separator)}}}"{value}'
            yield f"export {name}"
        case "remove":
            yield f"_outcrop_without {name} {separator} {value}"
            yield f'if [ -z "${{{name}}}" ]; then unset {name}; fi'


def _inside(text: str) -> str:
    """``text`` within double quotes."""
    return "".join(f"\\{letter}" if letter in '$`"\\' else letter for letter in text)
