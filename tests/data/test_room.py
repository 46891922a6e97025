"""Too little room is told before a library waits for ever or ends the process."""

import resource

import pytest

from analysis.cli import main
from analysis.data import room
from analysis.publish.execute import execute_one
from analysis.publish.job import Job
from analysis.show.charts.drawing import draw


@pytest.fixture
def limited(monkeypatch):
    def limit(gib):
        monkeypatch.setattr(resource, "getrlimit", lambda which: (int(gib * room.GIB), -1))

    return limit


def test_a_limit_that_is_enough_or_none_refuses_nothing(limited):
    limited(1.0)
    room.refuse_little_room(1.0)
    limited(resource.RLIM_INFINITY / room.GIB)
    room.refuse_little_room(1e9)
    limited(0.999)
    with pytest.raises(RuntimeError, match=r"is 1 GiB, this needs 1; raise it"):
        room.refuse_little_room(1.0)


def test_a_command_says_so_in_one_line(limited, capsys):
    limited(0.25)
    assert main(["facts"]) == 1
    said = capsys.readouterr().err
    assert (
        said
        == "error: the limit of addresses is 0.25 GiB, this needs 0.5; raise it with ulimit -v\n"
    )


def test_what_draws_charts_says_so_before_it_starts(limited, tmp_path):
    limited(4.0)
    job = Job("page", tmp_path / "page.ipynb", {}, tmp_path / "done.ipynb")
    for start in (lambda: draw({}), lambda: execute_one(job, lambda: pytest.fail("started"))):
        with pytest.raises(RuntimeError, match="is 4 GiB, this needs 72"):
            start()
