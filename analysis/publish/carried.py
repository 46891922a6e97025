"""What an edition is built again from, in one file beside its pages.

It holds the project's own files, the evidence and the scenario of the edition, and the command that
builds it. Whatever else lies in a checkout or in an evidence folder stays there.
"""

from __future__ import annotations

import shlex
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.data.folder import named_files, package_version, read_bytes, regular_file

if TYPE_CHECKING:  # a plan depends on the files that are named here
    from analysis.publish.plan import Plan

ARCHIVE, HOW = "traincost-edition.zip", "RERUN.md"
# the folder of an edition's evidence beside its pages, and in its archive, where `data` is ours
BESIDE_PAGES, CARRIED = "data", "evidence"
FOLDERS = ("analysis", "book", "notebooks")
FILES = ("CITATION.cff", "LICENSE", "Makefile", "README.md", "pyproject.toml", "requirements.lock")
SUFFIXES = {".py", ".ipynb", ".md", ".toml", ".yml", ".css", ".js", ".html", ".svg", ".typ"}
DATE = (1980, 1, 1, 0, 0, 0)  # the first that such a file can hold
TEXT = """# Edition of traincost {version}

With Python 3.11 to 3.13 and make, in this folder:

    make book ARGS={arguments}

The last line that it prints says where the book is; its `results.json` is the same.
"""
OTHER_EVIDENCE = """
The evidence of this edition is the folder `{folder}`; `data` is the project's own. Where a page of
the book says `--data {beside}`, say `--data {folder}` here:

    .venv/bin/traincost reconstruct {model} --data {folder}
"""


def files_below(folder: Path) -> list[Path]:
    """The files of a folder that are not built from others."""
    built = {"_build", "__pycache__"}
    found = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in found if not built & set(path.relative_to(folder).parts))


def project_files(root: Path) -> list[str]:
    """Paths of the project's own files that editions are made from: those that git tracks, and the
    evidence. In a copy without git they are those with the suffix of a source.
    """
    evidence = [f"data/{name}" for name in named_files(root / "data")]
    names = {*(_tracked(root) or _sources(root)), *evidence}
    return sorted(name for name in names if _is_regular(root / name))


def left_out(root: Path) -> list[str]:
    """Sources in a checkout that git does not track: an edition may need them, its file has not."""
    return sorted({*_sources(root)} - {*project_files(root)})


def _tracked(root: Path) -> list[str]:
    """What git tracks of a checkout; nothing where there is no git."""
    git = shutil.which("git") if (root / ".git").exists() else None
    if git is None:
        return []
    command = [git, "ls-files", "-z", "--", *FOLDERS, *FILES]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True)
    return listed.stdout.split("\0")[:-1]


def _is_regular(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _sources(root: Path) -> list[str]:
    found = [path for folder in FOLDERS for path in files_below(root / folder)]
    names = [
        path.relative_to(root).as_posix()
        for path in found
        if path.suffix in SUFFIXES and _is_regular(path)
    ]
    return [*names, *FILES]


def write_archive(target: Path, plan: Plan) -> None:
    """Write what an edition is built again from: the same bytes for the same content."""
    arguments, others = _asked(plan)
    files = {name: plan.root / name for name in project_files(plan.root)} | others
    texts = {name: read_bytes(path) for name, path in files.items()}
    quoted = shlex.quote(shlex.join(arguments).replace("$", "$$"))  # a dollar is make's
    how = TEXT.format(version=package_version(), arguments=quoted)
    if "data" in plan.given:
        model = shlex.quote(plan.model)
        how += OTHER_EVIDENCE.format(folder=CARRIED, beside=BESIDE_PAGES, model=model)
    texts[HOW] = how.encode()
    with zipfile.ZipFile(target, "w") as archive:
        for name in sorted(texts):
            entry = zipfile.ZipInfo(name, DATE)
            entry.create_system, entry.external_attr = 3, 0o644 << 16  # as on Unix, on any system
            archive.writestr(entry, texts[name], zipfile.ZIP_DEFLATED)


def _asked(plan: Plan) -> tuple[list[str], dict[str, Path]]:
    """The options of an edition's build, and by their names in the archive the files that its
    scenario and its evidence are.
    """
    rest, files = dict(plan.given), {}
    scenario, data = rest.pop("scenario"), rest.pop("data", "")
    if scenario.endswith(".toml"):
        path = Path(scenario)
        scenario = f"scenarios/{path.name}"
        files[scenario] = path
    options = ["--model", plan.other.model] if plan.other else []
    options += ["--scenario", scenario]
    options += [word for name, value in rest.items() for word in ("-p", f"{name}={value}")]
    if data:
        options += ["--data", CARRIED]
        for name in named_files(Path(data)):
            files[f"{CARRIED}/{name}"] = regular_file(Path(data), name)
    return options + (["--base-url", plan.base_url] if plan.base_url else []), files
