"""What the tests share: the evidence, the default reconstruction, the book, and ways to change a
copy of the evidence.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from analysis.cli import main
from analysis.data.folder import default_directory
from analysis.data.scenario import load_scenario
from analysis.data.tables import Evidence
from analysis.publish.execute import _cores
from analysis.reconstruction.account import Account
from analysis.reconstruction.reconstruction import Reconstruction, reconstruct

ROOT = Path(__file__).parents[1]
SAMPLES = 1024
# a machine may be slow: no test is timed
settings.register_profile("untimed", parent=settings(), deadline=None)
settings.load_profile("untimed")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """One process more than cores: tests of kernels, kills and browsers wait for a part of it."""
    return None if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ else _cores() + 1


def pytest_terminal_summary(terminalreporter) -> None:
    """What tests counted (`record_property`), summed: inputs tried, numbers opened."""
    counts: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", "") == "teardown":  # it has all that a test recorded
                for name, count in report.user_properties:
                    counts[name] += count
    for name, count in sorted(counts.items()):
        terminalreporter.write_line(f"{name}: {count:,}")


@pytest.fixture(scope="session")
def evidence() -> Evidence:
    return Evidence.load()


@pytest.fixture(scope="session")
def r1(evidence: Evidence) -> Reconstruction:
    return reconstruct("deepseek-r1", load_scenario(), evidence)


@pytest.fixture(scope="session")
def account(r1: Reconstruction, evidence: Evidence) -> Account:
    return Account(r1, evidence)


@pytest.fixture(scope="session")
def edition(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The default edition, every page executed by a fork; built once a run, by the first process
    that asks for it. Nobody changes it.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent
    out = shared / "edition" / "html"
    with (shared / "edition.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not out.exists():
            assert main(["build", "--no-cache", "--out", str(out)]) == 0
    return out


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the evidence that a test may change."""
    return Path(shutil.copytree(default_directory(), tmp_path / "data"))


@pytest.fixture(scope="session")
def small_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The evidence with three small models: `quiet` discloses no hours, `learner` is reinforcement
    alone, `plain` is dense. Nobody changes it.
    """
    copy = Path(shutil.copytree(default_directory(), tmp_path_factory.mktemp("small") / "data"))
    for path in (ROOT / "tests" / "small_models").glob("*.toml"):
        shutil.copy(path, copy / "models")
    return copy


@pytest.fixture(scope="session")
def scaled(evidence: Evidence) -> Callable[..., Evidence]:
    """The evidence with some facts multiplied, value, low and high together; nothing is read
    again for it.
    """

    def scale(*facts: str, by: float = 2.0) -> Evidence:
        table = evidence["facts"].copy()
        rows = table.id.isin(facts)
        assert rows.sum() == len(facts)
        table.loc[rows, ["value", "low", "high"]] *= by
        others = {name: evidence[name] for name in evidence.tables}
        return Evidence.of(evidence.directory, others | {"facts": table})

    return scale


@pytest.fixture
def edited(folder: Path) -> Callable[[str, str, str], Path]:
    """The evidence folder with one text of one file replaced."""

    def edit(file: str, old: str, new: str) -> Path:
        path = folder / file
        content = path.read_text(encoding="utf-8")
        assert old in content
        path.write_text(content.replace(old, new, 1), encoding="utf-8")
        return folder

    return edit
