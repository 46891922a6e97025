"""No text in a table that is written here is a formula of a spreadsheet, and no number is text."""

import csv
import io
import json
import string

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.cli import main
from analysis.data.cells import plain, plain_frame, plain_table
from analysis.data.tables import Evidence
from analysis.publish.book import publish_evidence
from analysis.reconstruction.sweep_file import write
from analysis.show.charts.figure import csv_of

FORMULA = '=HYPERLINK("https://example.org";"x")'
ORDERS = ["=1+1", "+A1", "-A1", "@SUM(A1)", "-3+cmd|' /C calc'!A0", "\t=1", "\r=1", "＝1", "-"]
NONE = ["-3", "+3", "-.5", "-3.", "-1e-9", "", "a=b", "'=1", " =1", "3-A1"]


def rows_of(text):
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("order", ORDERS)
def test_a_text_that_a_spreadsheet_would_obey_gets_an_apostrophe(order):
    assert plain(order) == f"'{order}".replace("\r", "\n")
    assert plain(plain(order)) == plain(order)


@pytest.mark.parametrize("cell", NONE)
def test_a_number_and_any_other_text_stay_as_they_are(cell):
    assert plain(cell) == cell


@given(st.floats() | st.integers() | st.none() | st.booleans())
def test_what_is_no_text_stays_as_it_is(value):
    assert plain(value) is value


@given(st.text(alphabet=string.printable))
def test_whatever_stands_in_a_cell_a_table_obeys_nothing(text):
    written = plain_frame(pd.DataFrame({"one": [text], "two": [-1.5]})).to_csv(index=False)
    (_, (cell, number)) = rows_of(written)
    said = text.replace("\r\n", "\n").replace("\r", "\n")
    assert number == "-1.5" and cell.removeprefix("'") == said.removeprefix("'")
    assert not cell.startswith(("=", "@", "\t", "\r", "\n"))


def test_a_column_is_named_by_no_formula_either():
    assert list(plain_frame(pd.DataFrame({"=A1": ["b"], "c": [1]}))) == ["'=A1", "c"]


def test_dates_and_lists_are_written_as_before():
    frame = pd.DataFrame({"day": pd.to_datetime(["2025-01-31"]), "list": [["=A1"]], "n": [None]})
    assert plain_frame(frame).to_csv() == frame.to_csv()


def test_a_runs_own_cells_in_its_answer(tmp_path, capsys):
    table = tmp_path / "runs.csv"
    head = "name,developer,release_date,params_total,tokens,hardware,@remark,low"
    with table.open("w", newline="") as file:
        csv.writer(file).writerows(
            [head.split(","), [FORMULA, "B", "2025-06-01", "7e9", "1e12", "H100", "-x", "-3"]]
        )
    assert main(["estimate", str(table)]) == 0
    (names, cells) = rows_of(capsys.readouterr().out)
    row = dict(zip(names, cells, strict=True))
    assert row["name"] == f"'{FORMULA}" and row["'@remark"] == "'-x" and row["low"] == "-3"
    assert main(["estimate", str(table), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["name"] == FORMULA


def test_texts_in_a_sweep(tmp_path):
    sets = pd.DataFrame({"chip": ["=A1", "H100"]})
    write(sets, [sets.assign(usd_p50=[-3.0, 2.0])], {"-m": "=B"}, tmp_path / "sweep.csv")
    written = (tmp_path / "sweep.csv").read_text()
    assert written == "chip,usd_p50,'-m\n'=A1,-3.0,'=B\nH100,2.0,'=B\n"


def test_labels_in_the_data_of_a_chart():
    spec = {"datasets": {"one": [{"label": "=A1", "value": -3}, {"label": "b", "value": 2}]}}
    assert csv_of(spec) == "label,value\n'=A1,-3\nb,2\n"


def test_texts_in_published_evidence_and_the_rest_byte_for_byte(edited, tmp_path):
    folder = edited("sources.csv", "DeepSeek-V3 Technical Report", "=1+1")
    publish_evidence(folder, tmp_path / "published")
    published = (tmp_path / "published" / "sources.csv").read_text()
    assert "'=1+1" in published and ",=1+1" not in published
    theirs = Evidence.load(folder)["sources"]
    ours = Evidence.load(tmp_path / "published")["sources"]
    different = theirs.ne(ours)
    assert different.sum().sum() == 1 and ours.title[different.title].tolist() == ["'=1+1"]
    for name in ("facts.csv", "claims.csv", "datapackage.json"):
        assert (tmp_path / "published" / name).read_bytes() == (folder / name).read_bytes()


def test_the_projects_own_tables_hold_no_formula(evidence):
    for path in evidence.directory.rglob("*.csv"):
        text = path.read_text(encoding="utf-8")
        assert plain_table(text) == text, path.name
