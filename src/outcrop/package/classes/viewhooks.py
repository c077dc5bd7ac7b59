"""What a package does when its files are put into a view; recipes override these."""

from __future__ import annotations

import os
from collections.abc import Mapping

# Any: the view is an object of another room; recipes use link(), get_projection_for_spec() and link_type of it.
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from outcrop.package.specs.facade import NodeSpec


class ViewHooks:
    """Mixin: the default view hooks. ``merge_map`` is absolute source -> absolute destination, files only."""

    if TYPE_CHECKING:
        spec: NodeSpec

    def view_source(self) -> str:
        """What the merge map's sources are below."""
        return str(self.spec.prefix)

    def view_destination(self, view: Any) -> str:
        """What the merge map's destinations are below."""
        return str(view.get_projection_for_spec(self.spec))

    def view_file_conflicts(self, view: Any, merge_map: Mapping[str, str]) -> set[str]:
        """Destinations that exist already."""
        return {destination for destination in merge_map.values() if os.path.lexists(destination)}

    def add_files_to_view(self, view: Any, merge_map: Mapping[str, str], skip_if_exists: bool = True) -> None:
        """Link every file of ``merge_map`` into the view."""
        for source, destination in merge_map.items():
            if not (skip_if_exists and os.path.lexists(destination)):
                view.link(source, destination, spec=self.spec)

    def remove_files_from_view(self, view: Any, merge_map: Mapping[str, str]) -> None:
        """Remove every destination of ``merge_map`` from the view."""
        for source, destination in merge_map.items():
            view.remove_file(source, destination)
