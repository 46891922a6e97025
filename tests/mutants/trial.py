"""The tests on one fault, in a fork of a process that has imported all but the package itself."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import pickle
import resource
import signal
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.abc import Loader, MetaPathFinder
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any

import hypothesis
import pytest

from tests.mutants.faults import FLOORS, ROOT, Fault

ANSWERS = (
    "tests/test_answers.py",
    "tests/test_answers_of_statistics.py",
    "tests/test_answers_of_runs.py",
    "tests/test_answers_of_steps.py",
    "tests/test_answers_of_checks.py",
)
GOLDEN = "tests/test_golden.py"
# Asked of no fault: what runs in processes of its own, which read the tree as it is, and one
# question put to every input in turn, which takes as long as all others.
NOT_ASKED = (
    "tests/reconstruction/test_sweep.py::test_a_cluster_that_loses_a_worker_gives_the_same_rows",
    "tests/reconstruction/test_sweep.py::test_a_scheduler_that_does_not_answer_is_the_users_mistake",
    "tests/reconstruction/test_reconstruction.py::test_doubling_an_input_moves_what_stands_on_it_and_nothing_disclosed",
)
LIMITS = (signal.SIGXCPU, signal.SIGKILL, signal.SIGALRM)  # that end what goes on too long
OPTIONS = ["-q", "-x", "-o", "addopts=", "--doctest-modules", "-p", "no:cacheprovider"]
OPTIONS += ["-p", "no:xdist", "-m", "not soak", *(f"--deselect={name}" for name in NOT_ASKED)]


@dataclass(frozen=True)
class Asked:
    """A test file on the tree as it is: whether it passes, its seconds, the functions it calls."""

    file: str
    passed: bool
    cpu_seconds: float
    functions: frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Verdict:
    """The first test that noticed a fault, or None; `how` is answers, others, golden, import,
    time, or survived.
    """

    how: str
    test: str | None = None


def test_files() -> list[str]:
    """The test files that are asked, the golden one last."""
    found = [
        path for folder in FLOORS for path in sorted((ROOT / "tests" / folder).glob("test_*.py"))
    ]
    return [*ANSWERS, *(path.relative_to(ROOT).as_posix() for path in found), GOLDEN]


def ask(file: str) -> Asked:
    """Run a test file on the tree as it is, noting which functions of the package it calls."""
    seen: set[CodeType] = set()

    def note(frame: FrameType, event: str, argument: Any) -> None:
        seen.add(frame.f_code)

    sys.settrace(note)
    passed = _failed([file]) is None
    sys.settrace(None)
    package = str(ROOT / "analysis")
    called = {
        (Path(code.co_filename).relative_to(ROOT).as_posix(), code.co_qualname)
        for code in seen
        if code.co_filename.startswith(package)
    }
    return Asked(file, passed, _cpu_seconds(), frozenset(called))


def kept() -> dict[str, Asked]:
    """What was asked before of files that are as they were, the package and the evidence too."""
    paths = {file: _kept_at(file) for file in test_files()}
    return {file: pickle.loads(path.read_bytes()) for file, path in paths.items() if path.exists()}


def keep(asked: Asked) -> None:
    """Keep what was asked of a file in the folder of temporary files."""
    path = _kept_at(asked.file)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(pickle.dumps(asked))


def _kept_at(file: str) -> Path:
    digest = hashlib.sha256(_shared_by_all_tests() + (ROOT / file).read_bytes())
    return Path(tempfile.gettempdir()) / f"traincost-mutants-{os.getuid()}" / digest.hexdigest()


@cache
def _shared_by_all_tests() -> bytes:
    """A hash of the package, the evidence, and what is no test among the tests."""
    folders = [(ROOT / "analysis", "*.py"), (ROOT / "data", "*.*"), (ROOT / "tests", "[!t]*.*")]
    paths = [path for folder, names in folders for path in sorted(folder.rglob(names))]
    contents = (
        path.read_bytes() for path in paths if not {"__pycache__", "mutants"} & set(path.parts)
    )
    return hashlib.sha256(b"".join(contents)).digest()


def judge(fault: Fault, asked: Sequence[Asked], limit_cpu_seconds: float) -> Verdict:
    """Ask the tests that call the function at fault: the answers and the module's own examples, the
    tests of its folder, the golden file.

    Tests of other folders are not asked, for time; they could only notice more.
    """
    limit = int(_cpu_seconds() + limit_cpu_seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5))
    signal.alarm(int(20 * limit_cpu_seconds))  # for one that waits and does nothing
    sys.meta_path.insert(0, _Planted(fault.sources))
    try:
        for file in fault.sources:
            importlib.import_module(_module(file))
    except Exception as error:
        return Verdict("import", repr(error))
    place = (fault.file, fault.function)
    calling = [one for one in asked if not fault.function or place in one.functions]
    calling.sort(key=lambda one: one.cpu_seconds)
    files = [one.file for one in calling]
    own = [file for file in files if file.startswith(f"tests/{fault.floor}/")]
    for how, these in (
        ("answers", [*fault.sources, *(file for file in ANSWERS if file in files)]),
        ("others", own),
        ("golden", [file for file in files if file == GOLDEN]),
    ):
        if these and (test := _failed(these)):
            return Verdict(how, test)
    return Verdict("survived")


def lay(floor: str) -> None:
    """Import a floor of the package as it is, and compute what the floors above it share.

    A fault changes nothing on the floors below its own, for none of them imports it: forks for
    its trial begin with those floors laid.
    """
    for path in sorted((ROOT / "analysis" / floor).rglob("*.py")):
        importlib.import_module(_module(path.relative_to(ROOT).as_posix()))
    from analysis.data.tables import Evidence

    evidence = Evidence.load()
    if floor == "runs":
        efficiency = importlib.import_module("analysis.runs.efficiency")
        for developer in evidence["training_runs"].developer.unique():
            _ = efficiency.estimator_for(evidence, (developer,)).errors
    if floor == "reconstruction":
        account = importlib.import_module("analysis.reconstruction.account")
        scenario = importlib.import_module("analysis.data.scenario").load_scenario()
        _ = account.account_of("deepseek-r1", scenario, evidence)


def in_forks(tasks: Iterable[Callable[[], Any]], workers: int) -> Iterator[tuple[int, Any]]:
    """Run tasks in forks, some at a time: each one's number and result, None where a limit ended
    it.
    """
    running: dict[int, tuple[int, Path]] = {}
    pending = enumerate(tasks)
    with tempfile.TemporaryDirectory() as folder:
        while True:
            while len(running) < workers and (task := next(pending, None)):
                path = Path(folder) / str(task[0])
                running[_fork(task[1], path)] = (task[0], path)
            if not running:
                return
            pid, status = os.wait()
            number, path = running.pop(pid)
            if os.WIFEXITED(status) and not path.exists():
                error = path.with_suffix(".error").read_text("utf-8")
                raise RuntimeError(f"task {number} ended without a result: {error}")
            if os.WIFSIGNALED(status) and os.WTERMSIG(status) not in LIMITS:
                raise RuntimeError(f"task {number} ended by signal {os.WTERMSIG(status)}")
            yield number, pickle.loads(path.read_bytes()) if path.exists() else None


def _fork(task: Callable[[], Any], path: Path) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        silent = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(silent, stream)
        found = pickle.dumps(task())
        path.write_bytes(found)
    except BaseException as error:
        path.with_suffix(".error").write_text(repr(error), "utf-8")
    finally:
        os._exit(0)


class _Noticed:
    """The first test that fails, or that cannot be collected."""

    test: str | None = None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and self.test is None:
            self.test = report.nodeid

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed and self.test is None:
            self.test = report.nodeid


def _failed(files: Sequence[str]) -> str | None:
    """The first test of some files that fails; None if all pass."""
    hypothesis.settings.register_profile("mutants", derandomize=True, database=None, deadline=None)
    hypothesis.settings.load_profile("mutants")
    noticed = _Noticed()
    code = pytest.main([*OPTIONS, *files], plugins=[noticed])
    nothing_wrong = code in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
    return None if nothing_wrong else noticed.test or f"pytest: {code!r}"


class _Planted(MetaPathFinder, Loader):
    """Gives modules of the package a changed source; the tree stays as it is."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        self.sources = {_module(file): (file, source) for file, source in sources.items()}

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        if name not in self.sources:
            return None
        file = str(ROOT / self.sources[name][0])
        return importlib.util.spec_from_file_location(name, file, loader=self)

    def exec_module(self, module: ModuleType) -> None:
        source = self.sources[module.__name__][1]
        exec(compile(source, str(module.__file__), "exec"), module.__dict__)


def _module(file: str) -> str:
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
