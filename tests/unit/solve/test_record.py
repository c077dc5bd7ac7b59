from __future__ import annotations

import gzip
from collections.abc import Sequence

import msgspec
import pytest

from outcrop import __version__
from outcrop.base.errors import InputError, OutcropError
from outcrop.repo.model import PackageModel, ProvideDecl
from outcrop.solve import PackageRules, Problem, Rule, Solution, UnsatisfiableError, solve
from outcrop.solve.record import Record, RecordingModels, decode_record, encode_record, replay
from outcrop.spec import VariantConstraint, parse_spec, parse_versions
from support.case_repositories import PYTHON, ZLIB, Case
from support.explained_cases import EXPLAINED
from support.small_models import SmallModels, small_models
from support.small_problems import problem_of
from support.solver_cases import SOLVED


def recorded(problem: Problem, models: SmallModels, *, explain: bool = False) -> tuple[Record, Solution | OutcropError]:
    """What a solve wrote, after it went through a file, and what came out of it."""
    recording = RecordingModels(models, problem)
    result: Solution | OutcropError
    try:
        result = solve(problem, recording, explain=explain)
    except OutcropError as error:
        result = error
    return decode_record(encode_record(recording.complete())), result


def case_problem(case: Case) -> Problem:
    options = msgspec.structs.asdict(problem_of(case.requests, case.externals))
    options.update({key: value for key, value in case.options.items() if key in options})
    return Problem(**options)


@pytest.mark.parametrize("case", SOLVED, ids=lambda case: case.name)
def test_a_replayed_answer_is_the_same_answer(case: Case) -> None:
    problem = case_problem(case)
    record, result = recorded(problem, small_models(case.repository))
    assert record.problem == problem
    if isinstance(result, Solution):
        again = replay(record)
        assert (again.drafts, again.roots, again.reasons) == (result.drafts, result.roots, result.reasons)
        assert replay(record, explain=True).drafts == result.drafts
    else:
        with pytest.raises(type(result)):
            replay(record)


@pytest.mark.parametrize("case", EXPLAINED, ids=lambda case: case.name)
def test_a_replayed_refusal_says_the_same(case: Case) -> None:
    record, result = recorded(case_problem(case), small_models(case.repository))
    if isinstance(result, Solution):
        assert replay(record).drafts == result.drafts
        return
    with pytest.raises(OutcropError) as caught:
        replay(record)
    error = caught.value
    assert (str(error), error.details, error.hint, error.code) == (
        str(result),
        result.details,
        result.hint,
        result.code,
    )


def test_an_explanation_is_the_same_too() -> None:
    models = small_models(PYTHON)
    record, _ = recorded(problem_of(["py-old", "py-numpy ^python@:3.11"]), models)
    told = solve(record.problem, models, explain=True)
    assert replay(record, explain=True).reasons == told.reasons
    assert any(choice.obstacles for reason in told.reasons.values() for choice in reason.choices)


def test_everything_a_problem_says_comes_back() -> None:
    rules = PackageRules(
        require=(Rule(specs=(parse_spec("@1:"), parse_spec("+x ^b@2")), policy="any_of", place="spack.yaml:3"),),
        versions=(parse_versions("1.2:1.4,1.6"), parse_versions("=2")),
        variants=(VariantConstraint.boolean("x", True),),
        providers={"mpi": ("openmpi", "mpich")},
        targets=("zen4",),
        buildable=False,
    )
    problem = Problem(
        requests=(parse_spec("a@1.2 cflags='-O2 -g' ^[virtuals=c] gcc@12"), parse_spec("b target=zen4:")),
        packages={"zlib": rules, "all": PackageRules()},
        tests=frozenset({"a", "b"}),
        unify="when_possible",
        copies={"tools": 3},
    )
    record = Record(schema=1, outcrop=__version__, problem=problem)
    assert decode_record(encode_record(record)).problem == problem


def test_a_root_without_a_recipe() -> None:
    record, result = recorded(problem_of(["nothing"]), small_models(ZLIB))
    assert isinstance(result, OutcropError)
    with pytest.raises(OutcropError, match="there is no recipe for nothing") as caught:
        replay(record)
    assert caught.value.code == "unknown-package"


def test_only_what_was_asked_is_in_it() -> None:
    models = small_models("package a\n version 1\n depends b\npackage b\n version 1\npackage c\n version 1\n depends a")
    record, _ = recorded(problem_of(["a"]), models)
    assert set(record.models) == {"a", "b"}


def test_ballast_is_left_out() -> None:
    class Described(SmallModels):
        def model(self, name: str) -> PackageModel:
            found = super().model(name)
            return msgspec.structs.replace(found, description="long", homepage="h", maintainers=("m",))

    record, _ = recorded(problem_of(["a"]), Described(small_models("package a\n version 1").models))
    model = record.models["a"]
    assert (model.description, model.homepage, model.maintainers) == ("", "", ())
    assert model.versions[0].version == "1"


def test_a_record_that_lacks_something_gives_no_wrong_answer() -> None:
    models = small_models("package a\n version 1\n variant x true\n depends b when +x\npackage b\n version 1")
    record, _ = recorded(problem_of(["a"]), models)
    del record.models["b"]
    with pytest.raises(InputError, match="does not say the recipe of b") as caught:
        replay(record)
    assert caught.value.code == "record-incomplete"
    assert __version__ in str(caught.value.hint)


def test_the_recorder_asks_providers_once() -> None:
    class Counting(SmallModels):
        asked = 0

        def providers(self, virtual: str) -> Sequence[tuple[str, ProvideDecl]]:
            self.asked += 1
            return super().providers(virtual)

    models = Counting(small_models("package a\n version 1\n provides v").models)
    recording = RecordingModels(models, problem_of(["v"]))
    assert recording.providers("v") == recording.providers("v")
    assert models.asked == 1


def test_another_form_names_the_version_that_reads_it() -> None:
    data = gzip.compress(msgspec.json.encode({"schema": 99, "outcrop": "7.1", "unknown": True}))
    with pytest.raises(InputError, match=r"x\.problem was written by Outcrop 7\.1 in form 99") as caught:
        decode_record(data, "x.problem")
    assert (caught.value.code, caught.value.hint) == ("record-schema", "replay it with Outcrop 7.1")


PACKED = [gzip.compress(text, mtime=0) for text in (b"[1]", b"{")]


@pytest.mark.parametrize("data", [b"", b"text", PACKED[0][:-6], *PACKED], ids=["empty", "text", "cut", "list", "half"])
def test_something_else_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match="is no record of a solve") as caught:
        decode_record(data)
    assert caught.value.code == "no-record"


def test_damaged_content_is_refused() -> None:
    data = gzip.compress(msgspec.json.encode({"schema": 1, "outcrop": "1", "problem": {"requests": 3}}))
    with pytest.raises(InputError, match="is no record of a solve"):
        decode_record(data)


def test_the_same_problem_gives_the_same_bytes() -> None:
    problem = problem_of(["zlib"])
    first, second = (recorded(problem, small_models(ZLIB))[0] for _ in range(2))
    assert encode_record(first) == encode_record(second)


def test_unsatisfiable_is_recorded() -> None:
    record, result = recorded(problem_of(["py-old ^python@3.13"]), small_models(PYTHON))
    assert isinstance(result, UnsatisfiableError)
    with pytest.raises(UnsatisfiableError) as caught:
        replay(record)
    assert caught.value.details == result.details
