from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.physics.rollout import generation_seconds, longest_answer_tokens
from analysis.reconstruction import reinforcement
from analysis.reconstruction.reinforcement import (
    fixed_seconds_input,
    once_if_alike,
    segments,
    steps_input,
    update_mfu_input,
    work,
)


def test_longest_of_one_answer_is_near_its_median_and_of_many_near_what_sampling_finds():
    mean, sigma, n = 1000.0, 0.7, 8192
    assert longest_answer_tokens(mean, sigma, 1, np.inf) == pytest.approx(
        mean * np.exp(-(sigma**2) / 2)
    )
    lengths = stats.lognorm(sigma, scale=mean * np.exp(-(sigma**2) / 2)).rvs(
        (400, n), random_state=1
    )
    assert longest_answer_tokens(mean, sigma, n, np.inf) == pytest.approx(
        np.median(lengths.max(axis=1)), rel=0.1
    )


@given(
    mean=st.floats(10, 1e5),
    sigma=st.floats(0.1, 1.5),
    n=st.integers(2, 10**5),
    limit=st.floats(10, 1e5),
)
def test_longest_answer_grows_with_mean_and_number_and_never_passes_the_limit(
    mean, sigma, n, limit
):
    longest = longest_answer_tokens(mean, sigma, n, limit)
    assert longest <= limit
    assert longest_answer_tokens(mean * 2, sigma, n, limit) >= longest
    assert longest_answer_tokens(mean, sigma, n * 2, limit) >= longest


def test_the_two_bounds_by_hand():
    by_throughput, by_latency = generation_seconds(8192, 6090, 32768, 512, 1850, 30)
    assert by_throughput == pytest.approx(8192 * 6090 / (512 * 1850))
    assert by_latency == pytest.approx(983.04)


def test_more_gpus_help_throughput_and_not_latency():
    few, many = (generation_seconds(8192, 6090, 32768, gpus, 1850, 30) for gpus in (512, 1024))
    assert many[0] == pytest.approx(few[0] / 2)
    assert many[1] == few[1]


def test_latency_alone_stays_below_the_disclosed_rollout_at_the_floor(evidence):
    """At the interconnect's floor the longest answer fits into a rollout's disclosed seconds."""
    facts = evidence.facts
    seconds = facts.calculate(
        "r1_zero_hours * 3600 * r1_zero_outputs_per_rollout"
        " / (r1_zero_steps * r1_zero_batch_outputs)"
    )
    _, latency = generation_seconds(
        1,
        1,
        facts["r1_zero_max_len_second"].value,
        512,
        1,
        facts["serving_time_per_output_token_floor"].value,
    )
    assert latency < seconds


def test_priors_come_from_other_developers_only_and_are_physical(r1, evidence):
    runs = evidence["rl_runs"]
    own = runs.developer == "DeepSeek"
    mfu = update_mfu_input(runs[~own], evidence["hardware"], 5).distribution
    assert 0.01 < mfu.low < mfu.high < 0.6
    fixed = fixed_seconds_input(runs[~own], 5).distribution
    assert 0 < fixed.low < fixed.high < runs.step_seconds.max()
    steps = steps_input(runs[~own], 512.0, 5).distribution
    assert steps.quantile(0.0001) >= 1


def test_steps_are_counted_in_answers_so_a_larger_batch_means_fewer(evidence):
    runs = evidence["rl_runs"]
    small, large = (
        steps_input(runs, batch, 5).distribution.quantile([0.25, 0.5, 0.75])
        for batch in (512.0, 1024.0)
    )
    assert small == pytest.approx(2 * large, rel=0.01)


def test_a_rollout_of_the_published_breakdown_is_reproduced_in_its_compute_parts(evidence):
    """The update seconds of a V3-size run on other chips come back from its own utilisation: units
    are right.
    """
    run = evidence["rl_runs"].set_index("id").loc["verl_dsv3_a3_r1zero"]
    peak = 800e12
    tokens = run.prompts_per_step * run.samples_per_prompt * run.mean_len_tokens
    mfu = 6 * run.params_active * tokens / (run.update_seconds * run.chips * peak)
    assert 6 * run.params_active * tokens / (run.chips * peak * mfu) == pytest.approx(
        run.update_seconds
    )
    assert 0.03 < mfu < 0.3


def test_without_a_curve_half_of_all_steps_says_which_limit_holds():
    """A hundred steps; the limit rises after sixty: half of them lie before."""
    given = {"steps": 100.0, "from_step": 60.0, "mean_answer_tokens": 500.0}
    given |= {"limit_0_tokens": 1_000.0, "limit_1_tokens": 2_000.0, "answers_per_rollout": 8.0}
    given |= {"prompts_per_step": 4.0, "samples_per_prompt": 2.0}
    values = {name: np.array([value]) for name, value in given.items()}
    stage, limits = SimpleNamespace(length_curve=None), []
    for first_step in (60.0, 50.0, 40.0):
        found = segments(stage, values | {"from_step": np.array([first_step])}, None)
        limits.append(found.limit_tokens.item())
    assert limits == [1_000, 2_000, 2_000]
    assert found.rollouts.item() == 100 * 4 * 2 / 8


def samples_of(r1, stage_id):
    """A stage, its draws, and its setting."""
    result, stage = next(
        (one, stage) for one in r1.phases for stage in one.phase.stages if stage.id == stage_id
    )
    values = {
        field: item.distribution.quantile(np.linspace(0.05, 0.95, 64))
        for field, item in result.stage_inputs[stage_id].items()
    }
    return stage.work, values, result.setting


def test_what_is_alike_in_all_samples_is_computed_once_and_gives_the_same(r1, monkeypatch):
    stage, values, setting = samples_of(r1, "rl")
    assert sum(len(one) == 1 for one in once_if_alike(values).values()) > 3
    found = work(stage, values, setting)
    monkeypatch.setattr(reinforcement, "once_if_alike", dict)
    one_by_one = work(stage, values, setting)
    assert found.gpu_hours == pytest.approx(one_by_one.gpu_hours, rel=1e-12)
    assert found.flop == pytest.approx(one_by_one.flop, rel=1e-12)
    for name, hours in found.parts.items():
        assert hours == pytest.approx(one_by_one.parts[name], rel=1e-12)


def test_without_any_uncertain_input_there_is_a_figure_for_each_sample(r1):
    stage, values, setting = samples_of(r1, "rl")
    alike = {field: np.full(64, float(np.median(one))) for field, one in values.items()}
    found = work(stage, alike, setting)
    assert found.gpu_hours.shape == found.flop.shape == (64,)
    assert np.ptp(found.gpu_hours) == 0 and found.gpu_hours[0] > 0
