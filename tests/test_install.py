"""What `pip install .` brings is enough to answer, and what needs more says what to install."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions, requires

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
# each command in its turn, in a process that finds no module of the names given
PROGRAM = """
import contextlib, io, json, sys
from importlib.machinery import PathFinder
names, commands = map(json.loads, sys.argv[1:])
find = PathFinder.find_spec
def find_others(name, *rest):
    return None if name.split(".")[0] in names else find(name, *rest)
PathFinder.find_spec = find_others
from analysis.cli import main
done = []
for command in commands:
    with contextlib.redirect_stdout(io.StringIO()) as out:
        with contextlib.redirect_stderr(io.StringIO()) as err:
            code = main(command)
    done.append([code, out.getvalue(), err.getvalue()])
print(json.dumps(done))
"""
RUN = """name = "Some model"
developer = "Some lab"
release_date = 2025-06-01
params_total = 70e9
params_active = 70e9
tokens = 15e12
hardware = "H100"
"""
SWEEP = ("sweep", "--grid", "mfu=0.3", "-p", "samples=64", "--out", "swept.csv")
ANSWERS = {  # what a command's answer holds
    ("reconstruct", "deepseek-v3", "-p", "samples=64", "--json"): '"model": "deepseek-v3"',
    ("estimate", "run.toml"): "gpu hours",
    ("claims",): "not_checkable",
    ("card", "deepseek-r1"): "missing:",
    ("facts", "v3_pretraining_tokens"): "1.48e+13",
    ("sources",): "arxiv.org",
    ("models",): "deepseek-v3",
    ("scenarios",): "price_usd_per_gpu_hour",
    ("new-model", "mine", "--from", "deepseek-v3", "--data", "data"): "mine.facts.csv",
    SWEEP: "swept.csv\n",
}
ASKS_FOR_MORE = {  # what a command needs, and the extra that brings it
    ("rerun", str(ROOT / "notebooks" / "bill.ipynb")): ("psutil", "book"),
    (*SWEEP, "--scheduler", "local"): ("distributed", "sweep"),
}


def closure(texts: list[str]) -> set[str]:
    """The packages that requirements bring, by what those installed here require."""
    waiting, seen = [Requirement(text) for text in texts], set()
    while waiting:
        asked = waiting.pop()
        if asked not in seen:
            seen.add(asked)
            further = map(Requirement, requires(asked.name) or [])
            extras = [{"extra": extra} for extra in (*asked.extras, "")]
            waiting += [
                one for one in further if not one.marker or any(map(one.marker.evaluate, extras))
            ]
    return {canonicalize_name(one.name) for one in seen}


CORE = closure(PROJECT["dependencies"])


@pytest.fixture(scope="module")
def core_alone(tmp_path_factory):
    """Exit code, standard output and standard error of each command, where no package but those of
    the core can be imported.
    """
    own = {"analysis", "traincost", "tests", "benchmarks"}
    others = [
        module
        for module, packages in packages_distributions().items()
        if module not in own and not CORE & {canonicalize_name(name) for name in packages}
    ]
    assert {"altair", "nbformat", "frictionless", "distributed", "yaml"} <= set(others)
    folder = tmp_path_factory.mktemp("core")
    (folder / "run.toml").write_text(RUN, encoding="utf-8")
    commands = [*ANSWERS, *ASKS_FOR_MORE]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(others), json.dumps(commands)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return dict(zip(commands, json.loads(done.stdout), strict=True))


def test_the_core_is_some_twenty_packages_and_no_extra_is_among_them():
    extras = [text for texts in PROJECT["optional-dependencies"].values() for text in texts]
    assert 10 < len(CORE) < 30
    assert not CORE & {canonicalize_name(Requirement(text).name) for text in extras}


@pytest.mark.parametrize("command", ANSWERS, ids=lambda command: command[0])
def test_a_command_answers_with_the_core_alone(core_alone, command):
    code, out, err = core_alone[command]
    assert code == 0 and ANSWERS[command] in out, err


def test_a_sweep_with_the_core_alone_says_that_it_has_no_chart(core_alone):
    _, out, err = core_alone[SWEEP]
    assert out == "swept.csv\n"
    assert err.endswith("no chart: install the extra `book`: pip install 'traincost[book]'\n")


@pytest.mark.parametrize("command", ASKS_FOR_MORE, ids=lambda command: command[0])
def test_a_command_that_needs_an_extra_names_it_in_one_line(core_alone, command):
    code, out, err = core_alone[command]
    package, extra = ASKS_FOR_MORE[command]
    assert extra in PROJECT["optional-dependencies"]
    said = f"install the extra `{extra}`: pip install 'traincost[{extra}]'"
    assert (code, out) == (2, "")
    assert err.splitlines()[-1] == f"error: {package} is not installed; {said}"
    assert "Traceback" not in err
