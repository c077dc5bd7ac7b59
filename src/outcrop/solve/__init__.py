"""The concretizer: requests, recipe models and facts about the machine in, the best concrete graph out, with its
reasons.

Packages are data here: nothing is imported, built or looked for on the machine. See ``problem`` for what goes in
and comes out.

**How.** Start with the roots. A package that is not *expanded* is a free node: it costs nothing and constrains
nothing. Decide everything as well as possible; expand what the answer needs and go on in the same incremental SAT
solver. An answer that uses expanded packages only is the answer of the whole problem, because every step was a
relaxation.

**The order of decisions.** Each takes the best option that leaves a solution, and those before it stand:

1. (``unify: when_possible``) as many requests as fit into one graph, earlier ones first;
2. by package name: that anchors (Python) are externals, where there are any and the configuration wishes for no
   version; ``prefer`` and the order inside ``require`` of the packages configuration;
3. the roots, in request order; then package by package: first what a decided package extends (the Python of its
   extensions), then packages no waiting package depends on, then those nearer to a root, then by name;
4. of each package: its version (what the configuration wishes for, then externals, then the recipe's order of
   preference), its variants by name (what the configuration wishes for, then the recipe's default, then the other
   values as written), its target;
5. then its virtuals by name, a provider each (the configuration's order, then externals, then the usual order, then
   by name);
6. a dependency that hangs on another package's state (``when="^python@:3.10"``) is settled once that package is
   decided, and left out where that is possible;
7. at last the variants of externals that nobody knows anything about.

No cost is waived because of what another package wants, so that knowing more packages never makes an answer
cheaper. Circles of dependencies are excluded; what is not reachable from a root is not in the graph.

**Present limits.** One copy of each package per graph (variables are laid out by (package, copy)); ``platform`` and
``os`` are the host's; runtimes are not injected.
"""

from outcrop.solve.errors import UnsatisfiableError
from outcrop.solve.problem import (
    Choice,
    ExternalChoice,
    ExternalDependency,
    ModelSource,
    PackageRules,
    Problem,
    Reason,
    Rule,
    Solution,
    Statistics,
)
from outcrop.solve.solver import solve

__all__ = [
    "Choice",
    "ExternalChoice",
    "ExternalDependency",
    "ModelSource",
    "PackageRules",
    "Problem",
    "Reason",
    "Rule",
    "Solution",
    "Statistics",
    "UnsatisfiableError",
    "solve",
]
