"""The main line: contract, separation, and what must move with what."""

import numpy as np
import pytest

from analysis.data.scenario import load_scenario
from analysis.data.tables import Evidence
from analysis.reconstruction.detail import answer_lengths, parts_of, rollout_seconds, widths_of
from analysis.reconstruction.ground import setting_of
from analysis.reconstruction.model_file import load_model
from analysis.reconstruction.reconstruction import reconstruct
from analysis.reconstruction.stages import stage_quantities

PHASES = [
    "v3_pretraining",
    "v3_context_extension",
    "v3_post_training",
    "r1_zero_rl",
    "r1_sft_data",
    "r1_training",
]


def figures(evidence: Evidence, **overrides: object) -> dict:
    scenario = load_scenario("paper", evidence.directory, **{"samples": 1024, **overrides})
    return reconstruct("deepseek-r1", scenario, evidence).to_dict()


def reconstructed(content: dict) -> list[dict]:
    """Every reconstructed percentile: of each phase, and of the total at the end."""
    return [
        {
            "hours": row["gpu_hours"]["reconstructed"],
            "usd": row["usd"]["reconstructed"],
            "flop": row["flop"],
            "mfu": row["mfu"],
        }
        for row in [*content["phases"], content["total"]]
    ]


@pytest.fixture(scope="module")
def default(evidence):
    return figures(evidence)


def test_one_view_of_a_phase_leads_where_its_hours_follow_from_an_efficiency(default):
    leads = [[view["id"] for view in row["views"] if view["leads"]] for row in default["phases"]]
    assert leads == [["combined"], ["by_kind"], [], [], [], []]
    for row in default["phases"]:
        for view in (view for view in row["views"] if view["leads"]):
            assert view["gpu_hours"] == pytest.approx(row["gpu_hours"]["reconstructed"], rel=0.01)


def test_phases_come_in_order_with_the_keys_of_the_contract(default):
    assert [phase["id"] for phase in default["phases"]] == PHASES
    for row in default["phases"]:
        weight = {"step_time_weight"} if row["id"] == "v3_pretraining" else set()
        assert set(row) == weight | {
            "views",
            "id",
            "label",
            "gpu_hours",
            "usd",
            "flop",
            "mfu",
            "error_factor",
            "cross_checks",
        }
        assert set(row["gpu_hours"]) == {"disclosed", "reconstructed"}
        for interval in (
            row["gpu_hours"]["reconstructed"],
            row["usd"]["reconstructed"],
            row["flop"],
            row["mfu"],
        ):
            assert 0 < interval["p05"] <= interval["p50"] <= interval["p95"]


def test_disclosed_phases_add_up_to_the_printed_totals(default, evidence):
    facts = evidence.facts
    total = default["total"]
    assert total["gpu_hours"]["disclosed"] == facts.calculate(
        "v3_total_gpu_hours + r1_total_gpu_hours"
    )
    # the press prints two figures after the point of a million
    assert total["usd"]["disclosed"] == pytest.approx(facts["r1_plus_v3_cost_usd"].value, abs=5e3)


def test_error_factor_is_the_larger_of_the_two_ratios(default):
    for row in default["phases"]:
        ratio = row["gpu_hours"]["reconstructed"]["p50"] / row["gpu_hours"]["disclosed"]
        assert row["error_factor"] == pytest.approx(max(ratio, 1 / ratio))
        assert row["error_factor"] >= 1


def test_from_inside_pretraining_is_within_two_per_cent(default):
    checks = {check["id"]: check["gpu_hours"] for check in default["phases"][0]["cross_checks"]}
    assert set(checks) == {"isca_throughput", "isca_mfu", "kernel_trace"}
    # 14.8e12 / 4096 sequences through 61 layers of 0.129 s / 4
    by_hand = 14.8e12 / 4096 * 61 * 0.129 / 4 / 3600
    floor = checks.pop("kernel_trace")
    disclosed = default["phases"][0]["gpu_hours"]["disclosed"]
    assert floor == pytest.approx(by_hand) and 0.7 * disclosed < floor < disclosed
    for hours in checks.values():
        assert hours == pytest.approx(default["phases"][0]["gpu_hours"]["disclosed"], rel=0.02)


def test_the_total_is_the_sum_in_every_sample_and_parts_add_up(r1):
    for result in r1.phases:
        for work in result.stages.values():
            assert np.sum(list(work.parts.values()), axis=0) == pytest.approx(work.gpu_hours)
    total = np.sum([result.gpu_hours for result in r1.phases], axis=0)
    assert r1.to_dict()["total"]["gpu_hours"]["reconstructed"]["p50"] == pytest.approx(
        np.percentile(total, 50)
    )


# --- separation


def test_doubling_every_check_leaves_every_reconstructed_percentile_unchanged(
    default, scaled, evidence
):
    checks = load_model("deepseek-r1", evidence).checks
    changed = figures(scaled(*checks))
    assert reconstructed(changed) == reconstructed(default)
    assert (
        changed["total"]["gpu_hours"]["disclosed"] == 2 * default["total"]["gpu_hours"]["disclosed"]
    )


def test_every_fact_from_which_hours_follow_is_a_check(evidence):
    """Hours, dollars, days and speeds of the subjects themselves; the serving fleet's speed is an
    input.
    """
    model = load_model("deepseek-r1", evidence)
    telling = {"gpu_hours", "usd", "hours", "months", "seconds", "tokens_per_day", "tflop_per_s"}
    telling |= {"days_per_trillion_tokens", "gpu_hours_per_trillion_tokens"}
    own = {"v3", "r1", "r1_zero", "r1_sft"}
    for fact in evidence.facts.values():
        if (
            fact.subject in own
            and (fact.unit in telling or "mfu" in fact.id.split("_"))
            and fact.kind != "estimate_by_third_party"
        ):
            assert fact.id in model.checks, fact.id


def test_the_developers_own_rows_are_out_of_reach(evidence, r1):
    for result in r1.phases:
        setting = setting_of(r1.model.name, result.phase.developer, r1.scenario, evidence)
        for table in ("training_runs", "rl_runs"):
            assert (setting.tables[table].developer != "DeepSeek").all()
            assert len(setting.tables[table]) < len(evidence[table]) or table == "rl_runs"
        assert not set(r1.model.checks) & set(setting.facts)


def input_facts() -> list[str]:
    evidence = Evidence.load()
    model = load_model("deepseek-r1", evidence)
    single = {
        quantity
        for phase in model.phases
        for stage in phase.stages
        for quantity in stage_quantities(stage.work).values()
        if isinstance(quantity, str) and quantity.isidentifier()
    }
    return sorted(
        single
        | {
            "serving_decode_tok_s_node",
            "serving_output_speed",
            "serving_time_per_output_token_floor",
            "v3_cfg_dim",
        }
    )


@pytest.mark.parametrize("fact", input_facts())
def test_doubling_an_input_moves_what_stands_on_it_and_nothing_disclosed(default, scaled, fact):
    changed = figures(scaled(fact))
    assert reconstructed(changed) != reconstructed(default)
    for before, after in zip(default["phases"], changed["phases"], strict=True):
        assert before["gpu_hours"]["disclosed"] == after["gpu_hours"]["disclosed"]
        assert before["usd"]["disclosed"] == after["usd"]["disclosed"]


def test_doubling_tokens_doubles_pretraining_and_leaves_the_other_phases(default, scaled):
    changed = figures(scaled("v3_pretraining_tokens"))
    for name in ("p05", "p50", "p95"):
        before, after = (
            content["phases"][0]["gpu_hours"]["reconstructed"][name]
            for content in (default, changed)
        )
        assert after == pytest.approx(2 * before)
    assert reconstructed(changed)[1:6] == reconstructed(default)[1:6]


def test_doubling_the_steps_of_the_second_stage_moves_r1_training_only(default, scaled):
    changed = figures(scaled("r1_rl2_steps"))
    moved = [
        before != after
        for before, after in zip(reconstructed(default), reconstructed(changed), strict=True)
    ]
    assert moved == [False, False, False, False, False, True, True]


# --- parameters


def test_price_moves_every_rental_figure_in_proportion_and_nothing_else(default, evidence):
    changed = figures(evidence, price_usd_per_gpu_hour=4)
    for before, after in zip(
        [*default["phases"], default["total"]], [*changed["phases"], changed["total"]], strict=True
    ):
        for name, usd in before["usd"]["reconstructed"].items():
            assert after["usd"]["reconstructed"][name] == pytest.approx(2 * usd)
        assert after["gpu_hours"] == before["gpu_hours"]
        assert after["usd"]["disclosed"] == before["usd"]["disclosed"]


def test_with_mfu_fixed_another_chip_changes_pretraining_by_the_ratio_of_peaks(evidence):
    first, second = figures(evidence, mfu=0.4), figures(evidence, mfu=0.4, chip="A100 80GB")
    peaks = evidence["hardware"].set_index("chip").peak_bf16_dense_tflops
    ratio = peaks["H800 SXM"] / peaks["A100 80GB SXM"]
    for phase in (0, 1):
        for name in ("p05", "p50", "p95"):
            before, after = (
                content["phases"][phase]["gpu_hours"]["reconstructed"][name]
                for content in (first, second)
            )
            assert after == pytest.approx(ratio * before, rel=1e-12)


def test_a_faster_chip_is_never_slower(evidence):
    hours = [
        figures(evidence, chip=chip)["total"]["gpu_hours"]["reconstructed"]["p50"]
        for chip in ("A100 80GB SXM", "H800", "B200")
    ]
    assert hours == sorted(hours, reverse=True)


def test_mfu_narrows_pretraining_to_a_point(evidence):
    interval = figures(evidence, mfu=0.4)["phases"][0]["gpu_hours"]["reconstructed"]
    assert interval["p05"] == pytest.approx(interval["p95"])


@pytest.mark.parametrize(
    ("parameter", "values"),
    [("time_per_output_token_ms", (20, 40)), ("longest_answer_tokens", (20_000, 40_000))],
)
def test_longer_waits_cost_more_in_reinforcement_only(evidence, parameter, values):
    short, long = (figures(evidence, **{parameter: value}) for value in values)
    for phase in ("r1_zero_rl", "r1_training"):
        before, after = (
            content["phases"][PHASES.index(phase)]["gpu_hours"]["reconstructed"]["p50"]
            for content in (short, long)
        )
        assert after > before
    assert reconstructed(long)[0] == reconstructed(short)[0]


def test_the_same_seed_gives_the_same_figures_and_more_samples_hardly_others(default, evidence):
    assert figures(evidence) == default
    finer = figures(evidence, samples=8192)
    for before, after in zip(default["phases"], finer["phases"], strict=True):
        assert after["gpu_hours"]["reconstructed"]["p50"] == pytest.approx(
            before["gpu_hours"]["reconstructed"]["p50"], rel=0.02
        )


# --- what the pages show


def test_shares_of_parts_add_up(r1):
    for result in r1.phases:
        assert parts_of(result).share.sum() == pytest.approx(1)


def test_widths_name_each_uncertain_input_once_and_the_widest_first(r1, evidence):
    for result in r1.phases:
        widths = widths_of(result)
        uncertain = [
            item for item in result.inputs.values() if item.distribution.shape != "constant"
        ]
        assert len(widths) == len(uncertain)
        assert widths.factor.is_monotonic_decreasing and (widths.factor >= 1).all()


def test_width_of_pretraining_is_all_efficiency(r1, evidence):
    widths = widths_of(r1["v3_pretraining"])
    interval = r1.to_dict()["phases"][0]["gpu_hours"]["reconstructed"]
    assert widths.factor[0] == pytest.approx(interval["p95"] / interval["p05"], rel=0.02)


def test_rollouts_are_longer_than_either_bound_and_grow_with_the_answers(r1, evidence):
    frame = rollout_seconds(r1["r1_zero_rl"]).pivot(index="step", columns="bound", values="seconds")
    assert (frame["whole rollout"] >= frame["longest answer"]).all()
    assert (frame["longest answer"] >= frame["full throughput"]).all()
    assert frame["whole rollout"].iloc[-1] > 3 * frame["whole rollout"].iloc[0]


def test_stages_without_a_curve_show_the_range_they_take(r1, evidence):
    lengths = answer_lengths(r1["r1_training"])
    assert list(lengths.kind) == ["assumed", "assumed"]
    assert (lengths.low_answer_tokens < lengths.high_answer_tokens).all()


def test_a_model_that_stands_on_another_has_its_hours(evidence, r1):
    base = reconstruct("deepseek-v3", load_scenario(), evidence)
    shared = [phase.id for phase in base.model.phases]
    assert shared == PHASES[:3]
    for name in shared:
        assert base[name].hours_by_view == r1[name].hours_by_view
        assert base[name].phase.release_date < r1.model.release_date
