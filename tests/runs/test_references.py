import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.physics.training import gpu_hours
from analysis.runs.references import reference_runs

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


def test_arguments_broadcast():
    assert gpu_hours(np.ones((3, 1)), np.ones(4), 1.0, 0.5).shape == (3, 4)


def test_reference_runs_are_usable_and_physical(evidence):
    runs = reference_runs(evidence["training_runs"], evidence["hardware"])
    assert (runs.unfit == "").all() and (runs.params_total >= 1e9).all()
    assert runs.mfu.between(0.01, 0.75).all()
    assert set(runs.architecture) == {"dense", "moe"}


def test_whole_runs_lie_below_the_mfu_that_their_sources_print_for_a_running_step(evidence):
    """Hours hold stops and ramps; where attention is counted on both sides the two stay within a
    factor of two.
    """
    runs = reference_runs(evidence["training_runs"], evidence["hardware"])
    both = runs[runs.mfu_disclosed.notna()]
    assert len(both) >= 7
    assert (both.mfu < both.mfu_disclosed).all()
    assert (both.mfu > both.mfu_disclosed / 2).all()


def test_runs_without_dimensions_take_the_ratio_of_their_kind(evidence):
    runs = reference_runs(evidence["training_runs"], evidence["hardware"])
    unknown = runs[runs.layers.isna()]
    assert len(unknown) > 0
    for kind, group in runs[runs.layers.notna()].groupby("architecture"):
        ratio = (group.flop_per_token / (6 * group.params_active)).median()
        same = unknown[unknown.architecture == kind]
        assert (same.flop_per_token / (6 * same.params_active)).to_numpy() == pytest.approx(
            ratio, rel=0.02
        )
