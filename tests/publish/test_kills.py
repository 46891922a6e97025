"""Builds killed at random moments: an edition stands whole, what is the user's in its folder is
kept, no process is left, and the next build succeeds.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import psutil
import pytest

from analysis.publish.place import KEPT
from tests.conftest import ROOT

KILLS = 100
MODEL = "smollm3-3b"  # its book has ten pages, built in seconds; any model would do
BUILD = [sys.executable, "-c", "import sys; from analysis.cli import main; sys.exit(main())"]
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
USERS = {".git/config": b"mine", ".git/objects/ab/cd": b"deep", "CNAME": b"example.org\n"}
GOOD = (
    "builds killed",
    "builds that had ended when they were killed",
    "killed builds whose edition stood already",
)
BAD = (
    "editions broken",
    "files of the user lost",
    "files left over",
    "next builds that failed",
    "processes left",
)
Tree = dict[str, bytes]


def build(out: Path, price: float) -> list[str]:
    """The command for an edition most of whose pages no other has executed."""
    given = ["--model", MODEL, "-p", f"price_usd_per_gpu_hour={price:.2f}"]
    return [*BUILD, "build", "--out", str(out), *given]


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


def seconds_of(command: list[str]) -> float:
    """How long a build takes that is left alone."""
    begin = time.monotonic()
    subprocess.run(command, cwd=ROOT, check=True, **QUIET)
    return time.monotonic() - begin


def killed(command: list[str], after_seconds: float) -> Counter[str]:
    """A build that is killed; whether it came to its end before, and what it left running."""
    begun = subprocess.Popen(command, cwd=ROOT, **QUIET)
    time.sleep(after_seconds)
    had_ended = begun.poll() is not None
    family = [] if had_ended else psutil.Process(begun.pid).children(recursive=True)
    begun.kill()
    return Counter(
        {
            "builds killed": 1,
            "builds that had ended when they were killed": had_ended,
            "processes left": len(left_of(begun, family)),
        }
    )


def left_in(out: Path, command: list[str], stood: Tree) -> Counter[str]:
    """What a killed build left in its folder, by the next build, which is of the same edition."""
    now, _ = trees(out)  # what is the user's may wait for the next build to be moved
    ended = subprocess.run(command, cwd=ROOT, **QUIET).returncode
    after, users = trees(out)
    lost = sum(users.get(name) != content for name, content in USERS.items())
    return Counter(
        {
            "editions broken": now not in (stood, after),
            "killed builds whose edition stood already": now == after != stood,
            "next builds that failed": ended != 0,
            "files of the user lost": lost,
            "files left over": len(users) - len(USERS) + len(list(out.parent.iterdir())) - 1,
        }
    )


@pytest.mark.soak
def test_whenever_a_build_is_killed_an_edition_stands_and_the_next_build_succeeds(
    tmp_path, record_property
):
    out = tmp_path / "edition"
    for name, content in USERS.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_bytes(content)
    seconds_of(build(out, 2.01))
    seconds = seconds_of(build(out, 2.02))  # with what a first build keeps for all later ones
    moments, counts = random.Random(1), Counter()
    for number in range(KILLS):
        command = build(out, 3.0 + number / 100)
        stood, _ = trees(out)
        counts += killed(command, seconds * moments.random())
        counts += left_in(out, command, stood)
    for name in (*GOOD, *BAD):
        record_property(name, counts[name])
    assert counts["builds killed"] == KILLS
    assert {name: counts[name] for name in BAD if counts[name]} == {}
