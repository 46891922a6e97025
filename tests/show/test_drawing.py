"""Charts drawn here and by a process that several share are the same."""

from __future__ import annotations

import multiprocessing
import os

import pytest

from analysis.show.charts import drawing

SPEC = {
    "data": {"values": [{"x": 1}, {"x": 2}]},
    "mark": "point",
    "encoding": {"x": {"field": "x", "type": "quantitative"}},
}


@pytest.fixture
def drawer():
    """The name of a process that draws."""
    name = f"test-drawer-{os.getpid()}"
    process = multiprocessing.get_context("spawn").Process(target=drawing.serve, args=(name,))
    process.start()
    yield name, process
    process.kill()
    process.join()


def drawn_by(name: str, seconds: float = 20.0) -> str:
    """A drawing by that process, as soon as it is there."""
    for _ in range(int(seconds / 0.05)):
        try:
            return drawing._drawn_by(name, SPEC)
        except ConnectionRefusedError:
            multiprocessing.connection.wait([], 0.05)
    raise AssertionError("nobody draws")


def test_the_process_that_draws_for_all_draws_the_same(drawer):
    assert drawn_by(drawer[0]) == drawing._draw(SPEC)


def test_whoever_asks_a_process_that_is_gone_draws_alone(drawer, monkeypatch):
    name, process = drawer
    drawn_by(name)
    process.kill()
    process.join()
    monkeypatch.setattr(drawing, "_drawer", None)
    drawing.ask(name)
    assert drawing.draw(SPEC) == drawing._draw(SPEC)


def test_a_wrong_specification_is_refused_where_it_was_made(drawer, monkeypatch):
    monkeypatch.setattr(drawing, "_drawer", None)
    drawn_by(drawer[0])
    drawing.ask(drawer[0])
    with pytest.raises(ValueError, match="filled"):
        drawing.draw({"data": {"values": []}, "mark": {"type": {}}})
    assert drawing._drawn_by(drawer[0], SPEC)
