"""Every table of checks and of the bill works for any model: none disclosed, one kind, no rows."""

import math
from functools import partial

import pytest

import analysis
from analysis.check import claims, disputes, tables
from analysis.check.beliefs import beliefs
from analysis.check.contradictions import GROUPS, contradictions, moving
from analysis.check.corrections import corrections
from analysis.check.famous import claim_cards
from analysis.check.others import others_estimates, partings
from analysis.data.mistakes import InputError
from analysis.reconstruction import bill_tables
from analysis.reconstruction.arithmetic import arithmetic_table
from analysis.reconstruction.ladder import disclosed_rungs, to_list
from analysis.reconstruction.whole import parts_of_bill
from analysis.show.charts.hero import hero, hero_html

CHECKED = (
    tables.claims,
    claim_cards,
    tables.without_figure,
    *(partial(disputes.disagreements, group=group) for group in GROUPS),
    disputes.estimates,
    disputes.to_believe,
    tables.corrected,
)
BILLED = (
    bill_tables.lines,
    bill_tables.disclosed_lines,
    bill_tables.finding,
    bill_tables.owned_inputs,
    bill_tables.carbon,
)
SMALL = ("quiet", "learner", "plain", "deepseek-v3")


@pytest.fixture(scope="module", params=SMALL)
def small(request, small_models):
    return analysis.reconstruct(request.param, data=small_models, samples=256)


@pytest.mark.parametrize("show", CHECKED)
def test_a_table_without_rows_is_a_sentence(show, small):
    assert show(small).startswith("<p>") and show(small).endswith(".</p>")


@pytest.mark.parametrize("show", BILLED, ids=lambda show: show.__name__)
def test_a_bill_of_any_model_is_shown_without_a_nan(show, small):
    assert "nan" not in show(small).lower().replace("finance", "")


def test_a_bill_of_any_model_is_drawn_or_said_in_a_sentence(small):
    html = hero_html(hero(parts_of_bill(small), small.price_usd_per_gpu_hour))
    disclosed = small.bill.usd.notna().any()
    assert html.startswith("<figure" if disclosed else '<p class="chart-sentence">Not all hours')
    assert "nan" not in html.lower()


def test_frames_without_rows_have_their_columns(small):
    assert claims.frame(small).empty and claims.on_bill(small).empty
    assert claims.counts_of(claims.judge_all(small)).claims.sum() == 0
    assert moving(contradictions(small)).empty and partings(others_estimates(small)).empty
    assert corrections(small).empty and beliefs(small).empty


def test_arithmetic_of_a_model_without_any_is_a_sentence(small):
    assert arithmetic_table(small.names).startswith("<p>No figure is derived")


def test_a_line_whose_phases_disclose_nothing_has_no_figure(small_models):
    quiet = analysis.reconstruct("quiet", data=small_models, samples=256)
    assert len(quiet.bill) and quiet.bill.usd.isna().all() and quiet.bill.gpu_hours.isna().all()
    assert {value for row in to_list(quiet.bill) for value in row["usd"].values()} == {None}
    assert "not disclosed" in bill_tables.lines(quiet)


def test_a_line_that_holds_a_phase_without_hours_is_not_the_sum_of_the_others(account, edited):
    """R1's data disclose nothing: what holds them is unknown, what does not stays."""
    told = 'disclosed = { gpu_hours = "r1_sft_data_gpu_hours", usd = "r1_sft_data_cost_usd" }'
    changed = analysis.reconstruct(
        "deepseek-r1", data=edited("models/deepseek-r1.toml", told, ""), samples=256
    )
    usd = disclosed_rungs(changed.bill).set_index("id").usd
    assert usd["r1_zero"] == account.bill.set_index("id").usd["r1_zero"]
    assert usd.drop("r1_zero").isna().all()
    unknown = {one.id for one in claims.judge_all(changed) if "no figure is public" in one.reason}
    assert {"seed_r1_294k", "seed_587m"} <= unknown | {
        one.id for one in claims.judge_all(changed) if one.verdict == "not_checkable"
    }
    assert math.isnan(contradictions(changed).set_index("id").effect_usd["c11_press_648"])


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('boundary = "with_v3_c', 'boundary = "with_v3_k', "belief.boundary: with_v3_kontext"),
        ('phase = "v3_pretraining"', 'phase = "v3_x"', "belief.phase: v3_x is not a phase"),
        ('"zai_final_run_share"', '"zai_share"', "belief.final_run_shares: zai_share is not"),
        ('"v3_needed_mfu"', '"v3_mfu"', "belief.needed_mfu: v3_mfu is not a fact"),
        ("semianalysis_capex__high =", "capex =", "belief.totals: capex is not a fact"),
        ('adds = ["r1_zero_rl"]', 'adds = ["r1_rl"]', "boundary r1_zero.adds: r1_rl is not a"),
    ],
)
def test_a_line_or_a_belief_that_names_nothing_is_one_line(old, new, says, edited):
    with pytest.raises(InputError, match=says) as caught:
        folder = edited("models/deepseek-r1.toml", old, new)
        beliefs(analysis.reconstruct("deepseek-r1", data=folder, samples=256))
    assert "\n" not in str(caught.value) and "models/deepseek-r1.toml" in str(caught.value)
