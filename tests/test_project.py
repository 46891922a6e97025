"""The project's own files: the lock, what must never be in them, and one story in every place."""

import re
import subprocess
import tomllib

import yaml

from tests.conftest import ROOT

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


def test_conda_users_get_the_same_python_and_the_same_lock():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    python = next(
        item
        for item in environment["dependencies"]
        if isinstance(item, str) and item.startswith("python")
    )
    assert python == "python>=3.11,<3.14"
    pip = next(item for item in environment["dependencies"] if isinstance(item, dict))["pip"]
    assert pip == ["--require-hashes", "-r requirements.lock"]


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
