"""The parts of a rollout, by hand."""

import numpy as np
import pytest

from analysis.physics.rollout import (
    forward_seconds,
    generation_seconds,
    longest_answer_tokens,
    update_seconds,
)

LAB = {"gpus": 512, "peak_flop_s": 989e12, "utilisation": 0.25}


def test_one_forward_pass_over_a_rollout_of_49_million_tokens_takes_29_seconds():
    """2 x 36.6e9 parameters x 8,192 x 6,000 tokens over 512 GPUs at a quarter of 989 TFLOP/s."""
    assert forward_seconds(36.6e9, 8192 * 6000, **LAB) == pytest.approx(28.42, rel=1e-3)


def test_an_update_is_three_forward_passes():
    once = forward_seconds(36.6e9, 1e6, **LAB)
    assert update_seconds(36.6e9, 1e6, **LAB) == pytest.approx(3 * once)


def test_more_gpus_shorten_throughput_and_leave_the_wait():
    by_throughput, by_latency = generation_seconds(100, 1000, 4000, np.array([1, 2]), 500, 50)
    assert by_throughput.tolist() == [200.0, 100.0]
    assert by_latency == 200.0


def test_the_longest_of_more_answers_is_longer_until_the_limit():
    longest = longest_answer_tokens(6000, 0.7, [10, 100, 1000, 1e6], 32768)
    assert (np.diff(longest) > 0)[:2].all()
    assert longest[-1] == 32768
