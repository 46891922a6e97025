import pytest

from analysis.boundaries import ladder, to_list


def test_rungs_contain_each_other_and_rise(r1):
    rungs = ladder(r1)
    assert rungs.usd.is_monotonic_increasing
    for inner, outer in zip(rungs.includes, rungs.includes[1:], strict=False):
        assert set(inner) < set(outer)


def test_the_rungs_are_the_disclosed_figures(r1, evidence):
    """The headline and the press's sum, from the phases alone."""
    usd = ladder(r1).set_index("id").usd
    facts = evidence.facts
    assert usd["r1_zero"] == pytest.approx(facts["r1_zero_cost_usd"].value)
    assert usd["r1_own_phases"] == pytest.approx(facts["r1_total_cost_usd"].value)
    assert usd["with_v3_post_training"] == pytest.approx(facts["r1_plus_v3_cost_usd"].value, abs=5e3)


def test_the_last_rung_holds_every_phase(r1):
    assert sorted(ladder(r1).includes.iloc[-1]) == sorted(result.phase.id for result in r1.phases)


def test_disclosed_hours_have_no_width(r1):
    for rung in to_list(ladder(r1)):
        assert rung["usd"]["p05"] == rung["usd"]["p50"] == rung["usd"]["p95"]
        assert set(rung) == {"id", "label", "usd", "includes", "marker"}
