import numpy as np
import pandas as pd
import pytest

from analysis.compare.models import (
    BILLION,
    TRILLION,
    ZETTA,
    _or_none,
    _runs,
    at_one_date,
    compare,
    selected,
    to_list,
)
from analysis.compare.trend import trend
from analysis.data.chips import peaks_of
from analysis.data.mistakes import InputError
from analysis.data.prices import market_quotes
from analysis.runs.efficiency import estimator_for
from analysis.runs.references import smallest_params
from tests.by_hand import CHIP, dense_run, with_tables


@pytest.fixture(scope="module")
def models(evidence):
    return at_one_date(compare(evidence), "2025-01-20", evidence)


def test_sixty_models_or_more_and_no_disclosed_figure_has_a_width(models):
    assert len(models) >= 60
    known = models[models.how == "disclosed"]
    assert (known.p05 == known.p95).all()
    guessed = models[models.how == "estimated"]
    assert (guessed.p05 < guessed.p50).all() and (guessed.p50 < guessed.p95).all()


def test_the_comparison_repeats_the_facts(models, evidence):
    hours = models.set_index("id").p50
    assert hours["deepseek-v3"] == evidence.facts["v3_pretraining_gpu_hours"].value
    assert hours["llama4-scout"] == evidence.facts["llama4_scout_gpu_hours"].value


def test_one_price_a_chip(models):
    rate = (models.usd_common / models.p50).groupby(models.chip)
    assert (rate.max() - rate.min()).dropna().max() < 1e-9


def test_trend_is_fitted_without_the_developer_and_finds_a_planted_one(models):
    found = trend(models, "DeepSeek")
    assert 0.3 < found.factor_per_year < 1.2
    assert found.low < found.factor_per_year < found.high
    assert set(found.own.developer) == {"DeepSeek"}
    dear = models.assign(
        usd_per_zettaflop=np.where(
            models.developer == "DeepSeek", models.usd_per_zettaflop * 1e3, models.usd_per_zettaflop
        )
    )
    planted = trend(dear, "DeepSeek")
    assert planted.factor_per_year == pytest.approx(found.factor_per_year)
    assert (planted.own.percentile > 0.99).all()


def test_the_list_for_results_has_no_nan(models):
    for row in to_list(models):
        assert row["usd_common"] is None or row["usd_common"] > 0


def test_rent_is_hours_at_the_middle_of_the_quotes_near_the_date(models, evidence):
    one = models.set_index("id").loc["llama3.1-405b"]
    quotes = market_quotes(one.chip, "2025-01-20", evidence).usd_per_gpu_hour
    assert one.usd_common == pytest.approx(one.p50 * quotes.median())


def test_another_date_is_another_price(models, evidence):
    earlier = at_one_date(models, "2022-01-20", evidence).set_index("id").price_common
    later = models.set_index("id").price_common
    assert (earlier.dropna() != later[earlier.dropna().index]).any()
    with pytest.raises(InputError, match="date: tomorrow is not a day"):
        at_one_date(models, "tomorrow", evidence)


def test_models_come_in_the_order_asked_for_or_the_newest(models):
    assert selected(models, "bloom-176b, llama3.1-405b").id.tolist() == [
        "bloom-176b",
        "llama3.1-405b",
    ]
    newest = selected(models)
    assert newest.release_date.tolist() == sorted(models.release_date)[:-11:-1]
    with pytest.raises(InputError, match="did you mean bloom-176b"):
        selected(models, "bloom-175b")


def test_without_a_developer_the_line_is_that_of_all(models):
    whole = trend(models)
    assert whole.own.empty and len(whole.runs) > 50
    with pytest.raises(InputError, match="Metta is not a developer of these models"):
        trend(models, "Metta")


def test_rent_of_a_unit_of_work_by_hand(models):
    """Llama 3.1 405B: 30.84M hours for 15.6 trillion tokens."""
    one = models.set_index("id").loc["llama3.1-405b"]
    rent = 30.84e6 * one.price_market
    assert one.usd_market == pytest.approx(rent)
    assert one.usd_per_trillion_tokens == pytest.approx(rent / 15.6)
    assert one.usd_per_billion_active == pytest.approx(rent / (one.params_active / 1e9))
    assert one.usd_per_zettaflop == pytest.approx(rent / (one.flop / 1e21))


def test_hours_of_an_estimate_by_hand(models, evidence):
    """Work over what the chips do at the MFU expected without the developer."""
    one = models[models.how == "estimated"].iloc[[0]]
    expected = estimator_for(evidence, [one.developer.iloc[0]]).predict(one)[0].percentiles()
    peak = peaks_of(one.chip, evidence["hardware"]).iloc[0]
    for hours, mfu in (("p05", "p95"), ("p50", "p50"), ("p95", "p05")):
        assert one[hours].iloc[0] == pytest.approx(one.flop.iloc[0] / (peak * expected[mfu]) / 3600)


def test_the_line_of_a_trend_is_that_of_least_squares(models):
    found = trend(models, "DeepSeek")
    others = found.runs[found.runs.developer != "DeepSeek"]
    rows = others.groupby("developer").id.transform("count")
    slope, origin = np.polyfit(
        others.year, np.log(others.usd_per_zettaflop), 1, w=1 / np.sqrt(rows)
    )
    assert found.factor_per_year == pytest.approx(np.exp(slope))
    assert found.line.middle.to_numpy() == pytest.approx(
        np.exp(origin + slope * found.line.year.to_numpy())
    )
    assert found.own.ratio.to_numpy() == pytest.approx(
        (found.own.usd_per_zettaflop / np.exp(origin + slope * found.own.year)).to_numpy()
    )
    assert 0.8 < _inside(others, found.line).mean() < 1


def _inside(runs, line):
    low, high = (np.interp(runs.year, line.year, line[end]) for end in ("low", "high"))
    return runs.usd_per_zettaflop.between(low, high)


def test_a_run_is_compared_if_its_work_is_known_on_a_chip_from_the_smallest_size_on(evidence):
    smallest, none = smallest_params(evidence.facts), float("nan")
    changes = [
        {"id": "at", "params_total": smallest},
        {"id": "below", "params_total": smallest * 0.999},
        {"id": "tokens", "tokens": none},
        {"id": "active", "params_active": none},
        {"id": "total", "params_total": none},
        {"id": "chip", "chip": ""},
        {"id": "work", "work_known": "no"},
        {"id": "plain"},
    ]
    rows = [dense_run("A", 0.4, 0) | {"work_known": "yes"} | change for change in changes]
    known = with_tables(evidence, training_runs=pd.DataFrame(rows), hardware=CHIP)
    found = _runs(known)
    assert found.id.tolist() == ["at", "plain"] and found.index.tolist() == [0, 1]
    # 6 x (10e9 - 2e8) and attention of 6 x 10 x 2 x 2,000 x 500
    assert found.flop[1] == pytest.approx(1e12 * (6 * 9.8e9 + 6 * 40_000 * 500))


def test_rows_are_numbered_as_they_stand(models):
    assert models.index.tolist() == list(range(len(models)))
    assert models.usd_common.dropna().is_monotonic_increasing
    newest = selected(models)
    assert newest.index.tolist() == list(range(10))


def test_what_is_not_known_is_none_in_the_list_for_results(models):
    assert (_or_none(float("nan")), _or_none(2.5)) == (None, 2.5)
    for row, model in zip(to_list(models), models.itertuples(), strict=True):
        assert row["usd_common"] == (None if np.isnan(model.usd_common) else model.usd_common)


def test_units_of_a_price_are_exact():
    assert (TRILLION, BILLION, ZETTA) == (1e12, 1e9, 1e21)
