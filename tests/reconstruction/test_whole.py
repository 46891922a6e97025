"""The whole bill in its parts, and the middle of a phase, by hand."""

import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import analysis
from analysis.data.scenario import load_scenario
from analysis.data.uncertainty import between
from analysis.physics.attention import attention_width
from analysis.physics.parameters import multiplying_parameters
from analysis.reconstruction import middle as middles
from analysis.reconstruction.middle import Middle
from analysis.reconstruction.reconstruction import reconstruct
from analysis.reconstruction.setting import Work
from analysis.reconstruction.whole import (
    beside_default,
    parts_of_bill,
    sources_of_hours,
    whole_line,
)


def test_the_whole_is_the_line_whose_totals_are_doubted_or_the_last_on_disclosed_hours(
    account, small_models
):
    assert whole_line(account).id == "with_v3_context_extension"
    assert account.bill.id.tolist().index("with_v3_context_extension") == 3  # two more follow it
    plain, learner, v3 = (
        analysis.reconstruct(name, data=small_models, samples=64)
        for name in ("plain", "learner", "deepseek-v3")
    )
    assert whole_line(plain).id == "run" and whole_line(learner) is None
    assert whole_line(v3) is None or not whole_line(v3).assumed


def test_parts_of_the_bill_by_hand(account):
    parts = parts_of_bill(account)
    found = parts.groupby("part", sort=False).id.agg(list).to_dict()
    assert found == {
        "whole": ["with_v3_context_extension"],
        "base": ["v3_pretraining", "v3_context_extension"],
        "reported": ["r1_zero_rl", "r1_sft_data", "r1_training"],
        "assumed": ["with_failed_runs", "with_staff"],
        "stock": ["fleet_capital"],
    }
    rows = parts.set_index("id")
    of_phases = rows[rows.part.isin(["base", "reported"])]
    assert of_phases.gpu_hours.sum() == rows.gpu_hours["with_v3_context_extension"] == 2_930_000
    for end in ("usd_p05", "usd", "usd_p95"):
        assert (of_phases[end] == of_phases.gpu_hours * 2.0).all()
        bill = account.bill.set_index("id")[end]
        for line in ("with_failed_runs", "fleet_capital", "with_v3_context_extension"):
            assert rows[end][line] == bill[line]
    assert rows.printed_usd["v3_pretraining"] == 5.328e6 and np.isnan(
        rows.printed_usd["with_staff"]
    )
    assert rows.label["with_staff"] == account.bill.set_index("id").short["with_staff"]
    assert rows.note["with_staff"] and rows.note["r1_zero_rl"] == ""


def test_another_edition_stands_beside_the_parts_by_their_ids():
    names = ["id", "usd_p05", "usd", "usd_p95"]
    own = pd.DataFrame([("a", 1.0, 2.0, 3.0), ("b", 4.0, 5.0, 6.0)], columns=names)
    found = beside_default(own, own.iloc[::-1].assign(usd=[50.0, 20.0]))
    assert found.default_usd.tolist() == [20.0, 50.0]
    assert found.default_usd_p95.tolist() == [3.0, 6.0] and found.usd.tolist() == [2.0, 5.0]


def test_the_sources_of_all_hours_are_named_once_with_their_years(account, small_models):
    said = sources_of_hours(account).split("; ")
    assert len(said) == len(set(said)) == 2
    assert all(text.endswith(("(2024)", "(2025)")) for text in said)
    learner = analysis.reconstruct("learner", data=small_models, samples=64)
    assert sources_of_hours(learner) == ""


# --- the middle of a phase


def test_an_input_is_a_number_where_all_stages_have_the_same_and_else_one_for_each():
    values = {"mfu": np.array([0.4]), "gpus": np.array([8.0, 8.0]), "epochs": np.array([1, 2])}
    middle = Middle(values, "pretraining")
    assert middle.mfu.shape == middle.gpus.shape == ()
    assert (middle.mfu, middle.gpus) == (0.4, 8.0) and middle.epochs.tolist() == [1, 2]
    assert Middle({"mfu": np.empty(0)}, "pretraining").mfu.shape == (0,)
    with pytest.raises(AttributeError, match="no input samples; there are mfu, gpus, epochs"):
        _ = middle.samples


def test_the_frame_of_a_middle_has_the_first_and_last_of_what_is_known():
    unknown = np.array([np.nan, np.nan])
    mfu = np.array([0.4, 0.5, 0.3])
    values = {"mfu": mfu, "longest_given_tokens": unknown, "gpus": np.empty(0)}
    middle = Middle(values, "pretraining")
    assert middle.frame().to_dict("records") == [
        {"input": "mfu", "unit": "ratio", "first": 0.4, "last": 0.3}
    ]
    partly = Middle({"longest_given_tokens": np.array([7.0, np.nan, 8.0])}, "reinforcement")
    assert partly.frame()[["first", "last"]].to_numpy().tolist() == [[7.0, 8.0]]
    assert list(Middle({}, "generation").frame()) == ["input", "unit", "first", "last"]


def test_the_middle_of_reinforcement_along_a_curve_has_a_value_a_segment(account):
    middle = account["r1_zero_rl"].middle("reinforcement")
    assert len(middle.values["mean_answer_tokens"]) == len(middle.values["limit_tokens"]) == 104
    assert {len(column) for column in middle.values.values()} == {104}
    assert middle.limit_tokens[0] == 32_768 and middle.limit_tokens[-1] == 65_536
    assert middle.gpus == 512 and middle.rollouts == 650 / 104
    shown = re.sub("<[^>]*>", " ", middle._repr_html_()).replace("&nbsp;", " ")
    assert "32,768 tokens" in shown and "65,536 tokens" in shown and "506.5 tokens" in shown


def test_an_efficiency_of_all_work_is_that_of_the_median_draw(account):
    """Work in three draws, 1, 2 and 30 times the peak of an hour: the second is the middle."""

    phase = account["v3_pretraining"]
    flop = np.array([1.0, 2.0, 30.0]) * phase.chip.peak_flop_s * 3600
    made = replace(phase, stages={"x": Work(flop, flop, {})}, disclosed_gpu_hours=8.0)
    assert made.needed_mfu_of_all_work == pytest.approx(2 / 8)


def test_the_median_is_of_the_sum_of_the_stages_of_the_kinds_that_are_asked_for(account):
    """Reading takes 1, 2 and 9 hours, tuning 10, 30 and 20: together 11, 32 and 29."""
    hours = {"a": [1.0, 2.0, 9.0], "b": [10.0, 30.0, 20.0]}
    stages = [
        SimpleNamespace(id=name, work=SimpleNamespace(kind=kind))
        for name, kind in (("a", "pretraining"), ("b", "fine_tuning"))
    ]
    phase = SimpleNamespace(stages=stages, kinds=("pretraining", "fine_tuning"))
    works = {name: Work(np.array(drawn), 2 * np.array(drawn), {}) for name, drawn in hours.items()}
    made = replace(account["v3_pretraining"], phase=phase, stages=works)
    assert made.median("pretraining") == 2.0 and made.median("fine_tuning") == 20.0
    assert made.median() == made.median("pretraining", "fine_tuning") == 29.0
    assert made.gpu_hours.tolist() == [11, 32, 29] and made.flop.tolist() == [22, 64, 58]


def test_hours_and_work_at_the_middle_are_of_inputs_at_their_medians(monkeypatch):
    """A reads, b and c tune; each works as long as its input is at its middle."""
    kinds = {"a": "pretraining", "b": "fine_tuning", "c": "fine_tuning"}
    stages = [SimpleNamespace(id=n, work=SimpleNamespace(kind=k)) for n, k in kinds.items()]
    inputs = {
        name: {"x": SimpleNamespace(name=f"x_{name}", distribution=between(low, low + 1.0, ""))}
        for name, low in (("a", 2.0), ("b", 3.0), ("c", 4.0))
    }

    def evaluate(phase, given, draws, setting):
        assert given is inputs and setting == "setting"
        return {name: Work(draws[f"x_{name}"], 10 * draws[f"x_{name}"], {}) for name in kinds}

    monkeypatch.setattr(middles, "evaluate", evaluate)
    known = SimpleNamespace(stages=stages), "setting", inputs
    assert middles.gpu_hours_at_middle(*known, "pretraining") == pytest.approx(2.5)
    assert middles.gpu_hours_at_middle(*known, "fine_tuning") == pytest.approx(3.5 + 4.5)
    assert middles.flop_at_middle(*known) == pytest.approx(25 + 35 + 45)


def test_the_middle_of_stages_by_kind(account):
    """What is read is steps of sequences where its tokens are not told; tuning has its samples."""
    phase = account["v3_context_extension"]
    found = phase.middle("pretraining").values
    sizes = [
        {field: float(item.distribution.quantile(0.5)) for field, item in given.items()}
        for given in phase.stage_inputs.values()
    ]
    tokens = [s["steps"] * s["sequences_per_step"] * s["seq_len_tokens"] for s in sizes]
    assert found["tokens"].tolist() == pytest.approx(tokens) and len(tokens) == 2
    c = phase.setting.configuration
    assert found["multiplying_parameters"].tolist() == [multiplying_parameters(c, True)] * 2
    assert found["attention_width"].tolist() == [attention_width(c, True)] * 2
    assert found["mfu"].tolist() == pytest.approx([s["mfu"] for s in sizes])
    nothing = phase.middle("generation").values
    assert set(nothing) == set(middles.UNITS) and all(len(v) == 0 for v in nothing.values())
    tuning = account["r1_training"].middle("fine_tuning").values
    assert {"epochs", "samples", "mean_tokens"} <= set(tuning)
    assert set(tuning["multiplying_parameters"]) == {multiplying_parameters(c)}


@pytest.mark.parametrize("model", ["minimax-m1", "olmo-3-32b", "kimi-k2"])
def test_the_sum_by_hand_holds_for_layers_with_a_window_or_a_summary(model):
    account = analysis.reconstruct(model, samples=64)
    for result in account.phases:
        if result.phase.kinds == ["pretraining"]:
            x = result.middle("pretraining")
            per_token = 6 * (x.multiplying_parameters + x.attention_width * x.seq_len_tokens / 2)
            hours = np.sum(x.tokens * per_token / (x.peak_flop_s * x.mfu * 3600))
            assert hours == pytest.approx(result.at_middle("pretraining"), rel=1e-9)


def test_a_longest_answer_that_is_given_is_told_and_else_unknown(account, evidence):
    assert np.isnan(account["r1_zero_rl"].middle("reinforcement").longest_given_tokens).all()
    given = reconstruct(
        "deepseek-r1", load_scenario(longest_answer_tokens=9_000, samples=64), evidence
    )
    assert given["r1_zero_rl"].middle("reinforcement").longest_given_tokens == 9_000
