"""Rungs contain each other; disclosed ones have no width, assumed ones do; markers stand aside."""

import math

import numpy as np
import pytest

from analysis.data.facts import Row
from analysis.data.scenario import load_scenario
from analysis.data.uncertainty import draw
from analysis.reconstruction.ladder import Assumptions, disclosed_rungs, ladder, rungs_of, to_list
from analysis.reconstruction.reconstruction import reconstruct


def test_rungs_contain_each_other_and_rise(account):
    rungs = rungs_of(account.bill)
    assert rungs.usd.is_monotonic_increasing and len(rungs) == 7
    for inner, outer in zip(rungs.includes, rungs.includes[1:], strict=False):
        assert set(inner) < set(outer)
    for inner, outer in zip(rungs.facts, rungs.facts[1:], strict=False):
        assert set(inner) <= set(outer)


def test_the_rungs_are_the_disclosed_figures(account, evidence):
    """The headline, the base that R1 stands on, the press's sum, V3 alone: from the phases, against
    what was printed.
    """
    usd, facts = account.bill.set_index("id").usd, evidence.facts
    assert usd["r1_zero"] == pytest.approx(facts["r1_zero_cost_usd"].value)
    assert usd["r1_own_phases"] == pytest.approx(facts["r1_total_cost_usd"].value)
    assert usd["with_v3_context_extension"] == pytest.approx(
        account.numbers["r1_with_base_usd"].value
    )
    assert usd["with_v3_post_training"] == pytest.approx(
        facts["r1_plus_v3_cost_usd"].value, abs=5e3
    )
    assert usd["v3_alone"] == pytest.approx(facts["v3_total_cost_usd"].value)


def test_the_last_disclosed_rung_holds_every_phase(account, r1):
    assert sorted(disclosed_rungs(account.bill).includes.iloc[-1]) == sorted(
        result.phase.id for result in r1.phases
    )


def test_disclosed_hours_have_no_width_and_assumptions_have(account):
    for rung in to_list(account.bill):
        assert set(rung) == {"id", "label", "usd", "includes", "marker"}
        p05, p50, p95 = (rung["usd"][name] for name in ("p05", "p50", "p95"))
        if rung["id"] in {"with_failed_runs", "with_staff", "fleet_capital"}:
            assert p05 < p50 < p95
        else:
            assert p05 == p50 == p95


def test_markers_are_no_rungs(account):
    assert [rung["id"] for rung in to_list(account.bill) if rung["marker"]] == [
        "v3_alone",
        "fleet_capital",
    ]


def test_every_boundary_says_what_it_counts_and_leaves_out(account, evidence):
    for rung in account.bill.itertuples():
        assert rung.counts and rung.leaves_out and rung.facts
        assert all(fact in evidence.facts for fact in rung.facts)


def test_rent_scales_with_the_price_and_own_machines_do_not(account, evidence):
    dear = ladder(
        reconstruct("deepseek-r1", load_scenario(price_usd_per_gpu_hour=4.0), evidence), evidence
    )
    assert dear.usd[:7].tolist() == pytest.approx((2.0 * account.bill.usd[:7]).tolist())
    assert dear.own_usd[:5].tolist() == pytest.approx(account.bill.own_usd[:5].tolist())


def test_a_share_that_the_reader_sets_divides_the_rest(account, evidence):
    half = ladder(
        reconstruct("deepseek-r1", load_scenario(failed_run_share=0.5), evidence), evidence
    ).set_index("id")
    assert half.usd["with_failed_runs"] == pytest.approx(2.0 * half.usd["with_v3_post_training"])
    none = ladder(
        reconstruct("deepseek-r1", load_scenario(failed_run_share=0.0), evidence), evidence
    ).set_index("id")
    assert none.usd["with_failed_runs"] == none.usd["with_v3_post_training"]


def test_a_chip_without_a_purchase_price_has_no_owned_cost(evidence):
    known = set(evidence["purchase_prices"].chip)
    chip = next(chip for chip in evidence["hardware"].chip if chip not in known)
    found = ladder(reconstruct("deepseek-r1", load_scenario(chip=chip), evidence), evidence)
    assert all(math.isnan(value) for value in found.own_usd)


def test_what_is_assumed_of_runs_and_of_machines_is_drawn_apart(r1, evidence):
    parameters = r1.scenario.parameters
    assumed = Assumptions.of(r1.model, r1.chip, parameters, evidence)
    share, owned = (
        next(assumed.draws[name] for name in assumed.distributions if chosen(name))
        for chosen in (lambda name: name.startswith("with_"), lambda name: name.startswith("own_"))
    )
    assert abs(np.corrcoef(np.log(share), np.log(owned))[0, 1]) < 0.2


def test_what_stands_beside_the_bill_adds_all_that_it_is(account):
    beside = account.bill.set_index("id").loc["v3_alone"]
    assert beside.added_usd == beside.usd


def test_owned_machines_are_drawn_by_the_next_seed(evidence):
    found = reconstruct("deepseek-r1", load_scenario(seed=7, samples=64), evidence)
    assumed = Assumptions.of(found.model, found.chip, found.scenario.parameters, evidence)
    owned = dict(assumed.ownership.distributions)
    shares = {name: assumed.distributions[name] for name in set(assumed.distributions) - set(owned)}
    assert set(shares) == {"with_failed_runs", "with_staff"}
    for inputs, seed in ((shares, 7), (owned, 8)):
        for name, values in draw(inputs, 64, seed).items():
            assert (assumed.draws[name] == values).all()


def test_a_share_of_nothing_is_no_assumption_and_one_that_is_set_still_is(evidence):
    for share, assumed in ((0.0, False), (0.5, True)):
        scenario = load_scenario(failed_run_share=share, samples=64)
        found = ladder(reconstruct("deepseek-r1", scenario, evidence), evidence).set_index("id")
        assert bool(found.assumed["with_failed_runs"]) is assumed
        assert found.assumed["with_staff"] and not found.assumed["v3_alone"]


def test_a_stock_has_its_own_range_and_neither_hours_nor_owned_cost(account, evidence):
    stock = account.bill.set_index("id").loc["fleet_capital"]
    rows = [Row("facts", name) for name in stock.facts]
    low, high = (evidence.facts.named(f"{rows[0].id}__{end}") for end in ("low", "high"))
    assert len(rows) == 1 and high < 2 * low  # so it is even over the range itself
    ends = [low + share * (high - low) for share in (0.05, 0.5, 0.95)]
    assert stock[["usd_p05", "usd", "usd_p95"]].tolist() == pytest.approx(ends)
    assert math.isnan(stock.gpu_hours) and math.isnan(stock.own_usd) and math.isnan(stock.added_usd)
    assert stock.includes == [] and stock.assumed


def test_each_line_adds_its_phases_at_the_rent_and_an_assumed_one_what_its_share_makes(account):
    bill = account.bill.set_index("id")
    hours = account.frame().set_index("id").disclosed
    lines = {line.id: line for line in account.model.boundaries if not line.marker}
    for name in disclosed_rungs(account.bill).id:
        assert bill.added_usd[name] == pytest.approx(2.0 * hours[lines[name].adds].sum())
        assert bill.gpu_hours[name] == hours[bill.includes[name]].sum()
    rungs = rungs_of(account.bill)
    assert rungs.index.tolist() == list(range(7)) and not rungs.marker.any()
    assert rungs.usd.iloc[0] == rungs.added_usd.iloc[0]
    assert bill.gpu_hours["with_staff"] == bill.gpu_hours["with_v3_post_training"]
