"""Builds killed at moments spread over their running time: an edition stands whole, what is the
user's in its folder is kept, no process is left, and the next build succeeds.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from analysis.publish.place import KEPT
from tests.conftest import ROOT

KILLS = 50
BUILD = [sys.executable, "-c", "import sys; from analysis.cli import main; sys.exit(main())"]
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
USERS = {".git/config": b"mine", ".git/objects/ab/cd": b"deep", "CNAME": b"example.org\n"}
Tree = dict[str, bytes]


def build(out: Path, mfu: float) -> list[str]:
    """The command for an edition whose pages no other has executed."""
    return [*BUILD, "build", "--out", str(out), "-p", f"mfu={mfu:.3f}"]


def trees(folder: Path) -> tuple[Tree, Tree]:
    """Every file of an edition's folder: the edition's, and the user's."""
    found = {path.relative_to(folder): path for path in folder.rglob("*") if path.is_file()}
    users = {name for name in found if name.parts[0] in KEPT}
    edition = {name.as_posix(): found[name].read_bytes() for name in found.keys() - users}
    return edition, {name.as_posix(): found[name].read_bytes() for name in users}


def left_of(build: subprocess.Popen, family: list[psutil.Process]) -> list[psutil.Process]:
    """Processes of a killed build that are still there after some seconds."""
    build.wait()
    return psutil.wait_procs(family, timeout=10)[1]


@pytest.mark.soak
def test_whenever_a_build_is_killed_an_edition_stands_and_the_next_build_succeeds(
    tmp_path, record_property
):
    out = tmp_path / "edition"
    for name, content in USERS.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_bytes(content)
    begin = time.monotonic()
    subprocess.run(build(out, 0.299), cwd=ROOT, check=True, **QUIET)
    seconds = time.monotonic() - begin
    stands, users = trees(out)
    assert users == USERS
    for number in range(KILLS):
        command = build(out, 0.3 + number / 1000)
        killed = subprocess.Popen(command, cwd=ROOT, **QUIET)
        time.sleep(seconds * (number + 0.5) / KILLS)
        family = psutil.Process(killed.pid).children(recursive=True)
        killed.kill()
        assert left_of(killed, family) == [], number
        now, _ = trees(out)  # what is the user's may wait for the next build to be moved
        following = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        assert following.returncode == 0, following.stderr
        before, (stands, users) = stands, trees(out)
        assert now in (before, stands), f"killed {number}: no edition stands whole"
        assert users == USERS, number
        record_property("builds killed, an edition whole", 1)
    assert list(tmp_path.iterdir()) == [out]
