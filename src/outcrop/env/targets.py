"""The targets a node may have, by what the machine is and what ``concretizer:targets`` allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from outcrop.config import TargetsSection

if TYPE_CHECKING:
    from outcrop.host import Host


class AllowedTargets(msgspec.Struct, frozen=True):
    """``target`` is the machine's best among ``allowed``, which is ordered from best to worst."""

    target: str
    allowed: tuple[str, ...]


def allowed_targets(host: Host, section: TargetsSection) -> AllowedTargets:
    """What nodes may have: targets of this machine, or of its whole family, and of these all or the generic ones.

    A machine about which nothing else is known has its own target only.
    """
    known = host.known_targets
    names = list(host.targets)
    if not section.host_compatible:
        names += [name for name in known if name not in names]
    if section.granularity == "generic":
        names = [name for name in names if name in known and known[name].generic] or [host.target]
    return AllowedTargets(target=names[0], allowed=tuple(names))
