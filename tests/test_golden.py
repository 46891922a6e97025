"""The published answer does not move unnoticed."""

import copy
import json

from tests.golden import GOLDEN, computed, moved


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
