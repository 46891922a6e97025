"""What a page says of a phase: the sentence that its figures ask for, with these figures."""

import re
from types import SimpleNamespace

import numpy as np
import pandas as pd

import analysis
from analysis.data.scenario import load_scenario
from analysis.reconstruction.account import account_of
from analysis.reconstruction.detail import widths_of
from analysis.reconstruction.phase_words import (
    AS_EXPECTED,
    BY_STEPS,
    FEWER,
    MORE,
    NOTHING_OPEN,
    PhaseWords,
)
from analysis.reconstruction.pretraining import COMBINED
from tests.by_hand import dense_run

OTHERS = "runs like it"


def words(shown) -> str:
    return re.sub("<[^>]*>", "", str(shown)).replace("&nbsp;", " ")


def phase_with(**known) -> PhaseWords:
    return PhaseWords(
        SimpleNamespace(phase=SimpleNamespace(id="x", label="X", developer="A", stages=()), **known)
    )


def said_of(disclosed: float | None, high: float = 8_000.0) -> str:
    """Of an interval from 2,000 to 8,000 hours around 4,000."""
    interval = {"p05": 2_000.0, "p50": 4_000.0, "p95": high}
    found = phase_with(disclosed_gpu_hours=disclosed, interval=interval, inputs={})
    return words(found._range())


def test_where_the_disclosed_hours_lie_and_what_follows():
    ends = "Our 90 % interval is 2K GPU-hours to 8K GPU-hours"
    inside = f"{ends}, and holds the disclosed hours. {AS_EXPECTED}"
    assert said_of(None) == f"{ends}."
    assert said_of(1_999.0) == f"{ends}; the disclosed hours lie below it. {FEWER.format(OTHERS)}"
    assert [said_of(hours) for hours in (2_000.0, 4_000.0, 8_000.0)] == [inside] * 3
    assert said_of(8_001.0) == f"{ends}; the disclosed hours lie above it. {MORE.format(OTHERS)}"


def test_a_wide_range_that_holds_the_disclosed_hours_hardly_tests_them():
    assert said_of(4_000.0, 20_000.0).endswith(AS_EXPECTED)
    assert said_of(4_000.0, 24_000.0).endswith(
        "Its ends are 12 times apart, so it hardly tests them."
    )


def test_a_second_model_that_does_not_hold_the_disclosed_hours_is_named_at_the_top(scaled):
    def said(by: float) -> str:
        evidence = scaled("r1_zero_gpu_hours", by=by)
        found = account_of("deepseek-r1", load_scenario(), evidence)
        return words(found["r1_zero_rl"].tables.finding())

    assert said(1.0).split("R1-Zero")[0].count(BY_STEPS.format("below")) == 1
    assert "holds the disclosed hours" not in said(3.0) and "second model" not in said(3.0)
    assert AS_EXPECTED in said(1.5)


def test_our_estimate_over_what_is_disclosed(account):
    said = {result.phase.id: words(result.tables.finding()) for result in account.phases}
    middle = float(f"{account['v3_pretraining'].interval['p50']:.2g}") / 1e3
    first = f"The source discloses 2,664K GPU-hours; public facts without them give {middle:,.0f}K"
    assert first in said["v3_pretraining"]
    assert "Our estimate is 33 % above the disclosed figure." in said["v3_context_extension"]
    below = 1 - account["r1_training"].interval["p50"] / 41_000
    assert f"Our estimate is {below * 100:.2g} % below the disclosed figure." in said["r1_training"]
    for result in account.phases:
        ratio = result.interval["p50"] / result.disclosed_gpu_hours
        way = "times" if ratio >= 2 else "above" if ratio > 1 else "below"
        assert re.search(rf"Our estimate is [\d.]+ (% )?{way} the disclosed", said[result.phase.id])


def test_a_phase_without_disclosed_hours_has_an_estimate_alone(small_models):
    quiet = analysis.reconstruct("quiet", data=small_models, samples=64)
    said = words(quiet["reading"].tables.finding())
    assert re.match(r"Public facts alone give [\d,]+K GPU-hours\.", said)
    assert "Its source discloses no hours to compare with." in said and AS_EXPECTED not in said
    compared = words(quiet["reading"].tables.comparison())
    assert "reconstructed, the middle" in compared and "times the disclosed" not in compared
    shown = words(quiet["reading"].tables.efficiency())
    assert shown == "Its hours are not disclosed, so no efficiency follows from them."


def test_a_phase_that_leaves_nothing_open_says_so():
    open_ = SimpleNamespace(phase=SimpleNamespace(not_known=["The days."]))
    assert PhaseWords(open_).not_known() == '<ul class="not-known"><li>The days.</li></ul>'
    closed = SimpleNamespace(phase=SimpleNamespace(not_known=[]))
    assert words(PhaseWords(closed).not_known()) == NOTHING_OPEN


def test_a_chip_that_no_source_names_is_no_public_fact(edited):
    named = 'chip = "H800 SXM"'
    data = edited("models/kimi-k2.toml", named, f'{named}\nchip_assumed = "Likely."')

    def said(**chosen) -> str:
        found = analysis.reconstruct("kimi-k2", data=data, samples=64, **chosen)
        return words(found["k2_pretraining"].tables.finding())

    assert said().startswith("Public facts and an assumed chip give ")
    assert said(chip="H100 SXM").startswith("Public facts alone give ")


def test_the_unknown_that_is_named_is_the_widest(account):
    for result in account.phases:
        named = f"comes from one unknown: {widths_of(result).input.iloc[0]}."
        assert named in words(result.tables.finding())
    everything_set = analysis.reconstruct(samples=64, mfu=0.4)["v3_pretraining"]
    assert "No input is uncertain." in words(everything_set.tables.finding())


def test_what_chips_usually_reach_is_said_where_a_phase_takes_it_from_runs(account):
    by_kind = account["v3_context_extension"].inputs["mfu"].distribution.quantile([0.05, 0.5, 0.95])
    low, middle, high = (f"{share * 100:.2g} %" for share in by_kind)
    usual = f"Chips usually spend {middle} of their peak on training of this type; 90 % of runs lie"
    for result in account.phases:
        said = words(result.tables.efficiency())
        expected = f"{usual} between {low} and {high}. The disclosed hours need "
        assert said.startswith(expected) == ("mfu" in result.inputs)
        assert ("By both together, we expect the chips to spend" in said) == (
            COMBINED in result.inputs
        )
        assert f"The disclosed hours need {result.needed_mfu * 100:.2g} %" in said
    for phase, name in (("v3_pretraining", COMBINED), ("v3_context_extension", "mfu")):
        assert f'data-row="input:{phase}.{name}"' in account[phase].tables.efficiency()


def test_an_efficiency_that_is_set_is_no_finding_of_ours():
    found = analysis.reconstruct(samples=64, mfu=0.3)
    for phase, needed in (
        ("v3_pretraining", "39 % as figures are printed"),
        ("v3_context_extension", "25 %"),
    ):
        said = words(found[phase].tables.efficiency())
        assert said.startswith(
            f"The efficiency is set to 30 % here. The disclosed hours need {needed}."
        )
        assert "we expect" not in said and "runs lie" not in said and "range" not in said
    said = words(found["v3_pretraining"].tables.finding())
    assert "Every input is fixed, so our estimate has no range; the disclosed hours lie" in said
    assert FEWER.format("is set here") in said


def test_the_efficiency_of_all_work_is_said_where_two_figures_tell_it_apart(account):
    for result in account.phases:
        plain, all_work = (
            f"{needed * 100:.2g}" for needed in (result.needed_mfu, result.needed_mfu_of_all_work)
        )
        said = f"It is {all_work} % if modules for multi-token prediction"
        assert (said in words(result.tables.efficiency())) == (plain != all_work)
    assert "It is 41 % if" in words(account["v3_pretraining"].tables.efficiency())


# --- the other error of the same run


def among(*runs, hours=1_000.0, middle=1_500.0, views=None) -> str:
    """Of a phase of 1,000 disclosed hours, estimated at 1,500, by three draws of its work."""
    rows = [
        dense_run(developer, 0.4, number) | more for number, (developer, more) in enumerate(runs)
    ]
    found = phase_with(
        evidence={"training_runs": pd.DataFrame(rows)},
        disclosed_gpu_hours=hours,
        interval={"p50": middle},
        hours_by_view=views or {},
        flop=np.array([1.0, 2.0, 30.0]) * 1e22,  # the median is 2e22
    )
    return words(found._among_all_runs())


def test_the_estimate_of_a_run_by_its_outer_dimensions_by_hand():
    own = ("A", {"gpu_hours": 1_000.0, "tokens": 1e11})
    other = ("B", {"gpu_hours": 1_000.0, "tokens": 7e11})
    later = ("A", {"gpu_hours": 2_000.0, "tokens": 9e11})
    flop_per_token = 6 * (10e9 - 2e8) + 6 * (10 * 2 * 2_000) * 500
    share = 1e11 * flop_per_token / 2e22
    assert (f"{share:.3g}", f"{1.5 * share:.2g}") == ("0.295", "0.44")
    said = among(other, own, later)
    assert "It counts work as figures are printed, 71 % below this" in said
    assert said.endswith("Its estimate is 0.44 times the disclosed hours, not 1.5.")


def test_a_run_is_judged_by_its_type_alone_where_both_views_lead():
    own = ("A", {"gpu_hours": 1_000.0, "tokens": 1e11})
    by_kind = {"by_kind": {"p50": 3_000.0}}
    assert among(own, views=by_kind).endswith("0.88 times the disclosed hours, not 1.5.")
    assert among(own, views=by_kind, middle=884.0).endswith(
        "0.88 times the disclosed hours, as here."
    )


def test_a_phase_that_is_no_run_of_the_table_or_may_be_two_says_nothing_of_them():
    own = ("A", {"gpu_hours": 1_000.0})
    assert among(own) and among(own, own) == ""
    assert among(("A", {"gpu_hours": 2_000.0})) == among(("B", {"gpu_hours": 1_000.0})) == ""
    assert among(own, hours=None) == among(own, ("A", {"gpu_hours": 5.0}), hours=None) == ""


def test_only_the_phase_that_is_a_run_of_the_table_has_two_errors(account):
    for result in account.phases:
        has = "The page on the estimator predicts" in words(result.tables.efficiency())
        assert has == (result.phase.id == "v3_pretraining")


# --- the middle


def apart(median: float, middle: float = 1_000.0) -> str:
    found = phase_with(at_middle=lambda: middle, median=lambda: median)
    return words(found.apart())


def test_how_far_the_median_is_from_the_sum_at_the_middle():
    same = "The package finds the same: 1,000 GPU-hours."
    assert apart(1_000.4) == apart(999.6) == f"{same} The median over all draws is no other."
    assert apart(0.0, 0.0).endswith("The median over all draws is no other.")
    assert apart(1_000.7).startswith(f"{same} The median over all draws is 0.07 % above that, ")
    assert "is 10 % below that, " in apart(900.0) and "is 2.1 times that, " in apart(2_100.0)


def test_what_the_parts_of_the_hours_are_and_overhead_where_there_is_any():
    trained = {"s": SimpleNamespace(parts={"arithmetic": 1, "overhead": 2})}
    written = {"s": SimpleNamespace(parts={"kept samples": 1})}
    both = words(phase_with(stages=trained | {"t": written["s"]}).parts())
    assert both.startswith("Each share is a mean over all draws. Arithmetic is ")
    assert "Overhead is the rest of it" in both and "which is a median." in both
    assert words(phase_with(stages=written).parts()) == "Each share is a mean over all draws."


def test_the_mean_share_of_arithmetic_lies_above_the_middle_efficiency(account):
    """As the page says: its drawing and its table of inputs are two figures of one efficiency."""
    found = account["v3_pretraining"]
    (mfu,) = found.inputs[COMBINED].distribution.quantile([0.5])
    share = found.parts().set_index("part").share["arithmetic"]
    assert mfu < share < 1.1 * mfu
    drawing = analysis.charts.where_the_time_goes(found.parts(), "it").to_dict()
    assert drawing["title"]["subtitle"].endswith("mean over all draws")


def test_what_is_disclosed_leads_to_its_fact_or_to_its_sum(account, small_models):
    shown = account["v3_pretraining"].tables.finding()
    assert 'data-row="facts:v3_pretraining_gpu_hours"' in shown
    learner = analysis.reconstruct("learner", data=small_models, samples=64)["learning"]
    hours = "gpu_hours = m1_rl_gpus * m1_rl_days * 24 = facts:m1_rl_gpus"
    assert f'data-row="sum:{hours}"' in learner.tables.finding()
    assert words(PhaseWords(learner).disclosed_figure("usd")) == "not disclosed"


def test_where_the_disclosed_hours_lie_in_the_range_of_the_step_model(scaled):
    def said(by: float) -> str:
        evidence = scaled("r1_zero_gpu_hours", by=by)
        found = account_of("deepseek-r1", load_scenario(), evidence)
        return words(found["r1_zero_rl"].tables.by_step_model())

    for by, where in ((1.0, "below"), (3.0, "within"), (30.0, "above")):
        assert f"The disclosed hours lie {where} the range of the step model." in said(by)


def test_of_a_phase_of_several_stages_the_step_model_says_nothing_of_the_disclosed_hours(account):
    assert "the range of the step model" not in account["r1_training"].tables.by_step_model()
