"""What listens while pages are executed: sockets in a folder that nobody else may enter, and ports
of this machine alone.
"""

from __future__ import annotations

import operator
import signal
import socket
import stat
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from itertools import filterfalse
from pathlib import Path

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from analysis.publish.execute import execute_all
from analysis.publish.forking.forks import (
    LONGEST_FOLDER,
    _made_folder,
    can_fork,
    forked,
    private_folder,
)
from analysis.publish.job import Job

pytestmark = pytest.mark.skipif(not can_fork(), reason="no forks here")
LISTENS = 0x10000  # a flag of a socket in /proc/net/unix
CELL = """import stat, os, pathlib
from ipykernel import get_connection_file
import altair
altair.Chart(altair.Data(values=[{"x": 1}])).mark_point().encode(x="x:Q")
print(oct(stat.S_IMODE(os.stat(get_connection_file()).st_mode)))
import time; time.sleep(2)"""


def inodes_of(processes: list[psutil.Process]) -> set[str]:
    """The sockets that processes have open."""
    found = set()
    for process in processes:
        with suppress(OSError):
            for link in Path(f"/proc/{process.pid}/fd").iterdir():
                with suppress(OSError):
                    found.add(str(link.readlink()))
    return {name.removeprefix("socket:[").removesuffix("]") for name in found if "socket" in name}


def unix_sockets(inodes: set[str]) -> set[str]:
    """Where they listen, of those that are files or abstract names."""
    rows = [line.split() for line in Path("/proc/net/unix").read_text().splitlines()[1:]]
    return {
        row[7] for row in rows if len(row) > 7 and row[6] in inodes and int(row[3], 16) & LISTENS
    }


def ports(processes: list[psutil.Process]) -> set[str]:
    """The addresses of this machine at which processes listen."""
    found = set()
    for process in processes:
        with suppress(psutil.Error):
            listening = [one for one in process.net_connections("inet") if one.status == "LISTEN"]
            found |= {one.laddr.ip for one in listening}
    return found


def watched(done) -> tuple[set[str], set[str], dict[str, int]]:
    """Sockets, addresses and modes of the sockets' folders, as long as something runs."""
    names, addresses, modes = set(), set(), {}
    while not done.done():
        processes = psutil.Process().children(recursive=True)
        for name in unix_sockets(inodes_of(processes)):
            names.add(name)
            with suppress(OSError):
                modes[name] = stat.S_IMODE(Path(name).parent.stat().st_mode)
        addresses |= ports(processes)
        time.sleep(0.05)
    done.result()
    return names, addresses, modes


def test_nobody_else_can_reach_what_listens_while_pages_are_executed(tmp_path):
    for name in ("one", "two"):
        cells = [new_code_cell("given = 1", metadata={"tags": ["parameters"]}), new_code_cell(CELL)]
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        notebook = new_notebook(cells=cells, metadata={"kernelspec": kernel})
        nbformat.write(notebook, tmp_path / f"{name}.ipynb")
    jobs = [
        Job(name, tmp_path / f"{name}.ipynb", {}, tmp_path / f"{name}.out.ipynb")
        for name in ("one", "two")
    ]
    with ThreadPoolExecutor(1) as pool:
        names, addresses, modes = watched(pool.submit(execute_all, jobs, lambda line: None))
    assert len(names) >= 11  # five of each kernel, and that of who draws
    assert [name for name in names if not name.startswith("/")] == []
    assert set(modes.values()) == {0o700}
    assert not any(Path(name).parent.exists() for name in names)
    assert addresses <= {"127.0.0.1", "::1"}
    said = nbformat.read(tmp_path / "one.out.ipynb", as_version=4).cells[1].outputs
    assert any("0o600" in output.get("text", "") for output in said)


@pytest.mark.parametrize("usual", ["/tmp", "/tmp/" + "x" * LONGEST_FOLDER])
def test_the_path_of_a_socket_is_never_too_long(usual, monkeypatch):
    monkeypatch.setattr(tempfile, "gettempdir", lambda: usual)
    folder = _made_folder.__wrapped__()
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(folder / "fork-4194304-123456"))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()


def test_the_folder_goes_with_the_process_that_serves(tmp_path, monkeypatch):
    """It is told to end as soon as its last answer is there."""
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    makes = partial(filterfalse, operator.call, [private_folder])  # the folder, and gives nothing
    for _ in range(5):
        assert list(forked(abs, [-1], 1, makes, lambda: None)) == [(0, 1)]
        assert list(tmp_path.iterdir()) == []


def test_a_process_that_is_ended_while_its_folder_is_made_knows_of_it(tmp_path, monkeypatch):
    def made(**_):
        signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
        return str(tmp_path)

    monkeypatch.setattr(tempfile, "mkdtemp", made)
    _made_folder.cache_clear()
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        with pytest.raises(SystemExit):
            private_folder()
        assert _made_folder.cache_info().currsize == 1
    finally:
        signal.signal(signal.SIGTERM, before)
        _made_folder.cache_clear()
