"""URLs as recipes handle them: joining them, and putting another version into one that is known."""

from __future__ import annotations

import posixpath
from urllib.parse import urljoin, urlsplit, urlunsplit, uses_relative

from outcrop.spec.addresses import substitute_version, version_in_url

__all__ = ["join_url", "substitute_version", "substitute_version_in_url", "version_in_url"]


def join_url(base: str, *parts: str, resolve_href: bool = False) -> str:
    """Join a URL's path as directories are joined, with ``.`` and ``..`` resolved; its query and fragment are dropped.

    With ``resolve_href`` the first part is what a link on the page ``base`` would say: without a slash at its end,
    the last word of ``base`` is the page itself, a part that begins with ``/`` starts at the host, and one that is a
    URL replaces all. The other parts are put behind it.

    >>> join_url("https://example.org/a/", "b", "../c")
    'https://example.org/a/c'
    >>> join_url("https://example.org/a/index.html", "b", "c", resolve_href=True)
    'https://example.org/a/b/c'
    """
    if resolve_href and parts:
        return _follow(base, "/".join([parts[0], *(part.strip("/") for part in parts[1:] if part.strip("/"))]))
    split = urlsplit(base)
    path = "/".join([split.path.rstrip("/"), *(part.strip("/") for part in parts if part.strip("/"))])
    normal = posixpath.normpath(path) if path else ""
    if normal.startswith("/"):
        normal = "/" + normal.lstrip("/")
    return str(urlunsplit((split.scheme, split.netloc, "" if normal == "." else normal, "", "")))


def _follow(base: str, reference: str) -> str:
    scheme = urlsplit(base).scheme
    if scheme in uses_relative or urlsplit(reference).scheme:
        return urljoin(base, reference)
    # Schemes that urljoin() does not know (s3, oci) follow the same rules.
    joined = urljoin(base.replace(f"{scheme}:", "https:", 1), reference)
    return joined.replace("https:", f"{scheme}:", 1)


def substitute_version_in_url(url: str, version: object) -> str:
    """:func:`substitute_version` under the name recipes know."""
    return substitute_version(url, version)
