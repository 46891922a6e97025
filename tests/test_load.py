"""Far more evidence is a book too: 20,000 facts, 5,000 runs, 2,000 claims and 100 models."""

from __future__ import annotations

import math
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from analysis.cli import main
from analysis.data.tables import Evidence
from analysis.reconstruction.model_file import list_models, load_model
from benchmarks.growth import copy_model, repeat

FACTS, RUNS, CLAIMS, MODELS = 20_000, 5_000, 2_000, 100


def grown(folder: Path, share: float) -> Path:
    """Evidence of a share of the full load."""
    for table, rows in (("facts", FACTS), ("training_runs", RUNS), ("claims", CLAIMS)):
        repeat(folder / f"{table}.csv", int(rows * share))
    for number in range(int(MODELS * share) - len(list((folder / "models").glob("*.toml")))):
        copy_model(folder / "models", number)
    return folder


def seconds_to_judge(folder: Path) -> float:
    """Of a process of its own: reading, reconstructing, judging every claim."""
    begin = time.perf_counter()
    program = "import sys; from analysis.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", program, "claims", "--data", str(folder)]
    said = subprocess.run(command, check=True, capture_output=True, text=True)
    assert said.stdout.count("\n  ") > 200
    return time.perf_counter() - begin


@pytest.mark.soak
def test_far_more_evidence_is_a_book_too(folder, tmp_path, record_property):
    half = grown(Path(shutil.copytree(folder, tmp_path / "half")), 0.5)
    whole = grown(folder, 1.0)
    evidence = Evidence.load(whole)
    assert len(evidence["training_runs"]) == RUNS and len(evidence["claims"]) == CLAIMS
    assert len(evidence["facts"]) >= FACTS
    # how the time of reading and judging grows with what is read: 1 is in proportion
    exponent = math.log2(seconds_to_judge(whole) / seconds_to_judge(half))
    record_property("load_exponent_of_judging", round(exponent, 2))
    out = tmp_path / "book"
    assert main(["build", "--no-cache", "--data", str(whole), "--out", str(out)]) == 0
    page = (out / "claims.html").read_text(encoding="utf-8")
    assert evidence["claims"].id.iloc[-1] in page
    models = (out / "models.html").read_text(encoding="utf-8")
    titles = [load_model(model, evidence).title for model in list_models(evidence)]
    assert len(titles) == MODELS and all(title in models for title in titles)


def most_megabytes(folder: Path, count: int) -> float:
    """The most memory that a process takes which sweeps over so many prices and uses."""
    grids = [f"price_usd_per_gpu_hour=1:3:{count}", "utilisation=0.3:1:1000"]
    program = "import sys; from analysis.cli import main; sys.exit(main())"
    out = folder / f"{count}.csv"
    given = ["--grid", grids[0], "--grid", grids[1], "-p", "samples=256", "--yes", "--out", out]
    process = subprocess.Popen([sys.executable, "-c", program, "sweep", *map(str, given)])
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    with out.open(encoding="utf-8") as rows:
        assert sum(1 for _ in rows) == 1_000 * count + 1
    return used.ru_maxrss / 1024  # kibibytes, where the kernel is Linux


@pytest.mark.soak
def test_a_sweep_of_a_million_needs_hardly_more_memory_than_a_small_one(tmp_path, record_property):
    few, many = (most_megabytes(tmp_path, count) for count in (10, 1_000))
    record_property("sweep_of_a_million_megabytes", round(many))
    assert many < 1.3 * few
