"""Which runs serve as references, on one FLOP basis."""

import json

import pandas as pd
import pytest

from analysis.runs.public_estimators import beside_the_rule
from analysis.runs.references import (
    left_out,
    reference_runs,
    smallest_params,
    trust_in_hours,
    year_of,
)
from tests.by_hand import dense_run, with_runs


def test_reference_runs_are_usable_and_physical(evidence):
    runs = reference_runs(evidence)
    assert (runs.unfit == "").all() and (runs.params_total >= 1e9).all()
    assert runs.mfu.between(0.01, 0.75).all()
    assert set(runs.architecture) == {"dense", "moe"}


def test_whole_runs_lie_below_the_mfu_that_their_sources_print_for_a_running_step(evidence):
    """Hours hold stops and ramps; where attention is counted on both sides the two stay within a
    factor of two. DeepSeek-V3's hours are those of the running step, rounded to half a percent.
    """
    runs = reference_runs(evidence)
    both = runs[runs.mfu_disclosed.notna()]
    assert len(both) >= 7
    assert (both.mfu < both.mfu_disclosed * 1.005).all()
    assert (both.mfu > both.mfu_disclosed / 2).all()


def test_runs_without_dimensions_take_the_ratio_of_their_kind(evidence):
    runs = reference_runs(evidence)
    unknown = runs[runs.layers.isna() & (runs.configuration == "")]
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


def test_a_run_serves_if_nothing_speaks_against_it_from_the_smallest_size_on(evidence):
    smallest, none = smallest_params(evidence.facts), float("nan")
    changes = [
        {"id": "at", "params_total": smallest},
        {"id": "below", "params_total": smallest * 0.999},
        {"id": "unfit", "unfit": "a reason"},
        {"id": "active", "params_active": none},
        {"id": "tokens", "tokens": none},
        {"id": "hours", "gpu_hours": none},
        {"id": "chip", "chip": ""},
        {"id": "sparse", "architecture": "moe", "developer": "B"},
        {"id": "doubted", "hours_are": ""},
    ]
    made = with_runs(
        evidence, training_runs=pd.DataFrame([dense_run("A", 0.4, 0) | row for row in changes])
    )
    found = reference_runs(made)
    assert found.id.tolist() == ["at", "sparse", "doubted"] and found.index.tolist() == [0, 1, 2]
    assert reference_runs(made, "dense").id.tolist() == ["at", "doubted"]
    assert reference_runs(made, "moe").id.tolist() == ["sparse"]
    assert reference_runs(made, exclude=["A"]).id.tolist() == ["sparse"]
    trust = trust_in_hours(evidence.facts)
    assert found.trust.tolist() == [1.0, 1.0, min(trust.values())] and min(trust.values()) < 1


def test_the_rule_and_ours_are_off_by_the_middle_of_all_and_of_the_well_known(evidence):
    """At 0.2, 0.6 and 0.9 a rule of 0.3 is off by 1.5, 2 and 3, but for what attention adds."""
    made = with_runs(
        evidence,
        ("A", 0.2),
        ("B", 0.6),
        ("C", 0.9),
        peer_estimates=pd.DataFrame({"run": ["B1", "C2", "B1", "none"]}),
    )
    tested = pd.DataFrame({"id": ["C2", "A0", "B1"], "error_factor": [5.0, 1.0, 1.5]})
    everywhere, well_known = beside_the_rule(tested, made).itertuples()
    adds = (6 * 9.8e9 + 6 * 40_000 * 500) / (6 * 10e9)  # FLOP a token over six a parameter
    assert (everywhere.n, everywhere.ours) == (3, 1.5)
    assert everywhere.rule == pytest.approx(2.0 / adds)
    assert (well_known.n, well_known.ours) == (2, 3.25)
    assert well_known.rule == pytest.approx((2.0 * 3.0) ** 0.5 / adds)
