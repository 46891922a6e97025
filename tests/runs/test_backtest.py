"""The backtest: nested, complete, and its intervals as wide as they should be."""

import math
import time
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis.data.mistakes import InputError
from analysis.data.uncertainty import between
from analysis.runs import backtest as testing
from analysis.runs.backtest import (
    PROBABILITIES,
    _beside,
    backtest,
    bootstrap,
    calibration,
    figures,
    one_run,
    summary,
    with_ranges,
)
from analysis.runs.candidates import CANDIDATES, Columns, Fitted
from analysis.runs.efficiency import CHOSEN, FORM, Estimator
from analysis.runs.features import Sample, sample_of
from analysis.runs.floor import coverage_beside_its_band, known_developer, limits, noise_floor
from analysis.runs.public_estimators import OURS, beside_public_estimators
from analysis.runs.references import reference_runs
from tests.by_hand import with_tables


@pytest.fixture(scope="module")
def tested(evidence):
    return backtest(evidence)


def test_every_usable_run_is_tested_once(tested, evidence):
    assert sorted(tested.id) == sorted(Estimator(evidence).runs.id)
    assert (tested.p05 < tested.predicted).all() and (tested.predicted < tested.p95).all()


def test_a_run_is_predicted_without_its_developer(tested, evidence):
    run = tested[tested.id == "bloom-176b"]
    alone = Estimator(evidence, ("BigScience",)).predict(run)[0]
    assert run.predicted.iloc[0] == pytest.approx(
        run.mfu.iloc[0] * run.gpu_hours.iloc[0] / float(alone.quantile(0.5))
    )


def test_error_factors_and_levels_say_the_same_as_hours(tested):
    ratio = tested.predicted / tested.gpu_hours
    assert tested.error_factor.to_numpy() == pytest.approx(np.maximum(ratio, 1 / ratio).to_numpy())
    assert ((tested.level <= 0.9) == tested.inside).mean() > 0.98


def test_summary_lies_inside_its_own_bootstrap(tested):
    frame = with_ranges(tested).set_index("figure")
    for name in ("median_error_factor", "p90_error_factor", "coverage_90"):
        assert frame.low[name] <= frame.value[name] <= frame.high[name]


def test_intervals_keep_about_what_they_promise(tested):
    frame = calibration(tested)
    assert frame.share.is_monotonic_increasing
    assert 0.82 <= summary(tested)["coverage_90"] <= 0.97


def test_coverage_lies_where_chance_puts_that_of_right_intervals(tested, evidence):
    shares = coverage_beside_its_band(tested, evidence)
    assert ((shares.low <= shares.inside) & (shares.inside <= shares.high)).all()
    narrow = tested.assign(inside=tested.error_factor < 1.4)
    assert (coverage_beside_its_band(narrow, evidence).inside < shares.low).all()


def test_a_second_mode_and_a_floor_are_shown(evidence):
    assert len(known_developer(evidence)) > 50
    pairs = noise_floor(evidence)
    assert len(pairs) > 5 and (pairs.ratio >= 1).all()


def test_the_run_shown_is_the_one_asked_for_or_the_largest_error(tested):
    assert one_run(tested, "bloom-176b").id == "bloom-176b"
    assert one_run(tested).error_factor == tested.error_factor.max()
    with pytest.raises(InputError, match="did you mean bloom-176b"):
        one_run(tested, "bloom-175b")


def test_public_estimators_stand_beside_ours_on_the_runs_they_answer(tested, evidence):
    table = beside_public_estimators(tested, evidence).set_index("estimator")
    assert table.median_factor.is_monotonic_increasing
    assert (table.worst_factor >= table.p90_factor).all() and (table.median_factor >= 1).all()
    assert table.runs[OURS] == evidence["peer_estimates"].run.nunique()


def test_what_limits_an_estimator_is_below_what_it_reaches(evidence):
    what = limits(evidence).median_factor.tolist()
    assert what[2] < what[0]


def test_a_run_beside_what_is_expected_of_it_by_hand():
    """At 0.7 it took 100 hours, 70 of work at the peak; expected is from 0.4 to 0.8."""
    view = between(0.4, 0.8, "by hand")
    found = _beside(SimpleNamespace(id="x", mfu=0.7, gpu_hours=100.0), view)
    low, middle, high = view.quantile([0.05, 0.5, 0.95])
    assert (found["p05"], found["predicted"], found["p95"]) == pytest.approx(
        (70 / high, 70 / middle, 70 / low)
    )
    assert found["log_error"] == pytest.approx(np.log(0.7 / middle))
    reached = np.interp(0.7, view.quantile(PROBABILITIES), PROBABILITIES)
    assert found["level"] == pytest.approx(2 * reached - 1)
    below = _beside(SimpleNamespace(id="x", mfu=float(low), gpu_hours=100.0), view)
    assert below["level"] == pytest.approx(0.9)
    assert PROBABILITIES.tolist() == pytest.approx([n / 2000 for n in range(2001)])


def test_ranges_are_the_middle_nine_tenths_of_the_samples_of_developers(monkeypatch):
    """Samples 0 to 100 of each figure: from 5 to 95."""
    names = ("n", "median_error_factor", "interval_score")
    values = dict(zip(names, (7.0, 8.0, 9.0), strict=True))
    drawn = pd.DataFrame({name: np.arange(101.0) * (k + 1) for k, name in enumerate(names)})
    monkeypatch.setattr(testing, "figures", lambda tested: tested and values)
    monkeypatch.setattr(testing, "bootstrap", lambda tested, of: of("all") == values and drawn)
    found = with_ranges("all").set_index("figure")
    assert found.value.to_dict() == values
    assert found.low.tolist() == pytest.approx([5, 10, 15])
    assert found.high.tolist() == pytest.approx([95, 190, 285])
    assert found.words["n"] == "runs"


def test_a_bootstrap_without_a_seed_is_that_of_nought():
    tested = pd.DataFrame({"developer": list("ABCDE"), "x": [1.0, 3.0, 4.0, 8.0, 9.0]})
    mean = lambda rows: {"mean": rows.x.mean()}  # noqa: E731
    first, same, other = (bootstrap(tested, mean, *seed) for seed in ((), (0,), (1,)))
    pd.testing.assert_frame_equal(first, same)
    assert not first.equals(other)


def test_a_score_of_developers_counts_each_once():
    tested = pd.DataFrame({"developer": list("AAAB"), "score": [1.0, 1.0, 7.0, 5.0]})
    rest = tested.assign(error_factor=1.0, inside=True, p05=1.0, p95=1.0)
    more = pd.concat([rest, rest.head(1).assign(developer="C", score=100.0)])
    assert figures(more)["interval_score"] == pytest.approx((3 + 5 + 100) / 3)


def many(evidence, developers, rows=5):
    """The evidence with reference runs of many developers, drawn from those that there are."""
    rng, known = np.random.default_rng(0), reference_runs(evidence)
    drawn = known.iloc[rng.integers(0, len(known), developers * rows)]
    drawn = drawn[evidence["training_runs"].columns].reset_index(drop=True)
    number = np.arange(len(drawn))
    return with_tables(
        evidence,
        training_runs=drawn.assign(
            id=[f"run {one}" for one in number],
            developer=[f"developer {one // rows}" for one in number],
            gpu_hours=drawn.gpu_hours * np.exp(rng.normal(0.0, 0.3, len(drawn))),
        ),
    )


LINEAR = [name for name, candidate in CANDIDATES.items() if not candidate.smooth]


@pytest.mark.parametrize("name", LINEAR)
@pytest.mark.parametrize("groups", ["developers", "folds"])
def test_sums_less_a_groups_own_give_the_fit_without_it(evidence, name, groups):
    """Solved again from the rows that remain, for each group."""
    sample, candidate = Sample.of(reference_runs(evidence), evidence), CANDIDATES[name]
    columns = Columns.of(candidate, sample.features)
    fit = Fitted(candidate, sample, 1.0, columns, columns.encode(sample.features))
    of = sample.developers if groups == "developers" else sample.developers.str.len() % 5
    found = fit.left_out(of)
    ones = np.column_stack([np.ones(len(fit.encoded)), fit.encoded])
    penalty = np.diag([0.0] + [1.0] * fit.encoded.shape[1])
    for group in of.unique():
        own = (of == group).to_numpy()
        seen = ones[~own] * sample.weights[~own, None]
        learnt = np.linalg.solve(seen.T @ ones[~own] + penalty, seen.T @ sample.log_mfu[~own])
        assert found[own] == pytest.approx(ones[own] @ learnt, rel=1e-11)


@pytest.mark.parametrize("left_out", [(), ("Meta",), ("BigScience", "DeepSeek")])
def test_a_sample_without_developers_is_that_of_the_other_runs(evidence, left_out):
    runs, sample = sample_of(evidence, left_out)
    others = reference_runs(evidence, exclude=left_out)
    direct = Sample.of(others, evidence)
    pd.testing.assert_frame_equal(runs, others)
    pd.testing.assert_frame_equal(sample.features, direct.features, rtol=0.0)
    assert sample.log_mfu.tolist() == direct.log_mfu.tolist()
    assert sample.weights.tolist() == direct.weights.tolist()


def test_the_record_is_that_of_an_estimator_for_each_developer(tested, evidence):
    """Each from the rows of the others alone, by what anyone would call."""
    assert tested.developer.nunique() > 30
    for developer, own in tested.groupby("developer"):
        runs = reference_runs(evidence)
        runs = runs[runs.developer == developer]
        expected = Estimator(evidence, (developer,), CHOSEN).predict(runs, FORM)
        ends = np.array([found.quantile([0.05, 0.5, 0.95]) for found in expected])
        useful = (runs.mfu * runs.gpu_hours).to_numpy()[:, None]
        assert own[["p95", "predicted", "p05"]].to_numpy() == pytest.approx(
            useful / ends, rel=1e-12
        )


@pytest.mark.soak
def test_a_thousand_developers_are_tested_too(evidence, record_property):
    """How the time grows with the developers is written down: 1 is in proportion."""
    seconds = []
    for developers in (250, 1000):
        made = many(evidence, developers)
        begin = time.process_time()
        assert len(backtest(made)) == 5 * developers
        seconds.append(time.process_time() - begin)
    exponent = math.log(seconds[1] / seconds[0]) / math.log(4)
    record_property("load_exponent_of_the_backtest", round(exponent, 2))
