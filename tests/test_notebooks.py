"""The notebooks: thin, stripped, their parameters as declared, and executed from any folder."""

import ast
import re
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest

from analysis.data.mistakes import InputError
from analysis.data.parameters import parameters_frame
from analysis.publish.declared import declared_parameters
from analysis.publish.execute import _outcomes
from analysis.publish.job import Job, NotebookFailed
from analysis.publish.notebook import execute
from analysis.publish.plan import list_pages
from analysis.reconstruction.middle import Middle
from tests.conftest import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
HIDDEN = {"hide-input", "remove-input"}
NO_CELL_HAS = (ast.FunctionDef, ast.ClassDef, ast.For, ast.While)
NO_HIDDEN_CELL_HAS = (*NO_CELL_HAS, ast.BinOp, ast.AugAssign, ast.Lambda, ast.comprehension)


def code_cells(path):
    """The cells of a notebook that compute or show, each with whether its code is hidden."""
    for cell in nbformat.read(path, as_version=4).cells:
        tags = set(cell.metadata.get("tags", []))
        if cell.cell_type == "code" and "parameters" not in tags:
            yield cell, bool(tags & HIDDEN)


def test_the_kinds_that_pages_need_are_there():
    assert {page.notebook for page in list_pages(ROOT)} == {path.stem for path in NOTEBOOKS}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_stored_without_outputs(path):
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            assert cell.outputs == [] and cell.execution_count is None


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_nothing_computed_is_read_as_markdown(path):
    """In Markdown the name of a model may be a link, a role, a script."""
    assert "Markdown" not in " ".join(cell.source for cell, _ in code_cells(path))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_what_is_hidden_only_shows_and_what_is_in_the_open_reads_in_one_line_after_the_other(path):
    """Arithmetic stands where a reader sees it; no cell defines a function or loops over rows."""
    for cell, hidden in code_cells(path):
        banned = NO_HIDDEN_CELL_HAS if hidden else NO_CELL_HAS
        found = [type(node).__name__ for node in ast.walk(ast.parse(cell.source))]
        assert not set(found) & {kind.__name__ for kind in banned}, cell.source


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_parameter_cell_says_what_is_declared(path):
    """What reaches the notebook, in the order and words of the declaration, and nothing else."""
    declared, scenario = declared_parameters(path), parameters_frame()
    for row in scenario[scenario.parameter.isin(declared)].itertuples():
        found = declared[row.parameter]
        assert found.default is None
        assert found.help == f"{row.unit}: {row.meaning.rstrip('.')}; None: the scenario's"
    of_a_scenario = [name for name in declared if name in set(scenario.parameter)]
    assert of_a_scenario == [name for name in scenario.parameter if name in declared]
    code = "\n".join(cell.source for cell, _ in code_cells(path))
    assert set(declared) <= set(re.findall(r"\w+", code))
    assert "scenario" not in declared or declared["scenario"].default == "paper"
    assert {"model", "phase"} & set(declared) or all(
        found.default is None for found in declared.values()
    )


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_what_is_deepseeks_stands_in_the_model_file(path):
    for cell in nbformat.read(path, as_version=4).cells:
        if "parameters" not in cell.metadata.get("tags", []):
            assert not re.search(r"deepseek|llama", cell.source, re.I), cell.source


@pytest.mark.parametrize("name", ["pretraining", "fine_tuning"])
def test_runs_that_an_efficiency_comes_from_are_one_link_away_in_every_book(name):
    text = (ROOT / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8")
    assert "](backtest.ipynb)" in text
    assert "backtest" in {page.page for page in list_pages(ROOT)}
    assert 'page = "backtest"' in (ROOT / "book" / "any_model.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["pretraining", "fine_tuning", "reinforcement"])
def test_a_phase_does_its_sum_in_the_open_and_asserts_it(name):
    """What computes is shown; the package gives the middles and the longest answer, no more."""
    cells = code_cells(ROOT / "notebooks" / f"{name}.ipynb")
    shown = [cell.source for cell, hidden in cells if not hidden]
    source = "\n".join(shown)
    assert 4 <= len(shown) <= 12
    assert "/ 3600" in source or "* 3600" in source
    assert source.count("assert np.isclose(gpu_hours, package, rtol=1e-3)") == 1
    asked = set(re.findall(r"(?:result|account|analysis)\.(\w+)", source))
    assert asked <= {"middle", "at_middle"}


def shown_cells_of(name, middle, gpu_hours, capsys):
    """What the open cells of a notebook print, with these middles and the package's hours."""
    result = SimpleNamespace(middle=lambda kind: middle, at_middle=lambda *kinds: gpu_hours)
    names = {"np": np, "result": result}
    for cell, hidden in code_cells(ROOT / "notebooks" / f"{name}.ipynb"):
        if not hidden:
            exec(cell.source, names)
    return capsys.readouterr().out.splitlines()


def middle_of_stages(tokens, seq_len_tokens):
    """Stages of a model with 10e9 parameters, on a chip of 1e13 FLOP/s of which half is used."""
    stages = np.ones(len(tokens))
    values = {"tokens": np.array(tokens), "seq_len_tokens": np.array(seq_len_tokens)}
    values |= {"multiplying_parameters": 10e9 * stages, "attention_width": 1e9 * stages}
    return Middle(values | {"peak_flop_s": 1e13 * stages, "mfu": 0.5 * stages}, "pretraining")


@pytest.mark.parametrize(
    ("tokens", "seq_len_tokens", "says", "flop"),
    [
        # 6 (10 + 1 x 1) = 66 GFLOP a token at a length of 2, 6 (10 + 1 x 10) = 120 at one of 20
        ([9e9], [2.0], "66.0 GFLOP a token", 594e18),
        ([9e9, 1e9], [2.0, 20.0], "71.4 GFLOP a token", 714e18),  # (9 x 66 + 1 x 120) / 10
        ([9e9, 9e9], [2.0, 20.0], "93.0 GFLOP a token", 1674e18),
        ([9e9, 1e9], [2.0, 2.0], "66.0 GFLOP a token", 660e18),
        ([9e9, 9e9], [2.0, 2.0], "66.0 GFLOP a token", 1188e18),
    ],
)
def test_the_work_of_a_token_weighs_stages_by_their_tokens(
    tokens, seq_len_tokens, says, flop, capsys
):
    hours = flop / (0.5e13 * 3600)
    middle = middle_of_stages(tokens, seq_len_tokens)
    assert shown_cells_of("pretraining", middle, hours, capsys) == [says, f"{hours:,.0f} GPU-hours"]


# a notebook of each kind with a model of each kind; all with all are in `make soak`
FEW = [
    ("pretraining", "quiet"),
    ("fine_tuning", "quiet"),
    ("bill", "quiet"),
    ("reinforcement", "learner"),
    ("bill", "learner"),
    ("hours", "learner"),
    ("pretraining", "plain"),
    ("hours", "quiet"),
    ("claims", "learner"),
    ("contradictions", "plain"),
    ("contradictions", "learner"),
]


def outcomes(jobs: list[Job]) -> list[float | BaseException]:
    """What became of each, its seconds or its error: all by forks of one process."""
    with closing(_outcomes(jobs, 1, False)) as found:
        by_number = dict(found)
    return [by_number[number] for number in range(len(jobs))]


def shown_by(path: Path) -> str:
    """All that an executed notebook shows."""
    cells = nbformat.read(path, as_version=4).cells
    return "".join(str(out.get("data", "")) for cell in cells for out in cell.get("outputs", []))


def executed_with(pairs: list[tuple[str, str]], data: Path, folder: Path) -> dict[str, str]:
    """The text of each notebook executed with a model; a mistake of the user's as its line."""
    jobs = []
    for name, model in pairs:
        path = ROOT / "notebooks" / f"{name}.ipynb"
        given = {"model": model, "data": str(data), "samples": 256}
        declared = declared_parameters(path)
        given = {key: value for key, value in given.items() if key in declared}
        jobs.append(Job(f"{name}, {model}", path, given, folder / f"{name}-{model}.ipynb"))
    texts = {}
    for job, outcome in zip(jobs, outcomes(jobs), strict=True):
        assert isinstance(outcome, float | InputError), (job.name, outcome)
        refused = isinstance(outcome, InputError)
        texts[job.name] = f"refused: {outcome}" if refused else shown_by(job.output)
    return texts


def test_notebooks_are_of_any_model(small_models, tmp_path):
    """No disclosed hours, reinforcement alone, dense: each page has its charts and no `nan`."""
    for where, text in executed_with(FEW, small_models, tmp_path).items():
        assert not text.startswith("refused"), text
        shown = re.sub(r"data:[^\"]*|<script.*?</script>", "", text)
        assert re.search(r"<strong>|\*\*", shown) and not re.search(r"\bnan\b", shown, re.I), where


@pytest.mark.soak
def test_every_notebook_is_of_every_model(small_models, tmp_path):
    names = [path.stem for path in NOTEBOOKS if "model" in declared_parameters(path)]
    models = sorted(path.stem for path in (small_models / "models").glob("*.toml"))
    pairs = [(name, model) for name in names for model in models]
    for where, text in executed_with(pairs, small_models, tmp_path).items():
        assert re.search(r"has no phases? (of|to)", text) or not text.startswith("refused"), where


def copied_alone(name: str, folder: Path) -> Path:
    """A notebook in an empty folder, as one who has the package and this file."""
    return Path(shutil.copy(ROOT / "notebooks" / f"{name}.ipynb", folder))


def test_plain_papermill_executes_a_notebook_copied_alone(tmp_path: Path):
    """As a forker would call it; a whole number arrives where a float is meant."""
    notebook, out = copied_alone("pretraining", tmp_path), tmp_path / "out.ipynb"
    command = [
        sys.executable,
        "-m",
        "papermill",
        str(notebook),
        str(out),
        "-p",
        "price_usd_per_gpu_hour",
        "3",
    ]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    outputs = [
        output
        for cell in nbformat.read(out, as_version=4).cells
        for output in cell.get("outputs", [])
    ]
    texts = "".join(output.data.get("text/html", "") for output in outputs if "data" in output)
    assert "<strong>" in texts and 'class="chart"' in texts


def assert_whole(path: Path) -> None:
    """Every cell of an executed notebook ran, none failed, and something is shown."""
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in cells)
    assert "error" not in {out.output_type for cell in cells for out in cell.outputs}
    assert "<table" in shown_by(path)


# a kernel of its own imports everything: the quickest here, all in `make soak`
MOST_IN_SOAK = [
    pytest.param(path.stem, marks=() if path.stem == "disclosure" else pytest.mark.soak)
    for path in NOTEBOOKS
]


@pytest.mark.parametrize("name", MOST_IN_SOAK)
def test_a_notebook_copied_alone_is_executed_by_nbconvert(name: str, tmp_path: Path):
    from nbconvert.preprocessors import ExecutePreprocessor  # a second, in every worker

    path = copied_alone(name, tmp_path)
    read = nbformat.read(path, as_version=4)
    ExecutePreprocessor(timeout=600).preprocess(read, {"metadata": {"path": str(tmp_path)}})
    assert [other.name for other in tmp_path.iterdir()] == [path.name]
    nbformat.write(read, path)
    assert_whole(path)


@pytest.mark.soak
@pytest.mark.parametrize("name", [path.stem for path in NOTEBOOKS])
def test_every_notebook_copied_alone_is_executed_by_papermill(name: str, tmp_path: Path):
    path, out = copied_alone(name, tmp_path), tmp_path / "out.ipynb"
    command = [sys.executable, "-m", "papermill", str(path), str(out)]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    assert_whole(out)


def test_an_unknown_parameter_is_refused_before_anything_runs(tmp_path: Path):
    job = Job(
        "x",
        ROOT / "notebooks" / "bill.ipynb",
        {"prise_usd_per_gpu_hour": 3},
        tmp_path / "out.ipynb",
    )
    with pytest.raises(
        InputError,
        match=r"is not a parameter of bill\.ipynb; did you mean price_usd_per_gpu_hour\?",
    ):
        execute(job)
    assert list(tmp_path.iterdir()) == []


def test_a_failing_cell_is_three_lines_and_keeps_its_partial_output(tmp_path: Path):
    cells = [
        nbformat.v4.new_code_cell("x: int = 1", metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell("[][x]"),
    ]
    notebook = tmp_path / "broken.ipynb"
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), notebook)
    with pytest.raises(NotebookFailed) as caught:
        execute(Job("broken", notebook, {"x": 2}, tmp_path / "out.ipynb"))
    lines = str(caught.value).splitlines()
    assert len(lines) == 3
    assert "cell" in lines[0] and "IndexError" in lines[1] and "x=2" in lines[2]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["broken.ipynb", "out.failed.ipynb"]


MISTAKES = [  # that a cell finds
    (
        "pretraining",
        {"phase": "v4_pretraining"},
        "v4_pretraining is not a phase of deepseek-r1",
    ),
    ("comparison", {"date": "yesterday"}, "date: yesterday is not a day"),
    ("comparison", {"developer": "Metta"}, "Metta is not a developer of these models"),
    ("disclosure", {"card": "olmoo"}, "did you mean olmo"),
]


def test_a_users_mistake_found_by_a_cell_is_the_users_mistake(tmp_path: Path):
    jobs = [
        Job(str(number), ROOT / "notebooks" / f"{name}.ipynb", given, tmp_path / f"{number}.ipynb")
        for number, (name, given, _) in enumerate(MISTAKES)
    ]
    for (*_, says), found in zip(MISTAKES, outcomes(jobs), strict=True):
        assert isinstance(found, InputError) and says in str(found)
    assert list(tmp_path.iterdir()) == []


def test_two_executions_differ_in_nothing_and_a_page_without_an_interval_has_charts(
    tmp_path: Path,
):
    """With the MFU given, nothing is left open in pre-training: the interval is a point and no
    input widens it.
    """
    reinforcement = {"phase": "r1_training", "mfu": 0.4}
    given = {"a": reinforcement, "b": reinforcement, "closed": {"mfu": 0.31}}
    notebooks = {"closed": "pretraining"}
    jobs = [
        Job(
            name,
            ROOT / "notebooks" / f"{notebooks.get(name, 'reinforcement')}.ipynb",
            parameters,
            tmp_path / f"{name}.ipynb",
        )
        for name, parameters in given.items()
    ]
    assert all(isinstance(outcome, float) for outcome in outcomes(jobs))
    first, second, _ = (job.output.read_bytes() for job in jobs)
    assert first == second
    assert str(tmp_path).encode() not in first
    injected = [
        cell
        for cell in nbformat.reads(first.decode(), 4).cells
        if "injected-parameters" in cell.metadata.tags
    ]
    assert "remove-input" in injected[0].metadata.tags
    assert "no input is uncertain" in shown_by(jobs[2].output)
