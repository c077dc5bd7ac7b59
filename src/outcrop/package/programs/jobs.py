"""How many jobs a build tool may start."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Protocol

BUILD_JOBS_VARIABLE = "OUTCROP_BUILD_JOBS"
"""Set by a worker for its own process: the number of jobs it was given, taken as it is."""

DEFAULT_BUILD_JOBS = 16


def cpus_available() -> int:
    """Processors this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class JobsConfiguration(Protocol):
    """What :func:`determine_number_of_jobs` needs to know of a configuration."""

    def get(self, path: str, default: Any = None) -> Any:
        """The value at ``section:key``."""


def determine_number_of_jobs(
    *, parallel: bool = False, max_cpus: int | None = None, config: JobsConfiguration | None = None
) -> int:
    """How many jobs a build may use.

    1 unless ``parallel``; else what the worker was told; else the configured number, at most one for each processor.
    """
    if not parallel:
        return 1
    told = os.environ.get(BUILD_JOBS_VARIABLE, "")
    if told.isdigit() and int(told) > 0:
        return int(told)
    configured = config.get("config:build_jobs", DEFAULT_BUILD_JOBS) if config is not None else DEFAULT_BUILD_JOBS
    return max(1, min(int(configured), cpus_available() if max_cpus is None else max_cpus))


def jobserver_enabled(environ: Mapping[str, str]) -> bool:
    """Whether a make above us hands out job slots."""
    return "--jobserver" in environ.get("MAKEFLAGS", "")


def get_effective_jobs(jobs: int | None, parallel: bool = True, supports_jobserver: bool = False) -> int | None:
    """The number to give to ``-j``; None means: say nothing, the job server decides."""
    forbidden = os.environ.get("SPACK_NO_PARALLEL_MAKE", "").lower() in ("1", "true")
    if not parallel or forbidden:
        return 1
    if supports_jobserver and jobserver_enabled(os.environ):
        return None
    return jobs
