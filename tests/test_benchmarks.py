"""What was measured of speed, beside what was promised."""

import json
import shutil

import pandas as pd
import pytest

from analysis.data.folder import read_toml
from analysis.publish.contents import page_names
from analysis.publish.plan import list_pages
from benchmarks.books import takes_mfu
from benchmarks.execution import parameters_of_pages
from benchmarks.growth import draw, exponents, more_pages, repeat, spent
from benchmarks.measure import allowed
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


GROWN = [
    {"what": "evidence", "times": times, "cpu_s": cpu_s, "peak_mib": 100.0}
    for times, cpu_s in ((1, 3.0), (10, 6.0), (30, 18.0))
]


def test_the_power_of_growth_is_that_between_the_two_largest_sizes():
    found = exponents(GROWN)
    assert found[["from_times", "to_times"]].to_numpy().tolist() == [[10, 30]]
    assert found.time.tolist() == pytest.approx([1.0])  # three times the size, three times the time
    assert found.memory.tolist() == [0.0]
    assert found.long_enough.tolist() == [True]
    assert exponents(GROWN[:2]).long_enough.tolist() == [False]  # three seconds say nothing


def test_growth_stands_on_the_page_with_its_curves(tmp_path):
    page = measured_markdown(CONTENT | {"growth": GROWN})
    assert "| evidence | 30 | 18 | 100 |" in page and "(growth.svg)" in page
    assert "growth.svg" not in measured_markdown(CONTENT)
    draw(GROWN, tmp_path / "curves.svg")
    assert "memory [MiB]" in (tmp_path / "curves.svg").read_text(encoding="utf-8")


def test_rows_are_repeated_under_other_keys(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("id,value\na,1\nb,\n", encoding="utf-8")
    repeat(path, 5)
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    assert rows.id.tolist() == ["a", "b", "a_again1", "b_again1", "a_again2"]
    assert rows.value.tolist() == ["1", "", "1", "", "1"]


def test_pages_are_added_as_the_book_lists_them(tmp_path):
    for name in ("pages.toml", "_toc.yml"):
        shutil.copy(ROOT / "book" / name, tmp_path)
    more_pages(tmp_path, 3)
    own, pages = list_pages(ROOT), read_toml(tmp_path / "pages.toml")["page"]
    assert len(pages) == 3 * len(own)
    assert pages[-1] == {
        "page": f"{own[-1].page}-2",
        "title": own[-1].title,
        "notebook": own[-1].notebook,
        "parameters": own[-1].parameters,
    }
    assert {page["page"] for page in pages} <= set(page_names(tmp_path))


def test_a_command_that_fails_is_no_measurement():
    assert spent("--version").cpu_s > 0
    with pytest.raises(RuntimeError, match="is not among"):
        spent("reconstruct", "nobody")


def test_a_time_alone_stands_beside_what_it_may_take():
    row = allowed("a command", 2.0, [1.0, 4.0, 1.5], 0.1)
    assert (row.ratio, row.least, row.most) == pytest.approx((2.0 / 1.5, 0.5, 2.0))
    kept = measured({"measured": {"one": [row.as_row()]}}).iloc[0]
    assert kept.kept and kept.promised == "2 s at most" and kept.load_cores == 0.1


def test_pages_are_executed_on_both_sides_as_a_build_executes_them():
    found = {page.page: given for page, given in parameters_of_pages()}
    assert set(found) == {page.page for page in list_pages(ROOT)}
    assert all(set(given) <= set(page.declares) for page, given in parameters_of_pages())
    assert any("scenario" in given for given in found.values())
    assert any(takes_mfu(page) for page in list_pages(ROOT))
