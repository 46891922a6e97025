"""An edition's folder is replaced whole, by one exchange, or not at all; what a killed build left
is cleared.
"""

import fcntl

import pytest

from analysis.data.mistakes import InputError
from analysis.publish.place import LOCK, MARK, refuse_foreign, standing_key, swap, workplace


def edition(folder, text):
    folder.mkdir(parents=True)
    (folder / MARK).write_text(text)
    (folder / "index.html").write_text(text)
    return folder


def test_the_new_edition_takes_the_place_of_the_last(tmp_path):
    out = edition(tmp_path / "out", "old")
    with workplace(out) as work:
        swap(edition(work / "html", "new"), out)
        assert (work / "html" / "index.html").read_text() == "old"
    assert standing_key(out) == "new" and [path.name for path in tmp_path.iterdir()] == ["out"]


def test_the_first_edition_is_put_where_nothing_stands(tmp_path):
    with workplace(tmp_path / "deep" / "out") as work:
        swap(edition(work / "html", "new"), tmp_path / "deep" / "out")
    assert standing_key(tmp_path / "deep" / "out") == "new"


def test_what_fails_leaves_the_last_edition_and_nothing_else(tmp_path):
    out = edition(tmp_path / "out", "old")
    with pytest.raises(RuntimeError), workplace(out) as work:
        edition(work / "html", "half")
        raise RuntimeError
    assert standing_key(out) == "old" and [path.name for path in tmp_path.iterdir()] == ["out"]


def test_the_workplace_of_a_killed_build_goes_and_that_of_a_running_one_stays(tmp_path):
    dead, alive = tmp_path / ".out-dead", tmp_path / ".out-alive"
    for folder in (dead, alive):
        folder.mkdir()
        (folder / LOCK).touch()
    with (alive / LOCK).open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with workplace(tmp_path / "out"):
            assert not dead.exists() and alive.exists()


def test_what_is_not_an_edition_is_not_replaced(tmp_path):
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(InputError, match="holds files that are no edition"):
        refuse_foreign(tmp_path)
    with pytest.raises(InputError, match="is a file"):
        refuse_foreign(tmp_path / "mine.txt")
