"""What was measured of speed, beside what was promised."""

from analysis.publish.measured import measured, measured_html

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
    page = measured_html(CONTENT | {"first_page": PAGE})
    assert "Measured on: cores 2." in page and "asks for 9 files, 0.4 MB" in page
    assert "a &lt;build&gt;" in page and "<build>" not in page
    assert "asks for" not in measured_html(CONTENT)
