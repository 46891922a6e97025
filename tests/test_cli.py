"""The commands by contract: standard output, standard error, exit codes."""

import errno
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib

import pytest

from analysis.cli import main
from analysis.cli.parser import make_parser
from tests.conftest import ROOT


def run(capsys, *arguments):
    code = main(arguments)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_json_is_all_of_standard_output_and_precedence_goes_to_standard_error(capsys):
    code, out, err = run(capsys, "reconstruct", "deepseek-r1", "--json", "-p", "mfu=0.4")
    assert code == 0
    assert json.loads(out)["model"] == "deepseek-r1"
    assert err == "scenario paper: mfu=0.4 (-p); fact < scenario < -p\n"


def test_the_version_is_that_of_the_project(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert capsys.readouterr().out == f"traincost {project['version']}\n"


def test_help_ends_with_examples_that_the_parser_takes(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    shown = re.findall(r"^  traincost (.*)$", capsys.readouterr().out, re.M)
    assert len(shown) >= 5
    for example in shown:
        assert make_parser().parse_args(shlex.split(example)).run


def test_reconstruct_prints_a_table_for_people(capsys):
    code, out, _ = run(capsys, "reconstruct", "deepseek-v3")
    assert code == 0 and "V3 pre-training" in out and "total" in out
    assert "assumed:\n  - rent of $2.00 a GPU-hour: " in out


def test_pages_are_listed_in_the_form_of_the_contract(capsys):
    code, out, _ = run(capsys, "pages", "--json")
    pages = json.loads(out)
    assert code == 0
    assert all(set(page) == {"page", "notebook", "parameters"} for page in pages)
    assert [page["page"] for page in pages if page["notebook"] == "reinforcement"] == [
        "r1_zero_rl",
        "r1_training",
    ]


def test_facts_sources_and_scenarios_answer(capsys, evidence):
    code, out, _ = run(capsys, "facts", "v3_mfu_causal")
    assert code == 0 and "Table 4" in out and "0.3894" in out
    code, out, _ = run(capsys, "facts")
    assert code == 0 and all(fact in out for fact in evidence.facts)
    code, out, _ = run(capsys, "sources")
    assert code == 0 and "v3_report" in out
    code, out, _ = run(capsys, "scenarios")
    assert code == 0 and "dense-efficiency" in out and "price_usd_per_gpu_hour" in out


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["reconstruct", "deepseek-r2"], "deepseek-r2 is not among models"),
        (
            ["reconstruct", "deepseek-r1", "-p", "gpu_price=3"],
            "did you mean price_usd_per_gpu_hour?",
        ),
        (
            ["reconstruct", "deepseek-r1", "-p", "mfu=40"],
            "mfu: input should be less than or equal to 1",
        ),
        (["reconstruct", "deepseek-r1", "-p", "mfu"], "expected key=value"),
        (["reconstruct", "deepseek-r1", "-p", "chip=H900"], "chip: H900 is not in hardware.csv"),
        (["reconstruct", "deepseek-r1", "--scenario", "papr"], "did you mean paper?"),
        (["reconstruct", "deepseek-r1", "--data", "no-such-folder"], "datapackage.json"),
        (["facts", "v3_mfu"], "is not a fact; did you mean v3_mfu_"),
        (["rerun", "notebooks/pretrain.ipynb"], "is not a notebook"),
        (
            ["rerun", str(ROOT / "notebooks" / "bill.ipynb"), "-p", "gpu_price=3"],
            "did you mean price_usd_per_gpu_hour?",
        ),
        (
            ["rerun", str(ROOT / "notebooks" / "hours.ipynb"), "-p", "mfu=40"],
            "mfu: input should be less than or equal to 1",
        ),
        (
            ["rerun", str(ROOT / "notebooks" / "pretraining.ipynb"), "-p", "phase=v3_pretrain"],
            "did you mean v3_pretraining?",
        ),
        (
            ["rerun", str(ROOT / "notebooks" / "bill.ipynb"), "--out", "/proc/x.ipynb"],
            "cannot be written",
        ),
        (["rerun", str(ROOT / "README.md")], "not a notebook"),
        (["claims", "--scenario", "papr"], "did you mean paper?"),
        (
            ["claims", "-p", "depreciation_years=-1"],
            "depreciation_years: input should be greater than or equal to 0.01",
        ),
        (
            ["claims", "-p", "utilisation=1.2"],
            "utilisation: input should be less than or equal to 1",
        ),
        (["claims", "-p", "failed_run_share=1"], "failed_run_share: input should be less than 1"),
        (["card", "deepseek-v33"], "did you mean deepseek-v3?"),
        (["card", "no-such-file.toml"], "No such file"),
        (["bild"], "invalid choice: 'bild'"),
        ([], "the following arguments are required: COMMAND"),
        (["build", "-p", "gpu_price=3"], "is not a parameter"),
        (["build", "--out", "/proc/nowhere/book"], "cannot be written"),
        (["build", "--out", "README.md"], "is a file; name a folder"),
    ],
)
def test_a_users_mistake_is_one_line_and_exit_code_two(capsys, monkeypatch, arguments, expected):
    monkeypatch.chdir(ROOT)
    code, out, err = run(capsys, *arguments)
    last = err.splitlines()[-1]
    assert code == 2 and out == ""
    assert last.startswith("error: ") and expected in last
    assert "Traceback" not in err


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_a_letter_that_the_terminal_lacks_is_shown_by_its_escape(monkeypatch, tmp_path, encoding):
    """The name of a run on standard output, the name of a file on standard error."""
    streams = {name: io.TextIOWrapper(io.BytesIO(), encoding) for name in ("stdout", "stderr")}
    run_file = tmp_path / "run.toml"
    run_file.write_text(
        'name = "深 70B"\ndeveloper = "X"\nrelease_date = 2025-01-01\nparams_total = 70e9\n'
        'params_active = 70e9\ntokens = 5e12\nhardware = "H100"\n',
        encoding="utf-8",
    )
    with monkeypatch.context() as patch:
        for name, stream in streams.items():
            patch.setattr(sys, name, stream)
        codes = [main(["estimate", str(path)]) for path in (run_file, tmp_path / "求.toml")]
    for stream in streams.values():
        stream.flush()
    out, err = (stream.buffer.getvalue().decode(encoding) for stream in streams.values())
    assert codes == [0, 2] and out.startswith("\\u6df1 70B\n")
    assert "\\u6c42.toml" in err and "Traceback" not in err


def test_a_folder_that_is_no_edition_is_not_replaced(capsys, tmp_path):
    (tmp_path / "mine.txt").write_text("keep")
    code, _, err = run(capsys, "build", "--out", str(tmp_path))
    assert code == 2 and "holds mine.txt, which is not of an edition" in err
    assert (tmp_path / "mine.txt").read_text() == "keep"


def test_the_chart_of_a_sweep_replaces_no_picture_of_the_users(capsys, tmp_path):
    grid = ["sweep", "--grid", "mfu=0.3", "-p", "samples=256", "--out", str(tmp_path / "o.csv")]
    assert run(capsys, *grid)[0] == 0 and run(capsys, *grid)[0] == 0
    (tmp_path / "o.svg").write_text("<svg>mine</svg>")
    (tmp_path / "o.csv").unlink()
    code, _, err = run(capsys, *grid)
    assert code == 2 and f"{tmp_path / 'o.svg'}: exists and is no result of a sweep" in err
    assert [path.name for path in tmp_path.iterdir()] == ["o.svg"]
    assert (tmp_path / "o.svg").read_text() == "<svg>mine</svg>"


@pytest.mark.parametrize("name", ["new.svg", "new.xlsx", "new.json", "new.csv.gz", "new"])
def test_a_sweep_is_written_under_the_name_of_what_it_is(capsys, tmp_path, name):
    grid = ["sweep", "--grid", "mfu=0.3", "-p", "samples=256", "--out", str(tmp_path / name)]
    code, _, err = run(capsys, *grid)
    assert code == 2 and "name a .csv file" in err and [*tmp_path.iterdir()] == []


def test_broken_identities_warn_in_reconstruct_and_stop_a_build(capsys, edited, tmp_path):
    folder = edited("facts.csv", ",2788000,", ",2888000,")
    code, out, err = run(capsys, "reconstruct", "deepseek-r1", "--json", "--data", str(folder))
    assert code == 0 and json.loads(out) and "warning: identities.csv, v3_hours_add_up" in err
    code, _, err = run(capsys, "build", "--data", str(folder), "--out", str(tmp_path / "edition"))
    assert code == 2 and "error: identities.csv, v3_hours_add_up" in err
    assert not (tmp_path / "edition").exists()


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "some/file"),
        shutil.Error(
            [
                ("from/file", "some/file", "No space left on device: 'from/file' -> 'some/file'"),
                ("from/b", "some/b", "the same"),
            ]
        ),
    ],
)
def test_a_full_disk_is_one_line(capsys, monkeypatch, error):
    def full(*_):
        raise error

    monkeypatch.setattr("analysis.cli.lists.facts_command", full)
    code, _, err = run(capsys, "facts")
    assert code == 1 and err == "error: some/file: No space left on device\n"


def test_claims_and_cards_answer_in_the_form_of_the_contract(capsys):
    code, out, _ = run(capsys, "claims", "--json")
    assert code == 0 and all(
        set(claim) == {"id", "claim", "verdict", "reason", "facts"} for claim in json.loads(out)
    )
    code, out, _ = run(capsys, "card", "gpt-4", "--json")
    card = json.loads(out)
    assert (
        code == 0
        and set(card)
        == {
            "name",
            "score",
            "disclosed",
            "missing",
            "estimate",
            "eu_form",
            "fmti",
            "possible",
            "arithmetic",
            "warnings",
        }
        and len(card["missing"]) > 20
    )
    code, out, _ = run(capsys, "card", "llama-3.1-405b")
    assert code == 0 and "missing:" in out and "pretraining" in out


def test_claims_and_sweeps_are_of_the_model_that_is_named(capsys, tmp_path):
    for command in (["claims"], ["sweep", "--grid", "mfu=0.3", "--out", str(tmp_path / "x.csv")]):
        code, _, err = run(capsys, *command, "--model", "deepseek-v")
        assert code == 2 and "deepseek-v is not among models" in err
    out = tmp_path / "swept.csv"
    grid = ["--grid", "mfu=0.2,0.4", "-p", "samples=64"]
    assert run(capsys, "sweep", "--model", "deepseek-v3", *grid, "--out", str(out))[0] == 0
    columns = out.read_text(encoding="utf-8").splitlines()[0]
    assert "v3_pretraining_gpu_hours_p50" in columns and "r1_training" not in columns


def test_a_derived_figure_is_shown_with_its_arithmetic(capsys, account):
    code, out, _ = run(capsys, "facts", "r1_with_base_usd")
    assert code == 0 and account.numbers["r1_with_base_usd"].expression in out


def test_a_notebook_that_is_of_no_model_runs_too(capsys, tmp_path):
    code, out, _ = run(
        capsys,
        "rerun",
        str(ROOT / "notebooks" / "disclosure.ipynb"),
        "--out",
        str(tmp_path / "mine.ipynb"),
    )
    assert code == 0 and out.strip() == str(tmp_path / "mine.ipynb")


def test_help_and_mistakes_in_options_import_no_numbers():
    """They answer at once."""
    program = (
        "import sys, analysis.cli\n"
        "try: analysis.cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        "analysis.cli.main(['reconstruct', '--nonsense'])\n"
        "sys.exit(bool({'numpy', 'pandas', 'scipy'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)


@pytest.mark.parametrize(
    ("command", "when_kept"),
    [
        (["reconstruct", "deepseek-r1"], {"pandera", "scipy.stats"}),
        (["estimate", "-"], {"pandera", "scipy.stats"}),
        (["claims"], {"pandera"}),  # scipy.stats has the indices that some claims name
    ],
)
def test_the_computing_path_imports_what_it_needs_and_no_more(command, when_kept, tmp_path):
    """No plotting, no notebook; and from the second time on nothing that checks tables or makes
    points.
    """
    spec = (
        "name='a'\ndeveloper='b'\nrelease_date=2025-01-01\nparams_total='7B'\n"
        "params_active='7B'\ntokens='2T'\nhardware='H100'"
    )
    program = (
        f"import sys; from analysis.cli import main; code = main({[*command, '--json']})\n"
        "print(*sys.modules, file=sys.stderr); sys.exit(code)"
    )
    always = {"altair", "papermill", "sphinx", "IPython", "nbformat", "matplotlib", "sklearn"}
    for heavy in (always | {"frictionless"}, always | when_kept):
        found = subprocess.run(
            [sys.executable, "-c", program],
            check=True,
            capture_output=True,
            input=spec,
            text=True,
            env=os.environ | {"XDG_CACHE_HOME": str(tmp_path)},
        )
        assert not heavy & set(found.stderr.split())


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_stream_that_is_closed_is_nowhere_for_us_and_whom_we_start(closed):
    started = "import sys; sys.stdin.read(); sys.stdout.flush(); sys.stderr.flush()"
    program = (
        "import subprocess, sys, analysis.cli\n"
        "code = analysis.cli.main(['scenarios'])\n"
        f"sys.exit(code or subprocess.run([sys.executable, '-c', {started!r}]).returncode)"
    )
    line = f'exec "$0" -c "$1" {closed}'
    found = subprocess.run(
        ["sh", "-c", line, sys.executable, program], stdin=subprocess.DEVNULL, capture_output=True
    )
    assert found.returncode == 0, found.stderr


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (MemoryError(), "error: out of memory"),
        (
            ImportError("lib.so: failed to map segment from shared object"),
            "error: lib.so: failed to map segment from shared object",
        ),
        (OSError(errno.ENOSPC, "No space left on device", "x"), "error: x: No space left on"),
    ],
)
def test_no_room_is_one_line_and_not_the_users_mistake(capsys, monkeypatch, error, line):
    def no_room(name):
        raise error

    monkeypatch.setattr("analysis.cli.import_module", no_room)
    assert main(["scenarios"]) == 1
    said = capsys.readouterr().err
    assert said.startswith(line) and len(said.splitlines()) == 1
