"""The backtest: nested, complete, and the choice held to its rule."""

import numpy as np
import pandas as pd
import pytest

from analysis.data.mistakes import InputError
from analysis.runs.backtest import (
    CLEARLY_WORSE,
    backtest,
    calibration,
    choice,
    compare_candidates,
    known_developer,
    limits,
    noise_floor,
    one_run,
    summary,
    with_ranges,
)
from analysis.runs.efficiency import CHOSEN, Estimator
from analysis.runs.public_estimators import OURS, beside_public_estimators


@pytest.fixture(scope="module")
def tested(evidence):
    return backtest(evidence)


@pytest.fixture(scope="module")
def compared(evidence):
    return compare_candidates(evidence)


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


def test_the_choice_is_what_the_rule_says(compared):
    assert choice(compared) == CHOSEN


def test_at_least_four_candidates_stand_beside_the_rules_of_thumb(compared):
    assert (compared["rank"] >= 0).sum() >= 4
    assert (compared["rank"] < 0).sum() >= 4


def test_the_chosen_one_beats_every_rule_of_thumb_on_the_same_rows(compared):
    own = compared.set_index("candidate").loc[CHOSEN]
    thumbs = compared[compared["rank"] < 0]
    assert (own.median_error_factor < thumbs.median_error_factor).all()
    assert (own.p90_error_factor < thumbs.p90_error_factor).all()


def test_the_rule_prefers_the_simpler_of_equals():
    table = pd.DataFrame({"candidate": ["a", "b"], "rank": [0, 1], "worse_by": [0.5, 0.0]})
    assert choice(table) == "a"
    assert choice(table.assign(worse_by=[1.5, 0.0])) == "b"
    assert choice(table.assign(worse_by=[CLEARLY_WORSE, 0.0])) == "a"


def test_summary_lies_inside_its_own_bootstrap(tested):
    frame = with_ranges(tested).set_index("figure")
    for name in ("median_error_factor", "p90_error_factor", "coverage_90"):
        assert frame.low[name] <= frame.value[name] <= frame.high[name]


def test_intervals_keep_about_what_they_promise(tested):
    frame = calibration(tested)
    assert frame.share.is_monotonic_increasing
    assert 0.82 <= summary(tested)["coverage_90"] <= 0.97


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
