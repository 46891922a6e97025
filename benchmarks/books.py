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
from benchmarks.measure import NOTEBOOKS, Measured, measured, repeated

BIN = Path(sys.executable).parent
ROOT = checkout()
UNCHANGED_AT_MOST_S = 0.3
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


def one_run() -> dict[str, tuple[float, float]]:
    """Seconds of each of the five, ours and theirs."""
    pages = list_pages(ROOT)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        executed, own = folder / "executed", folder / "together"
        executed.mkdir()
        own.mkdir()
        whole, rest = our_build(folder / "ours", "--no-cache")
        loop = one_by_one(executed)
        plain_book(folder / "plain", pages, executed)
        plain = seconds(BIN / "jupyter-book", "build", folder / "plain")
        again = seconds(BIN / "jupyter-book", "build", folder / "plain")
        return {
            "execution": (together(own), loop),
            "after": (rest, plain),
            "cold": (whole, loop + plain),
            "unchanged": (our_build(folder / "ours")[0], again),
            "one parameter": one_parameter(folder, next(filter(takes_mfu, pages))),
        }


def measure(runs: int) -> list[Measured]:
    """The five ratios of building, over some runs."""
    found, load = repeated(runs, one_run)
    rows = {
        "execution": ("executing all pages", "the papermill command, one page after the other", 8),
        "after": ("all that comes after execution", "jupyter-book build of the same pages", 1),
        "cold": ("cold full build", "papermill one by one, then jupyter-book build", 5.5),
        "unchanged": ("rebuild with nothing changed", "jupyter-book with nothing changed", None),
        "one parameter": ("one parameter of one page", "jupyter-book with its cache", 2.5),
    }
    return [
        measured(
            work,
            against,
            promised,
            [run[name] for run in found],
            UNCHANGED_AT_MOST_S if promised is None else None,
            load,
        )
        for name, (work, against, promised) in rows.items()
    ]


def takes_mfu(page: Page) -> bool:
    """Whether a page has the parameter that is changed."""
    return "mfu" in page.declares


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
