"""The backtest: nested, complete, and its intervals as wide as they should be."""

import numpy as np
import pytest

from analysis.data.mistakes import InputError
from analysis.runs.backtest import backtest, calibration, one_run, summary, with_ranges
from analysis.runs.efficiency import Estimator
from analysis.runs.floor import coverage_beside_its_band, known_developer, limits, noise_floor
from analysis.runs.public_estimators import OURS, beside_public_estimators


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
