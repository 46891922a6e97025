"""How time and memory grow with the evidence and with the models, and the curves of both."""

from __future__ import annotations

import math
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import altair as alt
import pandas as pd

from analysis.publish.plan import checkout

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


# what grows -> how, the command that reads all of it, and its largest size
GROWING: dict[str, tuple[Callable[[Path, int], None], tuple[str, ...], int]] = {
    "evidence": (more_evidence, ("claims",), 30),
    "models": (more_models, ("rerun", "models"), 30),
}


def spent(*arguments: str | Path) -> Spent:
    """What a command of traincost takes, in a process of its own."""
    program = "import sys; from analysis.cli import main; sys.exit(main())"
    with tempfile.TemporaryFile("w+") as said:
        child = subprocess.Popen(
            [sys.executable, "-c", program, *map(str, arguments)],
            stdout=subprocess.DEVNULL,
            stderr=said,
        )
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            said.seek(0)
            raise RuntimeError(f"{arguments}: {said.read()}")
    return Spent(used.ru_utime + used.ru_stime, used.ru_maxrss / MIB)


def once(what: str, times: int) -> Spent:
    """One run of a command over evidence of so many times the size."""
    grow, command, _ = GROWING[what]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(shutil.copytree(ROOT / "data", Path(name) / "data"))
        grow(folder, times)
        target = Path(name) / "out.ipynb"
        if command[0] == "rerun":
            notebook = ROOT / "notebooks" / f"{command[1]}.ipynb"
            return spent("rerun", notebook, "-p", f"data={folder}", "--out", target)
        return spent(*command, "--data", folder)


def measure(runs: int) -> list[dict[str, Any]]:
    """Time and memory at each size, the median of some runs: `what, times, cpu_s, peak_mib`."""
    rows = []
    for what, (_, _, largest) in GROWING.items():
        for times in (size for size in SIZES if size <= largest):
            found = [once(what, times) for _ in range(runs)]
            cpu_s, peak_mib = (statistics.median(values) for values in zip(*found, strict=True))
            rows.append(
                {
                    "what": what,
                    "times": times,
                    "cpu_s": float(f"{cpu_s:.3g}"),
                    "peak_mib": float(f"{peak_mib:.3g}"),
                }
            )
    return rows


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
    size = alt.X("times:Q", title="times as much").scale(type="log", domain=[1, max(SIZES)])
    value = alt.Y("value:Q", title=title).scale(type="log")
    which = alt.Color("what:N", title=None)
    lines = alt.Chart(frame).mark_line(point=True).encode(size, value, which)
    first = frame[frame.times == 1]
    straight = pd.concat(
        [first.assign(times=k, value=first.value * k, even=first.what) for k in (1, max(SIZES))]
    )
    even = alt.Chart(straight).mark_line(strokeDash=[4, 4], opacity=0.4)
    return (lines + even.encode(size, value, which)).properties(width=260, height=240)
