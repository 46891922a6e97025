"""Whole columns of a stranger's tables emptied, or made the same: too few rows are one line that
names the table and what a row needs, and no figure is missing or endless.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from analysis.cli import main
from analysis.compare.estimate import estimate
from analysis.compare.specification import check_spec
from analysis.data.finite import finite
from analysis.data.mistakes import InputError
from analysis.data.tables import Evidence
from analysis.data.uncertainty import Distribution, constant, from_other_developers
from analysis.reconstruction.reinforcement import fixed_seconds_input, steps_input, update_mfu_input
from analysis.runs.efficiency import Estimator
from analysis.runs.measured_rates import measured_rates
from analysis.runs.rl_steps import StepEstimator, sparsity_cost
from analysis.runs.step_view import borrowed_spread

NOBODY = "rates of nobody"
FITS: dict[str, Callable[[Evidence], object]] = {
    "training_runs": Estimator,
    "training_throughput": measured_rates,
    "rl_runs": lambda evidence: StepEstimator(evidence).log_error,
}


def changed(evidence: Evidence, table: str, **columns: object) -> Evidence:
    """The evidence with whole columns of a table set to one value."""
    tables = {name: evidence[name] for name in evidence.tables}
    return Evidence.of(evidence.directory, tables | {table: tables[table].assign(**columns)})


@pytest.mark.parametrize(
    ("table", "columns", "found"),
    [
        ("training_runs", {"gpu_hours": np.nan}, "0 rows that count, of developers: 0"),
        ("training_runs", {"seq_len_tokens": np.nan}, "no run that is dense has all of seq_len"),
        ("training_runs", {"unfit": "mine"}, "0 rows that count, of developers: 0"),
        ("training_runs", {"chip": ""}, "0 rows that count, of developers: 0"),
        ("training_runs", {"developer": "Me"}, "rows that count, of developers: 1"),
        ("training_throughput", {"left_out": "not read"}, "0 rows that count, of developers: 0"),
        ("training_throughput", {"who": "Me"}, "rows that count, of developers: 1"),
        ("rl_runs", {"step_seconds": np.nan}, "0 rows that count, of developers: 0"),
        ("rl_runs", {"unfit": "mine"}, "0 rows that count, of developers: 0"),
    ],
    ids=str,
)
def test_a_fit_of_too_few_developers_is_one_line(evidence, table, columns, found):
    with pytest.raises(InputError, match=found) as refused:
        FITS[table](changed(evidence, table, **columns))
    assert str(refused.value).startswith(f"{table}.csv")


def test_a_table_of_rates_without_rows_is_one_line(evidence):
    tables = {name: evidence[name] for name in evidence.tables}
    tables["training_throughput"] = tables["training_throughput"].iloc[:0]
    with pytest.raises(InputError, match=r"training_throughput\.csv: found 0 rows that count"):
        measured_rates(Evidence.of(evidence.directory, tables))


@pytest.mark.parametrize("kind", ["dense", "moe"])
def test_runs_of_one_kind_tell_no_difference_of_kinds(evidence, kind):
    alike = changed(evidence, "training_runs", architecture=kind)
    assert 0 < borrowed_spread(alike) < 1
    with pytest.raises(InputError, match=r"training_runs\.csv, architecture: .* found"):
        sparsity_cost(alike)


@pytest.mark.parametrize(
    ("made", "field"),
    [
        (lambda runs, chips: steps_input(runs, 1.0, 5), "steps"),
        (lambda runs, chips: fixed_seconds_input(runs, 5), "fixed_seconds"),
        (lambda runs, chips: update_mfu_input(runs, chips, 5), "update_seconds"),
    ],
)
def test_an_input_that_no_other_developer_discloses_names_its_column(evidence, made, field):
    with pytest.raises(InputError, match=f"rl_runs.csv, {field}: no row of another developer"):
        made(evidence["rl_runs"].assign(unfit="mine"), evidence["hardware"])


def test_a_rated_power_that_no_chip_has_names_its_column(evidence):
    known = {"params_total": 7e9, "params_active": 7e9, "tokens": 1e12, "hardware": "H100"}
    run = known | {"name": "A", "developer": "B", "release_date": "2025-01-01"}
    none = changed(evidence, "hardware", tdp_w=np.nan)
    with pytest.raises(InputError, match=r"^hardware\.csv, tdp_w: no chip has one"):
        estimate(check_spec(run, "estimate", none), none)


def test_of_no_developer_nothing_is_said():
    none = pd.Series([], dtype=float)
    with pytest.raises(InputError, match=r"a\.csv, b: no row .* is left for rates"):
        from_other_developers(none, none, "rates", 5, where="a.csv, b")


@pytest.mark.parametrize("ends", [{"low": np.nan}, {"centre": np.nan}, {"spread": np.inf}], ids=str)
def test_a_distribution_has_a_finite_middle(ends):
    with pytest.raises(FloatingPointError, match="no finite number: rates of nobody"):
        Distribution(**{"shape": "log_normal", "low": 0.0, "high": np.inf} | ends, basis=NOBODY)


def test_developers_who_all_say_the_same_are_one_value():
    same = from_other_developers(pd.Series([3.0] * 6), pd.Series(list("abcdef")), "rates", 5)
    assert same.shape == "constant" and np.isclose(same.quantile(0.9), 3.0)


@pytest.mark.parametrize(
    ("compute", "said"),
    [
        (lambda: np.ones(1) / np.zeros(1), "divide by zero"),
        (lambda: np.array([1e308]) * 10.0, "overflow"),
        (lambda: np.log(np.array([-1.0])), "invalid value"),
        (lambda: np.linalg.inv(np.zeros((1, 1))), "Singular matrix"),
        (lambda: 1.0 / 0.0, "division by zero"),
    ],
)
def test_what_has_no_value_is_the_mistake_of_whose_folder_it_is(compute, said):
    with (
        pytest.raises(InputError, match=f"^mine: its figures come to no finite number: .*{said}"),
        finite("mine"),
    ):
        compute()
    with pytest.raises((ArithmeticError, np.linalg.LinAlgError, RuntimeWarning)), finite():
        compute()


def test_what_has_no_value_names_what_was_computed():
    said = r"no finite number: rates of nobody, in post init \(uncertainty\.py\)$"
    with pytest.raises(InputError, match=said), finite("mine"):
        constant(np.nan, NOBODY)


def test_a_command_tells_it_in_one_line(folder, monkeypatch, capsys):
    monkeypatch.setattr("analysis.cli.lists.facts_command", lambda _: np.log(np.zeros(1)))
    with warnings.catch_warnings(record=True) as warned:
        assert main(["facts", "--data", str(folder)]) == 2
        assert main(["facts"]) == 1
    theirs, ours = capsys.readouterr().err.strip().split("\n")
    assert theirs.startswith(f"error: {folder}: its figures come to no finite number: divide")
    assert "a fault of traincost" in ours and not warned
