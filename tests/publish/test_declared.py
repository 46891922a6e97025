"""What a notebook declares, and texts of the command line as values of the declared types."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest

from analysis.cli import main
from analysis.data.mistakes import InputError
from analysis.publish.declared import as_declared, declared_parameters
from analysis.publish.job import Job, NotebookFailed
from analysis.publish.notebook import execute

CELL = """# what comes in
%precision 3
label: str = "a=b"  # a name # and more
flag: bool = False
prices: list = [1, 2]
mfu = 0.3
samples = 64
by_year = {
    2024: "é",
}  # over lines
rent: float = None  # US$
free = None
made = list(range(3))
years: list[int] = [2024]
share: float | None = 0.5
"""


def write(path: Path, *cells: str, language: str = "python") -> Path:
    """A notebook whose first cell is that of its parameters."""
    first, *others = (nbformat.v4.new_code_cell(cell) for cell in cells)
    first.metadata.tags = ["parameters"]
    kernel = {"kernelspec": {"name": "x", "display_name": "x", "language": language}}
    nbformat.write(nbformat.v4.new_notebook(cells=[first, *others], metadata=kernel), path)
    return path


def test_each_assignment_is_a_parameter_with_its_type_and_its_comment(tmp_path):
    found = declared_parameters(write(tmp_path / "x.ipynb", CELL))
    assert {name: (one.default, one.kind, one.help) for name, one in found.items()} == {
        "label": ("a=b", str, "a name # and more"),
        "flag": (False, bool, ""),
        "prices": ([1, 2], list, ""),
        "mfu": (0.3, float, ""),
        "samples": (64, int, ""),
        "by_year": ({2024: "é"}, dict, "over lines"),
        "rent": (None, float, "US$"),
        "free": (None, None, ""),
        "made": (None, None, ""),
        "years": ([2024], list, ""),
        "share": (0.5, float, ""),
    }
    odd = declared_parameters(write(tmp_path / "y.ipynb", "odd = {[]: 1}"))["odd"]
    assert (odd.default, odd.kind) == (None, None)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("label", "c=d", "c=d"),
        ("label", "3", "3"),
        ("flag", "False", False),
        ("flag", "true", True),
        ("prices", "[3, 4]", [3, 4]),
        ("mfu", "0.4", 0.4),
        ("rent", "3", 3.0),
        ("samples", "128", 128),
        ("by_year", "{2025: 'x'}", {2025: "x"}),
        ("free", "x", "x"),
        ("years", "[2025]", [2025]),
        ("share", "1", 1.0),
    ],
)
def test_a_text_arrives_as_the_type_that_is_declared(tmp_path, name, text, value):
    declared = declared_parameters(write(tmp_path / "x.ipynb", CELL))
    found = as_declared(name, text, declared[name])
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("flag", "maybe"),
        ("flag", "1"),
        ("prices", "3"),
        ("mfu", "30%"),
        ("samples", "True"),
        ("by_year", "{[]: 1}"),
        ("rent", "9" * 400),
    ],
)
def test_a_text_of_another_type_is_one_line(tmp_path, name, text):
    declared = declared_parameters(write(tmp_path / "x.ipynb", CELL))
    with pytest.raises(InputError, match=rf"^{name}: expected \w+, found '{re.escape(text[:100])}"):
        as_declared(name, text, declared[name])


def test_a_cell_that_is_no_python_is_named_with_its_line(tmp_path):
    with pytest.raises(InputError, match=r"x\.ipynb: line 2 of its parameters is no Python"):
        declared_parameters(write(tmp_path / "x.ipynb", "a = 1\nb = = 2"))


@pytest.mark.parametrize("language", ["R", "julia"])
def test_a_notebook_of_another_language_is_not_executed(tmp_path, capsys, language):
    path = write(tmp_path / "x.ipynb", "a = 1", "print(a)", language=language)
    assert main(["rerun", str(path), "--out", str(tmp_path / "out.ipynb")]) == 2
    shown = capsys.readouterr()
    assert shown.err.splitlines() == [
        f"error: x.ipynb: is written in {language}; Python alone is executed"
    ]
    assert not (tmp_path / "out.ipynb").exists()


def test_the_command_hands_each_value_on_in_its_type(tmp_path, capfd):
    path = write(tmp_path / "x.ipynb", CELL, "print([label, flag, prices, mfu, samples])")
    given = ["label=c=d", "flag=true", "prices=[3,4]", "mfu=0.4", "samples=128"]
    options = [word for one in given for word in ("-p", one)]
    out = tmp_path / "out.ipynb"
    assert main(["rerun", str(path), *options, "--out", str(out)]) == 0
    printed = nbformat.read(out, 4).cells[-1].outputs[0].text
    assert printed == "['c=d', True, [3, 4], 0.4, 128]\n"
    assert "parse" not in capfd.readouterr().err


@pytest.mark.parametrize("end", ["os._exit(3)", "os.kill(os.getpid(), 9)"])
def test_a_kernel_that_dies_is_three_lines_with_its_cell(tmp_path, end):
    path = write(tmp_path / "x.ipynb", "a = 1", "print('before')", f"import os\n{end}", "a")
    with pytest.raises(NotebookFailed) as caught:
        execute(Job("x", path, {"a": 2}, tmp_path / "out.ipynb"))
    first, second, third = str(caught.value).splitlines()
    assert "cell 3 of x.ipynb" in first and "kernel died" in second and "a=2" in third
    kept = nbformat.read(tmp_path / "out.failed.ipynb", 4)
    assert kept.cells[2].outputs[0].text == "before\n"
