from pathlib import Path

from outcrop.base.paths import Paths


def test_one_variable_moves_everything(tmp_path: Path) -> None:
    paths = Paths.from_environment({"OUTCROP_ROOT": str(tmp_path / "root")})
    places = [paths.config, paths.store, paths.cache, paths.stage, paths.environments, paths.sources]
    assert all(place.is_relative_to(tmp_path / "root") for place in places)
    assert len(set(places)) == len(places)


def test_without_it_the_xdg_directories_are_used() -> None:
    paths = Paths.from_environment({})
    assert paths.config.name == "outcrop" and paths.cache.name == "outcrop"
    assert paths.stage.is_relative_to(paths.cache)


def test_asking_makes_nothing(tmp_path: Path) -> None:
    Paths.below(tmp_path / "root")
    assert not (tmp_path / "root").exists()
