"""Two ways to execute all pages of an edition: by the forking engine, and by the `papermill`
command for one page after the other.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from analysis.publish.plan import Page
from benchmarks.measure import NOTEBOOKS

TOGETHER = """
import sys
from pathlib import Path
from analysis.publish.plan import checkout, list_pages
from analysis.publish.execute import Job, execute_all

root, folder, names = checkout(), Path(sys.argv[1]), sys.argv[2:]
execute_all(
    [
        Job(page.page, page.path(root), page.parameters, folder / f"{page.page}.ipynb")
        for page in list_pages(root)
        if page.page in names
    ],
    lambda line: None,
)
"""


def together(pages: list[Page], folder: Path) -> float:
    """Seconds for all pages by the engine, its interpreter and imports included."""
    begin = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", TOGETHER, folder, *(page.page for page in pages)], check=True
    )
    return time.perf_counter() - begin


def one_by_one(pages: list[Page], folder: Path) -> float:
    """Seconds for all pages by the command, called for each."""
    begin = time.perf_counter()
    for page in pages:
        given = [text for key, value in page.parameters.items() for text in ("-p", key, str(value))]
        command = [
            Path(sys.executable).with_name("papermill"),
            NOTEBOOKS / f"{page.notebook}.ipynb",
            folder / f"{page.page}.ipynb",
        ]
        subprocess.run([*command, *given], check=True, capture_output=True)
    return time.perf_counter() - begin
