"""Causes in words, each with the place it was written at."""

from __future__ import annotations

from collections.abc import Sequence

from outcrop.repo.model import PackageModel
from outcrop.solve import target_words
from outcrop.solve.clauses import Cause
from outcrop.solve.encoding import Encoding
from outcrop.solve.requests import pieces_of
from outcrop.spec import EdgeConstraint, Spec, make_version
from outcrop.spec.format import LANGUAGES

_FEW = 6
_ALIKE = 4
_INJECTED = 6
"""Parts of the cause of a line that no recipe has."""
_GROUPED = ("request", "provider", "depends", "target")


def describe(encoding: Encoding, causes: Sequence[Cause], *, solved: bool = False) -> tuple[str, list[str]]:
    """The first sentence, and a line for each request, recipe line or fact; ``solved`` where there is a solution, and
    the causes exclude a better one.
    """
    unavailable = {str(cause[1]) for cause in causes if cause[0] == "unavailable"}
    lines = _requests(encoding, causes)
    asked = len(lines)
    grouped: set[str] = set()
    for cause in causes:
        if cause[0] == "provider" and (line := _provider_line(encoding, str(cause[1]), unavailable)):
            grouped.update(encoding.providers(str(cause[1])))
            lines.append(line)
    lines.extend(_dependencies(encoding, causes))
    for cause in causes:
        if cause[0] in _GROUPED or (cause[0] == "unavailable" and cause[1] in grouped):
            continue
        lines.append(sentence(encoding, cause))
    lines.extend(target_words.compiler_lines(encoding, causes))
    lines.extend(target_words.machine_lines(encoding, causes))
    lines.extend(_hashes(encoding, causes))
    lines.extend(_facts(encoding, causes))
    if not solved:
        lines.extend(_unreachable(encoding, causes))
    if asked > 1 and all(cause[0] == "request" for cause in causes):
        return "the requests contradict each other, because a graph has one of each package:", lines
    return "the request has no solution, because not all of this can hold:", lines


def _dependencies(encoding: Encoding, causes: Sequence[Cause]) -> list[str]:
    """Dependency lines; of many by one package on one other only the first ones."""
    groups: dict[tuple[str, str], list[str]] = {}
    for cause in causes:
        name, place = str(cause[1]), cause[2] if len(cause) > 2 else None
        if cause[0] == "depends" and isinstance(place, int):
            dependency = encoding.recipe(name).dependencies[place]
            groups.setdefault((name, dependency.spec.name), []).append(sentence(encoding, cause))
    found = []
    for (name, dependency_name), lines in groups.items():
        if len(lines) > _ALIKE:
            rest = len(lines) - _ALIKE + 1
            lines = [*lines[: _ALIKE - 1], f"{name} depends on {dependency_name} in {rest} more lines like these"]
        found.extend(lines)
    return found


def asked_spec(encoding: Encoding, causes: Sequence[Cause], place: int) -> Spec:
    """The parts of a request that belong to ``causes``."""
    request = encoding.problem.requests[place]
    pieces = pieces_of(request.without_edges())
    wanted = Spec(name=request.name)
    edges: list[EdgeConstraint] = []
    for cause in causes:
        if cause[:2] != ("request", place) or len(cause) != 4:
            continue
        position = cause[3]
        if not isinstance(position, int):
            continue
        if cause[2] == "part":
            wanted = wanted.constrain(pieces[position])
        else:
            edges.append(request.edges[position])
    return wanted.with_edges(edges) if edges else wanted


def _requests(encoding: Encoding, causes: Sequence[Cause]) -> list[str]:
    places = sorted({cause[1] for cause in causes if cause[0] == "request" and isinstance(cause[1], int)})
    return [f"you asked for {asked_spec(encoding, causes, place)}" for place in places]


def _provider_line(encoding: Encoding, virtual: str, unavailable: set[str]) -> str:
    names = list(encoding.providers(virtual))
    what = f"a compiler for {virtual}" if virtual in LANGUAGES else virtual
    if not names:
        return f"no recipe provides {virtual}"
    if unavailable.issuperset(names):
        return f"nothing on this machine is {what}, and nothing that could be is buildable ({_some(names)})"
    return f"{virtual} is provided by {_some(names)} only"


def _hashes(encoding: Encoding, causes: Sequence[Cause]) -> list[str]:
    """What is meant by the hashes that were asked for."""
    places = sorted({cause[1] for cause in causes if cause[0] == "request" and isinstance(cause[1], int)})
    asked = [spec.hash for place in places for spec in asked_spec(encoding, causes, place).walk() if spec.hash]
    return [f"/{key} is {encoding.installed.words(key, whole=True)}" for key in dict.fromkeys(asked)]


def _some(names: Sequence[str]) -> str:
    if len(names) <= _FEW:
        return ", ".join(names)
    return f"{', '.join(names[:_FEW])} and {len(names) - _FEW} more"


def sentence(encoding: Encoding, cause: Cause) -> str:
    """One cause as a line of text."""
    return target_words.sentence(encoding, cause) or _sentence(encoding, cause)


def _sentence(encoding: Encoding, cause: Cause) -> str:
    kind, name = str(cause[0]), str(cause[1])
    if kind == "cycle":
        circle = [part[0] for part in [*cause[1:], cause[1]] if isinstance(part, tuple)]
        return f"a package cannot depend on itself: {' -> '.join(circle)}"
    package = encoding.known(name) or encoding.packages.get((name, 0))
    model = package.model if package is not None else None
    if kind == "missing" and package is not None:
        return package.missing
    if kind == "unavailable":
        return f"{name} {_unavailable(encoding, name)}"
    if kind == "unbuildable":
        return f"{name} may not be built (packages: {name}: buildable: false)"
    if kind == "shared":
        return f"a graph has one provider of {name}"
    if kind in ("external", "installed"):
        return _given(encoding, cause)
    if len(cause) == _INJECTED and kind in ("runtime", "unfounded"):
        return _injected(cause)
    if kind in ("mixing", "passed", "double", "thrifty"):
        return _between(cause)
    if kind == "rule":
        return _rule(encoding, cause)
    if model is None:
        return f"{kind} {name}"
    if kind == "unfounded" and isinstance(cause[2], int):
        dependency = model.dependencies[cause[2]]
        return f"{name} may not depend on {dependency.spec} for that reason alone ({dependency.origin})"
    if isinstance(cause[2], int):
        return _directive(model, kind, cause[2])
    return _variant(model, cause)


def _given(encoding: Encoding, cause: Cause) -> str:
    if cause[0] == "external":
        return f"the external {cause[1]} comes with its own dependencies"
    used = encoding.installed.words(str(cause[2]))
    return f"the installed {cause[1]} works only with what it was built with: {used}"


def _injected(cause: Cause) -> str:
    name, what, compiler, origin = (str(part) for part in cause[1:5])
    if cause[0] == "unfounded":
        return f"{name} may not depend on {what.partition('@')[0]} for that reason alone"
    if not compiler:
        return f"{name} is compiled, and what is compiled depends on {what}"
    if not what:
        return f"what {name} links with may not come from a newer {compiler} than what links with it ({origin})"
    if what.startswith("@"):
        return f"{name} takes the version {what} from the {compiler} it belongs to ({origin})"
    if "{version}" in what:
        return f"{name} depends on {what.format(version='V')} where {compiler}@V compiles it ({origin})"
    return f"{name} depends on {what} where {compiler} compiles it ({origin})"


def _between(cause: Cause) -> str:
    """What packages do to each other."""
    if cause[0] == "thrifty":
        return (
            f"there is a solution without a {cause[1]} of another version than this machine's and those that are named"
        )
    if cause[0] == "double":
        return f"the build of {cause[1]} can only have one {cause[2]}"
    kind, name, one, other = cause
    if kind == "mixing":
        return f"{name} and {one} have the same compiler for {other} (concretizer: compiler_mixing)"
    return f"'{one}' and '{other}' pass different things down to {name}; what is asked of it by name wins"


def _variant(model: PackageModel, cause: Cause) -> str:
    kind, name = cause[0], model.name
    found = [variant for variant in model.variants if variant.name == cause[2]]
    where = f" ({found[-1].origin})"
    if kind == "sticky":
        return f"{name} keeps the default of its variant {cause[2]} unless a request names it{where}"
    if kind == "unfounded":
        return f"{name} may not have the variant {cause[2]} for that reason alone{where}"
    if kind == "variant":
        conditions = " or ".join(dict.fromkeys(str(variant.when) for variant in found))
        return f"{name} has the variant {cause[2]} only when {conditions}{where}"
    conditions = " or ".join(
        str(value.when)
        for variant in found
        for value in variant.values
        if value.value == cause[3] and value.when is not None
    )
    return f"{name} has {cause[2]}={cause[3]} only when {conditions}{where}"


def _directive(model: PackageModel, kind: str, place: int) -> str:
    name = model.name
    if kind == "depends":
        dependency = model.dependencies[place]
        return f"{name} depends on {dependency.spec}{_when(dependency.when)} ({dependency.origin})"
    if kind == "conflict":
        conflict = model.conflicts[place]
        spec = f"{conflict.spec}" if not conflict.spec.is_empty else "itself"
        return f"{name} conflicts with {spec}{_when(conflict.when)}{_said(conflict.message)} ({conflict.origin})"
    requirement = model.requirements[place]
    many = ""
    if len(requirement.specs) > 1:
        many = "any of " if requirement.policy == "any_of" else "one of "
    specs = ", ".join(str(spec) for spec in requirement.specs)
    return f"{name} requires {many}{specs}{_when(requirement.when)}{_said(requirement.message)} ({requirement.origin})"


def _unavailable(encoding: Encoding, name: str) -> str:
    package = encoding.known(name)
    model = package.model if package is not None else None
    if model is not None and model.versions:
        if all(version.deprecated for version in model.versions):
            return "has deprecated versions only"
        return "may not be built, and no external is known"
    return "has no version that could be built, and no external is known"


def _rule(encoding: Encoding, cause: Cause) -> str:
    owner, kind, place = str(cause[1]), str(cause[2]), cause[3]
    rules = encoding.required(owner) if owner != "all" else [(rule, True) for rule in encoding.rules("all").require]
    found = [rule for rule, _ in rules] if kind == "require" else list(encoding.rules(owner).conflict)
    rule = found[place if isinstance(place, int) else 0]
    where = f" ({rule.place})" if rule.place else ""
    specs = " or ".join(str(spec) for spec in rule.specs)
    return f"packages:{owner}:{kind} says {specs}{_when(rule.when)}{_said(rule.message)}{where}"


def _facts(encoding: Encoding, causes: Sequence[Cause]) -> list[str]:
    """What there is of packages whose versions are asked for and that can only be externals."""
    names: list[str] = []
    for cause in causes:
        if cause[0] == "depends":
            place = cause[2]
            if isinstance(place, int):
                names.append(encoding.recipe(str(cause[1])).dependencies[place].spec.name)
        elif cause[0] == "request" and isinstance(cause[1], int):
            names.extend(spec.name for spec in asked_spec(encoding, causes, cause[1]).walk())
    lines = []
    for name in dict.fromkeys(names):
        found = encoding.known(name)
        if found is None or not found.candidates or any(candidate.external is None for candidate in found.candidates):
            continue
        known = ", ".join(
            f"{candidate.version} ({candidate.external.external.prefix})"
            for candidate in found.candidates
            if candidate.external is not None
        )
        lines.append(f"{name} can only be an external: {known}")
    return [*lines, *_versionless(encoding, causes)]


def _versionless(encoding: Encoding, causes: Sequence[Cause]) -> list[str]:
    """What there is of packages of which no version fits a dependency line at all."""
    lines: dict[str, None] = {}
    for cause in causes:
        place = cause[2] if cause[0] == "depends" else None
        if not isinstance(place, int):
            continue
        spec = encoding.recipe(str(cause[1])).dependencies[place].spec
        package = encoding.known(spec.name)
        if package is None or not package.candidates or not spec.version_text:
            continue
        versions = [candidate.version for candidate in package.candidates]
        if not any(spec.versions.includes(version) for version in versions):
            known = _some([str(version) for version in versions])
            old = [decl.version for decl in package.real.versions if decl.deprecated]
            fitting = [text for text in old if spec.versions.includes(make_version(text))]
            more = f"; {_some(fitting)} would fit, but is deprecated" if fitting else ""
            lines[f"no version of {spec.name} fits @{spec.version_text}: there are {known}{more}"] = None
    return list(lines)


def _unreachable(encoding: Encoding, causes: Sequence[Cause]) -> list[str]:
    """Dependencies that were asked for and that no recipe in question has."""
    named = {name for package in encoding.packages.values() for name in package.named}
    named.update(use.name for package in encoding.packages.values() for use in package.uses)
    provided = {name for virtual in named if encoding.is_virtual(virtual) for name in encoding.providers(virtual)}
    lines = []
    for cause in causes:
        if cause[0] != "request" or len(cause) != 4 or cause[2] != "edge":
            continue
        place, position = cause[1], cause[3]
        if isinstance(place, int) and isinstance(position, int):
            request = encoding.problem.requests[place]
            name = request.edges[position].spec.name
            if name not in named and name not in provided:
                lines.append(f"neither {request.name} nor anything it may need depends on {name}")
    return lines


def _when(spec: Spec) -> str:
    return "" if spec.is_empty else f" when {spec}"


def _said(message: str) -> str:
    return f": {message}" if message else ""
