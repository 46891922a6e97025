"""The published answer does not move unnoticed."""

import copy
import json

import analysis
from tests.golden import GOLDEN, computed, moved
from tests.reconstruction.test_reconstruction import PHASES


def test_no_published_figure_has_moved():
    lines = moved(json.loads(GOLDEN.read_text(encoding="utf-8")), computed())
    assert not lines, "figures moved (`make golden` renews them):\n" + "\n".join(lines)


def test_a_figure_that_moves_is_named_with_what_it_was_and_is():
    before = json.loads(GOLDEN.read_text(encoding="utf-8"))
    after = copy.deepcopy(before)
    after["models"]["deepseek-r1"]["phases"][3]["gpu_hours"]["reconstructed"]["p50"] *= 2
    after["claims"].pop()
    after["edition"]["version"] = "another"
    lines = moved(before, after)
    old = before["models"]["deepseek-r1"]["phases"][3]["gpu_hours"]["reconstructed"]["p50"]
    place = "models.deepseek-r1.phases[r1_zero_rl].gpu_hours.reconstructed.p50"
    assert f"{place}: {old} -> {2 * old}" in lines
    last = before["claims"][-1]["id"]
    assert f"claims[{last}].id: {last} -> nothing" in lines
    assert not any(line.startswith("edition") for line in lines)


ENDS = {"p05", "p50", "p95"}
RECORD = {"n", "median_error_factor", "p90_error_factor", "coverage_90", "median_width_factor"}


def test_the_published_results_have_the_shape_that_others_read():
    published = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert set(published["edition"]) == {"version", "scenario", "parameters", "data_sha256"}
    assert set(published["estimator"]) == RECORD
    for views in ("step_time", "combined"):
        assert set(published[views]) == RECORD | {"log_score", "interval_score"}
    for line in published["boundaries"]:
        assert set(line) == {"id", "label", "usd", "includes", "marker"}
        assert set(line["usd"]) == ENDS
        assert (type(line["includes"]), type(line["marker"])) == (list, bool)
    for claim in published["claims"]:
        assert set(claim) == {"id", "claim", "verdict", "reason", "facts"}
        assert isinstance(claim["facts"], list)


def test_a_published_model_is_as_the_command_prints_it():
    account = json.loads(GOLDEN.read_text(encoding="utf-8"))["models"]["deepseek-r1"]
    printed = analysis.reconstruct("deepseek-r1", samples=256).to_dict()
    assert shape(account) == shape(printed)
    assert [phase["id"] for phase in account["phases"]] == PHASES
    views = account["phases"][0]["views"]
    assert [view["id"] for view in views] == ["by_kind", "step_time", "combined"]
    for view in views:
        assert set(view) == {"id", "label", "gpu_hours", "leads"} and set(view["gpu_hours"]) == ENDS


def shape(content):
    """Names and kinds, whatever the figures are."""
    if isinstance(content, dict):
        return {name: shape(value) for name, value in content.items()}
    return [shape(value) for value in content] if isinstance(content, list) else type(content)
