"""An edition's folder is replaced whole, by one exchange, or not at all; nothing of the user's is
lost in it or beside it, whenever a build is killed.
"""

import errno
import fcntl
import os
import sys
from pathlib import Path

import pytest

from analysis.cli import main
from analysis.data.mistakes import InputError
from analysis.publish import place
from analysis.publish.place import (
    LOCK,
    MARK,
    NEW,
    read_mark,
    refuse_foreign,
    refuse_place,
    swap,
    tidy,
    workplace,
    write_mark,
)
from tests.conftest import ROOT

USERS = {".git/config": "mine", ".git/objects/ab/cd": "deep", "CNAME": "x.org", ".nojekyll": ""}


def put(folder: Path, files: dict[str, str]) -> Path:
    """Files with their texts in a folder."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def edition(folder: Path, text: str) -> Path:
    put(folder, {"index.html": text, "_static/one.css": text, f"{text}.html": text})
    write_mark(folder, text)
    return folder


def publish(out: Path, text: str) -> None:
    """What a build does but for making the edition."""
    with workplace(out) as work:
        edition(work / NEW, text)
        swap(work, out)


def tree(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


def standing(out: Path) -> str:
    """The key of the edition in a folder, all of whose files are there."""
    mark = read_mark(out)
    assert mark and all((out / name).is_file() for name in mark.files)
    return mark.key


def test_the_new_edition_takes_the_place_of_the_last(tmp_path):
    out = edition(tmp_path / "out", "old")
    publish(out, "new")
    assert standing(out) == "new" and not (out / "old.html").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_the_first_edition_is_put_where_nothing_stands(tmp_path):
    publish(tmp_path / "deep" / "out", "new")
    assert standing(tmp_path / "deep" / "out") == "new"


def test_a_disk_that_is_full_from_the_start_leaves_nothing_beside_the_edition(
    tmp_path, monkeypatch
):
    """Not even room for the line that says what a workplace is."""

    def full(out):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    out = edition(tmp_path / "out", "old")
    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"):
        patch.setattr(place, "_lock_text", full)
        publish(out, "new")
    assert standing(out) == "old" and [path.name for path in tmp_path.iterdir()] == ["out"]


def test_what_fails_leaves_the_last_edition_and_nothing_else(tmp_path):
    out = put(edition(tmp_path / "out", "old"), USERS)
    with pytest.raises(RuntimeError), workplace(out) as work:
        edition(work / NEW, "half")
        raise RuntimeError
    assert standing(out) == "old" and USERS.items() <= tree(out).items()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("exchanged", [True, False], ids=["exchange", "no_exchange"])
def test_what_a_folder_is_published_with_stays_in_it(tmp_path, monkeypatch, exchanged):
    if not exchanged:
        monkeypatch.setattr(place, "_exchange", lambda *_: False)
    out = put(tmp_path / "out", USERS)  # a fresh branch for publishing
    for text in ("first", "second"):
        publish(out, text)
        assert standing(out) == text and USERS.items() <= tree(out).items()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def killed_at(step: int, out: Path) -> bool:
    """Publish in a fork that ends before the given change of the disk; False if it came through."""
    changes = ("os.", "shutil.", "tempfile.", "open", "ctypes.dlsym")
    left = [step]

    def count(event: str, _: object) -> None:
        if event.startswith(changes):
            left[0] -= 1
            if left[0] < 0:
                os._exit(9)

    child = os.fork()
    if not child:
        sys.addaudithook(count)
        publish(out, "new")
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


@pytest.mark.skipif(sys.platform != "linux", reason="no exchange of names here")
@pytest.mark.parametrize("exchanged", [True, False], ids=["exchange", "no_exchange"])
def test_a_build_killed_at_any_moment_costs_no_file_and_the_next_one_finishes(
    tmp_path, monkeypatch, exchanged
):
    """Killed before each change of the disk in turn, of which there are dozens."""
    if not exchanged:
        monkeypatch.setattr(place, "_exchange", lambda *_: False)
    step, seen = 0, set()
    while True:
        out = put(edition(tmp_path / str(step) / "out", "old"), USERS)
        before = len(tree(out.parent))
        if not killed_at(step, out):
            break
        everywhere = sorted(Path(name).name for name in tree(out.parent))
        assert len(tree(out.parent)) >= before - 4  # of the old edition and its mark
        assert all(everywhere.count(Path(name).name) >= 1 for name in USERS)
        if exchanged:
            seen.add((standing(out), (out / ".git").exists()))
        tidy(out)
        assert standing(out) in {"old", "new"} and USERS.items() <= tree(out).items()
        publish(out, "next")
        assert standing(out) == "next" and USERS.items() <= tree(out).items()
        # a workplace that could not yet say that it is one stays, with nothing in it
        assert all(tree(path) in ({}, {LOCK: ""}) for path in out.parent.iterdir() if path != out)
        step += 1
    assert step > 20
    assert seen == ({("old", True), ("new", False), ("new", True)} if exchanged else set())


def test_the_same_names_in_both_places_stop_a_build_and_both_stay(tmp_path, monkeypatch):
    out = edition(tmp_path / "out", "new")
    left = put(tmp_path / ".out-dead", {f"{NEW}/CNAME": "old.org"})
    (left / LOCK).write_bytes(place._lock_text(out))
    (out / "CNAME").write_text("new.org")
    with pytest.raises(InputError, match=r"CNAME stands there and in .*; remove one of them"):
        tidy(out)
    assert tree(tmp_path)["out/CNAME"] == "new.org"
    assert tree(tmp_path)[f".out-dead/{NEW}/CNAME"] == "old.org"


def test_the_workplace_of_a_killed_build_goes_and_that_of_a_running_one_stays(tmp_path):
    out, dead, alive = (tmp_path / name for name in ("out", ".out-dead", ".out-alive"))
    other = tmp_path / ".out-2-dead"  # of a build into out-2
    for folder, of in ((dead, out), (alive, out), (other, tmp_path / "out-2")):
        put(folder, {f"{NEW}/CNAME": "x.org"})
        (folder / LOCK).write_bytes(place._lock_text(of))
    with (alive / LOCK).open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        tidy(out)
        assert not dead.exists() and tree(out) == {"CNAME": "x.org"}
        assert alive.exists() and (other / NEW / "CNAME").exists()


@pytest.mark.parametrize("name", ["mine", "g*", "*", "[ab]", "a**b", "**", "?", "{a}"])
def test_neighbours_are_not_the_builds_whatever_the_folder_is_called(tmp_path, name):
    """Names that begin alike, or that the folder's name would match as a pattern."""
    neighbours = {
        f".{name}-notes/lock": "", f".{name}-notes/diary.txt": "mine",
        f".{name}-held/{LOCK}": "", f".{name}-held/diary.txt": "mine",
        ".config-old/lock": "", ".b-x/lock": "", ".a-b-x/lock": "", ".mine-y/lock": "",
    }  # fmt: skip
    put(tmp_path, neighbours)
    (tmp_path / f".{name}-empty").mkdir()
    for text in ("first", "second"):
        publish(tmp_path / name, text)
    assert neighbours.items() <= tree(tmp_path).items()
    assert (tmp_path / f".{name}-empty").is_dir() and standing(tmp_path / name) == "second"


def foreign_folder(out: Path) -> None:
    (out / "folder").mkdir()


def foreign_link(out: Path) -> None:
    (out / "index.html").rename(out.parent / "index.html")
    (out / "index.html").symlink_to(out.parent / "index.html")


FOREIGN = {
    "notes.txt": lambda out: put(out, {"notes.txt": "mine"}),
    "n/diary.txt": lambda out: put(out, {"n/diary.txt": "mine"}),
    "_static/own.css": lambda out: put(out, {"_static/own.css": "mine"}),
    "_static/.git": lambda out: put(out, {"_static/.git": "mine"}),
    "index.html": lambda out: put(out, {"index.html": "edited"}),
    "folder": foreign_folder,
    "index.html, changed": foreign_link,
    r"'a\nb'": lambda out: put(out, {"a\nb": "mine"}),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_what_is_not_of_the_edition_stops_a_build_and_is_named(tmp_path, name):
    out = edition(tmp_path / "out", "old")
    FOREIGN[name](out)
    before = tree(tmp_path)
    with pytest.raises(InputError) as caught:
        refuse_foreign(out)
    assert f"holds {name}" in str(caught.value) and "\n" not in str(caught.value)
    with pytest.raises(InputError):  # also where it came while the book was built
        publish(out, "new")
    assert tree(tmp_path) == before


@pytest.mark.parametrize("mark", ["", "{}", "[1]", '{"key": "x", "files": ["thesis.tex"]}'])
def test_a_mark_alone_makes_no_edition(tmp_path, mark):
    put(tmp_path, {MARK: mark, "thesis.tex": "mine"})
    with pytest.raises(InputError, match=r"holds (\.edition|thesis\.tex)"):
        refuse_foreign(tmp_path)


def test_an_edition_without_a_list_is_not_replaced(tmp_path):
    put(tmp_path, {MARK: "0123456789abcdef01234567", "index.html": "perhaps mine"})
    with pytest.raises(InputError, match=r"an edition of version 0\.1, which does not list"):
        refuse_foreign(tmp_path)


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(InputError, match="is a file"):
        refuse_foreign(tmp_path / "mine.txt")


SOURCES = ["", "..", "data", "data/new", "book", "book/_build", "book/_build/rooms/new", "tests/x"]


@pytest.mark.parametrize("name", SOURCES)
def test_an_edition_does_not_stand_among_what_it_is_made_from(name):
    with pytest.raises(InputError, match="name a folder of its own"):
        refuse_place((ROOT / name).resolve(), ROOT, ROOT / "data")


@pytest.mark.parametrize("name", ["book/_build/html", "book/_build/other", "site", "../site"])
def test_an_edition_may_stand_elsewhere_in_the_checkout_or_beside_it(name):
    refuse_place((ROOT / name).resolve(), ROOT, ROOT / "data")


@pytest.mark.parametrize("name", ["data/html", "data", "."])
def test_a_build_into_its_evidence_folder_is_refused_and_leaves_it_alone(
    folder, tmp_path, capsys, name
):
    before = sorted(tmp_path.rglob("*"))
    assert main(["build", "--data", str(folder), "--out", str(tmp_path / name)]) == 2
    assert "name a folder of its own" in capsys.readouterr().err.splitlines()[-1]
    assert sorted(tmp_path.rglob("*")) == before


def test_a_build_with_nothing_to_do_ends_what_a_killed_one_began(
    evidence, tmp_path, capsys, monkeypatch
):
    out = edition(tmp_path / "out", "old")
    left = put(tmp_path / ".out-dead", {f"{NEW}/{name}": text for name, text in USERS.items()})
    (left / LOCK).write_bytes(place._lock_text(out))
    monkeypatch.setattr("analysis.publish.plan.Plan.stands_in", lambda *_: True)
    assert main(["build", "--out", str(out)]) == 0
    assert "nothing changed" in capsys.readouterr().err
    assert USERS.items() <= tree(out).items() and not left.exists()
