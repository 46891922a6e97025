"""What must run again for an edition, and why."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.publish import edition
from analysis.publish.job import Job
from analysis.publish.kept import copy_of
from analysis.publish.notebook import execute
from analysis.publish.plan import Page, Plan
from tests.publish.test_engine import write


@pytest.fixture
def planned(tmp_path) -> Plan:
    """An edition of one page, whose notebook is one cell."""
    (tmp_path / "notebooks").mkdir()
    write(tmp_path / "notebooks" / "one.ipynb", "6 * 7")
    page = Page("one", "One", "one", {}, declares=())
    return Plan(tmp_path, None, {}, [page], {"one": {"code": "a", "data": "b"}}, "c", "d")


def run(planned: Plan) -> list[str]:
    """What a build says of its pages."""
    lines: list[str] = []
    edition._execute_changed(planned, True, lines.append, False, lambda: None)
    return lines


@pytest.fixture
def kept(planned, monkeypatch) -> Path:
    """The page's executed copy, which is kept; pages are executed one by one, in fresh kernels."""

    def one_by_one(jobs: list[Job], *_: object) -> None:
        for job in jobs:
            execute(job)

    monkeypatch.setattr(edition, "execute_all", one_by_one)
    assert run(planned)[0] == "0 pages stand, 1 to execute; new: one"
    return copy_of(planned.pages[0], planned)


def test_a_kept_copy_stands_unless_it_is_damaged(planned, kept):
    """Also one that is a folder: it does not stop each build to come."""
    assert run(planned)[0] == "1 pages stand, 0 to execute"
    whole = kept.read_bytes()
    kept.write_text('{"cells": [1]}')
    assert run(planned)[0] == "0 pages stand, 1 to execute; damaged: one"
    assert kept.read_bytes() == whole
    kept.unlink()
    (kept / "folder").mkdir(parents=True)
    assert run(planned)[0] == "0 pages stand, 1 to execute; damaged: one"
    assert kept.read_bytes() == whole
