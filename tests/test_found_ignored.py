"""What was given and changed nothing, in a further round: options that lost to another of their
name, columns that nobody read; each is a line now, with exit code two.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.cli import main
from analysis.compare.spreadsheet import read_rows
from analysis.data.folder import read_bytes
from analysis.data.mistakes import InputError
from tests.test_found_by_others import refused
from tests.test_found_later import RUN, RUNS


def test_two_forms_of_one_answer_are_not_asked_for_together(capsys):
    said = refused(capsys, "card", "gpt-3", "--json", "--eu-form")
    assert "--eu-form: not allowed with argument --json" in said


@pytest.mark.parametrize("kind", ["nothing", "a file", "a folder"])
def test_scenarios_are_those_of_an_evidence_folder(tmp_path, capsys, kind):
    data = tmp_path if kind == "a folder" else tmp_path / "data"
    if kind == "a file":
        data.write_text("")
    said = refused(capsys, "scenarios", "--data", data)
    assert f"{data / 'datapackage.json'}: no such file" in said


@pytest.mark.parametrize("asked", [("pages",), ("diff", "a", "b")], ids=" ".join)
def test_a_command_that_reads_no_evidence_takes_none(tmp_path, capsys, asked):
    said = refused(capsys, *asked, "--data", tmp_path)
    assert f"unrecognized arguments: --data {tmp_path}" in said


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (("claims", "--model", "kimi-k2", "--model", "nonsense"), "--model: found kimi-k2 and non"),
        (("claims", "--scenario", "paper", "--scenario=a"), "--scenario: found paper and a"),
        (("facts", "--data", "a", "--dat", "b"), "--data: found a and b"),
        (("sweep", "--sample", "2", "--sample", "3", "--out", "a.csv"), "--sample: found 2 and 3"),
        (("build", "--out", "a", "--out", "b"), "--out: found a and b"),
        (("new-model", "m", "--from", "a", "--from", "b"), "--from: found a and b"),
    ],
    ids=lambda asked: asked[0],
)
def test_of_an_option_that_stands_twice_no_answer_is_lost(
    tmp_path, monkeypatch, capsys, asked, found
):
    monkeypatch.chdir(tmp_path)
    said = refused(capsys, *asked)
    assert f"argument {found}" in said and ", allowed is one" in said


@pytest.mark.parametrize(
    ("asked", "option"),
    [
        (("new-model", "mine", "--source", "\udcff"), "--source"),
        (("new-model", "mine", "--title", "a\udcff"), "--title"),
        (("new-model", "\udcff"), "NAME"),
        (("claims", "-p", "mfu=\udcff"), "-p"),
        (("build", "--out", "\udcff"), "--out"),
    ],
    ids=lambda asked: ascii(asked[-1]),
)
def test_bytes_that_are_no_text_are_no_argument(tmp_path, monkeypatch, capsys, asked, option):
    monkeypatch.chdir(tmp_path)
    said = refused(capsys, *asked)
    assert f"argument {option}: found '" in said and "allowed is a text or a name in UTF-8" in said


def test_the_model_of_a_fact_is_a_model(capsys):
    for fact in ("v3_total_gpu_hours", "r1_with_base_usd"):
        said = refused(capsys, "facts", fact, "--model", "kimi-k3")
        assert "kimi-k3 is not among models" in said and "did you mean kimi-k2?" in said
    assert main(["facts", "v3_total_gpu_hours", "--model", "kimi-k2"]) == 0
    assert "is a fact, the same with any --model" in capsys.readouterr().err


def test_a_figure_of_another_model_is_no_fault_of_ours(capsys):
    said = refused(capsys, "facts", "r1_with_base_usd", "--model", "smollm3-3b")
    assert "r1_with_base_usd is not a figure of smollm3-3b" in said


@pytest.mark.parametrize("count", ["4", "abc", ""])
def test_points_over_a_range_are_counted_once(tmp_path, capsys, count):
    grid = f"mfu=0.2:0.3:{count}"
    said = refused(capsys, "sweep", "--sample", 2, "--grid", grid, "--out", tmp_path / "a.csv")
    assert f"--grid {grid}: --sample says how many; expected key=lo:hi" in said
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ("usd_p50", "column usd_p50 is what an answer is called"),
        ("Assumed", "column Assumed is what an answer is called"),
        ("not_answered", "column not_answered is what an answer is called"),
        ("precission", "column precission is not known; did you mean precision?"),
        ("Seq len", "column Seq len is not known; did you mean seq_len?"),
        ("Hardware quantitty", "did you mean hardware quantity?"),
        ("price", "did you mean price_usd_per_gpu_hour?"),
        ("gpus", "did you mean chips?"),
        ("kind", "column kind is not read of a row"),
        ("layout", "column layout is not read of a row"),
        ("shape", "column shape is not read of a row"),
        ("mean_len", "column mean_len is not read of a row"),
    ],
)
def test_a_column_that_would_be_lost_or_change_nothing_is_refused(tmp_path, capsys, column, said):
    path = tmp_path / "runs.csv"
    path.write_text(f"{RUNS},{column}\n{RUN},1\n", encoding="utf-8")
    found = refused(capsys, "estimate", path)
    assert found.startswith("error: runs.csv: column ") and said in found


# as Epoch AI's table of models has them
THEIRS = (
    "Task,Authors,Reference,Citations,Parameters notes,Training compute (FLOP),Training dataset,"
    "Training dataset notes,Training time (hours),Training hardware notes,Confidence,Epochs,"
    "Model accessibility,Country (of organization),Base model,Hardware utilization (MFU),"
    "Batch size,Organization categorization,Training power draw (W),Training chip-hours"
)


@pytest.mark.parametrize("column", [*THEIRS.split(","), "notes", "remark", "id", "", "title"])
def test_a_column_of_ones_own_is_carried_along(column):
    (row,) = read_rows(f"{RUNS},{column}\n{RUN},kept\n", "runs.csv")
    assert row[column] == "kept"


def test_a_name_that_a_table_has_is_not_misspelt_in_it():
    (row,) = read_rows(f"{RUNS},token\n{RUN},kept\n", "runs.csv")
    assert row["token"] == "kept"


def test_a_table_is_one_in_letters_of_any_size(tmp_path, capsys):
    path = tmp_path / "RUNS.CSV"
    path.write_text(f"{RUNS}\n{RUN}\n", encoding="utf-8")
    assert main(["estimate", str(path)]) == 0
    assert "gpu_hours_p50" in capsys.readouterr().out


def test_a_table_with_tabs_is_told_what_is_allowed(capsys):
    assert "cells between tabs; allowed is CSV" in refused(capsys, "estimate", "runs.TSV")


@pytest.mark.parametrize("odd", ["/dev/zero", "a folder"])
def test_what_is_no_regular_file_is_called_so(tmp_path, capsys, odd):
    path = tmp_path if odd == "a folder" else odd
    with pytest.raises(InputError) as error:
        read_bytes(Path(path))
    assert str(error.value) == f"{path}: not a regular file"


@pytest.mark.parametrize(("old", "new"), [("id,", "id,id,"), (",note\n", ",note,unit\n")])
def test_a_table_with_a_column_twice_is_told_which(edited, capsys, old, new):
    folder = edited("facts.csv", old, new)
    said = refused(capsys, "facts", "--data", folder)
    twice = "id" if new.startswith("id") else "unit"
    assert f"facts.csv: column {twice} stands twice, allowed is once" in said
