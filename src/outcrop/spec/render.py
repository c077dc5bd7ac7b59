"""Specs as text. What is printed here, ``parse`` reads back as an equal spec."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from outcrop.base.patterns import pattern

if TYPE_CHECKING:
    from outcrop.spec.parts import FlagConstraint, VariantConstraint
    from outcrop.spec.spec import EdgeConstraint, Spec

_BARE = pattern(r"[A-Za-z0-9_\-+*.,:=%^~/\\]+")
_NAME = pattern(r"[A-Za-z0-9_.-]+")


def spec_text(spec: Spec) -> str:
    """The whole spec: the node, direct dependencies, then each transitive one with the direct dependencies it has."""
    return " ".join([text for text in (node_text(spec), *map(edge_text, spec.edges)) if text])


def node_text(spec: Spec) -> str:
    """The constraint on the node itself."""
    text = f"{spec.namespace}.{spec.name}" if spec.namespace and spec.name else spec.name
    if spec.version_text:
        text += f"@{spec.version_text}"
    text += variants_text(spec.variants)
    for flag in spec.flags:
        text += " " + flag_text(flag)
    if spec.namespace and not spec.name:
        text += f" namespace={spec.namespace}"
    if spec.platform and spec.os and spec.target and "-" not in spec.platform + spec.os:
        text += f" arch={quoted(f'{spec.platform}-{spec.os}-{spec.target}')}"
    else:
        for key, value in (("platform", spec.platform), ("os", spec.os), ("target", spec.target)):
            if value:
                text += f" {key}={quoted(value)}"
    if spec.hash:
        text += f"/{spec.hash}" if _NAME.fullmatch(text) else f" /{spec.hash}"
    return text.strip()


def variants_text(variants: Iterable[VariantConstraint]) -> str:
    """Booleans joined, then the others each with a blank before it."""
    booleans, rest = "", ""
    for variant in variants:
        if variant.is_boolean:
            sign = "+" if variant.values == ("true",) else "~"
            booleans += sign * (2 if variant.propagate else 1) + variant.name
        else:
            sign = (":" if variant.exact else "") + ("==" if variant.propagate else "=")
            rest += f" {variant.name}{sign}{'*' if variant.any else quoted(','.join(variant.values))}"
    return booleans + rest


def flag_text(flag: FlagConstraint) -> str:
    """``cflags="-O2 -g"``."""
    return f"{flag.name}{'==' if flag.propagate else '='}{quoted(' '.join(flag.words), always=True)}"


def edge_text(edge: EdgeConstraint) -> str:
    """A dependency with its sigil: ``^zlib``, ``%c,cxx=gcc@13``, ``%[when='+x'] gcc``."""
    sigil = ("%%" if edge.propagate else "%") if edge.direct else "^"
    target = spec_text(edge.spec)
    if not edge.spec.name:
        target = f"*{target}" if target[:1] in ("", "@", "+", "~") else f"* {target}"
    words = []
    if edge.types or edge.when is not None:
        if edge.virtuals:
            words.append(f"virtuals={','.join(edge.virtuals)}")
        if edge.types:
            words.append(f"deptypes={','.join(edge.types)}")
        if edge.when is not None:
            words.append(f"when={quoted(str(edge.when))}")
        return f"{sigil}[{' '.join(words)}] {target}"
    if edge.virtuals and edge.spec.name:
        return f"{sigil}{','.join(edge.virtuals)}={target}"
    if edge.virtuals:
        return f"{sigil}[virtuals={','.join(edge.virtuals)}] {target}"
    return sigil + target


def quoted(value: str, *, always: bool = False) -> str:
    """A value as it stands behind ``=``, in quotes where the letters need them."""
    if not always and _BARE.fullmatch(value) and not value.startswith("="):
        return value
    if '"' in value and "'" not in value:
        quote = "'"
    else:
        quote = '"'
    return quote + value.replace("\\", "\\\\").replace(quote, f"\\{quote}") + quote
