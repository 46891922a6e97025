"""What forks share is prepared once; what needs none of it does not wait for it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from analysis.publish.forking.forks import can_fork, forked
from tests.conftest import ROOT

pytestmark = pytest.mark.skipif(not can_fork(), reason="no forks here")
EARLY = 1


def prepared(folder: Path, waits: bool) -> Iterator[list[int]]:
    """What is prepared is there only when the early one has begun, if this waits for it."""
    yield [EARLY, 0]
    time.sleep(0.5)  # time for one too many to begin
    until = time.monotonic() + 60
    while waits and not (folder / str(EARLY)).exists() and time.monotonic() < until:
        time.sleep(0.01)
    (folder / "prepared").touch()


def sees(path: Path) -> bool:
    """Whether what is prepared was there when this began."""
    path.touch()
    return (path.parent / "prepared").exists()


@pytest.mark.parametrize(("workers", "early"), [(1, False), (2, True)])
def test_what_needs_no_more_begins_while_the_rest_is_prepared(
    tmp_path, monkeypatch, workers, early
):
    """One place is the process's that prepares: of two, one is left."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # where the other process finds these functions
    tasks = [tmp_path / str(number) for number in range(3)]
    found = dict(forked(sees, tasks, workers, partial(prepared, tmp_path, early), lambda: None))
    assert {number for number, saw in found.items() if not saw} == ({EARLY} if early else set())
    assert set(found) == {0, 1, 2}
