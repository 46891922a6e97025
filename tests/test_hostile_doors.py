"""Whatever a caller in Python gives: the right figures, or the one error that a command prints."""

import copy
import pickle
import threading
import warnings
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import analysis
from analysis.data.finite import each_finite, finite
from analysis.data.mistakes import LONGEST, InputError, ManyMistakes, UnknownName
from analysis.data.scenario import load_scenario
from analysis.doors import _opened
from analysis.reconstruction.grids import MOST, product
from analysis.reconstruction.ownership import owned_hour_at_middle
from tests.test_doors import SPEC


@pytest.fixture(scope="module")
def account():
    return analysis.reconstruct(samples=256)


NO_NUMBERS = [np.True_, np.array(True), pd.Series([True]), np.float32("nan"), pd.Series([1, 2])]


@pytest.mark.parametrize("odd", NO_NUMBERS, ids=repr)
def test_what_an_array_library_has_for_no_number_is_refused_as_ours_is(odd):
    for ask in (
        lambda: load_scenario(mfu=odd),
        lambda: product({"mfu": [0.2, odd]}),
        lambda: analysis.estimate(**SPEC | {"tokens": odd}),
    ):
        with pytest.raises(InputError, match=r"(mfu|tokens): .*found"):
            ask()


@pytest.mark.parametrize("number", [np.float64(0.5), np.array(0.5), Decimal("0.5"), "0.5"])
def test_a_number_of_another_kind_is_that_number(number):
    assert load_scenario(mfu=number).parameters.mfu == 0.5
    swept = product({"mfu": [0.25, number]}).mfu
    assert swept.tolist() == [0.25, 0.5] and swept.dtype == float


@pytest.mark.parametrize(
    "axis",
    [np.array(0.2), np.array([[0.2]]), pd.DataFrame({0.2: [1]}), b"ab", [None, 0.2]],
    ids=repr,
)
def test_what_is_no_list_of_values_is_not_swept(axis):
    with pytest.raises(InputError, match=r"mfu: found .* allowed is a list of values"):
        product({"mfu": axis})


def test_more_combinations_than_fit_are_refused_before_they_are_made():
    with pytest.raises(InputError, match=f"are more than the {MOST:,}"):
        product({"mfu": range(MOST), "pue": [1.1, 1.2]})


def test_a_path_names_a_scenario():
    _, by_name = _opened("owned", None, {})
    own = analysis.evidence().directory / "scenarios" / "owned.toml"
    assert _opened(own, None, {})[1] == _opened(Path("owned"), None, {})[1] == by_name


@pytest.mark.parametrize("name", ["model", "scenario", "data"])
def test_an_empty_name_is_not_one_left_out(name):
    """A variable that is not set: the answer would be another's."""
    with pytest.raises(InputError, match=f"{name}: found '', allowed is a text"):
        analysis.judge(**{name: ""})


def test_a_folder_with_a_name_that_is_too_long_is_the_callers_mistake():
    with pytest.raises(InputError, match="too long"):
        analysis.evidence("x" * 5000)


KINDS_OF_NAMES = {
    "a table": lambda name, account: account.evidence[name],
    "rows by id": lambda name, account: account.evidence.by_id(name),
    "rows of a model": lambda name, account: account.rows(name),
    "a fact": lambda name, account: account.evidence.facts[name],
    "a sum": lambda name, account: account.evidence.facts.calculate(name),
    "a phase": lambda name, account: account[name],
    "a row of a frame": lambda name, account: account.frame(name),
    "a claim": lambda name, account: analysis.judge(samples=256)[name],
    "a key": lambda name, account: analysis.estimate(**SPEC)[name],
    "hours of a kind": lambda name, account: account.phases[0].median(name),
    "the middle of a kind": lambda name, account: account.phases[0].at_middle(name),
    "inputs of a kind": lambda name, account: account.phases[0].middle(name),
    "a phase of a kind": lambda name, account: account.phase_of(name),
}


@pytest.mark.parametrize("kind", KINDS_OF_NAMES)
@pytest.mark.parametrize("name", ["nothing", ["x"], {}, b"x", pd.Series(["x"])], ids=repr)
def test_a_name_that_is_none_is_one_mistake(kind, name, account):
    with pytest.raises(InputError) as refused:
        KINDS_OF_NAMES[kind](name, account)
    assert "\n" not in str(refused.value)


def test_a_mapping_has_nothing_by_a_name_that_is_not_there():
    facts, found = analysis.evidence().facts, analysis.estimate(**SPEC)
    assert facts.get("nothing") is None and found.get("nothing", 5) == 5
    assert "nothing" not in found


def test_a_table_whose_rows_are_of_no_model_says_so():
    with pytest.raises(InputError, match=r"hardware: its rows are of no model; its columns are"):
        analysis.evidence().for_model("hardware", "deepseek-r1")


@pytest.mark.parametrize("kind", [pd.Series([1]), pd.DataFrame(), pd.NA, 5], ids=repr)
def test_a_kind_or_a_config_that_is_no_text_is_named(kind):
    for key in ("kind", "config"):
        with pytest.raises(InputError, match=f"estimate, {key}: "):
            analysis.estimate(**SPEC | {key: kind})


@pytest.mark.parametrize(
    "config", [b"x", np.array("nope"), pd.Series(["nope"]), Path("nope.json"), "", None], ids=repr
)
def test_a_config_that_is_no_text_is_not_left_unread(config):
    with pytest.raises(InputError, match=r"estimate, config: found .*, allowed is a text"):
        analysis.estimate(**SPEC | {"config": config})


@pytest.mark.parametrize("found", ["a\nb", "\x1b[31m", "x" * 5000, pd.DataFrame({"a": [1, 2]})])
def test_an_error_is_the_line_that_a_command_prints(found):
    for error in (InputError(f"found {found!r}", "a.csv"), UnknownName(found, "a fact", [])):
        said = str(error)
        assert said.isprintable() and len(said) <= LONGEST
    assert "found  5," in str(InputError("found  5, allowed is a number"))


MISTAKES = [
    InputError("what", "where"),
    UnknownName("tokns", "a fact", ["tokens"], where="a.csv").at("b"),
    ManyMistakes(["one", "two"]),
]


@pytest.mark.parametrize("error", MISTAKES, ids=lambda error: type(error).__name__)
def test_an_error_comes_whole_from_another_process(error):
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))


def test_inputs_at_their_middle_come_whole_from_another_process(account):
    hour = owned_hour_at_middle(account.chip, account.scenario.parameters, account.evidence)
    for found in (account["r1_zero_rl"].middle("reinforcement"), hour):
        for again in (pickle.loads(pickle.dumps(found)), copy.copy(found), copy.deepcopy(found)):
            assert repr(again) == repr(found)


@pytest.mark.parametrize("theirs", [OverflowError, FloatingPointError, np.linalg.LinAlgError])
def test_what_a_callers_own_function_raises_is_no_figure_of_the_evidence(theirs):
    def report(done, of):
        raise theirs("of the caller")

    own = analysis.evidence().directory
    with pytest.raises(theirs, match="of the caller"):
        analysis.sweep(data=own, mfu=[0.2], report=report)


def test_a_callers_own_arrays_warn_as_they_do_elsewhere():
    own = analysis.evidence().directory
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        analysis.sweep(data=own, mfu=[0.2], report=lambda *_: np.log(np.zeros(1)))


def test_each_piece_is_finite():
    pieces = each_finite((np.float64(1.0) / one for one in (1.0, 0.0)), "mine")
    assert next(pieces) == 1.0
    with pytest.raises(InputError, match="mine: its figures come to no finite number"):
        next(pieces)


def test_two_threads_that_ask_at_once_leave_arrays_as_they_were():
    """The filters of warnings are of all threads: the one that ended last put back the other's."""
    before, first, second = [*warnings.filters], threading.Event(), threading.Event()

    def one():
        with finite("a"):
            first.set()
            second.wait(5)

    thread = threading.Thread(target=one)
    thread.start()
    first.wait(5)
    with finite("b"):
        second.set()
        thread.join()
    assert warnings.filters == before


SPOILED = {
    "samples": lambda phase, _: phase.stages["rl"].gpu_hours.fill(1.0),
    "parts": lambda phase, _: next(iter(phase.stages["rl"].parts.values())).fill(1.0),
    "stages": lambda phase, _: phase.stages.clear(),
    "inputs": lambda phase, _: phase.stage_inputs["rl"].clear(),
    "tables": lambda phase, _: phase.setting.tables.clear(),
    "checks": lambda phase, _: phase.cross_checks.update(x=1.0),
    "a source": lambda _, account: account.evidence.by_id("sources")["isca2025"].update(title="x"),
    "a number": lambda _, account: account.names.numbers.clear(),
}


@pytest.mark.parametrize("what", SPOILED)
def test_what_all_who_ask_share_is_changed_by_nobody(what, account):
    with pytest.raises((AttributeError, ValueError), match=r"no attribute|read-only"):
        SPOILED[what](account["r1_zero_rl"], account)
