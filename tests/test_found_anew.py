"""What a further round of odd inputs found: a user's file that was written over, what was told as
our fault and was the user's, and lines that were counted wrong.
"""

from __future__ import annotations

import json

import pytest

from analysis.cli import main
from analysis.data.folder import MOST_LEVELS
from analysis.data.tables import Evidence
from tests.test_found_by_others import refused

CELL = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}


def notebook(path, *sources: str):
    """A notebook without a kernel's name, its first cell with parameters."""
    tags = [{"tags": ["parameters"]}, *[{}] * (len(sources) - 1)]
    cells = [
        CELL | {"id": f"c{number}", "source": source, "metadata": tags[number]}
        for number, source in enumerate(sources)
    ]
    content = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_a_notebook_is_not_its_own_partial_result(tmp_path, capsys):
    """A cell that fails leaves what was executed beside the output, as NAME.failed.ipynb."""
    path = notebook(tmp_path / "mine.failed.ipynb", "n = 3", "n / 0")
    before = path.read_bytes()
    said = refused(capsys, "rerun", path, "--out", tmp_path / "mine.ipynb", "--force")
    assert "over the notebook itself" in said and path.read_bytes() == before


def test_the_root_of_all_folders_is_no_file(tmp_path, capsys):
    path = notebook(tmp_path / "n.ipynb", "n = 3")
    assert "--out /: is a folder" in refused(capsys, "rerun", path, "--out", "/")


def test_a_notebook_without_a_kernels_name_takes_parameters(tmp_path):
    path, out = notebook(tmp_path / "n.ipynb", "n = 3", "assert n == 4"), tmp_path / "out.ipynb"
    assert main(["rerun", str(path), "-p", "n=4", "--out", str(out)]) == 0
    assert "n = 4" in out.read_text(encoding="utf-8")


@pytest.mark.parametrize("command", [("estimate",), ("reconstruct", "smollm3-3b", "--scenario")])
@pytest.mark.parametrize("shape", ["{}.a = 1", "[{}]", "a = {{ {} = 1 }}"])
def test_tables_in_tables_without_end_are_a_mistake(tmp_path, capsys, command, shape):
    path = tmp_path / "deep.toml"
    path.write_text(shape.format(".".join("a" * 5000)), encoding="utf-8")
    said = refused(capsys, *command, path)
    assert "deep" in said and (f"more than {MOST_LEVELS} levels" in said or "valid TOML" in said)


@pytest.mark.parametrize("value", ["18446744073709551616", "1" + "0" * 24, "1e22"])
def test_a_number_beyond_64_bits_is_a_number(edited, value):
    """One beside which pandas reads a whole column as texts."""
    evidence = Evidence.load(edited("facts.csv", ",2788000,", f",{value},"))
    assert float(value) in set(evidence["facts"].value)
    assert evidence["facts"].value.dtype == float


def test_an_empty_line_is_named(edited, capsys):
    folder = edited("facts.csv", "\n", "\n\n  \n")
    assert "facts.csv, line 2: an empty line" in refused(capsys, "facts", "--data", folder)
    (folder / "facts.csv").write_text((folder / "facts.csv").read_text().replace("\n\n  \n", "\n"))
    with (folder / "facts.csv").open("a") as file:
        file.write("\n \n")
    assert main(["facts", "--data", str(folder), "--json"]) == 0


def test_a_line_is_counted_where_the_texts_before_have_several(edited, capsys):
    """The note of the first price has three lines."""
    edited("prices.csv", ",\nprice_002", ',"one\n\nthree"\nprice_002')
    folder = edited("prices.csv", ",2.4,1y,2021-04-11", ",2.4,1y,1700-01-01")
    assert "prices.csv, line 5 (price_002), date" in refused(capsys, "facts", "--data", folder)


def test_rules_that_are_a_link_are_refused_before_a_page_is_executed(folder, tmp_path, capsys):
    (tmp_path / "outside.toml").write_text("secret = 1", encoding="utf-8")
    (folder / "protocol.toml").unlink(missing_ok=True)
    (folder / "protocol.toml").symlink_to(tmp_path / "outside.toml")
    assert main(["build", "--data", str(folder), "--out", str(tmp_path / "out")]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[-1].startswith("error: protocol.toml: a link")
    assert not any("executed" in line for line in lines) and not (tmp_path / "out").exists()


def test_a_table_of_facts_that_lost_its_rows_is_named_by_what_is_no_longer_in_it(folder, capsys):
    head = (folder / "facts.csv").read_text(encoding="utf-8").partition("\n")[0]
    (folder / "facts.csv").write_text(head, encoding="utf-8")
    said = refused(capsys, "facts", "v3_total_gpu_hours", "--data", folder)
    assert "v3_total_gpu_hours is not a fact" in said and "facts.csv" in said
