"""Which runs serve as references, on one FLOP basis."""

import pytest

from analysis.runs.references import reference_runs


def test_reference_runs_are_usable_and_physical(evidence):
    runs = reference_runs(evidence)
    assert (runs.unfit == "").all() and (runs.params_total >= 1e9).all()
    assert runs.mfu.between(0.01, 0.75).all()
    assert set(runs.architecture) == {"dense", "moe"}


def test_whole_runs_lie_below_the_mfu_that_their_sources_print_for_a_running_step(evidence):
    """Hours hold stops and ramps; where attention is counted on both sides the two stay within a
    factor of two.
    """
    runs = reference_runs(evidence)
    both = runs[runs.mfu_disclosed.notna()]
    assert len(both) >= 7
    assert (both.mfu < both.mfu_disclosed).all()
    assert (both.mfu > both.mfu_disclosed / 2).all()


def test_runs_without_dimensions_take_the_ratio_of_their_kind(evidence):
    runs = reference_runs(evidence)
    unknown = runs[runs.layers.isna()]
    assert len(unknown) > 0
    for kind, group in runs[runs.layers.notna()].groupby("architecture"):
        ratio = (group.flop_per_token / (6 * group.params_active)).median()
        same = unknown[unknown.architecture == kind]
        assert (same.flop_per_token / (6 * same.params_active)).to_numpy() == pytest.approx(
            ratio, rel=0.02
        )
