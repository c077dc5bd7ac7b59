"""Builds: what is to be done (plan), what comes next (scheduler), processes (executor), and one build in one process
(worker).

Knows nothing of requests, environments or views: it gets a concrete graph and makes sealed prefixes of it. The executor
is not imported here: it takes 30 ms, and most installs find that nothing is to be done.
"""

from outcrop.build.plan import Action, BuildPlan, plan_build
from outcrop.build.report import BuildReport, Failure, Fetched

__all__ = [
    "Action",
    "BuildPlan",
    "BuildReport",
    "Failure",
    "Fetched",
    "plan_build",
]
