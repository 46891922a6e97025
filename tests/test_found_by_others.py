"""Inputs that others found to break the contract of errors: each a line now, with exit code two."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analysis.cli import main

SPEC = (
    'name = "x"\ndeveloper = "y"\nrelease_date = {date}\nparams_total = 7e9\nparams_active = 7e9\n'
    'tokens = 1e12\nhardware = "H100"\n{more}'
)
DIGITS = "9" * 5000


def refused(capsys, *arguments: object) -> str:
    """The one line of a user's mistake."""
    assert main([*map(str, arguments)]) == 2
    *others, said = capsys.readouterr().err.strip().split("\n")
    assert said.startswith("error: ") and not any("error" in line for line in others)
    return said


def spec(folder: Path, date: str = "2025-01-01", more: str = "") -> Path:
    path = folder / "run.toml"
    path.write_text(SPEC.format(date=date, more=more), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "date", ["0001-01-01", "1677-01-01", "1700-01-01", "2250-12-31", "9999-12-31", '"0001-01-01"']
)
def test_a_day_that_no_library_counts_to(tmp_path, capsys, date):
    assert "release_date" in refused(capsys, "estimate", spec(tmp_path, date))


def test_a_number_of_thousands_of_digits(tmp_path, capsys):
    assert "run.toml" in refused(capsys, "estimate", spec(tmp_path, more=f"chips = {DIGITS}"))
    grid = f"mfu=0.1:0.5:{DIGITS}"
    assert "n is more than" in refused(capsys, "sweep", "--grid", grid, "--out", tmp_path / "a.csv")


def test_a_number_with_an_underscore_in_a_grid(tmp_path, capsys):
    asked = ("sweep", "--grid", "mfu=0_3,0.4", "--out", tmp_path / "a.csv")
    assert "0_3 is not a number" in refused(capsys, *asked)


@pytest.mark.parametrize("fact", ["v3_pretraining_gpu_hours", "r1_zero_steps"])
def test_hours_and_steps_of_nothing(folder, capsys, fact):
    path = folder / "facts.csv"
    lines = path.read_text(encoding="utf-8").split("\n")
    at = next(n for n, line in enumerate(lines) if line.startswith(f"{fact},"))
    cells = lines[at].split(",")
    cells[lines[0].split(",").index("value")] = "0"
    lines[at] = ",".join(cells)
    path.write_text("\n".join(lines), encoding="utf-8")
    said = refused(capsys, "reconstruct", "deepseek-r1", "--data", folder)
    assert f"({fact}), value: found 0" in said


def test_a_root_of_what_is_below_nothing(folder, capsys):
    path = folder / "arithmetic.csv"
    text = path.read_text(encoding="utf-8")
    old = "v3_total_cost_usd + r1_total_cost_usd,"
    text = text.replace(old, "(0 - v3_total_gpu_hours)**0.5,", 1)
    path.write_text(text, encoding="utf-8")
    assert "no real number" in refused(capsys, "facts", "sum_usd", "--data", folder)


@pytest.mark.parametrize(
    "changes",
    [{"num_attention_heads": 0}, {"layer_types": 5}, {"decoder_sparse_step": "1"}],
    ids=str,
)
def test_a_config_with_sizes_of_another_kind(tmp_path, capsys, changes):
    sizes = {"model_type": "qwen3_moe", "num_hidden_layers": 4, "hidden_size": 64}
    sizes |= {"vocab_size": 1000, "num_attention_heads": 4, "intermediate_size": 128}
    sizes |= {"moe_intermediate_size": 32, "num_experts": 8, "num_experts_per_tok": 2}
    (tmp_path / "config.json").write_text(json.dumps(sizes | changes), encoding="utf-8")
    said = refused(capsys, "estimate", spec(tmp_path, more='config = "config.json"'))
    assert "config.json" in said


def test_notes_in_the_file_of_a_sweep_are_not_lost(tmp_path, capsys):
    out = tmp_path / "sweep.csv"
    asked = ("sweep", "--model", "smollm3-3b", "--grid", "mfu=0.3", "--out", out)
    assert main([*map(str, asked)]) == 0
    noted = "\n".join(f"{line},mine" for line in out.read_text().strip().split("\n"))
    out.write_text(noted, encoding="utf-8")
    capsys.readouterr()
    assert "no result of a sweep" in refused(capsys, *asked)
    assert out.read_text() == noted
    assert main([*map(str, asked), "--force"]) == 0 and out.read_text() != noted
    capsys.readouterr()
    out.write_text(out.read_text().replace(",0.3,", ",0.4,").replace("0.3,", "0.4,", 1))
    assert "say --force" in refused(capsys, *asked)


def test_a_link_is_not_written_through(folder, tmp_path, capsys):
    (folder / "models" / "ev.toml").symlink_to(tmp_path / "outside.toml")
    said = refused(capsys, "new-model", "ev", "--from", "smollm3-3b", "--data", folder)
    assert "is a link" in said
    assert not (tmp_path / "outside.toml").exists()
    assert (folder / "models" / "ev.toml").is_symlink()


@pytest.mark.parametrize("key", ["nbformat", "outputs", "source"])
def test_a_notebook_that_breaks_the_rules_of_notebooks(tmp_path, capsys, key):
    cell = {"cell_type": "code", "execution_count": None, "id": "a", "metadata": {}}
    cell |= {"outputs": [], "source": "1"}
    notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (cell if key in cell else notebook)[key] = 5 if key in cell else "4"
    path = tmp_path / "odd.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    said = refused(capsys, "rerun", path, "--out", tmp_path / "out.ipynb")
    assert "odd.ipynb" in said


def test_a_name_that_is_too_long_is_the_users_mistake(tmp_path, capsys):
    assert "too long" in refused(capsys, "estimate", tmp_path / f"{'a' * 300}.toml")


def test_a_fault_of_ours_is_one_line_too(monkeypatch, capsys):
    monkeypatch.setattr("analysis.cli.make_parser", lambda: 1 / 0)
    assert main([]) == 1
    said = capsys.readouterr().err.strip()
    assert "\n" not in said and "ZeroDivisionError" in said and "a fault of traincost" in said


@pytest.mark.parametrize(
    ("model", "old", "new", "where"),
    [
        ("deepseek-v3", 'chip = "', 'chip = "H900 or ', "models/deepseek-v3.toml, chip"),
        (
            "deepseek-v3",
            'price_usd_per_gpu_hour = "',
            'price_usd_per_gpu_hour = "no',
            "price_usd_per_gpu_hour",
        ),
        (
            "deepseek-v3",
            'gpus = "',
            'gpus = "no',
            "models/deepseek-v3.toml, v3_pretraining.cross_check",
        ),
        (
            "deepseek-r1",
            'stands_on = "',
            'stands_on = "no',
            "models/deepseek-r1.toml, stands_on",
        ),
        ("deepseek-r1", 'from_step = "', 'from_step = "no', ".from_step"),
    ],
)
def test_a_name_of_a_model_file_that_names_nothing(edited, capsys, model, old, new, where):
    folder = edited(f"models/{model}.toml", old, new)
    assert where in refused(capsys, "reconstruct", model, "--data", folder)


def scenario(folder: Path, body: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(f'title = "Mine"\nmeaning = "Mine."\n[parameters]\n{body}\n', encoding="utf-8")
    return path


def test_a_chip_of_a_scenario_names_its_file(tmp_path, capsys):
    asked = ("reconstruct", "smollm3-3b", "--scenario", scenario(tmp_path, "chip = 5"))
    assert "mine.toml, chip: 5 is not in hardware.csv" in refused(capsys, *asked)
    asked = ("reconstruct", "smollm3-3b", "--scenario", scenario(tmp_path, 'chip = ""'))
    assert "mine.toml, chip: string should have at least 1 character" in refused(capsys, *asked)


@pytest.mark.parametrize("count", ["1_0", "+4", "\u0664", " 4", "1e2", "-1", "0", "9" * 5000])
def test_a_count_of_points_is_written_in_digits(tmp_path, capsys, count):
    asked = ("sweep", "--grid", "mfu=0.2:0.3", "--sample", count, "--out", tmp_path / "a.csv")
    assert "expected one to 100,000,000" in refused(capsys, *asked)


@pytest.mark.parametrize(
    "grid", ["mfu=0.2:0.3:\u0664", "mfu=\u0660.\u0663", "mfu=1e999", "mfu=inf"]
)
def test_a_grid_is_written_in_these_digits(tmp_path, capsys, grid):
    said = refused(capsys, "sweep", "--grid", grid, "--out", tmp_path / "a.csv")
    assert "is not a number" in said or "found n = " in said


def test_what_no_reader_sees_in_a_table_of_runs(tmp_path, capsys):
    path = tmp_path / "runs.csv"
    head = "name,developer,release_date,params_total,tokens,hardware\n"
    path.write_text(f"{head}A\0B,X,2025-01-01,7e9,1e12,H100\n", encoding="utf-8")
    assert "runs.csv, line 2: holds '\\x00'" in refused(capsys, "estimate", path)


@pytest.mark.parametrize(
    "given", ["tokens = 1e-5", "chips = 1e-5", "mfu = 1e-300", "gpu_hours = 1e300"]
)
def test_a_sheet_with_next_to_nothing(tmp_path, capsys, given):
    path = tmp_path / "card.toml"
    model = 'name = "card"\nmodel = "M"\ndeveloper = "D"\nrelease_date = 2025-01-01\n'
    path.write_text(f'{model}[[phase]]\nkind = "pretraining"\n{given}\n', encoding="utf-8")
    said = refused(capsys, "card", path)
    assert f"card.toml, phase.0.{given.partition(' ')[0]}: input should be" in said


@pytest.mark.parametrize("flag", ["--layers", "--vocab", "--tokens", "--params-total", "--price"])
def test_next_to_nothing_of_a_new_model(folder, capsys, flag):
    sizes = {"--layers": 32, "--d-model": 4096, "--vocab": 32000, "--params-total": "7e9"}
    sizes |= {"--params-active": "7e9", "--tokens": "1e12", "--seq-len": 4096, "--price": 2}
    known = {
        "--title": "M",
        "--developer": "D",
        "--release-date": "2025-01-01",
        "--chip": "H100 SXM",
    }
    given = known | sizes | {flag: "1e-5", "--chip-assumed": "it is so"}
    asked = [part for pair in given.items() for part in pair]
    said = refused(capsys, "new-model", "mine", *asked, "--data", folder)
    assert f"{flag} 1e-5: expected" in said or "tokens = 1e-05 looks like a slip" in said
    assert not (folder / "models" / "mine.toml").exists()


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("v3_pretraining_tokens - v3_pretraining_tokens", "comes to 0, allowed is 1e-06 to 1e+18"),
        ("0 - v3_pretraining_tokens", "comes to -1.48e+13, allowed is"),
        ("v3_pretraining_tokens * 1e40", "comes to 1.48e+53, allowed is"),
        ("v3_pretraining_tokens / 0", "division by zero"),
        ("v3_pretraining_tokens * 1e300 * 1e300", "no finite number"),
    ],
)
def test_arithmetic_of_a_model_that_comes_to_nothing(edited, capsys, written, found):
    old = 'tokens = "v3_pretraining_tokens"'
    folder = edited("models/deepseek-v3.toml", old, f'tokens = "{written}"')
    said = refused(capsys, "reconstruct", "deepseek-v3", "--data", folder)
    assert "models/deepseek-v3.toml, v3_pretraining." in said and found in said


def test_a_size_of_a_model_that_no_integer_holds(edited, capsys):
    old = 'n_layers = "v3_cfg_n_layers"'
    folder = edited("models/deepseek-v3.toml", old, 'n_layers = "v3_cfg_n_layers * 1e40"')
    said = refused(capsys, "reconstruct", "deepseek-v3", "--data", folder)
    assert "models/deepseek-v3.toml, architecture.n_layers: " in said and "to 1e+18" in said
