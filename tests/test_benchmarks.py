"""What was measured of speed, beside what was promised."""

import json

from benchmarks.page import measured, measured_markdown
from tests.conftest import ROOT

ROW = {
    "work": "a <build>",
    "against": "another",
    "ratio": 4.0,
    "least": 3.0,
    "most": 5.0,
    "runs": 5,
    "promised": 5.0,
    "at_most_s": None,
    "ours_s": 1.0,
    "theirs_s": 4.0,
}
SECONDS = ROW | {"promised": None, "at_most_s": 1.0}
CONTENT = {"measured": {"build": [ROW, SECONDS]}, "machine": {"cores": 2}}
PAGE = {"requests": 9, "megabytes_gzip": 0.4, "outside_requests": 0}


def test_a_promise_is_kept_by_ratio_or_by_seconds():
    rows = measured(CONTENT)
    assert rows.kept.tolist() == [False, True]
    assert rows.promised.tolist() == ["5 times as fast", "1 s at most"]


def test_the_page_names_machine_and_weight_and_takes_no_text_for_markup():
    page = measured_markdown(CONTENT | {"first_page": PAGE})
    assert "Measured on: cores 2." in page and "asks for 9 files, 0.4 MB" in page
    assert "| a &lt;build> | another | 4 |" in page and "<build>" not in page
    assert "asks for" not in measured_markdown(CONTENT)


def test_the_page_is_that_of_the_results():
    content = json.loads((ROOT / "benchmarks" / "results.json").read_text(encoding="utf-8"))
    page = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    assert page == measured_markdown(content)
