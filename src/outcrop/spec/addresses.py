"""Versions in URLs: which one a URL is for, and the same URL for another one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from outcrop.base.patterns import pattern

_ARCHIVE_SUFFIX = pattern(
    r"\.(?:tar(?:\.(?:gz|bz2|xz|zst|lz|lzma|Z))?|t[gbx]z2?|tzst|zip|gz|bz2|xz|zst|Z|7z|whl|jar|gem|crate|deb|rpm|sh|run"
    r"|bin|exe|dmg|pkg|py|pl|js|git|conda|asc|sty|patch|diff|txt|c|cc|f90|f|h)$",
    re.IGNORECASE,
)
# Words behind a version that are no part of it.
_TRAILING_WORD = pattern(
    r"[._-](?:src|source|sources|sourcecode|orig|tar|stable|release|final|full|all|any|none|noarch|dist|bin|binary"
    r"|installer|py[0-9](?:\.py[0-9])?|cp[0-9]+|py2\.py3|manylinux\w*|linux\w*|unix|x86_64|x64|amd64|i[36]86|aarch64"
    r"|arm64|ppc64le|ppc64el"
    r"|darwin\w*|macos\w*|apple|unknown|gnu|musl|osx\w*|universal|win\w*|centos\w*|ubuntu[0-9.]*|generic|standalone|bundle"
    r"|download|with[a-z_-]*|no[a-z_-]+|offline|setup|install|public|lite|gpl|oss|core|package|code|community|archive"
    r"|minimal|complete|c|cxx|nohdf5|vanilla|vendored|ga|cuda|docs?|mt|intel64|64bit|32bit)$",
    re.IGNORECASE,
)
_PRE = r"(?:alpha|beta|a|b|c|rc|pre|preview|dev|post|p|pl|patch|r|rev|u|update|stable|snapshot|g|test|sp|final|ga)"
_VERSION = pattern(
    rf"\d+(?:[._-]?{_PRE}[._-]?\d+|[._-]\d+|-(?:alpha|beta|rc)(?![a-z0-9])|[._]?{_PRE}(?![a-z])|[a-z](?![a-z]))*",
    re.IGNORECASE,
)
_BEFORE_VERSION = pattern(r"(?:^|[-_.+/=%]|(?:^|[-_.])(?:v|r|rel|release|ver|version|go|jdk|n|s|b))$", re.IGNORECASE)
# Digits at the end of a name: libxml2-2.9, hg19_2.2.
_NAME_DIGITS = pattern(r"[0-9]+[a-z]?(?:-|_(?=[0-9]+\.))")
_COMPONENT = pattern(r"\d+|[A-Za-z]+")
_DIGITS = frozenset("0123456789")
_FILE_PARAMETERS = pattern(
    r"(?:^|&)(?:ref|sha|get|url|file|filename|name|f|version|tag|path|download|release|v)=([^&]+)"
)


def version_in_url(url: str, versions: Iterable[object] = ()) -> str | None:
    """The version a URL is for, as it is spelled there; None when it has none.

    ``versions`` are versions the package is known to have: the longest that the URL names, in any spelling, is the
    answer. Otherwise the file's name decides, then the directories, the last one first.
    """
    found = next(filter(None, map(_version_in_stem, _stems(url))), None)
    known = {str(version) for version in versions}
    if found is None or found not in known:
        _, tail = _host_and_tail(url)
        for text in sorted(known, key=lambda text: (len(text), text), reverse=True):
            # One or two letters stand in many a URL that is not about them; and 1.0 is not what 1.0b1 is for.
            if len(text) > 2 and not (found or "").startswith(text) and _occurrences(text, tail):
                return text
    return found


def substitute_version(url: str, version: object, versions: Iterable[object] = ()) -> str:
    """``url`` for another version.

    The version in the URL (see :func:`version_in_url`) is replaced wherever it stands, each time in the spelling
    found there: as written, with dots, dashes or underscores, or joined. A directory named after its first components
    (``/1.2/foo-1.2.3.tar.gz``) gets those of the new version. The host is never touched, and a URL without a version
    is returned as it is.
    """
    old = version_in_url(url, versions)
    return url if old is None else replace_version(url, old, version)


def replace_version(url: str, old: str, version: object) -> str:
    """:func:`substitute_version` where :func:`version_in_url` has been asked already, and said ``old``."""
    host, tail = _host_and_tail(url)
    new = str(version)
    tail = _replace_partial_directories(tail, old, new)
    pieces, at = [host], 0
    for start, end in _occurrences(old, tail):
        pieces += (tail[at:start], _respell(tail[start:end], old, new))
        at = end
    return "".join([*pieces, tail[at:]])


def _host_and_tail(url: str) -> tuple[str, str]:
    match = re.match(r"[A-Za-z][A-Za-z0-9+.-]*://[^/]*", url)
    end = match.end() if match else 0
    return url[:end], url[end:]


@lru_cache(maxsize=1024)
def _spellings(version: str) -> tuple[str, ...]:
    """The ways to write a version, the longest first."""
    pieces = re.split(r"[._-]", version)
    spellings = [version, ".".join(pieces), "-".join(pieces), "_".join(pieces)]
    joined = "".join(pieces)
    if len(joined) > 2:
        # Two digits alone are as likely something else.
        spellings.append(joined)
    return tuple(sorted(filter(None, dict.fromkeys(spellings)), key=len, reverse=True))


def _occurrences(version: str, text: str) -> list[tuple[int, int]]:
    """Where a version stands in a text, in any spelling: neither as the tail of a longer version nor as its beginning.

    No regular expression: making one for each version costs more than all the looking does.
    """
    found: list[tuple[int, int]] = []
    spellings = _spellings(version)
    at = 0
    while starts := [start for spelling in spellings if (start := text.find(spelling, at)) >= 0]:
        start = min(starts)
        at = start + 1
        if not _ends_in_number(text[:start]):
            ends = (start + len(spelling) for spelling in spellings if text.startswith(spelling, start))
            end = next((end for end in ends if not _goes_on(text, end)), None)
            if end is not None:
                found.append((start, end))
                at = end
    return found


def _ends_in_number(text: str) -> bool:
    return text[-1:] in _DIGITS or (text[-1:] == "." and text[-2:-1] in _DIGITS)


def _goes_on(text: str, at: int) -> bool:
    """Whether digits, or a dot and a whole number, stand there."""
    if text[at : at + 1] in _DIGITS:
        return True
    rest = text[at + 1 :].lstrip("0123456789")
    return text[at : at + 1] == "." and text[at + 1 : at + 2] in _DIGITS and rest[:1] in ("", ".", "/", "_", "-")


def _respell(found: str, old: str, new: str) -> str:
    separators = {sign for sign in found if sign in "._-"}
    pieces = re.split(r"[._-]", new)
    if found == old and separators not in ({"_"}, {"-"}):
        return new
    if len(separators) == 1:
        return separators.pop().join(pieces)
    return new if separators else "".join(pieces)


def _replace_partial_directories(tail: str, old: str, new: str) -> str:
    old_parts, new_parts = _COMPONENT.findall(old), _COMPONENT.findall(new)
    path, mark, query = tail.partition("?")
    segments = path.split("/")
    for index, segment in enumerate(segments[:-1]):
        for count in range(len(old_parts) - 1, 1, -1):
            for separator in (".", "_", "-"):
                around = _around(separator.join(old_parts[:count]), segment)
                if around is not None and not _occurrences(old, segment):
                    replacement = separator.join(new_parts[:count])
                    segments[index] = f"{around[0]}{replacement}{around[1]}"
    return "/".join(segments) + mark + query


def _around(partial: str, segment: str) -> tuple[str, str] | None:
    """What stands before and behind the beginning of a version at the end of a segment (``v1.2``, ``1.2.x``)."""
    for end in ("", ".x", ".X"):
        if segment.endswith(partial + end):
            before = segment.removesuffix(partial + end)
            if not _ends_in_number(before):
                return before, end
    return None


def _stems(url: str) -> Iterable[str]:
    """Texts that may hold the version, the likeliest first."""
    # 4 ms, and most commands that come here know already which version a URL is for.
    from urllib.parse import unquote, urlsplit

    split = urlsplit(url)
    for value in reversed(_FILE_PARAMETERS.findall(split.query)):
        if re.search(r"[0-9][._-][0-9]", value):
            yield _without_suffixes(unquote(value).rsplit("/", 1)[-1])
    for segment in reversed(split.path.split("/")):
        if segment and segment != "download":
            yield _without_suffixes(unquote(segment).rsplit("/", 1)[-1])


def _without_suffixes(name: str) -> str:
    while True:
        shorter = _TRAILING_WORD.sub("", _ARCHIVE_SUFFIX.sub("", name))
        if shorter == name:
            return name
        name = shorter


def _version_in_stem(stem: str) -> str | None:
    best: tuple[tuple[bool, int, int], str] | None = None
    for match in _VERSION.finditer(stem):
        start, text = match.start(), match.group()
        apart = bool(_BEFORE_VERSION.search(stem[:start]))
        name_digits = None if apart else _NAME_DIGITS.match(text)
        if name_digits:
            start, text, apart = start + name_digits.end(), text[name_digits.end() :], True
        rank = (apart, len(_COMPONENT.findall(text)), start)
        if best is None or rank > best[0]:
            best = (rank, text)
    return None if best is None else best[1]
