"""How time and memory grow with the evidence, the models and the pages, and the curves of all."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import altair as alt
import pandas as pd
import yaml

from analysis.publish.carried import project_files
from analysis.publish.contents import TOC
from analysis.publish.plan import Page, checkout, list_pages

CURVES = Path(__file__).with_name("growth.svg")
ROOT = checkout()
COPIED = "glm-4.5"  # a model with facts of its own; any would do
TABLES = ("facts", "training_runs", "claims")
SIZES = (1, 3, 10, 30)
MOST_EXPONENT = 1.1
LEAST_SECONDS = 5.0  # of processor time, for an exponent to be more than noise
MIB = 1024.0


class Spent(NamedTuple):
    """Processor time [s] and largest memory [MiB] of a process with all that it started."""

    cpu_s: float
    peak_mib: float


def repeat(path: Path, rows: int) -> None:
    """The rows of a table again and again, under other keys."""
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    copies = pd.concat([table] * -(-rows // len(table)), ignore_index=True).head(rows)
    turn = copies.index // len(table)
    copies.iloc[:, 0] += [f"_again{k}" if k else "" for k in turn]
    copies.to_csv(path, index=False)


def copy_model(models: Path, number: int) -> None:
    """One more model with its facts."""
    facts = pd.read_csv(models / f"{COPIED}.facts.csv", dtype=str, keep_default_na=False)
    text = (models / f"{COPIED}.toml").read_text(encoding="utf-8")
    for name in facts.id:
        text = re.sub(rf"\b{name}\b", f"{name}_{number}", text)
    text = re.sub(r'^title = "(.*)"', rf'title = "\1 {number}"', text, count=1, flags=re.M)
    copied = facts.assign(subject=f"copy-{number}", id=facts.id + f"_{number}")
    copied.to_csv(models / f"copy-{number}.facts.csv", index=False)
    (models / f"copy-{number}.toml").write_text(text, encoding="utf-8")


def more_evidence(folder: Path, times: int) -> None:
    """So many times the facts, runs and claims."""
    for table in TABLES:
        path = folder / f"{table}.csv"
        repeat(path, times * len(pd.read_csv(path, usecols=[0])))


def more_models(folder: Path, times: int) -> None:
    """So many times the models."""
    models = folder / "models"
    for number in range((times - 1) * len(list(models.glob("*.toml")))):
        copy_model(models, number)


def more_pages(book: Path, times: int) -> None:
    """So many times the executed pages, in a part of their own."""
    with (book / "pages.toml").open("a", encoding="utf-8") as listed:
        pages = [
            replace(page, page=f"{page.page}-{turn}")
            for turn in range(1, times)
            for page in list_pages(ROOT)
        ]
        listed.writelines(map(_as_listed, pages))
    toc = yaml.safe_load((book / TOC).read_text(encoding="utf-8"))
    again = {"caption": "Again", "chapters": [{"file": page.page} for page in pages]}
    toc["parts"] += [again] if pages else []
    (book / TOC).write_text(yaml.safe_dump(toc), encoding="utf-8")


def _as_listed(page: Page) -> str:
    """A page as pages.toml has it."""
    fields = {"page": page.page, "title": page.title, "notebook": page.notebook}
    given = ", ".join(_set(page.parameters))
    return "\n".join(["", "[[page]]", *_set(fields), f"parameters = {{ {given} }}", ""])


def _set(fields: Mapping[str, Any]) -> list[str]:
    return [f"{name} = {json.dumps(value)}" for name, value in fields.items()]


def _claims(folder: Path, times: int) -> Spent:
    data = Path(shutil.copytree(ROOT / "data", folder / "data"))
    more_evidence(data, times)
    return spent("claims", "--data", data)


def _models(folder: Path, times: int) -> Spent:
    data = Path(shutil.copytree(ROOT / "data", folder / "data"))
    more_models(data, times)
    notebook = ROOT / "notebooks" / "models.ipynb"
    return spent("rerun", notebook, "-p", f"data={data}", "--out", folder / "out.ipynb")


def _pages(folder: Path, times: int) -> Spent:
    project = folder / "project"
    for name in project_files(ROOT):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, project / name)
    more_pages(project / "book", times)
    return spent("build", "--out", folder / "built", project=project)


class Growing(NamedTuple):
    """How to measure something once at a size, and at which sizes, at most so many times."""

    once: Callable[[Path, int], Spent]
    sizes: Sequence[int]
    most_runs: int


GROWING = {
    "evidence": Growing(_claims, (*SIZES, 100, 300, 1000), 3),  # thirty times takes few seconds
    "models": Growing(_models, SIZES, 3),
    "pages": Growing(_pages, SIZES, 1),  # thirty times is a book of hundreds
}


def spent(*arguments: str | Path, project: Path = ROOT) -> Spent:
    """What a command of traincost takes, in a process of its own, by the code of a project."""
    program = "import sys; from analysis.cli import main; sys.exit(main())"
    with tempfile.TemporaryFile("w+") as said:
        child = subprocess.Popen(
            [sys.executable, "-c", program, *map(str, arguments)],
            stdout=subprocess.DEVNULL,
            stderr=said,
            cwd=project,  # a program of one line finds its packages there first
        )
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            said.seek(0)
            raise RuntimeError(f"{arguments}: {said.read()}")
    return Spent(used.ru_utime + used.ru_stime, used.ru_maxrss / MIB)


def measure(runs: int) -> list[dict[str, Any]]:
    """Time and memory at each size, the median of some runs: `what, times, cpu_s, peak_mib`."""
    return [
        {"what": what, "times": times} | _median(growing, times, min(runs, growing.most_runs))
        for what, growing in GROWING.items()
        for times in growing.sizes
    ]


def _median(growing: Growing, times: int, runs: int) -> dict[str, float]:
    found = []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            found.append(growing.once(Path(folder), times))
    medians = (statistics.median(values) for values in zip(*found, strict=True))
    return {
        field: float(f"{value:.3g}") for field, value in zip(Spent._fields, medians, strict=True)
    }


def exponents(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """By what power time and memory grow between the two largest sizes: `what, from_times,
    to_times, time, memory`, and whether the time was long enough to say so.
    """
    found = []
    for what, of_one in pd.DataFrame(rows).groupby("what", sort=False):
        small, large = of_one.nlargest(2, "times").sort_values("times").to_dict("records")
        step = math.log(large["times"] / small["times"])
        power = {
            name: math.log(large[field] / small[field]) / step
            for name, field in {"time": "cpu_s", "memory": "peak_mib"}.items()
        }
        enough = small["cpu_s"] >= LEAST_SECONDS
        found.append((what, small["times"], large["times"], *power.values(), enough))
    columns = ["what", "from_times", "to_times", "time", "memory", "long_enough"]
    return pd.DataFrame(found, columns=columns)


def draw(rows: list[dict[str, Any]], path: Path = CURVES) -> None:
    """The curves, beside growth in proportion."""
    frame = pd.DataFrame(rows)
    curves = [
        _curve(frame.assign(value=frame[field], text=title), title)
        for field, title in {"cpu_s": "processor time [s]", "peak_mib": "memory [MiB]"}.items()
    ]
    alt.hconcat(*curves).configure(background="white", font="DejaVu Sans").save(path)


def _curve(frame: pd.DataFrame, title: str) -> alt.LayerChart:
    ends = [1, int(frame.times.max())]
    size = alt.X("times:Q", title="times as much").scale(type="log", domain=ends)
    value = alt.Y("value:Q", title=title).scale(type="log")
    which = alt.Color("what:N", title=None)
    lines = alt.Chart(frame).mark_line(point=True).encode(size, value, which)
    first = frame[frame.times == 1]
    straight = pd.concat(
        [first.assign(times=k, value=first.value * k, even=first.what) for k in ends]
    )
    even = alt.Chart(straight).mark_line(strokeDash=[4, 4], opacity=0.4)
    return (lines + even.encode(size, value, which)).properties(width=260, height=240)
