"""One notebook executed into a file: it replaces a copy that it left there, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest

from analysis.cli import main
from analysis.data.mistakes import InputError
from analysis.publish.job import Job, NotebookFailed, check_target, is_as_executed
from analysis.publish.notebook import _write_marked, execute
from tests.conftest import ROOT
from tests.publish.test_engine import write


@pytest.fixture(scope="module")
def executed(tmp_path_factory) -> Path:
    """An executed copy whose path has braces, which papermill reads as places for parameters."""
    folder = tmp_path_factory.mktemp("{b}")
    notebook = write(folder / "a{c}.ipynb", "6 * 7")
    return execute(Job("a", notebook, {"given": "x"}, folder / "a{d}.ipynb"))


def test_braces_in_a_path_are_braces(executed):
    assert executed.parent.name.startswith("{b}") and executed.name == "a{d}.ipynb"
    assert nbformat.read(executed, 4).cells[-1].outputs[0].data["text/plain"] == "42"


@pytest.mark.parametrize("kind", [nbformat.v4.new_code_cell, nbformat.v4.new_markdown_cell])
def test_half_a_character_in_a_notebook_is_one_line(tmp_path, kind):
    path = tmp_path / "odd.ipynb"
    text = nbformat.writes(nbformat.v4.new_notebook(cells=[kind("# half")]))
    path.write_text(text.replace("half", "\\ud800"), encoding="utf-8")
    with pytest.raises(InputError, match=r"odd\.ipynb: not a notebook .* surrogates not allowed"):
        execute(Job("odd", path, {}, tmp_path / "out.ipynb"))
    assert [*tmp_path.iterdir()] == [path]


def test_half_a_character_in_what_was_printed_is_written_as_an_escape(tmp_path):
    path, cell = tmp_path / "out.ipynb", nbformat.v4.new_code_cell("1")
    cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text="a \udcff b")]
    _write_marked(nbformat.v4.new_notebook(cells=[cell]), path)
    assert b"a \\udcff b" in path.read_bytes() and is_as_executed(path)


def test_an_executed_notebook_may_be_replaced(executed):
    check_target(executed)
    check_target(executed.with_name("new.ipynb"))


def test_one_that_somebody_wrote_in_is_replaced_only_when_told(executed, tmp_path):
    copy = tmp_path / "copy.ipynb"
    copy.write_text(executed.read_text(encoding="utf-8").replace('"42"', '"43"'), encoding="utf-8")
    with pytest.raises(InputError, match="say --force to write over it"):
        check_target(copy)
    check_target(copy, force=True)
    with pytest.raises(InputError, match="name another file"):
        check_target(tmp_path, force=True)


def test_one_that_failed_may_be_too(tmp_path):
    job = Job("x", write(tmp_path / "x.ipynb", "1 / 0"), {}, tmp_path / "out.ipynb")
    with pytest.raises(NotebookFailed):
        execute(job)
    assert (tmp_path / "out.failed.ipynb").is_file()
    check_target(job.output)


def test_a_copy_that_was_damaged_is_told_from_a_whole_one(executed, tmp_path):
    assert is_as_executed(executed)
    text = executed.read_text(encoding="utf-8")
    copy = tmp_path / "copy.ipynb"
    for damaged in (text[:-20], text.replace('"42"', '"43"'), '{"cells": [1]}', "[]", "", "{}"):
        copy.write_text(damaged, encoding="utf-8")
        assert not is_as_executed(copy)
    copy.write_text(text, encoding="utf-8")
    assert is_as_executed(copy)
    assert not is_as_executed(tmp_path) and not is_as_executed(tmp_path / "missing.ipynb")


def own_sentence(text: str) -> str:
    """The notebook with a sentence of the user's in it."""
    notebook = nbformat.reads(text, 4)
    notebook.cells.append(nbformat.v4.new_markdown_cell("What I think of it."))
    return nbformat.writes(notebook)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("thesis.txt", lambda _: "mine"),
        ("thesis.txt", lambda _: ""),
        ("x.ipynb", lambda _: '{"metadata": {"traincost": "x"}, "cells": [1]}'),
        ("x.ipynb", own_sentence),
        ("x.ipynb", lambda _: (ROOT / "notebooks" / "bill.ipynb").read_text(encoding="utf-8")),
        ("x.failed.ipynb", lambda _: json.dumps([])),
    ],
    ids=["text", "empty", "json", "written_in", "a_source", "beside_it"],
)
def test_what_is_no_executed_notebook_is_not_replaced(executed, tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text(executed.read_text(encoding="utf-8")), encoding="utf-8")
    before = path.read_bytes()
    with pytest.raises(InputError, match="is no executed notebook as a rerun left it"):
        check_target(tmp_path / name.replace(".failed", ""))
    assert path.read_bytes() == before


def test_the_command_asks_before_anything_runs(capsys, tmp_path):
    (tmp_path / "folder").mkdir()
    for target in (tmp_path / "folder", Path("/dev/null")):
        notebook = str(ROOT / "notebooks" / "bill.ipynb")
        assert main(["rerun", notebook, "--out", str(target)]) == 2
        assert "is no executed notebook" in capsys.readouterr().err
