"""Far more evidence is a book too: 20,000 facts, 5,000 runs, 2,000 claims and 100 models."""

from __future__ import annotations

import math
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from analysis.cli import main
from analysis.data.tables import Evidence
from analysis.reconstruction.model_file import list_models, load_model

COPIED = "glm-4.5"  # a model with facts of its own; any would do
FACTS, RUNS, CLAIMS, MODELS = 20_000, 5_000, 2_000, 100


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
