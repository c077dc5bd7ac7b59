"""What reuse keeps although a fresh build would be better: said with the answer, so that nobody wonders."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from outcrop.solve.encoding import Encoding, PackageVariables, Reusable, Slot
from outcrop.solve.installed import answer_values
from outcrop.solve.optimise import Decisions
from outcrop.solve.problem import Choice
from outcrop.solve.reuse import differences, wanted_of
from outcrop.solve.search import Searcher
from outcrop.solve.variants import answers_of
from outcrop.solve.versions import chosen
from outcrop.spec import Spec, VariantConstraint


def reused_as(package: PackageVariables, truth: Callable[[int], bool]) -> Reusable | None:
    """The installed package that a slot is in a model, if it is one."""
    return next((each for each in package.reusable if truth(each.literal)), None)


def find_kept(
    encoding: Encoding, searcher: Searcher, decisions: Decisions, slots: Iterable[Slot]
) -> dict[Slot, Choice]:
    """Reused packages that would be newer or have other variants if they were built, given everything that was decided
    before them. Costs a few calls for each whose version or variants are not those preferred anyway.
    """
    found = {}
    for slot in sorted(slots):
        package = encoding.packages[slot]
        each = reused_as(package, searcher.truth)
        if each is None or not package.candidates or slot not in decisions.marks:
            continue
        newest = package.candidates[0].version == each.version
        if newest and not differences(encoding, each.choice, wanted_of(encoding, package)):
            continue
        other = _built_instead(encoding, searcher.assumptions[: decisions.marks[slot]], package, each)
        if other:
            found[slot] = Choice(what="kept", chosen=str(each.version), rank=1, options=2, best=other)
    return found


def _built_instead(encoding: Encoding, before: Sequence[int], package: PackageVariables, each: Reusable) -> str:
    """How a fresh build would be better, ``@1.3 +x``: its version, and variants the installed one has otherwise."""
    probe = Searcher(encoding)
    if not probe.start([*before, package.node, package.built]):
        return ""
    own = [choice for choice in package.own if choice.what != "reuse"]
    for preference in sorted(own, key=lambda choice: (choice.what != "version", choice.what)):
        probe.decide(preference)
    version = chosen(package, probe.truth).version
    order = [candidate.version for candidate in package.candidates]
    words = []
    if version != each.version:
        if each.version in order and order.index(version) > order.index(each.version):
            return ""
        words.append(f"@{version}")
    fresh = answers_of(package, probe.truth)
    for name in fresh:
        have, would = answer_values(each.choice.node.variants, name), answer_values(fresh, name)
        if have is not None and would is not None and set(have) != set(would):
            words.append(str(Spec(variants=(VariantConstraint.make(name, would),))).strip())
    return " ".join(words)
