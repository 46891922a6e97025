import numpy as np
import pytest

from analysis.compare.models import at_one_date, compare, to_list
from analysis.compare.trend import trend


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
