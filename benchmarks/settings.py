"""A change of a setting on the page of a reader's own numbers, from the key to the drawn page,
against the command with the same numbers.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from analysis.data.folder import edition_model
from analysis.publish.plan import checkout
from benchmarks.browser import CHROMIUM, browser
from benchmarks.measure import Measured, measured, repeated

COMMAND = Path(sys.executable).with_name("traincost")
GIVEN = {"price": ("price_usd_per_gpu_hour", 3), "mfu": ("mfu", 0.3)}
AT_MOST_S = 0.1
# a step of a slider, and all that follows from it laid out; the longest of all sliders' steps
SLOWEST_STEP_S = """() => {
  const sliders = [...document.querySelectorAll(".try-settings input[type=range]")];
  return Math.max(...sliders.map((slider) => {
    const begin = performance.now();
    slider.stepDown();
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    document.body.getBoundingClientRect();
    return performance.now() - begin;
  })) / 1000;
}"""


def by_command() -> float:
    """Seconds of the command, from its start to its answer."""
    given = [text for name, value in GIVEN.values() for text in ("-p", f"{name}={value}")]
    begin = time.perf_counter()
    command = [COMMAND, "reconstruct", edition_model(), *given, "--json"]
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - begin


def by_page(runs: int, edition: Path | None = None) -> list[float]:
    """Seconds of the slowest step on the page, over some runs, in a browser of its own; none where
    no chromium or no book is there.
    """
    page = (edition or checkout() / "book" / "_build" / "html") / "try.html"
    if CHROMIUM is None or not page.is_file():
        return []
    fragment = "&".join(f"{word}={value}" for word, (_, value) in GIVEN.items())
    with browser() as chromium:
        opened = chromium.new_page(viewport={"width": 1440, "height": 900})
        opened.goto(f"{page.as_uri()}#{fragment}", wait_until="load")
        return [float(opened.evaluate(SLOWEST_STEP_S)) for _ in range(runs)]


def measure(runs: int) -> list[Measured]:
    """Seconds of a change and of the command, over some runs."""
    pages = by_page(runs)
    commands, load = repeated(len(pages), by_command) if pages else ([], 0.0)
    pairs = list(zip(pages, commands, strict=True))
    work, against = "a setting changed on the page to try", "the command with the same numbers"
    return [measured(work, against, None, pairs, AT_MOST_S, load)] if pairs else []
