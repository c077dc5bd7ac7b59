"""Activation for PowerShell. One activation at a time: another one ends it first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from outcrop.store.seal import Change

_HEAD = """\
if (Test-Path -Path Variable:global:_OutcropSaved) { deactivate }

$global:_OutcropSaved = @{}
if (Test-Path -Path Function:deactivate) {
    $global:_OutcropForeign = (Get-Item -Path Function:deactivate).ScriptBlock
}

function global:deactivate {
    foreach ($name in $global:_OutcropSaved.Keys) {
        [Environment]::SetEnvironmentVariable($name, $global:_OutcropSaved[$name])
    }
    if (Test-Path -Path Function:_OutcropPrompt) {
        Copy-Item -Path Function:_OutcropPrompt -Destination Function:prompt
        Remove-Item -Path Function:_OutcropPrompt
    }
    Remove-Variable -Name _OutcropSaved -Scope Global
    Remove-Item -Path Function:deactivate
    if (Test-Path -Path Variable:global:_OutcropForeign) {
        Set-Item -Path Function:global:deactivate -Value $global:_OutcropForeign
        Remove-Variable -Name _OutcropForeign -Scope Global
    }
}
"""


def powershell_script(root: str, prompt: str, changes: Sequence[Change]) -> str:
    """``bin/Activate.ps1``."""
    return "".join(f"{line}\n" for line in _lines(prompt, changes))


def _lines(prompt: str, changes: Sequence[Change]) -> Iterator[str]:
    yield "# Prepares a PowerShell session to work in a view: read it with '. ', do not run it."
    yield "# 'deactivate' brings back what was there before."
    yield ""
    yield _HEAD
    for name in dict.fromkeys(change.name for change in changes):
        yield f"$global:_OutcropSaved['{name}'] = [Environment]::GetEnvironmentVariable('{name}')"
    yield ""
    for change in changes:
        yield from _change(change)
    yield ""
    yield "if (-not $Env:VIRTUAL_ENV_DISABLE_PROMPT) {"
    yield "    Copy-Item -Path Function:prompt -Destination Function:global:_OutcropPrompt"
    yield "    function global:prompt {"
    yield f"        Write-Host -NoNewline {_quote(f'({prompt}) ')}"
    yield "        _OutcropPrompt"
    yield "    }"
    yield "}"


def _change(change: Change) -> Iterator[str]:
    name, value, separator = change.name, _quote(change.value), _quote(change.separator)
    match change.action:
        case "set":
            yield f"$Env:{name} = {value}"
        case "unset":
            yield f"[Environment]::SetEnvironmentVariable('{name}', $null)"
        case "prepend":
            empty = f"{value} + {separator}" if name == "MANPATH" else value
            yield f"$Env:{name} = if ($Env:{name}) {{ {value} + {separator} + $Env:{name} }} else {{ {empty} }}"
        case "append":
            yield f"$Env:{name} = if ($Env:{name}) {{ $Env:{name} + {separator} + {value} }} else {{ {value} }}"
        case "remove":
            kept = f"@($Env:{name} -split [regex]::Escape({separator}) | Where-Object {{ $_ -cne {value} }})"
            yield f"if ($Env:{name}) {{ $Env:{name} = {kept} -join {separator} }}"


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
