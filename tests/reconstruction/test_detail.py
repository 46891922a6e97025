"""A phase in detail: what its pages show, with the figures written out."""

from types import SimpleNamespace

import numpy as np
import pytest

from analysis.data.scenario import load_scenario
from analysis.physics.rollout import longest_answer_tokens
from analysis.reconstruction.detail import (
    answer_lengths,
    longest_answers,
    parts_of,
    rollout_run,
    rollout_seconds,
    widths_of,
)
from analysis.reconstruction.pretraining import COMBINED
from analysis.reconstruction.reconstruction import reconstruct
from analysis.reconstruction.sensitivity import gpu_hours_of, uncertain_inputs


@pytest.fixture(scope="module")
def at_forty_per_cent(evidence):
    return reconstruct("deepseek-r1", load_scenario(mfu=0.4, samples=64), evidence)


def test_parts_of_pretraining_are_what_the_peak_does_and_what_is_lost(at_forty_per_cent):
    parts = parts_of(at_forty_per_cent["v3_pretraining"])
    assert parts.share.tolist() == pytest.approx([0.4, 0.6])


def test_a_part_is_its_mean_share_of_the_samples():
    """Of 10, 10 and 100 hours one part has all, none and a tenth: 1.1 / 3."""
    made = {"busy": np.array([10.0, 0.0, 10.0]), "lost": np.array([0.0, 10.0, 90.0])}
    stage = SimpleNamespace(id="s", label="Stage")
    result = SimpleNamespace(
        gpu_hours=np.array([10.0, 10.0, 100.0]),
        phase=SimpleNamespace(stages=[stage]),
        stages={"s": SimpleNamespace(parts=made)},
    )
    parts = parts_of(result)
    assert parts[["stage", "part"]].values.tolist() == [["Stage", "busy"], ["Stage", "lost"]]
    assert parts.share.tolist() == pytest.approx([1.1 / 3, 1.9 / 3])


def test_the_width_of_an_input_is_the_larger_of_the_two_ratios(r1):
    widths = widths_of(r1["v3_pretraining"])
    mfu = r1["v3_pretraining"].inputs[COMBINED].distribution
    low, high = mfu.quantile([0.05, 0.95])
    assert widths[["p05", "p95", "factor"]].iloc[0].tolist() == pytest.approx(
        [low, high, high / low]
    )
    longer = widths_of(r1["r1_zero_rl"]).set_index("input").loc["time per output token"]
    ends = [14.76 * (50 / 14.76) ** share for share in (0.05, 0.95)]
    assert longer[["p05", "p95"]].tolist() == pytest.approx(ends)
    assert 1 < longer.factor < longer.p95 / longer.p05


@pytest.mark.parametrize("phase", ["r1_zero_rl", "r1_training"])
def test_the_width_of_each_input_is_of_hours_with_the_others_at_their_medians(r1, phase):
    """The hours at either end, asked for by themselves; the widest first."""
    result, factors = r1[phase], {}
    for name, item in uncertain_inputs(r1, phase).items():
        ends = {name: item.distribution.quantile([0.05, 0.95])}
        low, high = gpu_hours_of(r1, ends, phase)
        factors[item.label] = max(high / low, low / high)
    widths = widths_of(result)
    assert dict(zip(widths.input, widths.factor, strict=True)) == pytest.approx(factors)
    assert widths.factor.tolist() == sorted(factors.values(), reverse=True)
    assert widths.index.tolist() == list(range(len(factors)))


def test_an_input_that_is_set_is_not_uncertain(r1, at_forty_per_cent):
    assert set(uncertain_inputs(r1, "v3_pretraining")) == {COMBINED}
    set_alone = set(uncertain_inputs(r1)) - set(uncertain_inputs(at_forty_per_cent))
    assert set_alone == {"mfu", COMBINED}


def test_hours_at_given_inputs_take_all_others_at_their_medians(r1):
    draws = dict.fromkeys(("mfu", COMBINED), np.array([0.2, 0.4]))
    at_twenty, at_forty = gpu_hours_of(r1, draws, "v3_pretraining")
    assert at_twenty == pytest.approx(2 * at_forty)
    assert at_forty == pytest.approx(14.8e12 * 260.6e9 / (989.4e12 * 0.4) / 3600, rel=5e-4)
    everything = gpu_hours_of(r1, draws)
    alone = sum(gpu_hours_of(r1, draws, result.phase.id) for result in r1.phases)
    assert everything == pytest.approx(alone)


def test_a_rollout_of_r1_zero_as_a_row_of_runs(r1):
    run, rollouts = rollout_run(r1["r1_zero_rl"], "rl")
    assert rollouts == 650
    expected = {"chips": 512, "prompts_per_step": 8_192, "samples_per_prompt": 1}
    expected |= {"max_len_tokens": 32_768, "params_active": 36_624_596_992}
    assert run[list(expected)].iloc[0].to_dict() == expected
    # 3.15 to 3.33e10 tokens over 5.32 million answers
    assert 3.15e10 < run.mean_len_tokens[0] * 650 * 8_192 < 3.33e10
    assert run.chip[0] == "H800 SXM"


def test_seconds_of_a_rollout_along_the_run(r1):
    frame = rollout_seconds(r1["r1_zero_rl"]).pivot(index="step", columns="bound", values="seconds")
    assert frame.index[0] == 50 and frame.index[-1] == 10_350 and len(frame) == 104
    # the longest answer, at the middle of the time a token takes: 454 to 13,592 tokens on average
    token_s = (14.76 * 50) ** 0.5 / 1_000
    assert frame["longest answer"].max() == pytest.approx(65_536 * token_s, rel=1e-6)
    fixed = r1["r1_zero_rl"].inputs["rl_fixed_seconds"].distribution.quantile(0.5)
    assert (frame["whole rollout"] > frame["longest answer"] + fixed).all()


def test_the_lengths_that_a_stage_takes_are_those_of_the_data_it_wrote(r1):
    first = answer_lengths(r1["r1_training"]).iloc[0]
    low, high = 2_739.0, 7_435.7  # logic and code: more than a factor two, so even in the log
    lengths = first[["low_answer_tokens", "mean_answer_tokens", "high_answer_tokens"]]
    assert lengths.tolist() == pytest.approx(
        [low * (high / low) ** share for share in (0.05, 0.5, 0.95)], rel=1e-3
    )
    assert len(answer_lengths(r1["r1_zero_rl"])) == 105


def test_a_stage_of_unknown_length_takes_the_middle_of_its_range(r1):
    run, rollouts = rollout_run(r1["r1_training"], "rl_first")
    assert run.mean_len_tokens[0] == pytest.approx((2_739 * 7_435.7) ** 0.5)
    steps = r1["r1_training"].inputs["r1_training.rl_first.rl_steps"].distribution
    assert rollouts == pytest.approx(float(steps.quantile(0.5)) * 32 * 16 / 8_192)


def test_a_second_stage_is_found_by_its_name(r1):
    """1,700 steps of 32 questions with 16 answers each, 8,192 answers a rollout."""
    own = r1["r1_training"]
    run, rollouts = rollout_run(own, "rl_second")
    assert rollouts == 1_700 * 32 * 16 / 8_192
    behind_one_with_a_curve = SimpleNamespace(
        setting=own.setting,
        phase=SimpleNamespace(stages=[*r1["r1_zero_rl"].phase.stages, *own.phase.stages]),
        stage_inputs=own.stage_inputs,
    )
    again, _ = rollout_run(behind_one_with_a_curve, "rl_second")
    assert again.mean_len_tokens[0] == run.mean_len_tokens[0]


def test_both_stages_stand_one_under_the_other_each_from_its_beginning(r1):
    for frame in (answer_lengths, rollout_seconds, longest_answers):
        found = frame(r1["r1_training"])
        assert found.index.tolist() == list(range(len(found)))
        assert found.stage.unique().tolist() == [
            "First reinforcement learning",
            "Second reinforcement learning",
        ]
    assert answer_lengths(r1["r1_training"]).step.tolist() == [0, 0]


def test_the_longest_answer_along_the_run_stays_below_the_limit_of_its_step(r1):
    found = longest_answers(r1["r1_zero_rl"])
    assert found.step.tolist() == pytest.approx([50.0 + 100.0 * number for number in range(104)])
    assert found.limit_tokens.tolist() == [
        32_768 if step < 8_200 else 65_536 for step in found.step
    ]
    assert (found.longest_answer_tokens <= found.limit_tokens).all()
    curve = r1["r1_zero_rl"].setting.tables["r1_zero_answer_length"]
    mean = float(np.interp(50.0, curve.step, curve.mean_answer_tokens))
    by_hand = float(longest_answer_tokens(mean, 0.75, 8_192, 32_768))
    assert found.longest_answer_tokens[0] == pytest.approx(by_hand) and by_hand < 32_768


def test_a_stage_without_a_curve_has_its_longest_answer_at_half_of_its_steps(r1):
    found = longest_answers(r1["r1_training"]).set_index("stage")
    steps = r1["r1_training"].inputs["r1_training.rl_first.rl_steps"].distribution.quantile(0.5)
    assert found.step.tolist() == pytest.approx([float(steps) / 2, 1_700 / 2])
    assert found.limit_tokens.tolist() == [32_768, 32_768]
