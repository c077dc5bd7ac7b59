"""Words that look like a misspelt one ("did you mean ...?")."""

from __future__ import annotations

from collections.abc import Iterable

_ALIKE = 0.6
"""Ratio below which two words have nothing to do with each other."""


def near_misses(word: str, known: Iterable[str], n: int = 3) -> list[str]:
    """At most ``n`` of ``known`` that resemble ``word``, best first; never ``word`` itself.

    Letter case, ``-`` against ``_`` and a missing ``py-`` do not count as differences, so ``PyYAML`` finds
    ``py-pyyaml``. The order does not depend on the order of ``known``.
    """
    wanted = _plain(word)
    if not wanted:
        return []
    from difflib import SequenceMatcher  # 2 ms that commands in which nothing is misspelt do without

    matcher: SequenceMatcher[str] = SequenceMatcher(autojunk=False)
    matcher.set_seq2(wanted)
    found: list[tuple[float, str]] = []
    for candidate in set(known):
        if candidate == word:
            continue
        plain = _plain(candidate)
        if plain == wanted:
            found.append((2.0, candidate))
            continue
        matcher.set_seq1(plain)
        if matcher.real_quick_ratio() < _ALIKE or matcher.quick_ratio() < _ALIKE:
            continue
        ratio = matcher.ratio()
        if ratio >= _ALIKE:
            found.append((ratio, candidate))
    found.sort(key=lambda pair: (-pair[0], pair[1]))
    return [candidate for _, candidate in found[:n]]


def _plain(word: str) -> str:
    return word.lower().replace("_", "-").removeprefix("py-")
