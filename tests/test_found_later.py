"""Inputs that a later round found to break the contract of errors, and what was given and changed
nothing: each a line now, with exit code two.
"""

from __future__ import annotations

import json
import warnings
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis.cli.options import extra_of
from analysis.compare.specification import in_units, size_in_name
from analysis.compare.spreadsheet import _check_columns, _spec, read_rows
from analysis.data import folder as folders
from analysis.data.cells import NUMBER, plain, plain_frame
from analysis.data.folder import resources
from analysis.data.mistakes import InputError, one_line
from analysis.data.scenario import PARAMETER_NAMES
from analysis.data.tables import Evidence
from analysis.publish.notebook import _check_readable
from analysis.reconstruction.grids import MOST_UNCOUNTED, combinations, product, size_of
from analysis.reconstruction.reinforcement import fixed_seconds_input
from analysis.runs.config_files import MOST_LAYERS, read_config
from analysis.runs.references import reference_runs
from tests.test_found_by_others import refused, spec


def test_days_of_a_table_lie_near_enough_to_be_counted_between(edited, capsys):
    """Of prices.csv and a run: their distance is beyond what 64 bits of nanoseconds hold."""
    folder = edited("prices.csv", ",2021-04-11,", ",1700-01-01,")
    said = refused(capsys, "facts", "--data", folder)
    assert "prices.csv, line 2 (price_001), date: found 1700-01-01" in said and "1950" in said


@pytest.mark.parametrize("value", ["1e400", "NaN", "[1]", '{"a": 1}'])
def test_a_parameter_of_results_is_a_word_or_a_finite_number(tmp_path, capsys, value):
    edition = f'{{"parameters": {{"mfu": {value}}}, "data_sha256": ""}}'
    content = f'{{"edition": {edition}, "models": {{}}, "boundaries": []}}'
    (tmp_path / "results.json").write_text(content)
    said = refused(capsys, "diff", tmp_path, tmp_path)
    assert "results.json" in said and "edition.parameters.mfu" in said


@pytest.mark.parametrize(
    "asked",
    [
        ("claims", "--model", ""),
        ("facts", "--model="),
        ("estimate", "-", "--exclude-developer", ""),
        ("sweep", "--grid", "mfu=0.3", "--out", "a.csv", "--scheduler", ""),
        ("build", "--out", ""),
        ("claims", "--data", ""),
    ],
    ids=" ".join,
)
def test_an_option_that_is_given_nothing_is_not_one_left_out(capsys, asked):
    """A variable of a shell that is not set: the answer would be another model's."""
    assert "found nothing" in refused(capsys, *asked)


@pytest.mark.parametrize(
    "flags",
    [
        ("--from", "smollm3-3b", "--tokens", "5T"),
        ("--from", "smollm3-3b", "--config", "config.json"),
        ("--from", "smollm3-3b", "--source", "report, p. 3"),
        ("--from", "smollm3-3b", "--price", "2"),
        ("--config", "config.json", "--layers", "7"),
    ],
    ids=" ".join,
)
def test_a_flag_that_would_change_nothing_is_refused(tmp_path, capsys, flags):
    said = refused(capsys, "new-model", "mine", *flags, "--data", tmp_path / "new")
    assert f"{flags[2]} {flags[3]}: with {flags[0]}" in said and "one of both" in said
    assert not (tmp_path / "new").exists()


def test_what_p_sets_is_not_swept(tmp_path, capsys):
    asked = ("sweep", "-p", "mfu=0.4", "--out", tmp_path / "a.csv")
    assert "-p sets mfu already" in refused(capsys, *asked, "--grid", "mfu=0.2,0.3")
    assert "mfu" in combinations([], 2) and "mfu" not in combinations([], 2, 0, {"mfu": "0.4"})
    with pytest.raises(InputError, match="leave one to --sample"):
        combinations([], 2, 0, PARAMETER_NAMES)


RUNS = "name,developer,release_date,params_total,tokens,hardware"
RUN = "A,X,2025-01-01,7e9,1e12,H100"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{RUNS},tokens\n{RUN},2e12\n", "runs.csv: column tokens stands twice"),
        (f"{RUNS}, Tokens \n{RUN},2e12\n", "runs.csv: column tokens stands twice"),
        (f'{RUNS}\n{RUN}\n"{RUN}\n{RUN}\n', "runs.csv, line 3: not a readable table"),
        (f"{RUNS}\n", "runs.csv: found no row"),
    ],
)
def test_a_table_of_runs_of_which_a_part_would_be_lost(text, said):
    """A mark that is not closed took all further rows into one name."""
    with pytest.raises(InputError) as error:
        read_rows(text, "runs.csv")
    assert said in str(error.value)


def test_of_two_columns_that_say_one_ours_goes_before_theirs():
    more = f"{RUNS},model,Training dataset size (total)\n{RUN},B,2e12\n"
    theirs = more.replace(",tokens", ",Training dataset size (gradients)")
    for text in (more, theirs):
        (found,) = map(_spec, read_rows(text, "runs.csv"))
        assert (found["name"], found["tokens"]) == ("A", "1e12")


def test_a_config_that_is_not_there_is_not_called_invalid(tmp_path, capsys):
    said = refused(capsys, "estimate", spec(tmp_path, more='config = "no.json"'))
    assert "no.json: No such file" in said and "not valid JSON" not in said


def test_a_table_of_words_larger_than_the_run_is_told_in_its_row(evidence):
    runs = evidence["training_runs"]
    runs.loc[runs.id == "llama3.1-405b", ["configuration", "vocab"]] = ["", 1e9]
    others = {name: evidence[name] for name in evidence.tables}
    changed = Evidence.of(evidence.directory, others | {"training_runs": runs})
    with pytest.raises(InputError, match=r"training_runs.csv, line \d+ \(llama3.1-405b\), vocab"):
        reference_runs(changed)


def test_a_step_that_scores_nothing_is_one(evidence):
    """The schema's least is zero: of such a part the rest of the step is left, as of any other."""
    (rows,) = (one for one in resources(evidence.directory) if one["name"] == "rl_runs")
    (field,) = (one for one in rows["schema"]["fields"] if one["name"] == "scoring_seconds")
    assert field["constraints"]["minimum"] == 0
    parts = {"generation_seconds": 50.0, "scoring_seconds": 0.0, "update_seconds": 30.0}
    row = {"developer": "D", "step_seconds": 100.0, "fixed_seconds": np.nan, "unfit": "", **parts}
    runs = pd.DataFrame([row | {"developer": name, "mode": "synchronous"} for name in "DEF"])
    assert fixed_seconds_input(runs, 5).distribution.quantile([0, 1]) == pytest.approx([20, 20])


def test_standard_input_without_end_ends(monkeypatch, capsys):
    endless = SimpleNamespace(buffer=SimpleNamespace(read=lambda count=0: bytes(count)))
    monkeypatch.setattr("sys.stdin", endless)
    assert "standard input: found more than 10,000,000 bytes" in refused(capsys, "estimate", "-")


def test_cells_without_names_of_their_own_are_no_noise(tmp_path):
    cell = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
    cells = [cell | {"source": "1"}, *[cell | {"source": "1", "id": "a"}] * 2]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path = tmp_path / "odd.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _check_readable(path)


def test_what_a_cluster_of_its_own_lacks_is_of_the_extra_of_sweeps():
    assert extra_of("cryptography") == extra_of("distributed") == "sweep"


@pytest.mark.parametrize("out", ["odd.ipynb", "link.ipynb", "a\udcff.ipynb"])
def test_a_notebook_is_not_its_own_result_and_its_name_is_a_text(tmp_path, capsys, out):
    path = tmp_path / "odd.ipynb"
    path.write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    (tmp_path / "link.ipynb").symlink_to(path)
    before = path.read_bytes()
    said = refused(capsys, "rerun", path, "--out", tmp_path / out, "--force")
    assert "over the notebook itself" in said or "a name in UTF-8" in said
    assert path.read_bytes() == before


# a number of steps that grows with the square of these takes hours
MANY = 1_000_000
BLANKS, DIGITS = " " * MANY, "9" * MANY


@pytest.mark.parametrize("value", [BLANKS, f"{BLANKS}x", f"{chr(9)} " * MANY])
def test_a_run_of_blanks_is_shown_at_once(capsys, value):
    said = refused(capsys, "reconstruct", "smollm3-3b", "-p", f"mfu={value}")
    assert said.startswith("error: mfu: input should be")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a \t\n\r\n  b", "a b"),
        (" a\n", " a"),
        ("a  b", "a  b"),
        ("a\tb", "a\\tb"),
        ("a\v \nb", "a b"),
    ],
)
def test_blanks_with_a_break_among_them_are_one_and_others_stay(text, shown):
    assert one_line(text) == shown


@pytest.mark.parametrize(
    "text", [f"{DIGITS}x", f"+{DIGITS}x", f"{DIGITS}.{DIGITS}x", f"1e{DIGITS}x"]
)
def test_many_digits_that_are_no_number_are_refused_at_once(tmp_path, edited, capsys, text):
    asked = ("sweep", "--grid", f"mfu={text}", "--out", tmp_path / "a.csv")
    assert "x is not a number; expected" in refused(capsys, *asked)
    assert plain(f"-{text}") == f"'-{text}"
    assert not NUMBER.fullmatch(text) and in_units(text) == text
    path = tmp_path / "run.toml"
    path.write_text(spec(tmp_path).read_text().replace("1e12", f'"{text}"'), encoding="utf-8")
    assert "run.toml, tokens: input should be a valid number" in refused(capsys, "estimate", path)
    changed = edited("facts.csv", ",2788000,", f",{text},")
    said = refused(capsys, "facts", "--data", changed)
    assert "facts.csv, line " in said and "(v3_total_gpu_hours), value: found " in said


def test_a_size_in_a_name_is_written_in_these_digits():
    assert size_in_name("A-7B") == 7e9 and size_in_name("A-\u0667B") is None


def test_a_config_of_more_layers_than_a_model_has(tmp_path, evidence):
    sizes = {"model_type": "qwen3_moe", "hidden_size": 64, "vocab_size": 1000}
    sizes |= {"num_attention_heads": 4, "intermediate_size": 128, "moe_intermediate_size": 32}
    sizes |= {"num_experts": 8, "num_experts_per_tok": 2, "mlp_only_layers": [*range(5000)]}

    def read(**changes):
        path = tmp_path / "config.json"
        path.write_text(json.dumps(sizes | changes), encoding="utf-8")
        return read_config(path, evidence)

    assert read(num_hidden_layers=MOST_LAYERS).n_dense_layers == 5000
    for layers in (MOST_LAYERS + 1, 10**7):
        with pytest.raises(InputError, match=f"config.json: num_hidden_layers: {layers} is no"):
            read(num_hidden_layers=layers)
    for odd in ("1", [[1]], [None]):
        with pytest.raises(InputError, match="is no list of layers"):
            read(num_hidden_layers=4, mlp_only_layers=odd)


def test_a_table_of_many_columns_is_looked_through_once(monkeypatch):
    columns = [*RUNS.split(","), *map(str, range(MANY // 8))]
    _check_columns(columns, "runs.csv")
    with pytest.raises(InputError, match="column 7 stands twice"):
        _check_columns([*columns, "7"], "runs.csv")
    frame = pd.DataFrame({"=a": ["=1", "b"], "c": ["@", "d"], "e": [1, 2]})
    monkeypatch.setattr(pd.DataFrame, "__setitem__", lambda *_: pytest.fail("one at a time"))
    assert plain_frame(frame).to_dict("list") == {
        "'=a": ["'=1", "b"],
        "c": ["'@", "d"],
        "e": [1, 2],
    }


def test_a_package_of_many_curves_is_looked_through_once(folder, monkeypatch):
    path = folder / folders.PACKAGE
    package = json.loads(path.read_text(encoding="utf-8"))
    curves = [{"name": f"c{n}", "path": f"curves/c{n}.csv"} for n in range(MANY // 8)]
    package["resources"] += curves
    path.write_text(json.dumps(package), encoding="utf-8")
    monkeypatch.setattr(folders, "regular_file", lambda within, name: within / name)
    assert len(resources(folder)) == len(package["resources"])
    path.write_text(json.dumps({"resources": [*package["resources"], curves[0]]}), encoding="utf-8")
    with pytest.raises(InputError, match="resource c0: is listed twice"):
        resources(folder)


def test_combinations_are_counted_before_a_grid_is_made(monkeypatch):
    monkeypatch.setattr(np, "linspace", lambda *_: pytest.fail("made"))
    assert size_of(["mfu=0.1:0.2:99999999"], None) == 99_999_999
    with pytest.raises(InputError, match="are more than the 100,000,000"):
        size_of(["mfu=0.1:0.2:99999999", "pue=1.1:1.2:2"], None)


def test_values_without_end_are_read_to_a_limit():
    def endless():
        yield from [0.3] * (MOST_UNCOUNTED + 1)
        pytest.fail("read on")

    with pytest.raises(InputError, match="mfu: found more than 1,000,000 values"):
        product({"mfu": endless()})
    with pytest.raises(InputError, match="mfu: found more values than any list holds"):
        product({"mfu": range(10**30)})
    with pytest.raises(InputError, match="400,000,000 combinations are more"):
        product({name: (n for n in range(20_000)) for name in ("mfu", "pue")})
    with pytest.raises(InputError, match="1,000,000,000 combinations are more"):
        product({"mfu": range(10**9), "pue": iter([1.1])})
    with pytest.raises(ValueError, match="could not convert") as error:
        product({"mfu": map(float, ["x"])})
    assert not isinstance(error.value, InputError)
    assert product({"mfu": iter([0.2, 0.3]), "pue": (1.1,)}).mfu.tolist() == [0.2, 0.3]
