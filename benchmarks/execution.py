"""Two ways to execute all pages of an edition: by the forking engine, and by the `papermill`
command for one page after the other.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from analysis.data.scenario import load_scenario
from analysis.publish.plan import Page, checkout, plan
from benchmarks.measure import NOTEBOOKS

TOGETHER = """
import sys
from pathlib import Path
from analysis.publish.execute import execute_all
from analysis.publish.job import Job
from benchmarks.execution import parameters_of_pages
from benchmarks.measure import NOTEBOOKS

folder = Path(sys.argv[1])
execute_all(
    [
        Job(page.page, NOTEBOOKS / f"{page.notebook}.ipynb", given, folder / f"{page.page}.ipynb")
        for page, given in parameters_of_pages()
    ],
    lambda line: None,
)
"""


def parameters_of_pages() -> list[tuple[Page, dict[str, Any]]]:
    """The pages of the default edition, each with the parameters that a build executes it with."""
    scenario = load_scenario()
    planned = plan(scenario, scenario.name, {}, checkout() / "data")
    return [(page, planned.parameters_of(page)) for page in planned.pages]


def together(folder: Path) -> float:
    """Seconds for all pages by the engine, its interpreter and imports included."""
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", TOGETHER, folder], cwd=checkout(), check=True)
    return time.perf_counter() - begin


def one_by_one(folder: Path) -> float:
    """Seconds for all pages by the command, called for each."""
    pages = parameters_of_pages()
    begin = time.perf_counter()
    for page, parameters in pages:
        given = [text for key, value in parameters.items() for text in ("-p", key, str(value))]
        command = [
            Path(sys.executable).with_name("papermill"),
            NOTEBOOKS / f"{page.notebook}.ipynb",
            folder / f"{page.page}.ipynb",
        ]
        subprocess.run([*command, *given], check=True, capture_output=True)
    return time.perf_counter() - begin
