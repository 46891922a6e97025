"""One table: texts are never markup, a column has one unit and one scale, and a row an address."""

import re
from functools import partial

import numpy as np
import pandas as pd

from analysis.data.facts import Row
from analysis.show import ledger, links
from analysis.show.cards import fact_card
from analysis.show.columns import Measure, measure, number_text
from analysis.show.links import Html, in_book
from analysis.show.tables import PRINTED, ROUGH, Cell, numbered, table

HARM = '<script>alert("1")</script>'


def cells(shown):
    return re.findall(r"<td[^>]*>(.*?)</td>", shown)


def heads(shown):
    return [re.sub("<[^>]*>", " ", head).split() for head in re.findall("<th.*?</th>", shown)]


def test_texts_of_cells_heads_captions_names_and_anchors_are_no_markup():
    frame = pd.DataFrame({HARM: [HARM, Cell(HARM, HARM, HARM)], "id": ['"><b>', "two"]})
    shown = table(frame, caption=HARM, anchors="id", name='"><b>', choices=(HARM,))
    assert "<script>" not in shown and "<b>" not in shown


def test_html_stands_and_what_is_not_there_is_empty():
    frame = pd.DataFrame({"a": [Html("<b>x</b>"), None, np.nan], "n": [1.5, np.nan, 2]})
    assert cells(table(frame)) == ["<b>x</b>", "1.5", "", "", "", "2"]


def test_a_unit_stands_in_the_head_with_one_scale_for_the_column_and_before_each_cell_of_a_card():
    frame = pd.DataFrame({"price": [202e3, 5.87e6, 1.6e9], "share": [0.05, 0.389, np.nan]})
    shown = table(frame, units={"price": "usd", "share": "ratio"}, head={"price": "rent"})
    assert heads(shown) == [["rent", "US$", "million"], ["share", "%"]]
    assert cells(shown) == ["0.202", "5", "5.87", "38.9", "1,600", ""]
    assert shown.count('data-label="rent, US$ million"') == 3


def test_figures_are_printed_computed_or_rough():
    frame = pd.DataFrame(
        {"printed": [2_664_000.0], "computed": [2_664_000.0], "p05": [2_664_000.0]}
    )
    units = dict.fromkeys(frame, "gpu_hours")
    shown = table(frame, units=units, figures={"printed": PRINTED, "p05": ROUGH})
    assert cells(shown) == ["2,664", "2,660", "2,700"]


def test_a_scale_is_that_of_the_larger_numbers():
    assert measure("gpu_hours", [5e3, 119e3, 2.66e6]) == Measure("thousand GPU-hours", 1e3)
    assert measure("gpu_hours", [5e3, 30e6, 31e6]) == Measure("million GPU-hours", 1e6)
    assert measure("usd", [4e3, 5e3, 6e6, 1.6e9, 5e6]) == Measure("US$ million", 1e6)
    assert measure("tokens", [32_768]) == Measure("tokens", 1.0)
    assert measure("flop", [3e24, 3.7e24]) == Measure("10²⁴ FLOP", 1e24)
    assert measure("usd", [2.0, 9000.0]) == Measure("US$", 1.0)
    assert measure("usd", []) == measure("usd", [np.nan, None]) == Measure("US$", 1.0)


def test_a_negative_number_has_a_minus_and_no_hyphen():
    assert number_text(-0.5) == "−0.5" and number_text(-3.0) == "−3"


def test_a_cell_is_sorted_by_its_value_and_a_missing_one_by_nothing():
    frame = pd.DataFrame(
        {"day": [Cell("1 May 2025", "2025-05-01"), Cell("", "")], "n": [1_234_567.0, np.nan]}
    )
    shown = table(frame, units={"n": "usd"})
    assert re.findall('data-value="([^"]*)"', shown) == ["2025-05-01", "1.23457e+06", ""]


def test_words_in_the_place_of_a_number_stand_as_they_are_in_a_table_that_opens():
    frame = pd.DataFrame({"usd": [Cell("cannot be computed", np.nan), Cell("$5", 5.0)]})
    shown = cells(table(frame, name="bill"))
    assert shown[0] == "cannot be computed" and 'class="figure' in shown[1]


def test_a_column_of_numbers_is_set_to_the_right_and_one_of_words_is_not():
    frame = pd.DataFrame({"word": ["a"], "number": [Cell("about 5", 5.0)], "is": [True]})
    shown = table(frame)
    classes = [[re.search('class="(.*?)"', tag) for tag in re.findall(f"<{name}.*?>", shown)]
               for name in ("th", "td")]  # fmt: skip
    for row in classes:
        assert [found and found[1] for found in row[-3:]] == [None, "number", None]
    assert cells(shown)[-1] == "yes"


def test_a_reader_may_choose_from_a_column_by_the_word_of_its_cells():
    frame = pd.DataFrame({"when": [Cell("1 May 2025", "2025-05-01", "2025-05")], "other": ["x"]})
    shown = table(frame, choices=("when",))
    assert shown.count("data-choose") == 1 and 'data-choice="2025-05"' in shown


def test_a_row_has_its_address_and_a_table_with_a_name_its_own():
    shown = table(pd.DataFrame({"a": ["x"], "id": ["x1"]}), anchors="id", name="things")
    assert '<tr id="x1"><td' in shown and 'id="tab-things"' in shown and ">id<" not in shown
    assert 'id="tab-' not in table(pd.DataFrame({"a": ["x"]}))


def test_the_tables_of_a_page_are_numbered_and_one_with_a_name_links_to_itself():
    frame = pd.DataFrame({"a": ["x"]})
    page = numbered(
        f"<p>{table(frame, caption='One')}{table(frame, caption='Two', name='two')}"
        f"{table(frame, caption='Three')}</p>"
    )
    captions = re.findall("<caption>(.*?)</caption>", page)
    assert captions == [
        '<span class="table-number">Table 1</span> One',
        '<a class="table-number" href="#tab-two">Table 2</a> Two',
        '<span class="table-number">Table 3</span> Three',
    ]


def test_dollars_in_a_table_are_no_mathematics_to_either_mathjax():
    """JupyterLab has the third version, nbconvert the second; they skip different classes."""
    shown = table(pd.DataFrame({"from $1 to": ["$2"]}))
    assert shown.startswith('<div class="table-room mathjax_ignore tex2jax_ignore">')


def test_the_look_of_a_notebook_is_not_in_the_book():
    shown = table(pd.DataFrame({"a": [1]}))._repr_html_()
    assert "<style" in shown and "<style" not in in_book(shown)


def rows_of(shown: str) -> list[tuple[str, str]]:
    """The mark of each figure of a table, and the row that it opens to."""
    return re.findall(r'class="figure (\w+)" data-row="([^"]+)"', shown)


def test_a_table_says_what_its_numbers_rest_on_line_by_line_or_all_alike():
    frame = pd.DataFrame(
        {"id": ["a", "b"], "run": ["A", "B"], "hours": [5.0, np.nan], "how": ["disclosed"] * 2}
    )
    shown = table(frame, rests={"hours": ("how", "training_runs:id")})
    assert rows_of(shown) == [("disclosed", "training_runs:a")] and ">id<" not in shown
    assert ">how<" not in shown  # a column of kinds stands where it has a head
    shown = table(frame, rests={"hours": ("how", "training_runs:id")}, head={"how": "how known"})
    assert "how known" in shown
    shown = table(frame[["run", "hours"]], rests={"*": ("assumption", "bill:with_staff.usd")})
    assert rows_of(shown) == [("assumption", "bill:with_staff.usd")]


def test_other_numbers_of_a_table_with_a_name_open_to_the_table_and_words_do_not():
    frame = pd.DataFrame({"n": [5.0], "word": ["five"], "near": [Cell("fits", 1.0)]})
    shown = table(frame, name="few", caption="Some numbers")
    assert rows_of(shown) == [("derived", "counted:table.few = Some numbers = #tab-few")]
    assert in_book(shown).count('href="#tab-few"') == 1
    named = table(frame, name="few", caption="Some numbers", rests={"n": ("reconstructed", "")})
    assert rows_of(named) == [("reconstructed", "counted:table.few = Some numbers = #tab-few")]
    assert rows_of(table(frame)) == []


def test_a_cell_that_is_a_figure_already_stays_the_figure_it_is():
    row = Row("facts", "gpus")
    frame = pd.DataFrame({"n": [Cell(partial(links.figure, kind="disclosed", row=row), 5.0)]})
    shown = table(frame, name="few")
    assert rows_of(shown) == [("disclosed", "facts:gpus")] and "&lt;" not in shown


def test_a_middle_and_its_ends_are_all_in_per_cent_or_none_of_them(evidence):
    ratios = [one for one in evidence.facts.values() if one.unit == "ratio" and one.has_range]
    shares = {one.id: max(one.written) <= 1 for one in ratios}
    assert set(shares.values()) == {True, False}
    for one in ratios:
        card = fact_card(one, evidence)
        low, high = card.range.split(" to ")
        shown = [card.value, card.printed or card.value, low, high]
        assert {text.endswith(" %") for text in shown} == {shares[one.id]}, (one.id, shown)
    page = re.sub("&nbsp;|\N{NO-BREAK SPACE}", " ", str(ledger.facts(evidence)))
    assert "<small>69 % to 78 %</small>" in page and "<small>0.8 to 1.25</small>" in page
    assert "<small>410 to 760</small>" in page  # the unit stands above
