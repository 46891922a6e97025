"""The account's sums written out by hand, with their numbers, in no words of the package's own."""

from dataclasses import replace
from math import exp
from statistics import NormalDist

import numpy as np
import pandas as pd
import pytest

from analysis.check.beliefs import beliefs
from analysis.compare.disclosure import Card
from analysis.data.facts import Fact, Facts
from analysis.data.scenario import load_scenario
from analysis.physics.cost import owned_parts, owned_usd_per_gpu_hour
from analysis.physics.training import gpu_hours
from analysis.reconstruction.ground import setting_of
from analysis.reconstruction.kinds import KINDS
from analysis.reconstruction.ladder import ladder
from analysis.reconstruction.reconstruction import reconstruct
from analysis.reconstruction.stages import Borrowed, Span, distribution

ACTIVE = 36_624_596_992  # parameters of V3 that multiply for one token, with the head
WIDTH = 61 * 128 * (128 + 64 + 128)  # attention of V3: layers x heads x (query-key and value)
PEAK = 989.4e12  # FLOP/s of an H800, dense BF16

ROLLOUT = {
    "steps": 10_400.0,
    "prompts_per_step": 32.0,
    "samples_per_prompt": 16.0,
    "answers_per_rollout": 8_192.0,
    "gpus": 512.0,
    "limit_0_tokens": 32_768.0,
    "limit_1_tokens": 65_536.0,
    "from_step": 8_200.0,
    "tokens_per_s_per_gpu": 1_920.0,
    "time_per_output_token_ms": 30.0,
    "answer_length_log_sd": 0.7,
    "scoring_forward_passes": 2.0,
    "update_mfu": 0.1,
    "fixed_seconds": 60.0,
}
ROLLOUTS = 650  # 10,400 steps x 32 questions x 16 answers, 8,192 of them in a rollout


@pytest.fixture(scope="module")
def r1_zero(r1, evidence):
    """The work of R1-Zero at given inputs, its answers all of one mean length or of the curve's."""
    phase = r1.model.phase("r1_zero_rl")
    stage = phase.stages[0].work
    setting = setting_of(r1.model.name, phase.developer, r1.scenario, evidence)

    def work(mean_tokens=None, **changes):
        tables = dict(setting.tables)
        if mean_tokens:
            flat = {"step": [0, 10_400], "mean_answer_tokens": [mean_tokens, mean_tokens]}
            tables["r1_zero_answer_length"] = pd.DataFrame(flat)
        values = {name: np.array([value]) for name, value in {**ROLLOUT, **changes}.items()}
        return KINDS[stage.kind][1](stage, values, replace(setting, tables=tables))

    return work


def seconds_of_a_rollout(work):
    return {part: hours[0] * 3600 / 512 / ROLLOUTS for part, hours in work.parts.items()}


# --- one rollout of R1-Zero


def test_one_rollout_of_r1_zero_by_hand(r1_zero):
    seconds = seconds_of_a_rollout(r1_zero(mean_tokens=3_000))
    # 8,192 answers of 3,000 tokens, 1,920 tokens a second on each of 512 GPUs
    writing = 8_192 * 3_000 / (512 * 1_920)
    assert writing == 25.0
    # the longest is the quantile 8192/8193 of a log-normal with that mean: 30,649 tokens at 30 ms
    longest = 3_000 * exp(0.7 * NormalDist().inv_cdf(8_192 / 8_193) - 0.7**2 / 2)
    assert longest == pytest.approx(30_600, rel=0.01)
    # two FLOP a parameter and token forward, at a tenth of the peak
    forward = 2 * ACTIVE * 8_192 * 3_000 / (512 * PEAK * 0.1)
    assert forward == pytest.approx(35.5, rel=0.01)
    assert list(seconds.values()) == pytest.approx(
        [writing, longest * 0.030 - writing, 2 * forward, 3 * forward, 60.0]
    )


def test_hours_are_those_of_all_gpus_in_all_rollouts(r1_zero):
    work = r1_zero(mean_tokens=3_000)
    seconds = sum(seconds_of_a_rollout(work).values())
    assert work.gpu_hours[0] == pytest.approx(650 * seconds * 512 / 3600)


def test_rollouts_that_never_wait_take_what_their_tokens_take(r1_zero):
    parts = r1_zero(mean_tokens=3_000, time_per_output_token_ms=0.5).parts
    assert parts["waiting for the longest answer"] == 0  # 30,600 tokens at 0.5 ms are 15 s of 25


def test_a_scoring_pass_is_a_third_of_an_update(r1_zero):
    seconds = seconds_of_a_rollout(r1_zero(mean_tokens=3_000, scoring_forward_passes=1.0))
    assert seconds["updates"] == pytest.approx(3 * seconds["scoring"])


def test_the_tokens_of_all_rollouts_are_within_the_printed_total(r1_zero):
    # at one token a second and GPU, GPU-seconds of writing are tokens
    written = r1_zero(tokens_per_s_per_gpu=1.0).parts["generation at full throughput"][0] * 3600
    assert 3.15e10 < written < 3.33e10  # r1_zero_nat_tokens_total, its range


def waiting_and_writing_s(work):
    """Seconds of all rollouts until the longest answer is written."""
    return sum(hours[0] * 3600 / 512 for hours in list(work.parts.values())[:2])


@pytest.mark.parametrize(
    ("from_step", "late"), [(8_200.0, 22), (8_250.0, 22), (8_150.0, 23), (8_150.5, 22)]
)
def test_the_longer_limit_holds_from_its_step_on(r1_zero, from_step, late):
    """104 segments of a hundred steps, judged at their middle: 50, 150, ... 8,150, 8,250, ..."""
    found = waiting_and_writing_s(r1_zero(mean_tokens=12_000, from_step=from_step))
    early, after = 32_768 * 0.030, 65_536 * 0.030  # both limits are shorter than the longest
    assert found == pytest.approx(ROLLOUTS / 104 * ((104 - late) * early + late * after))


def test_flop_of_a_rollout_by_hand(r1_zero):
    """Writing once, scoring twice, an update of three: six forwards, at what a token looks back on.

    Long answers have more tokens: over tokens, the mean length is exp(0.7^2) times that of answers.
    """
    context = 3_000 * exp(0.7**2)
    forward = 2 * ACTIVE + 2 * WIDTH * context / 2
    flop = 650 * 8_192 * 3_000 * 6 * forward
    assert r1_zero(mean_tokens=3_000).flop[0] == pytest.approx(flop)


def test_no_token_looks_back_further_than_the_limit(r1_zero):
    capped = {"limit_0_tokens": 3_500.0, "limit_1_tokens": 3_500.0}
    forward = 2 * ACTIVE + 2 * WIDTH * 3_500 / 2
    flop = 650 * 8_192 * 3_000 * 6 * forward
    assert r1_zero(mean_tokens=3_000, **capped).flop[0] == pytest.approx(flop)


# --- training


@pytest.fixture(scope="module")
def at_forty_per_cent(evidence):
    return reconstruct("deepseek-r1", load_scenario(mfu=0.4, samples=64), evidence)


def test_pretraining_counts_the_work_of_multi_token_prediction(at_forty_per_cent):
    hours = 14.8e12 * 260.6e9 / (PEAK * 0.4) / 3600  # 250.4 GFLOP a token, and 10.2 of the module
    assert at_forty_per_cent["v3_pretraining"].gpu_hours[0] == pytest.approx(hours, rel=5e-4)


def test_context_extension_by_hand(at_forty_per_cent):
    # 1,000 steps each: 1,920 sequences of 32K, then 480 of 128K, at 479.1 and 1228.0 GFLOP a token
    flop = 1_000 * 1_920 * 32_768 * 479.1e9 + 1_000 * 480 * 131_072 * 1228.0e9
    work = at_forty_per_cent["v3_context_extension"]
    assert work.flop[0] == pytest.approx(flop, rel=5e-4)
    assert work.gpu_hours[0] == pytest.approx(flop / (PEAK * 0.4) / 3600, rel=5e-4)


@pytest.fixture(scope="module")
def work_of(r1, evidence):
    """The work of a stage at given inputs."""

    def work(phase_id, stage_id, **inputs):
        phase = r1.model.phase(phase_id)
        stage = next(stage.work for stage in phase.stages if stage.id == stage_id)
        values = {name: np.array([value]) for name, value in inputs.items()}
        setting = setting_of(r1.model.name, phase.developer, r1.scenario, evidence)
        return KINDS[stage.kind][1](stage, values, setting)

    return work


def test_fine_tuning_by_hand_without_the_module(work_of):
    found = work_of("r1_training", "sft", epochs=2.5, samples=8e5, mean_tokens=5_000.0, mfu=0.4)
    flop = 2.5 * 8e5 * 5_000 * (6 * ACTIVE + 6 * WIDTH * 5_000 / 2)  # a sample sees itself only
    assert found.flop[0] == pytest.approx(flop)
    assert found.gpu_hours[0] == pytest.approx(flop / (PEAK * 0.4) / 3600)
    assert found.parts["arithmetic"][0] == pytest.approx(0.4 * found.gpu_hours[0])


def test_writing_samples_by_hand(work_of):
    inputs = {"samples": 4e5, "mean_tokens": 6_000.0, "tokens_per_s_per_gpu": 2_000.0}
    found = work_of("r1_sft_data", "math", draws_per_kept_sample=5.0, **inputs)
    once = 4e5 * 6_000 / 2_000 / 3600  # GPU-hours
    assert list(found.parts.values()) == [pytest.approx(once), pytest.approx(4 * once)]
    assert found.flop[0] == pytest.approx(5 * 4e5 * 6_000 * (2 * ACTIVE + 2 * WIDTH * 6_000 / 2))
    assert work_of("r1_sft_data", "general", **inputs).gpu_hours[0] == pytest.approx(once)


def test_hours_at_half_the_mfu_are_twice_as_many():
    assert gpu_hours(1e12, 3.6e11, 1e15, 0.25) == 400_000


# --- an owned hour


OWNED = {
    "own_system_price_usd": 32_400.0,
    "own_network_share": 0.19,
    "own_life_years": 5.0,
    "own_utilisation": 0.8,
    "own_node_power_per_tdp": 1.4,
    "own_pue": 1.2,
    "own_electricity_usd_per_kwh": 0.10,
    "own_hosting_usd_per_kw_month": 200.0,
}


def test_an_owned_hour_by_hand():
    used_hours = 5 * 8_766 * 0.8  # of a life of five years
    machines = 40_000 / used_hours  # 32,400 are 81 % of it
    energy = 0.7 * 1.4 * 1.2 * 0.10  # 700 W at the chip
    hosting = 0.7 * 1.4 * 200 * 12 * 5 / used_hours  # all months of that life
    parts = owned_parts(OWNED, 700.0)
    assert parts == pytest.approx({"machines": machines, "energy": energy, "hosting": hosting})
    assert owned_usd_per_gpu_hour(OWNED, 700.0) == pytest.approx(1.1408 + 0.1176 + 0.3354, abs=2e-4)


def test_an_owned_hour_of_the_account_is_made_of_its_own_facts(r1, evidence):
    frame = ladder(r1, evidence).set_index("id")
    # middles: $40,379 with the server, 5 years, 80 %, 1.225 of 700 W, PUE 1.29, 8.7 ct, $179.06
    capital = 40_379 / (1 - 0.1705)
    power_kw = 0.7 * 1.225
    by_hand = (
        capital / (5 * 8_766 * 0.8)
        + power_kw * 1.29 * 0.087
        + power_kw * 179.06 * 12 / (8_766 * 0.8)
    )
    assert frame.own_usd["r1_zero"] / 101_000 == pytest.approx(by_hand, rel=0.02)


# --- the ladder


def test_every_rung_adds_what_it_has_over_the_rung_below(r1, evidence):
    rungs = ladder(r1, evidence).query("~marker")
    disclosed = rungs[~rungs.assumed]
    # hours of the supplement and of the V3 report, at $2
    assert list(disclosed.usd) == pytest.approx([202e3, 294e3, 5_622e3, 5_860e3, 5_870e3])
    assert list(disclosed.added_usd) == pytest.approx([202e3, 92e3, 5_328e3, 238e3, 10e3])
    assert (disclosed.usd_p05 == disclosed.usd_p95).all()


def test_assumed_rungs_add_their_share_of_the_whole_in_every_sample(evidence):
    scenario = load_scenario(failed_run_share=0.8, samples=1024)
    frame = ladder(reconstruct("deepseek-r1", scenario, evidence), evidence).set_index("id")
    failed, staff = frame.loc["with_failed_runs"], frame.loc["with_staff"]
    assert failed[["usd", "added_usd"]].tolist() == pytest.approx([29.35e6, 29.35e6 - 5.87e6])
    # people are 15.2 to 49 % of the whole, more than twofold: the middle of the logs is 27.3 %
    low, high = 0.15177, 0.49
    middle, nearly_high = (low * high) ** 0.5, low * (high / low) ** 0.95
    assert staff.usd == pytest.approx(29.35e6 / (1 - middle), rel=1e-3)
    assert staff.added_usd == pytest.approx(29.35e6 / (1 - middle) * middle, rel=2e-3)
    assert staff.added_usd_p95 == pytest.approx(29.35e6 / (1 - nearly_high) * nearly_high, rel=2e-3)


def test_failed_runs_are_between_what_two_companies_report(r1, evidence):
    failed = ladder(r1, evidence).set_index("id").loc["with_failed_runs"]
    # final runs are 22.6 % or 9.6 % of all compute; the middle of their complements is 83.9 %
    assert failed.usd == pytest.approx(5.87e6 / (1 - 0.839), rel=1e-3)
    assert failed.usd_p05 == pytest.approx(5.87e6 / (1 - (0.774 + 0.05 * 0.13)), rel=1e-3)


# --- inputs


def fact(id, value, low=np.nan, high=np.nan, kind="disclosed"):
    rest = {"subject": "x", "quantity": "x", "unit": "tokens", "confidence": "read"}
    return Fact(id, value=value, low=low, high=high, kind=kind, source_id="", locator="", note="",
                **rest)  # fmt: skip


def test_a_span_goes_from_the_low_end_of_one_fact_to_the_high_end_of_another():
    facts = Facts({"few": fact("few", 10, 8, 12), "many": fact("many", 15, 13, 16)})
    found = distribution(Span(low="few", high="many", why="known of both"), "tokens", facts)
    assert (found.low, found.high) == (8, 16)
    assert found.assumed
    borrowed = distribution(Borrowed(take="few", why="of another phase"), "tokens", facts)
    assert (borrowed.low, borrowed.high) == (8, 12) and borrowed.assumed
    reckoned = distribution("few * 2", "tokens", facts)
    assert (reckoned.low, reckoned.high) == (20, 20) and not reckoned.assumed
    assert not distribution("few", "tokens", facts).assumed


# --- claims and sheets


def test_what_a_total_needs_of_the_mfu_leaves_the_other_phases_what_they_took(account):
    frame = beliefs(account).set_index(["total", "lever"]).needed
    # V3's total of $5.576M, less $2 x 266,000 hours of R1 and of the context's extension
    left = 5.576e6 - 2 * (101e3 + 5e3 + 41e3 + 119e3)
    as_disclosed = 14.8e12 * 250.4e9 / (2.664e6 * 3600 * PEAK)
    needed = frame["the V3 report's total", "MFU of V3 pre-training"]
    assert needed == pytest.approx(as_disclosed * 5.328e6 / left, rel=1e-3)
    assert frame["the headline", "MFU of V3 pre-training"] == np.inf


def test_a_sheet_scores_the_share_of_its_fields():
    phase = {"kind": "pretraining", "chip": "A", "gpu_hours": 1e6, "tokens": 1e12, "mfu": 0.4}
    own = {"name": "x", "model": "X", "developer": "A lab", "release_date": "2025-01-01"}
    card = Card(**own, architecture="dense", params_total=7e9, phase=[phase])
    # two of six of its own; chip, hours, tokens and efficiency of seven for the phase
    assert card.score == pytest.approx((2 + 4) / (6 + 7))
