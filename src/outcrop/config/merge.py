"""How scopes are laid over each other: mappings merge, lists are prepended, scalars override.

A key with a suffix says otherwise for its value: ``::`` replaces, ``+:`` prepends (what lists do anyway), ``-:``
appends. Suffixes are gone from the result.
"""

from __future__ import annotations


def merge(lower: object, higher: object) -> object:
    """``higher`` laid over ``lower``; neither is changed. ``None`` above hides nothing."""
    if higher is None:
        return strip(lower)
    if isinstance(lower, dict) and isinstance(higher, dict):
        return _merge_mappings(lower, higher)
    if isinstance(lower, list) and isinstance(higher, list):
        return [strip(item) for item in higher] + [strip(item) for item in lower if item not in higher]
    return strip(higher)


def strip(value: object) -> object:
    """A copy without suffixes on keys."""
    if isinstance(value, dict):
        return {split_key(key)[0]: strip(item) for key, item in value.items()}
    if isinstance(value, list):
        return [strip(item) for item in value]
    return value


def _merge_mappings(lower: dict[str, object], higher: dict[str, object]) -> dict[str, object]:
    result: dict[str, object] = {}
    below = {split_key(key)[0]: item for key, item in lower.items()}
    # Keys of the higher scope come first: order matters where mappings are searched (repositories, projections).
    for raw, item in higher.items():
        key, mode = split_key(raw)
        if key not in below or mode == "::":
            result[key] = strip(item)
        elif mode == "-:" and isinstance(item, list):
            under = below[key]
            kept = [strip(each) for each in under] if isinstance(under, list) else [strip(under)]
            result[key] = kept + [strip(each) for each in item]
        else:
            result[key] = merge(below[key], item)
    for key, item in below.items():
        if key not in result:
            result[key] = strip(item)
    return result


def split_key(key: str) -> tuple[str, str]:
    """A key without its suffix, and the suffix; empty where there is none."""
    # "packages::" in YAML arrives as the key "packages:": the parser takes the last colon.
    for suffix, mode in (("+", "+:"), ("-", "-:"), (":", "::")):
        if key.endswith(suffix) and len(key) > 1:
            return key[:-1], mode
    return key, ""
