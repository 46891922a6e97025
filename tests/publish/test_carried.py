"""What an edition carries to be built again: enough for it, and nothing that is the user's."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from analysis.cli import main
from analysis.publish import carried
from analysis.publish.book import publish_evidence
from analysis.publish.carried import (
    ARCHIVE,
    BESIDE_PAGES,
    HOW,
    left_out,
    project_files,
    write_archive,
)
from analysis.publish.plan import OtherBook, Page, Plan
from analysis.publish.sources import where_from
from tests.conftest import ROOT

# of the folder that it runs in: the results of a build with these arguments, no page executed
RESULTS_ALONE = """
import sys
from pathlib import Path
import analysis
from analysis.cli.options import chosen_scenario
from analysis.cli.parser import make_parser
from analysis.data.folder import evidence_folder
from analysis.data.tables import Evidence
from analysis.publish.book import prepare
from analysis.publish.plan import plan
assert Path(analysis.__file__).parents[1] == Path.cwd()
options = make_parser().parse_args(["build", *sys.argv[1:]])
directory = evidence_folder(options.data)
scenario, given = chosen_scenario(options, directory)
planned = plan(scenario, options.scenario, given, directory)
prepare(planned, Evidence.load(options.data), False, Path())
"""
PAPER = MappingProxyType({"scenario": "paper"})


def planned(root: Path, given: Mapping[str, str] = PAPER, **more: Any) -> Plan:
    return Plan(root, None, given, [], {}, "", "", **more)


def unpacked(archive: Path, folder: Path) -> list[str]:
    """Unpack an edition's file, and return what it says to build with."""
    with zipfile.ZipFile(archive) as found:
        found.extractall(folder)
    line = next(
        line for line in (folder / HOW).read_text().splitlines() if line.startswith("    make ")
    )
    make, target, arguments = shlex.split(line)
    assert (make, target) == ("make", "book")
    return shlex.split(arguments.removeprefix("ARGS=").replace("$$", "$"))


def run_in(folder: Path, program: str, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def names_in(archive: Path) -> list[str]:
    with zipfile.ZipFile(archive) as found:
        return found.namelist()


@pytest.fixture
def project(tmp_path) -> Path:
    """A small project that git tracks, with strays of its user's in every folder."""
    root = tmp_path / "project"
    for name in (*carried.FILES, "analysis/one.py", "book/index.md", "notebooks/one.ipynb"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    shutil.copytree(ROOT / "data", root / "data")
    for command in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *command], cwd=root, check=True)
    for name in ("analysis/mine.py", "book/mine.txt", "notebooks/mine.ipynb", "data/mine.csv"):
        (root / name).write_text("mine")
    (root / "book" / "link.md").symlink_to(root / "README.md")
    (root / "mine.txt").write_text("mine")
    return root


def test_the_edition_carries_the_project_and_the_same_results_come_of_it(edition, tmp_path):
    arguments = unpacked(edition / ARCHIVE, tmp_path)
    assert arguments == ["--scenario", "paper"]
    assert names_in(edition / ARCHIVE) == sorted([*project_files(ROOT), HOW])
    run_in(tmp_path, RESULTS_ALONE, *arguments)
    assert (tmp_path / "results.json").read_bytes() == (edition / "results.json").read_bytes()
    assert f'href="{ARCHIVE}" download' in (edition / "rerun.html").read_text(encoding="utf-8")


COMMANDS = "import sys; from analysis.cli import main; sys.exit(main(sys.argv[1:]))"


def test_a_command_reads_the_editions_evidence_in_the_archive_and_beside_the_pages(
    small_models, tmp_path, monkeypatch
):
    """A model that the project's own evidence lacks is found in both places, by each's command."""
    given = {"scenario": "paper", "data": str(small_models)}
    plan = planned(ROOT, given, other=OtherBook("quiet", "", {}, {}))
    write_archive(tmp_path / "edition.zip", plan)
    copy, pages = tmp_path / "copy", tmp_path / "pages"
    unpacked(tmp_path / "edition.zip", copy)
    (said,) = re.findall("    .venv/bin/traincost (.*)", (copy / HOW).read_text())
    run_in(copy, COMMANDS, *shlex.split(said), "-p", "samples=64")

    publish_evidence(small_models, pages / BESIDE_PAGES)
    monkeypatch.syspath_prepend(str(ROOT / "book" / "_ext"))
    line = where_from(Page("p", "P", "bill", {}, ()), given)
    data = shlex.split(re.findall("<code>(.*)</code>", line)[0])[-2:]
    done = subprocess.run(
        [sys.executable, "-c", COMMANDS, "reconstruct", "quiet", "-p", "samples=64", *data],
        cwd=pages,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.soak
def test_an_edition_of_the_users_own_is_built_whole_from_what_it_carries(folder, tmp_path):
    """Own evidence, own scenario, own parameters; and what comes of it carries the same again."""
    scenario = tmp_path / "my own.toml"
    shutil.copy(folder / "scenarios" / "dense-efficiency.toml", scenario)
    shutil.copy(scenario, folder / "scenarios" / "another.toml")
    options = ["--scenario", str(scenario), "-p", "samples=64", "--data", str(folder)]
    first, again = tmp_path / "first", tmp_path / "again"
    assert main(["build", *options, "--out", str(first)]) == 0
    arguments = unpacked(first / ARCHIVE, tmp_path / "empty")
    assert arguments == [
        *("--scenario", "scenarios/my own.toml", "-p", "samples=64", "--data", "evidence")
    ]
    program = "import sys; from analysis.cli import main; sys.exit(main(sys.argv[1:]))"
    run_in(tmp_path / "empty", program, "build", *arguments, "--out", str(again))
    for name in ("results.json", ARCHIVE):
        assert (again / name).read_bytes() == (first / name).read_bytes()


def test_only_what_git_tracks_and_the_evidence_names_is_carried(project):
    carries = project_files(project)
    assert not [name for name in carries if "mine" in name or "link" in name]
    assert {*carried.FILES, "analysis/one.py", "book/index.md", "data/facts.csv"} <= {*carries}
    assert left_out(project) == ["analysis/mine.py", "notebooks/mine.ipynb"]


def test_a_copy_without_git_carries_its_sources(project):
    with_git = project_files(project)
    shutil.rmtree(project / ".git")
    assert {*project_files(project)} - {*with_git} == {"analysis/mine.py", "notebooks/mine.ipynb"}
    assert left_out(project) == []


def test_every_source_of_the_project_has_a_suffix_of_a_source():
    tracked = {*carried._tracked(ROOT)}
    assert len(tracked) > 200
    assert tracked - {*carried._sources(ROOT)} == set()


def test_the_same_content_makes_the_same_bytes_at_any_time(project, tmp_path):
    write_archive(tmp_path / "one.zip", planned(project))
    for path in project.rglob("*.py"):
        os.utime(path, (1e9, 1e9))
        path.chmod(0o700)
    write_archive(tmp_path / "two.zip", planned(project))
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    (project / "analysis" / "one.py").write_text("another")
    write_archive(tmp_path / "two.zip", planned(project))
    assert (tmp_path / "one.zip").read_bytes() != (tmp_path / "two.zip").read_bytes()


def test_the_command_names_what_the_archive_holds(project, tmp_path, folder):
    scenario = tmp_path / "it's $5.toml"
    scenario.write_text("title = 'Five'")
    (folder / "mine.csv").write_text("mine")
    given = {"scenario": str(scenario), "mfu": "0.3", "data": str(folder)}
    other = OtherBook("deepseek-v3", "", {}, {})
    plan = planned(project, given, base_url="https://example.org/book/", other=other)
    write_archive(tmp_path / "one.zip", plan)
    words = unpacked(tmp_path / "one.zip", tmp_path / "empty")
    assert words == [
        *("--model", "deepseek-v3", "--scenario", "scenarios/it's $5.toml"),
        *("-p", "mfu=0.3", "--data", "evidence"),
        *("--base-url", "https://example.org/book/"),
    ]
    assert (tmp_path / "empty" / words[3]).read_text() == "title = 'Five'"
    evidence = tmp_path / "empty" / "evidence"
    assert (evidence / "facts.csv").read_bytes() == (folder / "facts.csv").read_bytes()
    assert not (evidence / "mine.csv").exists()
