"""Which runs serve as references, on one FLOP basis."""

import json

import pandas as pd
import pytest

from analysis.runs.references import left_out, reference_runs, trust_in_hours, year_of


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


def test_how_far_hours_are_trusted_is_a_row_for_each_word_of_the_schema(evidence):
    package = json.loads((evidence.directory / "datapackage.json").read_text(encoding="utf-8"))
    tables = {resource["name"]: resource for resource in package["resources"]}
    fields = {field["name"]: field for field in tables["training_runs"]["schema"]["fields"]}
    trust = trust_in_hours(evidence.facts)
    assert set(fields["hours_are"]["constraints"]["enum"]) == set(trust) - {""}
    assert trust["run"] == 1 and trust[""] == min(trust.values())


def test_a_day_is_a_fraction_of_a_year():
    assert year_of(pd.Series(["2025-01-01", "2025-12-31"])).tolist() == pytest.approx(
        [2025 + 1 / 365.25, 2025 + 365 / 365.25]
    )


def test_a_left_out_developer_is_in_nothing_that_predicts_it():
    developers = pd.Series(["A", "B", "A", "C"])
    seen = {}

    def predict(name, own):
        seen[name] = set(developers[~own])
        return own.sum()

    assert left_out(developers, predict).tolist() == [2, 1, 2, 1]
    assert all(name not in others for name, others in seen.items())
