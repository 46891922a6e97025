"""An estimate of a run whose layout is given: both views, and what is refused."""

from __future__ import annotations

import pytest

import analysis
from analysis.compare.estimate import estimate
from analysis.compare.specification import check_spec
from analysis.data.mistakes import InputError
from analysis.data.tables import Evidence

LAYOUT = {
    "chips": 256,
    "sequences_per_step": 512,
    "seq_len_tokens": 8192,
    "precision": "bf16",
    "tensor_parallel": 4,
    "pipeline_parallel": 4,
}
SPEC = {
    "name": "x",
    "developer": "A lab",
    "release_date": "2024-12-01",
    "params_total": "70B",
    "params_active": "70B",
    "tokens": "2T",
    "hardware": "H100 SXM",
    "config": "llama-3-70b",
}


def hours_by_view(found):
    return {view["id"]: view["gpu_hours"] for view in found["views"]}


def test_a_layout_gives_three_views_and_their_pool_leads(evidence):
    found = estimate(check_spec(SPEC | {"layout": LAYOUT}, "x.toml", evidence), evidence)
    assert [view["id"] for view in found["views"]] == ["by_kind", "step_time", "combined"]
    assert [view["leads"] for view in found["views"]] == [False, False, True]
    assert 0 < found["step_time_weight"] < 1
    views = hours_by_view(found)
    assert found["gpu_hours"] == pytest.approx(views["combined"])
    low, high = sorted(views[name]["p50"] for name in ("by_kind", "step_time"))
    assert low <= views["combined"]["p50"] <= high
    plain = estimate(check_spec(SPEC, "x.toml", evidence), evidence)
    assert "views" not in plain
    assert plain["gpu_hours"] == pytest.approx(views["by_kind"])


def test_a_precision_beside_that_of_the_layout_changes_nothing_and_is_said_so(evidence):
    found = [
        estimate(check_spec(SPEC | {"layout": LAYOUT} | more, "x.toml", evidence), evidence)
        for more in ({}, {"precision": "fp8"})
    ]
    assert found[0]["gpu_hours"] == found[1]["gpu_hours"]
    said = "precision changes nothing beside that of the layout"
    assert [said in one["assumptions"] for one in found] == [False, True]


def test_a_better_layout_needs_fewer_hours_and_the_other_view_stays(evidence):
    deep = LAYOUT | {"pipeline_parallel": 16}  # a bubble of half the step
    found = [
        hours_by_view(estimate(check_spec(SPEC | {"layout": layout}, "x.toml", evidence), evidence))
        for layout in (LAYOUT, deep)
    ]
    assert found[0]["step_time"]["p50"] < found[1]["step_time"]["p50"]
    assert found[0]["by_kind"] == found[1]["by_kind"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"chips": 250}, "250 is no multiple of tensor x pipeline x context = 16"),
        ({"precision": "int4"}, "'bf16', 'fp16' or 'fp8'"),
        ({"expert_parallel": 3}, "expert_parallel: 3 does not divide"),
        ({"chips": None}, "chips"),
        ({"sequences_per_step": 500}, "no multiple of replicas x micro-batch"),
        ({"exchange_bytes_per_value": -1.0}, "greater than 0"),
    ],
)
def test_a_layout_that_makes_no_step_is_one_line(evidence, changes, message):
    with pytest.raises(InputError, match=message):
        check_spec(SPEC | {"layout": LAYOUT | changes}, "x.toml", evidence)


def test_a_layout_needs_the_sizes_of_its_model(evidence):
    without = {key: value for key, value in SPEC.items() if key != "config"}
    with pytest.raises(InputError, match="needs a config"):
        check_spec(without | {"layout": LAYOUT}, "x.toml", evidence)
    with pytest.raises(InputError, match=r"no-model is not an id of architectures\.csv"):
        check_spec(SPEC | {"layout": LAYOUT, "config": "no-model"}, "x.toml", evidence)


def test_another_chip_leaves_the_time_of_a_step_out_and_says_why():
    found = analysis.reconstruct("deepseek-v3", chip="H100 SXM", samples=64)
    phases = {row["id"]: row for row in found.to_dict()["phases"]}
    first, second = (phases[name] for name in ("v3_pretraining", "v3_context_extension"))
    for phase in (first, second):
        assert [(view["id"], view["leads"]) for view in phase["views"]] == [("by_kind", True)]
    assert first["no_step_time"] == "the layout is of H800 SXM, not of H100 SXM"
    assert "no_step_time" not in second
    assert phases["v3_pretraining"]["gpu_hours"]["reconstructed"]["p50"] > 0


def test_a_chip_without_a_bandwidth_is_answered_by_kind_and_said_so(evidence):
    table = evidence["hardware"]
    table.loc[table.chip == "H100 SXM", "hbm_tb_s"] = float("nan")
    others = {name: evidence[name] for name in evidence.tables}
    without = Evidence.of(evidence.directory, others | {"hardware": table})
    found = estimate(check_spec(SPEC | {"layout": LAYOUT}, "x.toml", without), without)
    assert "views" not in found
    assert any(said.startswith("by kind alone, for hardware.csv") for said in found["assumptions"])
    assert found["gpu_hours"]["p50"] > 0
