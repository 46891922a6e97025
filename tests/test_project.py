"""The project's own files: the lock, what must never be in them, and one story in every place."""

import json
import re
import shlex
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path

import altair as alt
import numpy as np
import pandas as pd
import pytest
import yaml

import analysis
from analysis.cli.parser import make_parser
from analysis.data.tables import Evidence
from analysis.show import numbers
from analysis.show.charts import axes, bars, frames, look
from tests.conftest import ROOT

TEXTS = ("README.md", "CONTRIBUTING.md", "SECURITY.md")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")


def tracked() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return listed.stdout.split()


def test_every_locked_package_has_hashes_and_the_lock_names_no_index():
    packages = re.findall(r"^([a-z0-9._-]+)==", LOCK, re.M)
    assert len(packages) > 100
    blocks = re.split(r"^(?=[a-z0-9])", LOCK, flags=re.M)[1:]
    assert all("--hash=sha256:" in block for block in blocks)
    assert "://" not in LOCK
    assert not re.search(r"^ *--(?!hash=)", LOCK, re.M)


def test_the_package_that_slows_every_kernel_is_held_out():
    """rfc3987-syntax makes each import of jsonschema, in papermill and in each kernel, build a
    grammar for a second.
    """
    assert not re.search(r"^rfc3987-syntax", LOCK, re.M)
    assert any("rfc3987-syntax" in line for line in PROJECT["tool"]["uv"]["override-dependencies"])


def test_conda_brings_what_make_needs_and_asks_pip_for_nothing():
    """pip resolves what it installs, and would stop on the package that is held out."""
    wanted = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    assert wanted == [f"python{PROJECT['project']['requires-python']}", "make"]


def test_the_lock_installs_whole_by_the_command_of_the_makefile():
    """Asked offline, uv finds every locked package installed, and pip none that lacks another."""
    command = re.search(r"^UV_INSTALL := \$\(BIN\)/(.*)$", MAKEFILE, re.M)[1]
    arguments = command.replace("$(BIN)/python", sys.executable).replace("--quiet", "").split()
    check = ["--offline", "--dry-run", "--requirement", "requirements.lock"]
    uv = subprocess.run(
        [Path(sys.executable).with_name("uv"), *arguments[1:], *check],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert "Would make no changes" in uv.stderr, uv.stderr
    assert {"--require-hashes", "--no-deps", "--only-binary"} <= set(arguments)
    pip = [sys.executable, "-m", "pip", "check"]
    found = subprocess.run(pip, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout


def test_no_path_of_a_machine_and_no_package_host_in_any_file():
    banned = re.compile(
        r"[/](root|home)[/][a-z]|[/]tmp[/][a-z]|py(pi[.]org|thonhosted)|registry[.]npmjs|deb[.]debian|-{2}index[-]url",
        re.I,
    )
    for name in tracked():
        path = ROOT / name
        if (
            path.suffix in {".svg", ".lock"}
            or name == "tests/test_project.py"
            or not path.is_file()
        ):
            continue
        found = banned.search(path.read_text(encoding="utf-8"))
        assert found is None, (name, found and found[0])


# --- what the texts for people say is there


def texts() -> str:
    return "\n".join((ROOT / name).read_text(encoding="utf-8") for name in TEXTS)


def spans() -> list[str]:
    """What is set as code, between back quotes or in a block of console lines."""
    blocks = re.findall(r"```console\n(.*?)```", texts(), re.S)
    lines = [line.partition("  #")[0] for block in blocks for line in block.splitlines()]
    prose = re.sub(r"```.*?```", "", texts(), flags=re.S)
    return lines + re.findall(r"`([^`\n]+)`", prose)


def test_readme_names_the_two_commands_and_the_paths():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for text in ("make book", "make test", "Read", "Rerun", "Compute", "Fork"):
        assert text in readme


def test_every_file_that_a_text_names_is_there():
    names = re.findall(r"(?<![\w/.-])[\w.-]+/[\w./-]*\w|[\w-]+\.(?:toml|yml|lock|md)\b", texts())
    written_by_reader = re.compile(
        r"^(my-|NAME|run\.toml|book/(NAME|_build)|data/models/my-|\.venv|traincost/(valid-tables|points|sweeps))"
    )
    wanted = {name for name in names if not written_by_reader.match(name)}
    found = {name for name in wanted if (ROOT / name).exists()}
    assert len(found) > 30
    assert {name for name in wanted - found if not name.startswith("github.com")} == set()


def test_every_make_command_of_a_text_is_a_target_and_its_tests_are_there():
    commands = [span for span in spans() if span.startswith("make ")]
    assert len(commands) > 12
    for command in commands:
        _, target, *given = shlex.split(command)
        assert re.search(rf"^{target}:", MAKEFILE, re.M), command
        for path in " ".join(given).removeprefix("ARGS=").split():
            assert path.startswith("--") or (ROOT / path).exists(), command


def test_every_command_of_a_text_is_one_that_the_parser_takes():
    commands = [span for span in spans() if re.match(r"(\.venv/bin/)?traincost .*\w", span)]
    assert len(commands) > 8
    for command in commands:
        assert make_parser().parse_args(shlex.split(command)[1:]).run, command


def test_the_ten_lines_of_the_readme_run(tmp_path, monkeypatch):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    code = re.search(r"```python\n(.*?)```", readme, re.S)[1]
    assert len([line for line in code.splitlines() if line]) == 10
    monkeypatch.chdir(tmp_path)
    exec(code, {})
    assert "<svg" in (tmp_path / "hours.svg").read_text(encoding="utf-8")


def test_the_rows_of_the_recipes_are_taken_and_the_claim_gets_its_verdict(folder):
    """Each example row of CONTRIBUTING is added to its table."""
    tables = {
        "my_source": "sources",
        "my_model_gpu_hours": "facts",
        "my_model_days": "arithmetic",
        "my_correction": "corrections",
        "my_claim": "claims",
        "my-model-7b": "training_runs",
    }
    blocks = re.findall(r"^ *```csv\n *(.*)\n *```", texts(), re.M)
    assert [row.split(",")[0] for row in blocks] == list(tables)
    for row in blocks:
        path = folder / f"{tables[row.split(',')[0]]}.csv"
        path.write_text(path.read_text(encoding="utf-8") + row + "\n", encoding="utf-8")
    assert Evidence.load(folder).broken_identities() == []
    assert analysis.judge(data=folder, samples=256)["my_claim"]["verdict"] == "misleading"
    numbers = analysis.reconstruct(data=folder, samples=256).numbers
    assert numbers["my_model_days"].value == pytest.approx(1_200_000 / (512 * 24))


def test_the_chart_of_the_recipe_draws():
    block = re.search(r"^ *```python\n( *def my_chart.*?)^ *```", texts(), re.M | re.S)
    names = {"pd": pd, "alt": alt}
    for module in (axes, bars, frames, look, numbers):
        names |= vars(module)
    exec(textwrap.dedent(block[1]), names)
    chart = names["my_chart"](pd.DataFrame({"label": ["a", "b"], "gpu_hours": [2e3, np.nan]}))
    assert "not disclosed" in json.dumps(chart.to_dict())


# --- the files for a forge


def test_the_workflow_runs_the_two_commands_and_publishes_the_book():
    workflow = yaml.safe_load((ROOT / ".github/workflows/test-and-publish.yml").read_text())
    jobs = workflow["jobs"]
    steps = [step for job in jobs.values() for step in job["steps"]]
    runs = [step["run"] for step in steps if "run" in step]
    (book,) = [run for run in runs if run.startswith("make book")]
    assert "--base-url=https://" in book  # previews of pages need the address
    assert runs.index(book) < runs.index("make test")
    used = [step["uses"] for step in steps if "uses" in step]
    assert all(re.fullmatch(r"actions/[a-z-]+@v\d+\.\d+\.\d+", name) for name in used)
    upload = next(step for step in steps if "upload-pages" in step.get("uses", ""))
    assert upload["with"]["path"] == "book/_build/html"
    assert jobs["publish"]["needs"] == "book-and-test"


def test_a_commit_is_checked_as_make_test_checks_beside_its_tests():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    rule = re.search(r"^test:.*\n((?:\t.*\n)+)", MAKEFILE, re.M)[1]
    checks = [line.strip().split(" & ")[0] for line in rule.splitlines() if "$(BIN)" in line]
    assert [hook["entry"].replace(".venv/bin", "$(BIN)") for hook in hooks] == checks


@pytest.mark.parametrize("name", ["number-is-wrong", "new-disclosure"])
def test_a_form_asks_for_each_thing_once_and_for_a_source(name):
    path = ROOT / ".github" / "ISSUE_TEMPLATE" / f"{name}.yml"
    form = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert form["name"] and form["description"]
    ids = [field["id"] for field in form["body"]]
    assert len(ids) == len(set(ids)) and "source" in ids
    assert all(field["attributes"]["label"] for field in form["body"])


def test_the_citation_names_the_version_and_its_day():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == PROJECT["project"]["version"]
    assert str(citation["date-released"]) in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
