import pytest

from analysis.cost import rental_usd


def test_the_reports_own_table(evidence):
    facts = evidence.facts
    price = facts["v3_rental_price_assumed"].value
    for hours, usd in [
        ("v3_pretraining_gpu_hours", "v3_pretraining_cost_usd"),
        ("v3_total_gpu_hours", "v3_total_cost_usd"),
        ("r1_total_gpu_hours", "r1_total_cost_usd"),
    ]:
        assert rental_usd(facts[hours].value, price) == pytest.approx(facts[usd].value, rel=1e-3)
