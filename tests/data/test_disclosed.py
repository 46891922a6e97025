"""What makers say of the accounted models: nine quantities, facts or that there is none."""

import pytest

from analysis.reconstruction.model_file import list_models, load_model

QUANTITIES = [
    "tokens",
    "configuration",
    "chip",
    "gpus",
    "days",
    "gpu_hours",
    "dollars",
    "energy",
    "post_training",
]
UNITS = {  # what the facts of a quantity are in
    "tokens": {"tokens"},
    "configuration": {"count", "params"},
    "gpus": {"chips", "nodes"},
    "days": {"days", "months", "hours", "days_per_trillion_tokens"},
    "gpu_hours": {"gpu_hours", "gpu_hours_per_trillion_tokens"},
    "dollars": {"usd", "usd_per_gpu_hour"},
    "energy": {"kwh", "kg_co2"},
}


def test_every_account_has_each_quantity_once(evidence):
    rows = evidence["disclosed"]
    models = [name for name in list_models(evidence) if load_model(name, evidence).phases]
    assert len(models) >= 12
    for model in models:
        assert list(rows[rows.model == model].quantity) == QUANTITIES, model
    assert set(rows.model) == set(models)
    assert (rows.id == rows.model + "." + rows.quantity).all()


def test_facts_are_there_and_of_the_quantity(evidence):
    for row in evidence["disclosed"].itertuples():
        for name in filter(None, row.facts.split("|")):
            fact = evidence.facts[name]
            assert fact.unit in UNITS.get(row.quantity, {fact.unit}), (row.id, name)
            assert fact.kind not in ("assumption", "estimate_by_third_party"), (row.id, name)


def test_nothing_is_left_without_a_word(evidence):
    for row in evidence["disclosed"].itertuples():
        assert row.facts or row.says, row.id
        if not row.facts and not row.source_id:
            assert "not in: " in row.says or "none was done" in row.says, row.id
        assert bool(row.source_id) == bool(row.locator), row.id


@pytest.mark.parametrize("model", ["kimi-k2", "glm-4.5"])
def test_makers_that_disclose_no_hours_are_told_apart(evidence, model):
    rows = evidence["disclosed"].set_index("id")
    assert rows.facts[f"{model}.gpu_hours"] == rows.facts[f"{model}.dollars"] == ""
    assert load_model(model, evidence).phases[0].disclosed is None
