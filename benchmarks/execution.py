"""All pages of an edition by the forking engine, against the `papermill` command for one page after the other."""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from analysis.publish.edition import Page, checkout, list_pages

NOTEBOOKS = checkout() / "notebooks"
TOGETHER = """
import sys
from pathlib import Path
from analysis.publish.edition import checkout, list_pages
from analysis.publish.execute import Job, execute_all

root, folder, names = checkout(), Path(sys.argv[1]), sys.argv[2:]
execute_all(
    [
        Job(page.page, root / "notebooks" / f"{page.notebook}.ipynb", page.parameters, folder / f"{page.page}.ipynb")
        for page in list_pages(root)
        if page.page in names
    ],
    lambda line: None,
)
"""


def together(pages: list[Page], folder: Path) -> float:
    """Seconds for all pages by the engine, its interpreter and imports included."""
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", TOGETHER, folder, *(page.page for page in pages)], check=True)
    return time.perf_counter() - begin


def one_by_one(pages: list[Page], folder: Path) -> float:
    """Seconds for all pages by the command, called for each."""
    begin = time.perf_counter()
    for page in pages:
        given = [text for key, value in page.parameters.items() for text in ("-p", key, str(value))]
        command = [Path(sys.executable).with_name("papermill"), NOTEBOOKS / f"{page.notebook}.ipynb", folder / f"{page.page}.ipynb"]
        subprocess.run([*command, *given], check=True, capture_output=True)
    return time.perf_counter() - begin


def main() -> None:
    """Print as JSON the median seconds of both ways, and the median, least and largest ratio of a run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("pages", nargs="*", help="names of pages (all)")
    options = parser.parse_args()
    pages = [page for page in list_pages(checkout()) if not options.pages or page.page in options.pages]
    seconds = []
    for _ in range(options.runs):
        with tempfile.TemporaryDirectory() as name:
            seconds.append((together(pages, Path(name)), one_by_one(pages, Path(name))))
    ratios = [slow / fast for fast, slow in seconds]
    print(
        json.dumps(
            {
                "pages": len(pages),
                "runs": options.runs,
                "engine_s": round(statistics.median(fast for fast, _ in seconds), 2),
                "papermill_s": round(statistics.median(slow for _, slow in seconds), 2),
                "ratio": round(statistics.median(ratios), 2),
                "ratio_range": [round(min(ratios), 2), round(max(ratios), 2)],
            }
        )
    )


if __name__ == "__main__":
    main()
