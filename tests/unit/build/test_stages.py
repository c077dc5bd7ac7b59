"""Who has which stage: two runs that build the same at the same time, and somebody who throws stages away."""

from __future__ import annotations

import os
from pathlib import Path

from outcrop.base.events import Quiet
from outcrop.base.paths import Paths
from outcrop.build import plan_build
from outcrop.build.executor import Executor
from outcrop.build.job import BuildDirectories
from outcrop.build.report import Fetched
from outcrop.env.cleaning import Places, find_litter, remove_litter
from support.graphs import make_graph


def test_each_run_holds_its_stage_until_it_ends(tmp_path: Path) -> None:
    paths = Paths.below(tmp_path)
    graph = make_graph({"app": []})
    plan = plan_build(graph, graph.roots, lambda key: False)
    directories = BuildDirectories(
        store=str(paths.store), stage=str(paths.stage), recipe_cache="", licenses="", repositories=()
    )
    runs = [Executor(plan, directories, fetch=lambda key: Fetched(), reporter=Quiet(), slots=1) for _ in range(2)]
    stages = [run._stage(graph.roots[0]) for run in runs]
    try:
        assert len(set(stages)) == 2 and all(stage.is_dir() for stage in stages)
        places = Places(cache=paths.cache, stage=paths.stage, sources=paths.sources)
        found = find_litter(places, ["stage"])
        assert {each.path for each in found if each.busy} == set(map(str, stages))
        assert remove_litter(places, found) == []
    finally:
        for run in runs:
            for lock in run._stages.values():
                os.close(lock)
    assert {each.path for each in remove_litter(places, found)} == set(map(str, stages))
    assert not any(stage.exists() for stage in stages)
