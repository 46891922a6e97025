"""Others' estimates part from ours at one named step; corrections are guarded."""

import math
from types import SimpleNamespace

import pandas as pd

from analysis.check.corrections import corrections
from analysis.check.others import others_estimates
from analysis.data.tables import Evidence


def test_five_estimates_or_more_each_with_at_most_one_step_of_parting(account):
    frame = others_estimates(account)
    parts = frame.groupby("estimate").parts_here.sum()
    assert len(parts) >= 5 and set(parts) <= {0, 1}


def test_before_the_parting_steps_agree(account):
    for _, steps in others_estimates(account).groupby("estimate"):
        first = steps.step[steps.parts_here].min()
        earlier = steps[steps.step < first] if steps.parts_here.any() else steps
        assert ((earlier.ratio - 1).abs() <= 0.02).all()


def test_epochs_estimate_of_v3_is_ours(account):
    assert (
        not others_estimates(account).set_index("estimate").parts_here["epoch_v3_pretraining"].any()
    )


def test_an_estimate_that_parts_has_its_correction(account):
    """By what it corrects: each parting estimate's first step, or its total, is the target of a
    row.
    """
    frame = others_estimates(account)
    assert len(corrections(account)) >= frame[frame.parts_here].estimate.nunique()
    found = corrections(account)
    assert found.index.tolist() == list(range(len(found)))
    assert found.guard[found.whose == "others"].ne("").all()


def test_a_guard_fails_when_upstream_says_something_else(edited):
    before = 'ceramic_v3_mfu,v3,"V3 MFU, Ceramic estimate",0.23'
    folder = edited("facts.csv", before, before.replace("0.23", "0.39"))
    broken = Evidence.load(folder).broken_identities()
    assert any(
        "corrections.csv, ceramic_mfu: ceramic_v3_mfu is now 0.39" in line for line in broken
    )


def test_our_own_tables_do_not_repeat_what_was_corrected(evidence, account):
    """The run tables hold V2's hours for all its tokens, not those for a trillion."""
    row = corrections(account).set_index("id").loc["epoch_v2_gpu_hours"]
    run = evidence["training_runs"].set_index("id").loc["deepseek-v2"]
    assert run.gpu_hours == row.use_value != row.seen_value


def test_corrections_come_newest_first_and_of_a_day_by_their_names():
    names = ["date", "id", "seen", "use"]
    rows = [
        ("2025-01-01", "b", "2", "3"),
        ("2025-02-01", "d", "", "5"),
        ("2025-02-01", "c", "6", ""),
        ("2024-12-01", "a", "8", "9"),
    ]
    account = SimpleNamespace(
        rows=lambda table: [
            {**dict(zip(names, row, strict=True)), "where": "here"} for row in rows
        ],
        names=SimpleNamespace(value=lambda expression, where: float(expression)),
        evidence={"corrections": pd.DataFrame(columns=names)},
    )
    found = corrections(account)
    assert found.id.tolist() == ["c", "d", "b", "a"] and found.index.tolist() == [0, 1, 2, 3]
    assert found.use_value.tolist()[1:] == [5.0, 3.0, 9.0] and math.isnan(found.use_value[0])
    assert found.seen_value.tolist()[2:] == [2.0, 8.0] and math.isnan(found.seen_value[1])
