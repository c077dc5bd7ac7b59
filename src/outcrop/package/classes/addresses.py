"""Where a package's sources are on the net: what ``url``, ``urls`` and ``url_for_version`` say for a version."""

from __future__ import annotations

# Any: versions are Version or GitVersion, and recipes pass their own.
from typing import TYPE_CHECKING, Any

from outcrop.package.errors import SpackError
from outcrop.spec import Version
from outcrop.spec.addresses import substitute_version

if TYPE_CHECKING:
    from outcrop.package.classes.dictionaries import DirectiveDictionary


class Addresses:
    """Mixin: URL extrapolation."""

    url: Any = None
    urls: Any = None

    if TYPE_CHECKING:
        versions: DirectiveDictionary

    def url_for_version(self, version: Any) -> Any:
        """The URL of a version's archive; recipes override this.

        It is what the version itself says; else the class's ``url``, or the first of its ``urls``, with this version
        in it; else the same with the nearest URL that some version has.

        Raises:
            SpackError: the recipe has no URL to go by.
        """
        urls = self._declared_or_extrapolated(version)
        if not urls:
            raise SpackError(f"{type(self).__name__} has no URL for version {version}")
        return urls[0]

    def all_urls_for_version(self, version: Any) -> list[str]:
        """Every URL that may have a version, likeliest first; empty if the recipe has none to go by.

        What a recipe's own ``url_for_version`` says stands alone; where it says nothing, the templates count.
        """
        computed = None
        if type(self).url_for_version is not Addresses.url_for_version:
            computed = self.url_for_version(version)
        if computed is None:
            return self._declared_or_extrapolated(version)
        return list(dict.fromkeys(str(url) for url in (self._declared_url(version), computed) if url))

    def nearest_url(self, version: Any) -> str | None:
        """The URL that the greatest version up to ``version`` declares; else that of the smallest above it."""
        wanted = _exact(version)
        declared = sorted(known for known, facts in self.versions.items() if facts.get("url"))
        below = [known for known in declared if not known > wanted]
        chosen = below[-1:] or declared[:1]
        return str(self.versions[chosen[0]]["url"]) if chosen else None

    def url_version(self, version: Any) -> Any:
        """How a version is spelled in URLs; recipes override this."""
        return str(version)

    def _declared_url(self, version: Any) -> str | None:
        url = self.versions.get(_exact(version), {}).get("url")
        return str(url) if url else None

    def _declared_or_extrapolated(self, version: Any) -> list[str]:
        declared = self._declared_url(version)
        templates = [str(url) for url in (self.url, *(self.urls or ())) if url]
        if not templates and declared is None:
            nearest = self.nearest_url(version)
            templates = [nearest] if nearest else []
        spelled = self.url_version(version)
        # A recipe that hands a text to super() has worked out itself what stands in the place of a version.
        known = () if isinstance(version, str) else tuple(map(self.url_version, self.versions))
        found = [substitute_version(url, spelled, known) for url in templates]
        return list(dict.fromkeys([declared, *found] if declared else found))


def _exact(version: Any) -> Any:
    return Version(version) if isinstance(version, str) else version
