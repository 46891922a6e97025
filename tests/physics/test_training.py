"""GPU-hours and MFU, one the inverse of the other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.physics.training import gpu_hours, mfu

positive = st.floats(1e-3, 1e3)


def test_disclosed_mfu_gives_the_disclosed_hours_within_one_per_cent(evidence):
    facts = evidence.facts
    hours = gpu_hours(
        facts["v3_pretraining_tokens"].value,
        facts["v3_flop_per_token_4k_printed"].value,
        989.4e12,
        facts["v3_mfu_causal"].value,
    )
    assert hours == pytest.approx(facts["v3_pretraining_gpu_hours"].value, rel=0.01)


@given(factor=positive)
def test_hours_scale_with_tokens_and_work_and_against_peak_and_mfu(factor):
    base = (1e12, 1e11, 1e15, 0.3)
    once = gpu_hours(*base)
    for position, power in enumerate([1, 1, -1, -1]):
        changed = list(base)
        changed[position] *= factor
        assert gpu_hours(*changed) == pytest.approx(once * factor**power)


@given(tokens=positive, work=positive, peak=positive, share=st.floats(0.01, 1.0))
def test_the_mfu_of_hours_is_the_mfu_that_gave_them(tokens, work, peak, share):
    hours = gpu_hours(tokens, work, peak, share)
    assert mfu(tokens * work, hours, peak) == pytest.approx(share)


def test_arguments_broadcast():
    assert gpu_hours(np.ones((3, 1)), np.ones(4), 1.0, 0.5).shape == (3, 4)
    assert mfu(np.ones((3, 1)), np.ones(4), 1.0).shape == (3, 4)
