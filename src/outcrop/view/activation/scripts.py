"""The activation scripts of a view: one static file for each family of shells.

After ``deactivate`` the environment is what it was: every variable is remembered with its value and whether it was set
and exported, in variables of the shell that no child sees. Activations of several views nest.
"""

from __future__ import annotations

from collections.abc import Sequence

from outcrop.store.seal import Change
from outcrop.view.activation.csh import csh_script
from outcrop.view.activation.fish import fish_script
from outcrop.view.activation.powershell import powershell_script
from outcrop.view.activation.sh import sh_script


def activation_scripts(root: str, prompt: str, changes: Sequence[Change], *, venv: bool) -> dict[str, str]:
    """Path in the view -> text. In a view that is no virtual environment ``VIRTUAL_ENV`` is left alone."""
    prefix = [Change(action="set", name="VIRTUAL_ENV", value=root)] if venv else []
    if venv:
        prefix.append(Change(action="set", name="VIRTUAL_ENV_PROMPT", value=prompt))
        prefix.append(Change(action="unset", name="PYTHONHOME"))
    everything = [*prefix, *changes]
    return {
        "bin/activate": sh_script(root, prompt, everything),
        "bin/activate.csh": csh_script(root, prompt, everything),
        "bin/activate.fish": fish_script(root, prompt, everything),
        "bin/Activate.ps1": powershell_script(root, prompt, everything),
    }
