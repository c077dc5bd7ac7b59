"""Writes what the recipes of a Spack 0.23 checkout declare, as JSON: `spack python spack_recipes.py FILE`.

Runs inside Spack's own interpreter, so nothing of Outcrop is imported, and the recipes, their base classes and their
build systems are exactly the ones that Spack solves with. Everything but dictionaries and lists is text.
"""

import json
import sys

import spack.deptypes
import spack.repo
import spack.variant


def variants(recipe):
    """Definitions, the strongest last."""
    found = []
    for when, by_name in recipe.variants.items():
        for name, variant in by_name.items():
            values = variant.values
            listed = list(values) if values is not None else []
            boolean = (
                variant.default in (True, False) and not variant.multi and (not listed or set(listed) == {True, False})
            )
            default = variant.default
            if not isinstance(default, (tuple, list)):
                default = str(default).split(",") if isinstance(default, str) and variant.multi else [default]
            entry = {
                "name": name,
                "kind": "bool" if boolean else "multi" if variant.multi else "single",
                "default": [str(value).lower() if boolean else str(value) for value in default],
                "values": [],
                "sets": [],
                "open": values is None,
                "sticky": variant.sticky,
                "when": str(when),
                "precedence": variant.precedence,
            }
            if not boolean:
                for value in listed:
                    guard = getattr(value, "when", None)
                    text = str(getattr(value, "value", value))
                    entry["values"].append(
                        [text, str(guard) if guard is not None else None, guard is None and hasattr(value, "when")]
                    )
                groups = getattr(values, "sets", None)
                if isinstance(values, spack.variant.DisjointSetsOfValues):
                    entry["sets"] = [[str(value) for value in group] for group in groups]
            found.append(entry)
    return sorted(found, key=lambda entry: entry["precedence"])


def versions(recipe):
    found = []
    for version, info in recipe.versions.items():
        found.append([str(version), bool(info.get("preferred")), bool(info.get("deprecated")), version.isdevelop()])
    return found


def provides(recipe):
    found = []
    for when, specs in recipe.provided.items():
        by_name = {}
        for spec in specs:
            by_name.setdefault(spec.name, []).append(str(spec))
        together = recipe.provided_together.get(when, [])
        done = set()
        for group in together:
            lines = [line for name in sorted(group) for line in by_name.get(name, [])]
            found.append([lines, str(when)])
            done.update(group)
        for name, lines in by_name.items():
            if name not in done:
                found.extend([[line], str(when)] for line in lines)
    return found


def main():
    recipes = {}
    for recipe in spack.repo.PATH.all_package_classes():
        dependencies = []
        for when, by_name in recipe.dependencies.items():
            for dependency in by_name.values():
                types = spack.deptypes.flag_to_tuple(dependency.depflag)
                dependencies.append([str(dependency.spec), list(types), str(when)])
        for when, languages in getattr(recipe, "languages", {}).items():
            dependencies.extend([language, ["build"], str(when)] for language in sorted(languages))
        recipes[recipe.name] = {
            "versions": versions(recipe),
            "variants": variants(recipe),
            "dependencies": dependencies,
            "conflicts": [[str(spec), str(when)] for when, items in recipe.conflicts.items() for spec, _ in items],
            "requirements": [
                [[str(spec) for spec in specs], policy, str(when)]
                for when, items in recipe.requirements.items()
                for specs, policy, _ in items
            ],
            "provides": provides(recipe),
            "extends": sorted(recipe.extendees),
            "tags": list(getattr(recipe, "tags", [])),
            "virtual": bool(recipe.virtual),
            "has_code": bool(recipe.has_code),
        }
    with open(sys.argv[1], "w", encoding="utf-8") as stream:
        json.dump(recipes, stream)
    print(len(recipes), "recipes")


main()
