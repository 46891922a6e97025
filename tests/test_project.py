"""The project's own files: the lock, what must never be in them, and one story in every place."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import yaml

from tests.conftest import ROOT

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
    assert any(
        "rfc3987-syntax" in line
        for line in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["uv"][
            "override-dependencies"
        ]
    )


def test_conda_brings_what_make_needs_and_asks_pip_for_nothing():
    """pip resolves what it installs, and would stop on the package that is held out."""
    wanted = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert wanted == [f"python{project['requires-python']}", "make"]


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
        r"[/](root|home)[/][a-z]|[/]tmp[/][a-z]|py(pi[.]org|thonhosted)|registry[.]npmjs|deb[.]debian|-{2}index-url",
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


def test_readme_names_the_two_commands_and_the_three_paths():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for text in ("make book", "make test", "Read", "Rerun", "Fork"):
        assert text in readme
