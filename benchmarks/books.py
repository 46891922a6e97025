"""Building the book: execution, all that comes after it, a cold build, an unchanged one, one
parameter; against plain Jupyter Book.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

from analysis.publish.plan import Page, checkout, list_pages
from benchmarks.execution import one_by_one, together
from benchmarks.measure import NOTEBOOKS, Measured, measured

BIN = Path(sys.executable).parent
ROOT = checkout()
PLAIN = {"title": "plain", "execute": {"execute_notebooks": "off"}, "only_build_toc_files": True}


def seconds(*command: str | Path) -> float:
    """How long a command takes."""
    begin = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - begin


def plain_book(folder: Path, pages: list[Page], copies: Path, mode: str = "off") -> None:
    """Sources of a plain Jupyter Book of the same notebooks."""
    folder.mkdir()
    for page in pages:
        shutil.copy(copies / f"{page.page}.ipynb", folder)
    (folder / "index.md").write_text("# A plain book\n", encoding="utf-8")
    contents = {
        "format": "jb-book",
        "root": "index",
        "chapters": [{"file": page.page} for page in pages],
    }
    (folder / "_toc.yml").write_text(yaml.safe_dump(contents), encoding="utf-8")
    (folder / "_config.yml").write_text(
        yaml.safe_dump(PLAIN | {"execute": {"execute_notebooks": mode, "timeout": 300}}),
        encoding="utf-8",
    )


def our_build(out: Path, *arguments: str) -> tuple[float, float]:
    """Seconds of a build in all, and of what comes after execution, as it says itself."""
    begin = time.perf_counter()
    found = subprocess.run(
        [BIN / "traincost", "build", "--out", out, *arguments],
        check=True,
        capture_output=True,
        text=True,
    )
    line = next(
        (line for line in found.stderr.splitlines() if line.startswith("book built")), "(0 s)"
    )
    return time.perf_counter() - begin, float(line.split("(")[1].split(" ")[0])


def measure(runs: int) -> list[Measured]:
    """The five ratios of building, over some runs."""
    pages = list_pages(ROOT)
    execution, after, cold, unchanged, single = [], [], [], [], []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "executed").mkdir()
            whole, rest = our_build(folder / "ours", "--no-cache")
            loop = one_by_one(pages, folder / "executed")
            (folder / "together").mkdir()
            execution.append((together(pages, folder / "together"), loop))
            plain_book(folder / "plain", pages, folder / "executed")
            plain = seconds(BIN / "jupyter-book", "build", folder / "plain")
            after.append((rest, plain))
            cold.append((whole, loop + plain))
            unchanged.append(
                (
                    our_build(folder / "ours")[0],
                    seconds(BIN / "jupyter-book", "build", folder / "plain"),
                )
            )
            single.append(one_parameter(folder, pages[1]))
    return [
        measured(
            "executing all pages", "the papermill command, one page after the other", 8, execution
        ),
        measured(
            "all that comes after execution", "jupyter-book build of the same pages", 1 / 1.5, after
        ),
        measured("cold full build", "papermill one by one, then jupyter-book build", 5, cold),
        measured(
            "rebuild with nothing changed",
            "jupyter-book build with nothing changed",
            None,
            unchanged,
            at_most_s=1.0,
        ),
        measured(
            "one parameter of one page",
            "Jupyter Book with its cache, one notebook changed",
            1,
            single,
        ),
    ]


def one_parameter(folder: Path, page: Page) -> tuple[float, float]:
    """Seconds to see a page with another value: ours alone, and in a plain book that has cached the
    page before.
    """
    source = folder / "cached"
    if not source.exists():
        stored = folder / "stored"
        stored.mkdir()
        shutil.copy(NOTEBOOKS / f"{page.notebook}.ipynb", stored / f"{page.page}.ipynb")
        plain_book(source, [page], stored, mode="cache")
        seconds(BIN / "jupyter-book", "build", source)
    notebook = source / f"{page.page}.ipynb"
    notebook.write_text(
        notebook.read_text(encoding="utf-8").replace("mfu: float = None", "mfu: float = 0.31"),
        encoding="utf-8",
    )
    theirs = seconds(BIN / "jupyter-book", "build", source)
    given = [text for key, value in page.parameters.items() for text in ("-p", f"{key}={value}")]
    ours = seconds(
        BIN / "traincost",
        "rerun",
        NOTEBOOKS / f"{page.notebook}.ipynb",
        *given,
        "-p",
        "mfu=0.31",
        "--out",
        folder / "one.ipynb",
    )
    return ours, theirs
