"""Views of a run's hours, their pool, and what may not move them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.data.protocol import kept_out, protocol
from analysis.data.tables import Evidence
from analysis.data.uncertainty import Distribution
from analysis.reconstruction import measured
from analysis.runs.planned import (
    billed_over_running,
    by_step_time,
    pooled,
    ratios_of_runs,
    step_of,
    tabulated,
)
from analysis.runs.rate_record import rate_record
from analysis.runs.specifications import (
    CHOICES,
    PUBLISHED,
    near_and_below,
    shares_of_choices,
    specifications,
)
from analysis.runs.step_view import shift_without
from analysis.runs.views import (
    hours_record,
    pool_over_weight,
    predicted_runs,
    stacking_weight,
    view_figures,
)


def changed(evidence: Evidence, **tables: pd.DataFrame) -> Evidence:
    kept = {name: evidence[name] for name in evidence.tables}
    return Evidence.of(evidence.directory, kept | tables)


def spread(low: float, high: float) -> Distribution:
    return tabulated(np.linspace(low, high, 2001), "by hand")


@pytest.fixture(scope="module")
def laid_out(account):
    return measured.laid_out(account)


def test_a_tabulated_distribution_gives_its_samples_back():
    found = spread(1.0, 3.0)
    assert found.quantile([0.05, 0.5, 0.95]) == pytest.approx([1.1, 2.0, 2.9], abs=0.01)
    assert (found.low, found.high) == pytest.approx((1.0, 3.0), abs=0.01)


def test_a_pool_holds_its_share_of_each_view():
    """Three quarters from 1 to 2, one quarter from 3 to 4: between them no value is likely."""
    both = pooled(spread(1.0, 2.0), spread(3.0, 4.0), 0.75)
    at = both.quantile([0.375, 0.74, 0.76, 0.875])
    assert at[:2] == pytest.approx([1.5, 1.987], abs=0.02)
    assert at[2:] == pytest.approx([3.04, 3.5], abs=0.02)


@pytest.mark.parametrize(("weight", "view"), [(1.0, 0), (0.0, 1)])
def test_a_pool_of_one_view_alone_is_that_view(weight, view):
    views = spread(1.0, 2.0), spread(3.0, 4.0)
    probabilities = [0.05, 0.5, 0.95]
    both = pooled(*views, weight).quantile(probabilities)
    assert both == pytest.approx(views[view].quantile(probabilities), abs=0.01)


def test_hours_over_the_weight_go_from_one_view_to_the_other():
    """Work of 7.2e18 on a peak of 1e15 at an efficiency of 1 to 2: two hours at one."""
    frame = pool_over_weight(spread(1.0, 2.0), spread(0.25, 0.5), 7.2e18, 1e15)
    assert frame.weight.tolist() == pytest.approx(np.linspace(0, 1, 11).tolist())
    first, last = frame.iloc[0], frame.iloc[-1]
    assert first[["p05", "p95"]].tolist() == pytest.approx([2 / 0.4875, 2 / 0.2625], rel=0.01)
    assert last[["p05", "p95"]].tolist() == pytest.approx([2 / 1.95, 2 / 1.05], rel=0.01)
    assert (frame.p50.diff().dropna() <= 0).all()


def test_the_weight_is_the_formula_of_the_protocol(evidence):
    found = stacking_weight(evidence)
    runs = predicted_runs(evidence)
    count = runs.developer.nunique()
    assert found["developers"] == count >= 3
    expected = (count * found["stacking"] + 5 * 0.5) / (count + 5)
    assert found["weight"] == pytest.approx(expected)
    nobody = stacking_weight(evidence, set(runs.developer))
    assert nobody == {"stacking": 0.5, "developers": 0, "weight": 0.5}


def test_the_best_weight_is_that_of_the_best_mean_score(evidence):
    """Of every tenth, by scores written out: each developer alike."""
    runs = predicted_runs(evidence)
    error = {
        view: (np.log(runs.mfu) - runs[view]) / runs[f"{view}_deviation"]
        for view in ("by_kind", "step_time")
    }
    density = {view: np.exp(-0.5 * error[view] ** 2) / runs[f"{view}_deviation"] for view in error}

    def mean_score(weight: float) -> float:
        pool = weight * density["step_time"] + (1 - weight) * density["by_kind"]
        return float(np.log(pool).groupby(runs.developer).mean().mean())

    best = max(np.linspace(0, 1, 101), key=mean_score)
    assert stacking_weight(evidence)["stacking"] == pytest.approx(best)


@pytest.mark.parametrize("by", [0.5, 2.0])
def test_the_weight_of_a_run_never_saw_its_developer(evidence, by):
    """Nor did the other runs that it is found from: neither their rates nor their hours."""
    runs, rates = evidence["training_runs"], evidence["training_throughput"]
    for own in predicted_runs(evidence).developer.unique():
        other = changed(
            evidence,
            training_runs=runs.assign(
                gpu_hours=runs.gpu_hours.where(runs.developer != own, by * runs.gpu_hours)
            ),
            training_throughput=rates.assign(
                tokens_per_s_per_gpu=rates.tokens_per_s_per_gpu.where(
                    rates.who != own, by * rates.tokens_per_s_per_gpu
                )
            ),
        )
        assert own not in set(predicted_runs(evidence, (own,)).developer)
        assert predicted_runs(other, (own,)).equals(predicted_runs(evidence, (own,)))
        assert stacking_weight(other, {own}) == stacking_weight(evidence, {own})


def test_the_record_of_a_run_never_saw_its_developer(evidence):
    runs = evidence["training_runs"]
    one = hours_record(evidence)
    own = one.developer.iloc[0]
    wild = runs.assign(gpu_hours=runs.gpu_hours.where(runs.developer != own, 9 * runs.gpu_hours))
    other = hours_record(changed(evidence, training_runs=wild))
    for view in ("by_kind", "step_time", "combined"):
        before, after = (
            frame[(frame.developer == own) & (frame["view"] == view)].predicted.tolist()
            for frame in (one, other)
        )
        assert after == pytest.approx(before)


def test_figures_of_a_view_by_hand():
    frame = pd.DataFrame(
        {
            "developer": ["A", "A", "B"],
            "log_error": [np.log(2.0), 0.0, -np.log(4.0)],
            "inside": [True, True, False],
            "p05": [1.0, 2.0, 1.0],
            "p95": [2.0, 6.0, 10.0],
            "log_score": [0.0, 1.0, 2.0],
            "interval_score": [1.0, 1.0, 3.0],
        }
    )
    uneven = pd.DataFrame(
        {
            "developer": list("AAABC"),
            "log_score": [0.0, 0.0, 3.0, 2.0, 9.0],
            "interval_score": [1.0, 1.0, 4.0, 3.0, 10.0],
        }
    ).assign(log_error=0.0, inside=True, p05=1.0, p95=1.0)
    means = view_figures(uneven)
    assert (means["log_score"], means["interval_score"]) == (4.0, 5.0)
    found = view_figures(frame)
    assert found["n"] == 3
    assert found["median_error_factor"] == pytest.approx(2.0)
    assert found["p90_error_factor"] == pytest.approx(3.6)
    assert found["coverage_90"] == pytest.approx(2 / 3)
    assert found["median_width_factor"] == 3.0
    assert (found["log_score"], found["interval_score"]) == (1.25, 2.0)


def test_ratios_are_of_runs_that_publish_both_and_by_hand(evidence):
    """BLOOM: 366 billion tokens at its rate while running, beside its 1.083 million hours."""
    ratios = ratios_of_runs(evidence).set_index("run")
    rate = evidence["training_throughput"].set_index("run").tokens_per_s_per_gpu["bloom-176b"]
    run = evidence["training_runs"].set_index("id").loc["bloom-176b"]
    assert ratios.ratio["bloom-176b"] == pytest.approx(run.gpu_hours * 3600 * rate / run.tokens)
    assert not set(ratios.who) & set(protocol().rows.shown_beside_developers)
    assert billed_over_running(evidence, ["BigScience"]).basis.startswith("hours billed")


def times(table, column, rows, by):
    """The table with a column multiplied in some rows; without these where `by` is nothing."""
    if not by:
        return table[~rows].reset_index(drop=True)
    return table.assign(**{column: table[column].where(~rows, by * table[column])})


def without_the_run(evidence, run, by):
    """Evidence whose checks of a run and rates of its architecture are other ones, or gone."""
    rates, runs, rules = evidence["training_throughput"], evidence["training_runs"], protocol().rows
    beside = rates.who.isin(rules.shown_beside_developers) | (rates.like != "")
    own = runs.developer.isin(run.developers)
    assert beside.sum() > 10 and own.any()
    return changed(
        evidence,
        training_throughput=times(rates, "tokens_per_s_per_gpu", beside, by),
        training_runs=times(runs, "gpu_hours", own, by),
    )


@pytest.mark.parametrize("by", [2.0, 0.0], ids=["doubled", "removed"])
def test_no_check_of_the_run_and_no_rate_of_its_architecture_moves_the_view(evidence, laid_out, by):
    """Neither shift nor spread, weight, choices nor what comes of them."""
    run, other = laid_out[1].run, without_the_run(evidence, laid_out[1].run, by)
    shifts = [shift_without(folder, run.developers, run.like) for folder in (evidence, other)]
    for before, after in zip(shifts[0].of(run.row), shifts[1].of(run.row), strict=True):
        assert np.array_equal(before, after)  # the shift, and the spread around it
    assert shifts[0].bound == shifts[1].bound
    assert stacking_weight(other, run.developers) == stacking_weight(evidence, run.developers)
    ends = [by_step_time(run, x).quantile([0.05, 0.5, 0.95]) for x in (evidence, other)]
    assert np.array_equal(*ends)
    found = [specifications(run, 14.8e12, folder) for folder in (evidence, other)]
    pd.testing.assert_frame_equal(*found)


def test_a_run_that_a_rate_of_others_would_move_is_moved_by_it(evidence, laid_out):
    """What the test above holds is no blindness: a maker that counts does move the shift."""
    run, rates = laid_out[1].run, evidence["training_throughput"]
    counts = (rates.who == "NVIDIA") & (rates.like == "") & (rates.left_out == "")
    twice = times(rates, "tokens_per_s_per_gpu", counts, 2.0)
    before, after = (
        shift_without(x, run.developers, run.like).of(run.row)[0]
        for x in (evidence, changed(evidence, training_throughput=twice))
    )
    assert (after > before).all()


def test_a_faster_network_is_never_slower(evidence, laid_out):
    run = laid_out[1].run
    hardware = evidence["hardware"]
    hardware.loc[hardware.chip == run.chip, "interconnect_gb_s"] *= 2
    faster = changed(evidence, hardware=hardware)
    before, after = (step_of(run, folder).tokens_per_s_per_gpu for folder in (evidence, faster))
    assert (after >= before).all()


def test_every_specification_is_there_once_and_one_is_published(evidence, laid_out):
    found = specifications(laid_out[1].run, 14.8e12, evidence)
    levels = protocol().specifications.levels()
    assert set(levels) == set(CHOICES) == set(PUBLISHED)
    assert len(found) == np.prod([len(level) for level in levels.values()])
    assert not found.duplicated(list(CHOICES)).any()
    assert found.published.sum() == 1
    shares = shares_of_choices(found)
    assert shares.is_monotonic_decreasing and 0 < shares.sum() <= 1.01
    without = found[found.rows == "none"].gpu_hours.mean()
    assert without < found[found.rows == "all"].gpu_hours.mean()


def test_what_lies_below_and_near_by_hand():
    found = pd.DataFrame({"gpu_hours": [80.0, 90.0, 110.0, 300.0]})
    summed = near_and_below(found, 100.0)
    assert (summed["count"], summed["below"], summed["near"]) == (4, 0.5, 0.5)
    assert summed["p50"] == 100.0


def test_the_ratio_of_hours_is_one_at_least_however_few_publish_it(evidence):
    ratio = billed_over_running(evidence, ("DeepSeek",))
    assert ratio.quantile([0.0, 0.5, 1.0]).min() >= protocol().ratio.least
    assert ratios_of_runs(evidence).ratio.min() < protocol().ratio.least  # of a rounded figure


def test_a_run_whose_hours_were_computed_gives_no_ratio(evidence):
    assert "mt-nlg-530b" not in set(ratios_of_runs(evidence).run)


@pytest.mark.parametrize("by", [2.0, 0.5])
def test_runs_of_who_is_kept_out_are_in_no_record(evidence, by):
    """Neither as a run that is predicted nor as a reference for another."""
    runs = evidence["training_runs"]
    out = runs.developer.isin(kept_out())
    other = changed(
        evidence,
        training_runs=runs.assign(gpu_hours=runs.gpu_hours.where(~out, runs.gpu_hours * by)),
    )
    assert out.any()
    for record in (hours_record, predicted_runs, rate_record):
        pd.testing.assert_frame_equal(record(other), record(evidence))
