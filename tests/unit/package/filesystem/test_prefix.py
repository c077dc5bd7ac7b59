from __future__ import annotations

import copy
import pickle

import pytest

from outcrop.package.filesystem.prefix import Prefix


def test_attributes_are_paths_below() -> None:
    prefix = Prefix("/opt/x")
    assert prefix.lib.cmake == "/opt/x/lib/cmake"
    assert isinstance(prefix.lib.cmake, Prefix)
    assert prefix.lib64.__class__ is Prefix


def test_join_takes_one_name_and_gives_a_prefix() -> None:
    joined = Prefix("/opt/x").join("a-b").bin
    assert joined == "/opt/x/a-b/bin"
    assert isinstance(joined, Prefix)
    assert Prefix("/").join("etc") == "/etc"


def test_every_ordinary_attribute_exists_but_methods_of_str_win() -> None:
    prefix = Prefix("/opt/x")
    assert hasattr(prefix, "no_such_thing")
    assert prefix.title() == "/Opt/X"
    assert prefix.count("/") == 2


def test_python_asks_its_own_questions_in_vain() -> None:
    with pytest.raises(AttributeError):
        Prefix("/x").__array__  # noqa: B018


def test_survives_copy_and_pickle() -> None:
    prefix = Prefix("/opt/x")
    for other in (copy.copy(prefix), copy.deepcopy(prefix), pickle.loads(pickle.dumps(prefix))):
        assert other == prefix
        assert type(other) is Prefix


def test_is_text() -> None:
    assert f"--prefix={Prefix('/opt/x')}" == "--prefix=/opt/x"
    assert "/opt/x" in {Prefix("/opt/x"): 1}
