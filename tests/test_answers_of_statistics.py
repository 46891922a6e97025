"""What the runs of others say, worked out by hand on tables of three or four rows."""

from math import exp, log, sqrt

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.compare.models import compare
from analysis.compare.trend import _Line, trend
from analysis.data.prices import market_price
from analysis.data.uncertainty import (
    Distribution,
    between,
    draw,
    from_other_developers,
    percentiles,
)
from analysis.reconstruction.reconstruction import error_factor
from analysis.runs.efficiency import Estimator, estimator_for
from analysis.runs.intervals import conformal, normal
from analysis.runs.references import developer_weights, reference_runs, row_weights
from analysis.runs.rl_backtest import left_out_intervals
from analysis.runs.rl_steps import StepEstimator
from tests.by_hand import with_runs, with_tables

# --- distributions


def test_a_range_of_less_than_two_is_uniform_and_of_more_uniform_in_its_log():
    assert between(2, 3, "").quantile([0.05, 0.5]) == pytest.approx([2.05, 2.5])
    assert between(1, 2, "").quantile(0.5) == pytest.approx(1.5)
    assert between(1, 100, "").quantile([0.25, 0.5]) == pytest.approx([100**0.25, 10])
    assert between(0, 3, "").quantile(0.5) == pytest.approx(1.5)


def test_one_more_developer_is_drawn_from_students_t_of_the_logs():
    # logs 0, 1, 2, 3 and, of two rows, 4: mean 2, standard deviation sqrt(10/4)
    values = pd.Series([exp(x) for x in (0, 1, 2, 3, 3.5, 4.5)])
    found = from_other_developers(values, pd.Series(list("abcdee")), "rates", 5)
    spread = sqrt(10 / 4) * sqrt(1 + 1 / 5)
    t95 = 2.1318  # of four degrees of freedom
    assert found.quantile([0.05, 0.5, 0.95]) == pytest.approx(
        [exp(2 - t95 * spread), exp(2), exp(2 + t95 * spread)], rel=1e-4
    )


def test_few_developers_give_their_range():
    found = from_other_developers(pd.Series([1.0, 100.0, 4.0]), pd.Series(list("abb")), "rates", 5)
    assert found.quantile([0, 0.5, 1]) == pytest.approx([1, 10, 100])


def test_what_physics_forbids_is_cut_off():
    values = pd.Series([exp(x) for x in (0, 1, 2, 3, 4)])
    found = from_other_developers(values, pd.Series(list("abcde")), "steps", 5, low=exp(2))
    # half of the population is left: its middle is the upper quartile of all
    upper = exp(2 + stats.t(4).ppf(0.75) * sqrt(10 / 4) * sqrt(1 + 1 / 5))
    assert found.quantile([0, 0.5]) == pytest.approx([exp(2), upper])


def test_a_conformal_interval_reaches_as_far_as_its_share_of_misses():
    found = Distribution("log_conformal", 0.0, 0.99, "", False, centre=log(0.3), spread=2.0,
                         misses=(0.0, 0.1, 0.4), coverage=(0.0, 0.5, 0.75))  # fmt: skip
    # half of the misses stay within 0.1, 60 % within 0.22, all that were seen within 0.4
    assert found.quantile([0.25, 0.5, 0.75]) == pytest.approx(
        [0.3 * exp(-0.2), 0.3, 0.3 * exp(0.2)]
    )
    assert found.quantile(0.2) == pytest.approx(0.3 * exp(-2 * 0.22))
    assert found.quantile(0.9999) == pytest.approx(0.3 * exp(0.8))


def test_draws_have_the_percentiles_of_their_distribution():
    found = draw({"a": between(0, 1, ""), "b": between(1, 100, "")}, 4096, 0)
    assert percentiles(found["a"]) == pytest.approx(
        {"p05": 0.05, "p50": 0.5, "p95": 0.95}, abs=1e-3
    )
    assert np.median(found["b"]) == pytest.approx(10, rel=0.01)
    assert abs(np.corrcoef(found["a"], found["b"])[0, 1]) < 0.01
    assert len(found["a"]) == 4096


def test_an_error_is_the_larger_of_two_ratios():
    assert error_factor(50, 100) == error_factor(200, 100) == 2


# --- weights


def test_rows_and_developers_weigh_by_hand():
    developers = pd.Series(list("AAAAB"))
    weights = row_weights(developers, [1, 0.7, 0.5, 1, 1], 0.5)
    assert weights == pytest.approx([1 / 2, 0.7 / 2, 0.5 / 2, 1 / 2, 1])
    assert developer_weights(developers) == pytest.approx([1 / 4] * 4 + [1])


def test_the_mfu_of_a_reference_run_by_hand(evidence):
    found = reference_runs(with_runs(evidence, ("A", 0.2), ("B", 0.4)))
    assert found.mfu.tolist() == pytest.approx([0.2, 0.4])


# --- intervals of the estimator


def test_misses_are_those_of_a_fit_without_the_developer(evidence):
    """Three developers at 0.2, 0.4, 0.8, each predicted by the mean log of the other two."""
    three = with_runs(evidence, ("A", 0.2), ("B", 0.4), ("C", 0.8))
    estimator = Estimator(three, (), "constant")
    assert estimator.errors == pytest.approx([-1.5 * log(2), 0, 1.5 * log(2)])
    found = conformal(estimator.errors, estimator.sample.developers)
    # B is met; A is predicted at sqrt(0.4 x 0.8), C at sqrt(0.2 x 0.4): both by a factor 2^1.5 off
    assert found.misses == pytest.approx([0, 0, 1.5 * log(2), 1.5 * log(2)])
    assert found.coverage == pytest.approx([0, 1 / 4, 2 / 4, 3 / 4])
    assert normal(estimator.errors, estimator.sample.developers).spread == pytest.approx(
        1.5 * log(2) * sqrt(2 / 3)
    )


def test_two_rows_of_a_developer_weigh_as_their_square_root_in_a_fit_and_as_one_in_a_width(
    evidence,
):
    """A twice at 0.2, B at 0.4, C at 0.8: in units of a factor two -1, -1, 0 and 1."""
    four = with_runs(evidence, ("A", 0.2), ("A", 0.2), ("B", 0.4), ("C", 0.8))
    estimator = Estimator(four, (), "constant")
    found = conformal(estimator.errors, estimator.sample.developers)
    of_b = (-1 * sqrt(2) + 1) / (sqrt(2) + 1)  # by A and C
    of_c = (-1 * sqrt(2) + 0) / (sqrt(2) + 1)  # by A and B
    by_hand = [0, abs(of_b), 1.5, 1.5, 1 - of_c]
    assert np.array(found.misses) / log(2) == pytest.approx(by_hand)
    assert found.coverage == pytest.approx([0, 1 / 4, 1.5 / 4, 2 / 4, 3 / 4])


def test_an_absurd_developer_moves_neither_centre_nor_width_of_its_own_interval(evidence):
    runs = reference_runs(evidence)
    developer = runs.developer.value_counts().index[0]
    own = runs[runs.developer == developer].head(1)
    table = evidence["training_runs"]
    table.loc[table.developer == developer, "gpu_hours"] *= 1e-3
    before, after = (
        estimator_for(found, (developer,)).predict(own)[0]
        for found in (evidence, with_tables(evidence, training_runs=table))
    )
    assert before == after


def test_an_interval_is_wider_by_a_tenth_for_each_factor_of_e_beyond_what_was_seen(evidence):
    estimator = estimator_for(evidence, ("DeepSeek",))
    run = estimator.runs.sort_values("params_active").tail(1)
    most = float(np.log(estimator.runs.tokens * estimator.runs.flop_per_token).max())
    flop = float(np.log(run.tokens * run.flop_per_token).iloc[0])
    larger = run.assign(
        params_active=run.params_active * exp(2), params_total=run.params_total * exp(2)
    )
    same, beyond, unseen = (
        estimator.predict(frame)[0].spread for frame in (run, larger, run.assign(chip="H20"))
    )
    assert same == pytest.approx(sqrt(np.mean(estimator.errors**2)))
    assert beyond / same == pytest.approx(1 + 0.1 * 2)
    more_work = run.assign(tokens=run.tokens * exp(most - flop + 3))
    assert estimator.predict(more_work)[0].spread / same == pytest.approx(1 + 0.1 * 3)
    assert unseen / same == pytest.approx(1.1)


def test_an_absurd_developer_moves_neither_coefficients_nor_width_of_its_own_steps(evidence):
    table = evidence["rl_runs"]
    developer = StepEstimator(evidence).runs.developer.value_counts().index[1]
    table.loc[table.developer == developer, "step_seconds"] *= 1e3
    changed = with_tables(evidence, rl_runs=table)
    before, after = (StepEstimator(found) for found in (evidence, changed))
    rows = (before.runs.developer == developer).to_numpy()
    assert after.left_out()[rows] == pytest.approx(before.left_out()[rows])
    widths = [left_out_intervals(found).width[rows].tolist() for found in (evidence, changed)]
    assert widths[0] == pytest.approx(widths[1])


# --- trend and prices


def test_dollars_per_trillion_tokens_billion_parameters_and_zettaflop(evidence):
    runs = evidence["training_runs"]
    v3 = compare(with_tables(evidence, training_runs=runs[runs.id == "deepseek-v3"])).iloc[0]
    usd = 2_664_000 * v3.usd_market / v3.p50
    assert v3.p50 == 2_664_000
    assert v3.usd_per_trillion_tokens == pytest.approx(usd / 14.8)
    assert v3.usd_per_billion_active == pytest.approx(usd / 37.55)
    assert v3.usd_per_zettaflop == pytest.approx(usd / (v3.flop / 1e21))


def priced(*rows):
    names = ["developer", "release_date", "usd_per_zettaflop"]
    table = pd.DataFrame(rows, columns=names)
    return table.assign(how="disclosed", id=[str(number) for number in range(len(table))])


def test_the_slope_of_a_trend_by_hand():
    """In 2020 a developer of two rows at e^0 and one at e^3, in 2021 one at e^2: every developer
    the same, so e^1.5 and e^2, and a year costs a factor e^0.5.
    """
    found = trend(
        priced(("A", "2020-01-01", 1), ("A", "2020-01-01", 1), ("B", "2020-01-01", exp(3)),
               ("C", "2021-01-01", exp(2)), ("own", "2021-01-01", exp(4))),
        "own",
    )  # fmt: skip
    assert found.factor_per_year == pytest.approx(exp(0.5))
    own = found.own.iloc[0]
    assert own.expected == pytest.approx(exp(2)) and own.ratio == pytest.approx(exp(2))
    assert own.percentile == 1.0
    cheaper = priced(("own", "2021-01-01", exp(2.5)), ("own", "2021-01-01", exp(-5)))
    both = trend(pd.concat([found.runs[found.runs.developer != "own"], cheaper]), "own").own
    assert both.percentile.tolist() == [3 / 4, 0.0]  # A twice and C lie below, B above
    # residuals -1.5 (A, twice at half the weight), 1.5 (B), 0 (C): scatter sqrt(4.5 / 3)
    first = found.line.iloc[0]
    reach = stats.t(1).ppf(0.95) * sqrt(4.5 / 3)
    assert first[["middle", "low", "high"]].tolist() == pytest.approx(
        [exp(1.5), exp(1.5 - reach), exp(1.5 + reach)]
    )
    # years -0.25 (A, A, B) and 0.75 (C) from their mean: 2 x 0.25^2 + 0.75^2 = 0.6875
    error = stats.t(1).ppf(0.95) * sqrt(4.5 / 3) / sqrt(0.6875)
    assert (found.low, found.high) == pytest.approx((exp(0.5 - error), exp(0.5 + error)))


def test_the_market_price_is_the_middle_of_what_was_quoted_for_a_year_near_the_day(
    evidence,
):
    quotes = pd.DataFrame(
        [
            ("C", "2024-06-01", "1y", 2.0),
            ("C", "2024-07-01", "1y", 3.0),
            ("C", "2024-08-01", "1y", 7.0),
            ("C", "2022-01-01", "1y", 90.0),
            ("C", "2024-06-01", "on demand", 5.0),
            ("D", "2024-06-01", "on demand", 4.0),
            ("D", "2021-06-01", "on demand", 8.0),
        ],
        columns=["chip", "date", "commitment", "usd_per_gpu_hour"],
    )
    quotes = with_tables(evidence, prices=quotes)
    assert market_price("C", "2024-07-15", quotes) == 3.0
    assert market_price("C", "2021-12-01", quotes) == 90.0
    assert market_price("D", "2024-11-30", quotes) == 4.0  # 182 days on
    assert market_price("D", "2023-05-01", quotes) == 4.0  # none within half a year: the nearest
    assert market_price("E", "2024-07-15", quotes) is None


def test_a_run_is_dearer_than_those_that_lie_below_it_not_than_its_like():
    line = _Line(0.0, 0.0, 2020.0, pd.Series([-1.0, 0.0, 1.0]), 1.0, 1.0, 1)
    runs = pd.DataFrame({"year": [2020.0, 2025.0], "usd_per_zettaflop": [1.0, exp(1.5)]})
    found = line.beside(runs)
    assert found.percentile.tolist() == pytest.approx([1 / 3, 1.0])
    assert found.ratio.tolist() == pytest.approx([1.0, exp(1.5)])
