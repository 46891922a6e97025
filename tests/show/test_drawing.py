"""Charts drawn here and by a process that several share are the same, whoever else asks."""

from __future__ import annotations

import html
import json
import multiprocessing
import socket
from multiprocessing import AuthenticationError, connection

import pytest

from analysis.show.charts import drawing

SPEC = {
    "data": {"values": [{"x": 1}, {"x": 2}]},
    "mark": "point",
    "encoding": {"x": {"field": "x", "type": "quantitative"}},
}
PATIENCE_SECONDS = 0.5


def serve_with_little_patience(name: str) -> None:
    drawing.PATIENCE_SECONDS = PATIENCE_SECONDS
    drawing.serve(name)


def started(name: str) -> multiprocessing.context.SpawnProcess:
    process = multiprocessing.get_context("spawn").Process(
        target=serve_with_little_patience, args=(name,)
    )
    process.start()
    return process


@pytest.fixture(scope="module")
def drawer(tmp_path_factory):
    """The socket of a process that draws."""
    name = str(tmp_path_factory.mktemp("drawer") / "socket")
    process = started(name)
    drawn_by(name)
    yield name
    process.kill()
    process.join()


def drawn_by(name: str, seconds: float = 30.0) -> str:
    """A drawing by that process, as soon as it is there."""
    for _ in range(int(seconds / 0.05)):
        try:
            return drawing._drawn_by(name, SPEC)
        except (ConnectionRefusedError, FileNotFoundError):
            connection.wait([], 0.05)
    raise AssertionError("nobody draws")


def test_the_process_that_draws_for_all_draws_the_same(drawer):
    assert drawn_by(drawer) == drawing._draw(SPEC)


def test_whoever_asks_a_process_that_is_gone_draws_alone(monkeypatch, tmp_path):
    name = str(tmp_path / "gone")
    process = started(name)
    drawn_by(name)
    process.kill()
    process.join()
    monkeypatch.setattr(drawing, "_drawer", name)
    assert drawing.draw(SPEC) == drawing._draw(SPEC)


def test_a_wrong_specification_is_refused_where_it_was_made(drawer, monkeypatch):
    monkeypatch.setattr(drawing, "_drawer", drawer)
    with pytest.raises(ValueError, match="filled"):
        drawing.draw({"data": {"values": []}, "mark": {"type": {}}})
    assert drawn_by(drawer)


def test_who_does_not_have_the_key_is_not_drawn_for(drawer):
    with pytest.raises(AuthenticationError):
        connection.Client(drawer, family="AF_UNIX", authkey=b"another")
    assert drawn_by(drawer)


def test_a_process_with_another_key_draws_alone(drawer, monkeypatch):
    monkeypatch.setattr(drawing, "_drawer", drawer)
    monkeypatch.setattr(multiprocessing.current_process(), "authkey", b"another")
    assert drawing.draw(SPEC) == drawing._draw(SPEC)


def test_who_is_silent_holds_up_nobody(drawer):
    with socket.socket(socket.AF_UNIX) as silent:
        silent.connect(drawer)
        asked = multiprocessing.get_context("fork").Process(target=drawn_by, args=(drawer,))
        asked.start()
        asked.join(PATIENCE_SECONDS * 20)
        assert asked.exitcode == 0


@pytest.mark.parametrize("character", ["\0", "\x1b", "\v", "\x7f", "\u2028", "\ud800", "\uffff"])
def test_what_the_engine_would_end_the_process_over_is_replaced(character, monkeypatch):
    monkeypatch.setattr(drawing, "_drawer", None)
    monkeypatch.setattr(drawing, "_draw", json.dumps)
    labels = {"data": {"values": [{"x": f"a{character}b\n"}]}, "title": [f"{character}é"]}
    assert json.loads(drawing.draw(labels)) == {
        "data": {"values": [{"x": "a\ufffdb\n"}]},
        "title": ["\ufffdé"],
    }


def test_a_label_with_an_escape_sequence_is_drawn(monkeypatch):
    monkeypatch.setattr(drawing, "_drawer", None)
    text = {"field": "x", "type": "nominal"}
    red = {"data": {"values": [{"x": "\x1b[31mred"}]}, "mark": "text", "encoding": {"text": text}}
    assert "\ufffd[31mred" in drawing.draw(red)


def test_no_text_of_a_drawing_reads_like_an_attribute(monkeypatch):
    monkeypatch.setattr(drawing, "_drawer", None)
    said = 'data-row="facts:no"'
    text = {"field": "x", "type": "nominal"}
    drawn = drawing.draw(
        {"data": {"values": [{"x": said}]}, "mark": "text", "encoding": {"text": text}}
    )
    assert said not in drawn and f">{html.escape(said)}</text>" in drawn
