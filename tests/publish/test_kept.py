"""What builds keep for each other: whole or not used, one build at a time, and bounded."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from analysis.data.scenario import load_scenario
from analysis.publish.book import run_sphinx
from analysis.publish.kept import (
    COPIES_KEPT,
    ROOMS_KEPT,
    WHOLE,
    book_room,
    forget_oldest,
    keep,
    read_kept,
    rounded,
)
from analysis.publish.plan import Plan

HOUR_S = 3600
YEAR_NS = 365 * 24 * 3600 * 10**9


@pytest.fixture
def planned(tmp_path: Path):
    def make(book_key: str = "one") -> Plan:
        return Plan(tmp_path, load_scenario(), {}, [], {}, "evidence", book_key)

    return make


def test_a_room_is_found_as_the_last_build_left_it(planned, tmp_path):
    with book_room(planned(), True, tmp_path) as room:
        (room / "pages").mkdir()
    with book_room(planned(), True, tmp_path) as again:
        assert again == room
        assert (again / "pages").is_dir()


def test_a_room_that_a_build_did_not_finish_is_emptied(planned, tmp_path):
    with pytest.raises(RuntimeError), book_room(planned(), True, tmp_path) as room:
        (room / "pages").mkdir()
        raise RuntimeError
    with book_room(planned(), True, tmp_path) as room:
        assert not (room / "pages").exists()


@pytest.mark.parametrize("use_cache", [True, False])
def test_a_room_holds_one_build_and_only_one_that_may_use_what_is_kept(
    planned, tmp_path, use_cache
):
    with (
        book_room(planned(), True, tmp_path / "first") as first,
        book_room(planned(), use_cache, tmp_path / "second") as second,
    ):
        assert (first.name, second) == ("one", tmp_path / "second")
    with book_room(planned(), use_cache, tmp_path / "third") as third:
        assert (third == first) == use_cache


def test_rooms_are_bounded_and_none_is_removed_while_a_build_is_in_it(planned, tmp_path):
    with book_room(planned("held"), True, tmp_path):
        for number in range(ROOMS_KEPT + 2):
            with book_room(planned(str(number)), True, tmp_path) as room:
                pass
        assert (room.parent / "held").is_dir()
        assert len(list(room.parent.iterdir())) <= ROOMS_KEPT + 1


def test_copies_are_bounded(tmp_path):
    for number in range(COPIES_KEPT + 3):
        path = tmp_path / f"page.{number}.ipynb"
        path.touch()
        os.utime(path, (HOUR_S * number, HOUR_S * number))
    (tmp_path / "other.ipynb").touch()
    (tmp_path / "page.folder.ipynb").mkdir()
    os.utime(tmp_path / "page.folder.ipynb", (1, 1))
    forget_oldest(tmp_path / "page.0.ipynb", "page.*.ipynb")
    assert (tmp_path / "page.0.ipynb").exists()
    assert len(list(tmp_path.glob("page.*"))) == COPIES_KEPT
    assert (tmp_path / "other.ipynb").exists()


def test_a_copy_that_a_build_which_still_runs_may_need_stays(tmp_path):
    for number in range(COPIES_KEPT + 5):
        (tmp_path / f"page.{number}.ipynb").touch()
    forget_oldest(tmp_path / "page.0.ipynb", "page.*.ipynb")
    assert len(list(tmp_path.iterdir())) == COPIES_KEPT + 5


def test_what_is_kept_comes_back_rounded_and_a_change_by_hand_counts_as_damage(tmp_path):
    path = tmp_path / "kept.json"
    keep(path, {"b": 1.23456789, "a": [1, "x"], "n": None})
    assert read_kept(path) == {"a": [1, "x"], "b": 1.23457, "n": None}
    path.write_text(path.read_text().replace("1.23457", "1.33457"))
    assert read_kept(path) == {}


DAMAGES = {
    "a file cut": lambda room: (room / "doctrees" / "a.pickle").write_bytes(b"x"),
    "a file gone": lambda room: (room / "doctrees" / "a.pickle").unlink(),
    "a file more": lambda room: (room / "doctrees" / "b.pickle").touch(),
    "a folder gone": lambda room: shutil.rmtree(room / "doctrees"),
    "a folder in its place": lambda room: (
        (room / "doctrees" / "a.pickle").unlink(),
        (room / "doctrees" / "a.pickle").mkdir(),
    ),
    "another file's time": lambda room: os.utime(room / "doctrees" / "a.pickle", (1, 1)),
    "the record cut": lambda room: (room / WHOLE).write_text('{"content": {'),
    "the record empty": lambda room: (room / WHOLE).write_text(""),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_room_that_is_not_as_it_was_left_is_empty(planned, tmp_path, damage):
    for _ in range(2):
        with book_room(planned("one"), True, tmp_path) as room:
            (room / "doctrees").mkdir(exist_ok=True)
            (room / "doctrees" / "a.pickle").write_bytes(b"content")
    DAMAGES[damage](room)
    with book_room(planned("one"), True, tmp_path) as again:
        assert again == room
        assert not (room / "doctrees").exists()


@pytest.mark.parametrize("text", ["", "cut off in the mi", "[1]", "3", '{"content": {"a": 1}}'])
def test_what_is_damaged_counts_as_nothing(tmp_path, text):
    (tmp_path / "kept.json").write_text(text)
    assert read_kept(tmp_path / "kept.json") == {}
    assert read_kept(tmp_path / "missing.json") == {}


def test_six_significant_digits():
    assert rounded({"a": [1.23456789, 2], "b": "x"}) == {"a": [1.23457, 2], "b": "x"}


# --- a clock that is set back: what was written before lies in the future


def test_the_copy_used_now_is_kept_where_the_others_are_of_the_future(tmp_path):
    for number in range(COPIES_KEPT + 1):
        path = tmp_path / f"page.{number}.ipynb"
        path.touch()
        later = time.time_ns() + YEAR_NS + number * HOUR_S * 10**9
        os.utime(path, ns=(later, later))
    for name in ("page.now.ipynb", "page.then.ipynb"):
        (tmp_path / name).touch()
        forget_oldest(tmp_path / name, "page.*.ipynb")
    kept = {path.name.split(".")[1] for path in tmp_path.iterdir()}
    assert kept == {"now", "then", *(str(number) for number in range(3, COPIES_KEPT + 1))}


def test_the_room_used_now_is_kept_where_the_others_are_of_the_future(planned, tmp_path):
    for number in range(ROOMS_KEPT + 1):
        with book_room(planned(str(number)), True, tmp_path) as room:
            pass
        later = time.time_ns() + YEAR_NS
        os.utime(room, ns=(later, later))
    with book_room(planned("now"), True, tmp_path) as room:
        (room / "pages").mkdir()
    with book_room(planned("now"), True, tmp_path) as room:
        assert (room / "pages").is_dir()


def built(plan: Plan, work: Path, text: str, later_ns: int) -> str:
    """The page of a small book from the room of its build; then its files are of a later time."""
    with book_room(plan, True, work) as room:
        sources = room / "sources"
        sources.mkdir(exist_ok=True)
        (sources / "_config.yml").write_text("title: A book\n")
        (sources / "_toc.yml").write_text("format: jb-book\nroot: index\n")
        (sources / "index.md").write_text(f"# A page\n\n{text}\n")
        run_sphinx(sources, room / "pages", room / "doctrees", {}, work / "sphinx.log", [])
        page = (room / "pages" / "index.html").read_text()
        for path in room.rglob("*"):
            time_ns = path.stat().st_mtime_ns + later_ns
            os.utime(path, ns=(time_ns, time_ns))
    return page


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_no_page_of_before_is_served_after_the_clock_was_set_back_a_year(
    planned, tmp_path, monkeypatch
):
    """The first build was a year later: so say the times of its files, and what Sphinx noted."""
    with monkeypatch.context() as patch:
        now = time.time_ns
        patch.setattr("time.time_ns", lambda: now() + YEAR_NS)
        assert "before it" in built(planned(), tmp_path, "As it was before it.", YEAR_NS)
    page = built(planned(), tmp_path, "As it is now.", 0)
    assert "As it is now" in page and "before it" not in page
