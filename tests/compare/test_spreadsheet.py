"""A spreadsheet of runs: a run a row, the answers beside its own columns."""

import csv
import io
import json
from pathlib import Path

import pytest

from analysis.cli import main
from analysis.compare.estimate import estimate
from analysis.compare.specification import check_spec
from analysis.compare.spreadsheet import answers_of, beside, read_rows
from analysis.data.mistakes import InputError

OURS = """name,developer,release_date,params_total,params_active,tokens,hardware,chips,remark
One,Somebody,2025-06-01,70e9,70e9,15T,H100,1024,"kept, as it is"
Two,Somebody,2025-06-01,235e9,22e9,36T,NVIDIA H800,,
"""
EPOCH = """Model,Organization,Publication date,Parameters,Training dataset size (gradients),\
Training hardware,Hardware quantity
One,Somebody,2025-06-01,70000000000,15000000000000,NVIDIA H100 SXM5 80GB,1024
""".replace("\\\n", "")


def answers(text, evidence):
    rows = read_rows(text, "runs.csv")
    return list(beside(rows, answers_of(rows, evidence, Path())))


def test_a_row_has_the_answer_of_its_run_beside_its_own_columns(evidence):
    one, two = answers(OURS, evidence)
    spec = {
        "name": "One",
        "developer": "Somebody",
        "release_date": "2025-06-01",
        "params_total": 70e9,
        "params_active": 70e9,
        "tokens": 15e12,
        "hardware": "H100",
        "chips": 1024,
    }
    alone = estimate(check_spec(spec, "spec", evidence), evidence)
    for name in ("gpu_hours", "usd", "energy_kwh", "days"):
        for end in ("p05", "p50", "p95"):
            assert float(one[f"{name}_{end}"]) == pytest.approx(alone[name][end], rel=1e-5)
    assert one["remark"] == "kept, as it is" and one["not_answered"] == ""
    assert two["days_p50"] == "" and float(two["gpu_hours_p50"]) > 0


def test_how_far_it_is_is_told_after_each_row(evidence):
    told = []
    rows = read_rows(OURS, "runs.csv")
    for number, _ in enumerate(
        answers_of(rows, evidence, Path(), (), lambda done, of: told.append((done, of)))
    ):
        assert told == [(1, 2), (2, 2)][:number]
    assert told == [(1, 2), (2, 2)]


def test_a_developer_that_is_left_out_is_left_out_of_every_row(evidence):
    rows = read_rows(OURS.replace("Somebody", "Meta"), "runs.csv")
    for kept, without in zip(
        beside(rows, answers_of(rows, evidence, Path())),
        beside(rows, answers_of(rows, evidence, Path(), ("Google",))),
        strict=True,
    ):
        assert kept["gpu_hours_p50"] != without["gpu_hours_p50"] != ""


def test_epochs_columns_are_known_and_parameters_taken_as_active(evidence):
    (theirs,), (ours, _) = answers(EPOCH, evidence), answers(OURS, evidence)
    assert theirs["gpu_hours_p50"] == ours["gpu_hours_p50"]
    assert "all parameters taken as active" in theirs["assumed"]
    assert "all parameters taken as active" not in ours["assumed"]


@pytest.mark.parametrize("column", ["kind", "layout", "shape"])
def test_a_column_that_a_row_cannot_give_is_refused(column):
    """A kind, a layout and a shape are no cells: nothing would be read in them."""
    with pytest.raises(InputError, match=f"runs.csv: column {column} is not read of a row"):
        read_rows(OURS.replace("remark", column), "runs.csv")


@pytest.mark.parametrize(
    ("cell", "tied"), [("yes", True), ("True", True), ("no", False), ("FALSE", False)]
)
def test_a_shared_table_is_said_with_yes_or_no(evidence, cell, tied):
    """A tenth of ten billion parameters is the table: shared, it multiplies too."""
    run = {"name": "A", "developer": "S", "release_date": "2025-06-01", "hardware": "H100"}
    run |= {"params_total": "10e9", "params_active": "10e9", "tokens": "1e12", "layers": "10"}
    run |= {"d_model": "2000", "vocab": "500000", "seq_len": "1000"}
    columns, cells = ",".join([*run, "tied_embeddings"]), ",".join([*run.values(), cell])
    (found,) = answers(f"{columns}\n{cells}\n", evidence)
    spec = check_spec(run | {"tied_embeddings": tied}, "spec", evidence)
    expected = estimate(spec, evidence)["gpu_hours"]["p50"]
    assert found["not_answered"] == "" and "tied" not in found["assumed"]
    assert float(found["gpu_hours_p50"]) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("70e9,70e9", ",", "params_total is missing"),
        ("H100", "A100", "A100 may be"),
        ("2025-06-01", "6/1/2025", "release_date"),
        ("15T", "fifteen", "tokens"),
        ("70e9,70e9", "70e9,80e9", "params_active is larger"),
    ],
)
def test_a_row_without_an_answer_says_why_and_the_others_answer(evidence, old, new, said):
    one, two = answers(OURS.replace(old, new, 1), evidence)
    assert one["gpu_hours_p50"] == "" and any(
        part in one["not_answered"] for part in said.split("|")
    )
    assert two["not_answered"] == ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "runs.csv: column name is missing"),
        ("name,developer\n", "column release_date is missing"),
        (
            OURS.replace("hardware", "hardwares"),
            "hardware is missing; did you mean hardwares",
        ),
        (OURS.replace(",", ";"), "runs.csv, line 1: found cells between ';', allowed are commas"),
        (
            OURS.replace(",", "\t"),
            "runs.csv, line 1: found cells between '\\t', allowed are commas",
        ),
        (OURS + "a,b,2025-06-01,1,1,1,H100,1,,more\n", "runs.csv, line 4: has more cells"),
    ],
)
def test_what_is_no_table_of_runs_is_one_line(text, said):
    with pytest.raises(InputError) as error:
        read_rows(text, "runs.csv")
    assert said in str(error.value)


def test_the_path_of_a_config_begins_beside_the_table(tmp_path, evidence):
    """And not where the command happens to run."""
    rows = read_rows("name,config\nA,config.json\n", "runs.csv")
    (found,) = answers_of(rows, evidence, tmp_path)
    assert "config.json" in found["not_answered"]
    (tmp_path / "config.json").write_text('{"model_type": "unheard"}')
    (found,) = answers_of(rows, evidence, tmp_path)
    assert "unheard" in found["not_answered"]


def test_the_command_answers_as_csv_or_as_json(tmp_path, capsys):
    path = tmp_path / "runs.csv"
    path.write_bytes(b"\xef\xbb\xbf" + OURS.replace("70e9,70e9", ",").encode())
    assert main(["estimate", str(path)]) == 0
    out, err = capsys.readouterr()
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [row["name"] for row in rows] == ["One", "Two"]
    assert "1 of 2 rows have no answer" in err
    assert main(["estimate", str(path), "--json"]) == 0
    one, two = json.loads(capsys.readouterr().out)
    assert one == {"name": "One", "not_answered": rows[0]["not_answered"]}
    path = tmp_path / "two.toml"  # what the row says, in a file of its own
    keys = {"name": "Two", "developer": "Somebody", "release_date": "2025-06-01"}
    keys |= {"params_total": 235e9, "params_active": 22e9, "tokens": 36e12}
    keys |= {"hardware": "NVIDIA H800"}
    path.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items()))
    assert main(["estimate", str(path), "--json"]) == 0
    assert two == json.loads(capsys.readouterr().out)


def test_a_workbook_is_refused_with_a_word(capsys):
    assert main(["estimate", "runs.xlsx"]) == 2
    assert "a workbook; save its sheet as CSV" in capsys.readouterr().err
