"""Requests that cannot hold on their own, and ways out of those that clash with others."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from outcrop.base.near import near_misses
from outcrop.repo.model import PackageModel
from outcrop.solve.clauses import Cause
from outcrop.solve.encoding import Encoding
from outcrop.solve.errors import UnsatisfiableError
from outcrop.solve.problem import Problem, Solution
from outcrop.solve.requests import pieces_of
from outcrop.solve.target_words import compiler_way_out, place_error
from outcrop.solve.versions import find_candidates, is_buildable
from outcrop.spec import Spec, VariantConstraint, Version
from outcrop.spec.format import LANGUAGES

Attempt = Callable[[Problem], Solution | None]

_SHOWN = 6
_TRIES = 4


def impossible_request(encoding: Encoding) -> UnsatisfiableError | None:
    """The error for the first request that names a version or a variant which does not exist, if there is one."""
    for request in encoding.problem.requests:
        for spec in request.walk():
            found = place_error(encoding, spec, request)
            if found is not None:
                return found
            if not spec.name or encoding.is_virtual(spec.name):
                continue
            model = encoding.load(spec.name)
            if isinstance(model, str):
                return UnsatisfiableError(model, details=[f"you asked for {request}"])
            found = _version_error(encoding, spec, model, request) or _variant_error(encoding, spec, model, request)
            if found is not None:
                return found
    return None


def _version_error(encoding: Encoding, spec: Spec, model: PackageModel, request: Spec) -> UnsatisfiableError | None:
    name = spec.name
    candidates = find_candidates(encoding, name, model)
    if not candidates and model.versions and is_buildable(encoding, name, model):
        old = [decl.version for decl in model.versions]
        return UnsatisfiableError(
            f"{name} has deprecated versions only",
            details=[f"you asked for {request}", f"there are {_some(old)} ({model.file}:{model.line})"],
            hint=f"ask for one by its version: {name}@{old[0]}",
            code="no-such-version",
        )
    if not candidates:
        return UnsatisfiableError(
            f"{name} can neither be built nor found on this machine",
            details=[f"you asked for {request}"],
            hint=external_hint(name),
        )
    if not spec.version_text or any(spec.versions.includes(candidate.version) for candidate in candidates):
        return None
    known = [str(candidate.version) for candidate in candidates if candidate.external is None]
    outside = [str(candidate.version) for candidate in candidates if candidate.external is not None]
    details = [f"you asked for {request}"]
    if known:
        details.append(f"{name} has the versions {_some(known)} ({model.file}:{model.line})")
    if outside:
        details.append(f"externals of {name}: {_some(outside)}")
    old = [decl.version for decl in model.versions if decl.deprecated]
    if old and not known:
        details.append(f"deprecated, to be asked for one by one: {_some(old)}")
    if not known and not is_buildable(encoding, name, model):
        details.append(f"{name} may not be built")
    nearest = near_versions(spec, [candidate.version for candidate in candidates])
    hint = f"near: {' or '.join(f'{name}@{version}' for version in nearest)}" if nearest else None
    return UnsatisfiableError(
        f"{name} has no version that fits @{spec.version_text}", details=details, hint=hint, code="no-such-version"
    )


def near_versions(spec: Spec, versions: Sequence[Version]) -> list[str]:
    """At most three known versions around what was asked for: those below the same leading components first, then
    neighbours.
    """
    highest = spec.versions.highest
    if highest is None or not versions:
        return []
    versions = [version for version in versions if not version.isdevelop()] or versions
    for length in range(len(highest) - 1, 0, -1):
        same = [str(version) for version in versions if str(version.up_to(length)) == str(highest.up_to(length))]
        if same:
            return same[:3]
    ordered = sorted(versions)
    above = next((place for place, version in enumerate(ordered) if version > highest), len(ordered))
    return [str(version) for version in reversed(ordered[max(0, above - 1) : above + 1])]


def _variant_error(encoding: Encoding, spec: Spec, model: PackageModel, request: Spec) -> UnsatisfiableError | None:
    for variant in spec.variants:
        found = [declaration for declaration in model.variants if declaration.name == variant.name]
        name = spec.name
        asked = f"you asked for {request}"
        if not found:
            known = sorted({declaration.name for declaration in model.variants})
            near = near_misses(variant.name, known)
            details = [asked, f"{name} has the variants {_some(known, 12)}" if known else f"{name} has no variants"]
            hint = f"did you mean {' or '.join(near)}?" if near else f"'outcrop info {name}' describes its variants"
            return UnsatisfiableError(
                f"{name} has no variant '{variant.name}'", details=details, hint=hint, code="no-such-variant"
            )
        error = _value_error(name, variant, model, asked)
        if error is not None:
            return error
    return None


def _value_error(name: str, variant: VariantConstraint, model: PackageModel, asked: str) -> UnsatisfiableError | None:
    found = [declaration for declaration in model.variants if declaration.name == variant.name]
    if variant.any or any(declaration.open for declaration in found):
        return None
    known = {value.value for declaration in found for value in declaration.values if not value.never}
    known.update(value for declaration in found for value in declaration.default)
    if any(declaration.kind == "bool" for declaration in found):
        known.update(("true", "false"))
    bad = [value for value in variant.values if value not in known]
    single = all(declaration.kind != "multi" for declaration in found)
    origin = found[-1].origin
    if bad:
        near = near_misses(bad[0], known)
        return UnsatisfiableError(
            f"the variant {variant.name} of {name} has no value '{bad[0]}'",
            details=[asked, f"{variant.name} can be {_some(sorted(known), 12)} ({origin})"],
            hint=f"did you mean {' or '.join(near)}?" if near else None,
            code="no-such-value",
        )
    if single and len(variant.values) > 1:
        return UnsatisfiableError(
            f"the variant {variant.name} of {name} has one value only, not {', '.join(variant.values)}",
            details=[asked, f"{variant.name} can be {_some(sorted(known), 12)} ({origin})"],
            code="no-such-value",
        )
    return None


def external_hint(name: str) -> str:
    """How to make a package known that lies on the machine."""
    return f"install it and run 'outcrop external find {name}', or name it under packages:{name}:externals"


def way_out(encoding: Encoding, causes: Sequence[Cause], attempt: Attempt) -> str | None:
    """What would help, if something near does."""
    if (text := compiler_way_out(encoding, causes)) is not None:
        return text
    configured = any(cause[0] == "rule" for cause in causes)
    for cause in causes:
        if cause[0] == "provider" and cause[1] in LANGUAGES and not configured:
            return f"install a compiler for {cause[1]} (gcc, g++, gfortran) and run 'outcrop external find'"
    for cause in causes:
        if cause[0] == "unavailable":
            return external_hint(str(cause[1]))
    return _without_a_part(encoding, causes, attempt)


def _without_a_part(encoding: Encoding, causes: Sequence[Cause], attempt: Attempt) -> str | None:
    """Which single part of the requests to leave out: at most two of those that would do, the root's own first."""
    found: list[str] = []
    parts = [cause for cause in causes if cause[0] == "request" and len(cause) == 4]
    for cause in sorted(parts, key=lambda cause: cause[2] == "edge")[:_TRIES]:
        place, position = cause[1], cause[3]
        if not isinstance(place, int) or not isinstance(position, int) or len(found) == 2:
            continue
        requests = list(encoding.problem.requests)
        text, dropped, requests[place] = _drop(requests[place], str(cause[2]), position)
        solution = attempt(msgspec.structs.replace(encoding.problem, requests=tuple(requests)))
        if solution is None:
            continue
        fitting = [draft.node for draft in solution.drafts.values() if draft.node.name == dropped.name]
        instead = f" ({fitting[0].name}@{fitting[0].version})" if dropped.version_text and fitting else ""
        found.append(f"without '{text}'{instead}")
    if encoding.problem.unify is True and len({cause[1] for cause in causes if cause[0] == "request"}) > 1:
        found.append("with concretizer:unify: when_possible, which solves them apart")
    return f"there is a solution {', or '.join(found)}" if found else None


def _drop(request: Spec, kind: str, position: int) -> tuple[str, Spec, Spec]:
    """(what is left out as text, the same as a spec, what remains)."""
    if kind == "edge":
        edge = request.edges[position]
        return str(edge), edge.spec, request.with_edges(other for other in request.edges if other != edge)
    pieces = pieces_of(request.without_edges())
    remaining = Spec(name=request.name, edges=request.edges)
    for place, piece in enumerate(pieces):
        if place != position:
            remaining = remaining.constrain(piece)
    return str(pieces[position].named("")).strip(), pieces[position], remaining


def _some(names: Sequence[str], shown: int = _SHOWN) -> str:
    if len(names) <= shown:
        return ", ".join(names)
    return f"{', '.join(names[:shown])} and {len(names) - shown} more"
