import math
from types import SimpleNamespace

import pandas as pd
import pytest

import analysis
from analysis.data.facts import Row
from analysis.data.prices import market_price
from analysis.data.scenario import load_scenario
from analysis.data.uncertainty import between
from analysis.reconstruction import names as naming
from analysis.reconstruction.account import account_of
from analysis.reconstruction.model_file import load_model
from analysis.reconstruction.names import Names
from analysis.reconstruction.stages import PretrainingStage
from analysis.runs.references import reference_runs
from tests.by_hand import with_tables


@pytest.fixture(scope="module")
def numbers(account):
    return account.numbers


def test_needed_mfu_is_the_one_that_the_developer_prints_elsewhere(numbers, evidence):
    assert numbers["v3_needed_mfu"].value == pytest.approx(
        evidence.facts["v3_mfu_causal"].value, rel=0.005
    )


def test_the_sum_is_what_the_press_prints(numbers, evidence):
    assert numbers["sum_usd"].value == pytest.approx(
        evidence.facts["r1_plus_v3_cost_usd"].value, abs=5e3
    )


def test_the_low_end_lies_below_the_high_end(numbers):
    assert 0 < numbers["machines_low_usd"].value < numbers["machines_high_usd"].value


def test_counts_of_reference_runs_nest(numbers):
    assert 0 <= numbers["moe_runs_as_efficient"].value <= numbers["moe_runs_compared"].value
    assert 0 < numbers["dense_runs_as_efficient"].value <= numbers["dense_runs_compared"].value
    assert (numbers["moe_best_mfu"].value >= numbers["v3_needed_mfu"].value) == (
        numbers["moe_runs_as_efficient"].value > 0
    )


def test_a_figure_knows_a_second_hand_fact_behind_it(evidence):
    names = Names(load_model("deepseek-r1", evidence), evidence)
    assert names.is_second_hand("sum_usd / minimax_final_run_share")
    assert not names.is_second_hand("sum_usd")


def test_what_rests_on_other_companies_is_an_assumption(numbers, evidence):
    rows = evidence["arithmetic"]
    for row in rows[rows.model.isin(["", "deepseek-r1"])].itertuples():
        assert (numbers[row.id].kind == "assumption") == (row.kind == "assumption"), row.id
    assumed = set(rows.id[rows.kind == "assumption"])
    assert {"machines_low_usd", "machines_high_usd"} <= assumed


def test_editing_a_fact_moves_the_arithmetic(numbers, scaled):
    changed = scaled("llama4_scout_gpu_hours")
    again = account_of("deepseek-r1", load_scenario(samples=64), changed).numbers
    assert again["scout_over_v3"].value == pytest.approx(2 * numbers["scout_over_v3"].value)
    assert again["sum_usd"].value == numbers["sum_usd"].value


@pytest.fixture(scope="module")
def named(evidence):
    return Names(load_model("deepseek-r1", evidence), evidence).named


def test_what_is_computed_from_something_unknown_is_unknown(small_models):
    quiet = analysis.reconstruct("quiet", data=small_models, samples=64)
    known, unknown = "edition_price_usd_per_gpu_hour", "rung_run_usd"
    for text in (unknown, f"2 * {unknown}", f"{known} * {unknown}", f"{unknown} / {known}"):
        assert math.isnan(quiet.names.value(text, "here"))
    assert quiet.names.value(f"2 * {known}", "here") == 2 * quiet.price_usd_per_gpu_hour


def test_rents_of_a_chip_are_its_ends_and_the_middle_near_its_newest_quote(named, evidence):
    prices = evidence["prices"]
    for chip, name in (("H100 SXM", "h100_sxm"), ("A100 80GB SXM", "a100_80gb_sxm")):
        quotes = prices[prices.chip == chip]
        usd = sorted(quotes.usd_per_gpu_hour)
        low, high = named(f"quote_low_{name}"), named(f"quote_high_{name}")
        assert (low.value, high.value) == (usd[0], usd[-1]) and usd[0] < usd[-1]
        for end in (low, high):
            assert end.rows == tuple(
                Row("prices", row.id)
                for row in quotes.itertuples()
                if row.usd_per_gpu_hour == end.value
            )
        newest = sorted(quotes.date)[-1]
        latest = named(f"market_{name}_latest")
        assert latest.value == market_price(chip, newest, evidence)
        assert latest.unit == low.unit == "usd_per_gpu_hour"
        assert {row.table for row in latest.rows} == {"prices"}


def test_a_rent_near_a_run_is_that_of_its_chip_at_its_release(named, evidence):
    run = evidence["training_runs"].set_index("id").loc["llama3.1-405b"]
    found = named("market_h100_sxm_at_llama3_1_405b")
    assert found.value == market_price("H100 SXM", run.release_date, evidence)


def test_figures_of_other_developers_runs_are_counted_by_kind(named, evidence):
    others = reference_runs(evidence, exclude=["DeepSeek"])
    for kind in ("dense", "moe"):
        runs = others[others.architecture == kind]
        found = {
            name: named(f"{kind}_reference_{name}") for name in ("runs", "developers", "best_mfu")
        }
        assert found["runs"].value == len(runs)
        assert found["developers"].value == len(set(runs.developer)) < len(runs)
        assert found["best_mfu"].value == max(runs.mfu)
        assert found["best_mfu"].rows == tuple(Row("training_runs", name) for name in runs.id)
        needed = named("v3_needed_mfu").value
        reaching = sum(mfu >= needed for mfu in runs.mfu)
        assert named(f"{kind}_reference_runs_at_needed_mfu").value == reaching


def test_figures_of_the_model_itself(named, evidence):
    assert named("own_peak_flop_s").value == 989.4e12
    assert named("own_params_active").value == 36_624_596_992
    assert named("own_flop_per_token").value == pytest.approx(250.4e9, rel=1e-3)
    low, high = (named(f"system_price_{end}_h800_sxm") for end in ("low", "high"))
    assert 0 < low.value < high.value and low.rows == high.rows and len(low.rows) == 2
    assert low.unit == "usd_per_gpu"


def test_an_end_of_a_range_is_the_facts_own_and_leads_to_it(named, evidence):
    ends = [named(f"r1_sft_epochs{end}") for end in ("__low", "", "__high")]
    assert [end.value for end in ends] == [2.0, 2.5, 3.0]
    assert {end.rows for end in ends} == {(Row("facts", "r1_sft_epochs"),)}


def test_rows_behind_come_in_the_order_that_they_are_named_and_once(account):
    rows = account.names.rows_behind(["r1_zero_hours * r1_zero_gpus", "r1_zero_hours"])
    assert rows == [Row("facts", "r1_zero_hours"), Row("facts", "r1_zero_gpus")]
    behind = account.names.rows_behind(["headline_share"])
    assert [row.id for row in behind] == [
        "r1_total_cost_usd",
        "v3_pretraining_cost_usd",
        "v3_context_extension_cost_usd",
    ]
    text = "moe_reference_best_mfu * r1_zero_gpus"
    assert account.names.facts_behind([text]) == ["r1_zero_gpus"]


def test_a_rent_near_a_day_is_the_middle_of_its_quotes_which_are_its_rows(monkeypatch):
    quotes = pd.DataFrame({"id": ["a", "b", "c"], "usd_per_gpu_hour": [1.0, 2.0, 9.0]})
    asked = []
    monkeypatch.setattr(naming, "market_quotes", lambda *given: asked.append(given) or quotes)
    found = naming._market("C", "2024-12-01", "evidence")
    assert (found.value, found.unit, found.behind) == (2.0, "usd_per_gpu_hour", ())
    assert found.rows == tuple(Row("prices", name) for name in "abc")
    assert asked == [("C", "2024-12-01", "evidence")]


def test_rents_near_a_run_are_of_every_run_whose_chip_was_quoted_and_of_no_other(evidence):
    quotes = pd.DataFrame(
        [
            ("a", "C 1", "2024-01-01", 3.0),
            ("b", "C 1", "2025-06-01", 1.0),
            ("c", "C 1", "2025-06-02", 1.0),
            ("d", "D", "2025-01-01", 9.0),
        ],
        columns=["id", "chip", "date", "usd_per_gpu_hour"],
    ).assign(commitment="")
    runs = pd.DataFrame([("x.1", "C 1"), ("y", "E"), ("z", "")], columns=["id", "chip"]).assign(
        release_date="2024-01-02"
    )
    found = naming._rents(with_tables(evidence, prices=quotes, training_runs=runs))
    assert {name: figure.value for name, figure in found.items()} == {
        "quote_low_c_1": 1.0,
        "quote_high_c_1": 3.0,
        "market_c_1_latest": 1.0,
        "quote_low_d": 9.0,
        "quote_high_d": 9.0,
        "market_d_latest": 9.0,
        "market_c_1_at_x_1": 3.0,
    }
    assert found["quote_low_c_1"].rows == (Row("prices", "b"), Row("prices", "c"))


def test_work_of_a_token_is_at_the_middle_length_of_the_first_reading(evidence, monkeypatch):
    model = load_model("deepseek-r1", evidence)
    reading = next(stage for stage in model.stages if isinstance(stage, PretrainingStage))
    made = SimpleNamespace(
        chip=model.chip,
        developer=model.developer,
        architecture={"layers": "a_fact"},
        stages=[SimpleNamespace(seq_len_tokens="none"), reading],
    )
    lengths = {(reading.seq_len_tokens, "tokens"): between(1_000.0, 1_900.0, "by hand")}
    monkeypatch.setattr(naming, "distribution", lambda field, unit, facts: lengths[field, unit])
    monkeypatch.setattr(naming, "configuration", lambda model, facts: "its sizes")
    monkeypatch.setattr(naming, "multiplying_parameters", lambda sizes: {"its sizes": 7}[sizes])
    monkeypatch.setattr(
        naming, "flop_per_token", lambda sizes, length: {"its sizes": 2.0}[sizes] * length
    )
    found = naming._own(made, evidence)
    assert found["own_flop_per_token"].value == pytest.approx(2 * 1_450.0)
    assert found["own_params_active"].value == 7.0
    assert found["own_params_active"].behind == found["own_flop_per_token"].behind == ("a_fact",)
    bare = naming._own(SimpleNamespace(**vars(made) | {"architecture": {}}), evidence)
    assert "own_peak_flop_s" in bare and "own_params_active" not in bare
    unread = naming._own(SimpleNamespace(**vars(made) | {"stages": []}), evidence)
    assert "own_params_active" in unread and "own_flop_per_token" not in unread


def test_runs_that_reach_exactly_what_is_needed_are_counted(evidence, monkeypatch):
    """0.2, 0.3 and 0.4 beside a needed 0.3: two; unknown where it is unknown."""
    runs = pd.DataFrame({"id": list("abc"), "architecture": "dense", "mfu": [0.2, 0.3, 0.4]})
    monkeypatch.setattr(naming, "_others", lambda model, evidence: runs)
    names = Names(load_model("deepseek-r1", evidence), evidence)
    name = "dense_reference_runs_at_needed_mfu"
    for needed, count in ((0.3, 2.0), (0.31, 1.0)):
        monkeypatch.setattr(Names, "value", lambda self, text, where, n=needed: n)
        assert names._counts_at_needed_mfu()[name].value == count
    monkeypatch.setattr(Names, "value", lambda self, text, where: math.nan)
    assert math.isnan(names._counts_at_needed_mfu()[name].value)
    without = Names(SimpleNamespace(belief=None), evidence)
    assert without._counts_at_needed_mfu() == {}
