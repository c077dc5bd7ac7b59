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
2. what requests and lines pass down (``++x``, ``%%gcc``; see ``propagation``), by package and variant; then by
   package name: that what a request names with ``^`` provides what it can; that a virtual has one provider in the graph
   although a request names another one for a dependent; that anchors (Python) are externals, where there are any and
   the configuration wishes for no version; ``prefer`` and the order inside ``require`` of the packages configuration;
3. the roots, in request order; then package by package: what decided packages extend (the Python of its extensions);
   then everything that is no tool, or that the roots' own world links to or runs, first what no waiting one of these
   depends on; then tools, first those that name no other waiting tool; of equals first what is nearer to a root, then
   by name;
4. of each package: whether something installed is reused, and which (by version as below, then those with fewer
   variants that differ from what is preferred, then by target, then by hash). What is reused is settled by that, with
   all it links to and runs, and step 2 asks nothing of it but that anchors are externals. Else its version (what the
   configuration wishes for, then externals, then the recipe's order of preference), its variants by name (what the
   configuration wishes for, then the recipe's default, then the other values as written), its operating system (the
   machine's, then others that are asked for), its target (what the configuration wishes for, then what the compiler at
   hand makes code for, then from the newest to the most generic). A copy of a tool is there only if a dependent that
   waits for one uses it; between its version and its variants, who can use it does, in the order in which dependents
   were decided, and the others wait for the next copy;
5. then its virtuals by name, a provider each (the configuration's order, then externals, then the usual order, then
   by name);
6. a dependency that hangs on another package's state (``when="^python@:3.10"``) is settled once that package is
   decided, and left out where that is possible;
7. at last the variants of externals that nobody knows anything about.

No cost is waived because of what another package wants, so that knowing more packages never makes an answer
cheaper. Circles of dependencies are excluded; what is not reachable from a root is not in the graph.

**Copies.** Variables are laid out by (package, copy), and all begins with one copy of each package. Tools, and what the
problem gives a number of copies by name, may have further ones for the sake of something better. That there is only one
is an assumption: where a core names it, the solve starts again with all copies of that tool, knowing which packages
matter, and the answer is the one that all copies from the beginning would have led to. Everything else, anchors among
it, has further copies only if there is no solution with one. One build sees one copy of each package (``doubles``).

**Compilers.** Where the problem wants it, compilers that nobody named have the versions of those at hand, and one is
built only for a language that it lacks; other versions and other compilers are for when there is no solution otherwise.

**Clauses that come late.** Nearly every answer is free of circles and of second copies in one build, has a reason for
all that is in it, and fits the rules between targets. So these are looked for in a finished answer (``circles``,
``doubles``, ``founded``, ``target_rules``), excluded where they are found, and the optimum is sought again.

What is compiled has dependencies that no recipe names: the compiler's wrapper, its runtime libraries and this machine's
C library, where there are recipes of them (see ``injection``).

**Present limits.** ``platform`` is the host's; installed packages come from one store. What somebody who is not known
yet may ask for (a sticky variant to leave its default) counts in four answers; from then on nobody unknown asks,
because else the whole repository would be searched for such a package.
"""

from outcrop.solve.errors import UnsatisfiableError
from outcrop.solve.problem import (
    Choice,
    ExternalChoice,
    ExternalDependency,
    InstalledChoice,
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
    "InstalledChoice",
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
