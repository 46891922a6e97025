"""`traincost new-model`: an account begun from a config.json and six facts, or from another."""

import json
import re
import shlex
import tomllib

import pytest

import analysis
from analysis.cli import main
from analysis.compare import said as by_maker
from analysis.data.tables import Evidence
from analysis.physics.parameters import count_parameters
from analysis.reconstruction import account_tables
from analysis.reconstruction.model import configuration
from analysis.reconstruction.model_file import load_model
from tests.runs.test_config_files import CONFIGS

FLAGS = {
    "--title": 'My "Model"\\',
    "--developer": "Somebody",
    "--release-date": "2025-04-29",
    "--chip": "NVIDIA H800",
    "--tokens": "36T",
    "--seq-len": "4096",
}


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "config.json"
    path.write_text(json.dumps(CONFIGS["qwen3-30b-a3b"]))
    return path


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    """An evidence folder with the model in it."""
    folder = tmp_path_factory.mktemp("begun")
    config = folder.parent / "config.json"
    config.write_text(json.dumps(CONFIGS["qwen3-30b-a3b"]))
    assert ask(folder, "--config", config) == 0
    return folder


def ask(folder, *arguments, **changes):
    flags = FLAGS | {f"--{name.replace('_', '-')}": text for name, text in changes.items()}
    given = [part for flag, text in flags.items() if text for part in (flag, text)]
    return main(["new-model", "mine", "--data", str(folder), *map(str, arguments), *given])


def test_an_account_is_begun_and_answers_at_once(tmp_path, config, capsys):
    """In a folder that was not there: it begins as a copy of the project's evidence."""
    folder = tmp_path / "evidence"
    assert ask(folder, "--config", config, gpu_hours="1.5M", source="report, p. 3") == 0
    out, err = capsys.readouterr()
    assert "Pre-training" in out and "1,500,000" in out and "copy of the project's" in err
    found = Evidence.load(folder)
    model = load_model("mine", found)
    assert (model.title, model.chip, model.architecture_kind) == ("My Model", "H800 SXM", "moe")
    assert count_parameters(configuration(model, found.facts)).total == pytest.approx(30.5e9, 0.01)
    assert found.facts["mine_tokens"].value == 36e12
    assert found.facts["mine_gpu_hours"].id in model.checks
    hours = found.facts["mine_gpu_hours"]
    assert (hours.kind, hours.locator) == ("disclosed", "report, p. 3")


def test_a_rent_that_is_given_is_an_assumption_and_leads(tmp_path, config, capsys):
    """Of a chip that nobody quotes too."""
    folder = tmp_path / "new"
    assert ask(folder, "--config", config, chip="Ascend 910C") == 2
    assert "no quote for" in capsys.readouterr().err
    assert ask(folder, "--config", config, chip="Ascend 910C", price="2.5") == 0
    said = "rent of $2.50 a GPU-hour: That price is an assumption of this account."
    assert said in capsys.readouterr().out
    price = Evidence.load(folder).facts["mine_price_usd_per_gpu_hour"]
    assert (price.kind, price.unit, price.value) == ("assumption", "usd_per_gpu_hour", 2.5)


def test_what_was_typed_without_a_document_is_an_assumption_and_no_page_says_otherwise(begun):
    found = Evidence.load(begun)
    kinds = {name: fact.kind for name, fact in found.facts.items() if fact.subject == "mine"}
    assert kinds.pop("mine_tokens") == kinds.pop("mine_seq_len") == "assumption"
    assert {*kinds.values()} == {"disclosed"}  # read in its config.json
    said = analysis.reconstruct("mine", data=begun, samples=64)["mine_pretraining"].tables
    assert "Public facts, an assumed chip and other assumptions give" in said.finding()


def test_the_disclosure_sheet_of_the_model_fills_what_no_flag_says(tmp_path, config, capsys):
    folder = tmp_path / "new"
    words = ["new-model", "qwen2.5-72b", "--data", str(folder), "--config", str(config)]
    assert main([*words, "--chip", "H800", "--tokens", "17T"]) == 0
    err = capsys.readouterr().err
    assert "cards/qwen2.5-72b.toml is its disclosure sheet; taken from it: title Qwen2.5-72B" in err
    assert "--tokens 1.7e+13: its disclosure sheet says 1.8e+13" in err
    assert "the chip is an assumption: --chip-source" in err
    found = Evidence.load(folder)
    model = load_model("qwen2.5-72b", found)
    assert (model.developer, str(model.release_date)) == ("Alibaba", "2024-09-19")
    length, tokens = (found.facts[f"qwen2_5_72b_{name}"] for name in ("seq_len", "tokens"))
    assert (length.kind, length.source_id) == ("disclosed", "qwen25_report")
    assert "cards/qwen2.5-72b.toml" in length.locator
    assert (tokens.value, tokens.kind) == (17e12, "assumption")


def test_a_sheet_is_found_by_the_name_of_the_model_too(tmp_path, config, capsys):
    assert ask(tmp_path / "new", "--config", config, title="qwen2.5-72b", tokens="") == 0
    assert "taken from it: tokens 18000000000000" in capsys.readouterr().err
    shown = analysis.reconstruct("mine", data=tmp_path / "new", samples=64)
    assert shown.model.sheet == "qwen2.5-72b"
    assert "Its disclosure sheet holds" in by_maker.said(shown)
    assert Evidence.load(tmp_path / "new").facts["mine_tokens"].source_id == "qwen25_report"


def test_a_document_that_is_given_comes_before_the_sheet(tmp_path, config):
    """The sheet fills in what was not given, here the length."""
    changes = {"title": "qwen2.5-72b", "tokens": "18T", "seq_len": "", "source": "mine, p. 3"}
    assert ask(tmp_path / "new", "--config", config, **changes) == 0
    found = Evidence.load(tmp_path / "new").facts
    assert (found["mine_tokens"].kind, found["mine_tokens"].locator) == ("disclosed", "mine, p. 3")
    assert found["mine_seq_len"].source_id == "qwen25_report"


def test_the_call_says_what_it_wrote_what_is_open_and_what_comes_next(tmp_path, config, capsys):
    folder = tmp_path / "my evidence"
    assert ask(folder, "--config", config) == 0
    out, err = capsys.readouterr()
    for name in ("mine.toml", "mine.facts.csv"):
        assert f"wrote {folder / 'models' / name}" in out
    assert "mine_tokens, mine_seq_len: assumptions, until" in err
    command = err.splitlines()[-1].partition(": ")[2]
    assert shlex.split(command) == ["traincost", "build", "--model", "mine", "--data", str(folder)]


def test_the_first_answer_has_the_range_of_the_dollars(tmp_path, config, capsys):
    assert ask(tmp_path / "new", "--config", config) == 0
    head, row, *_ = capsys.readouterr().out.splitlines()
    assert re.findall(r"\w+ US\$", head) == ["p05 US$", "middle US$", "p95 US$"]
    low, middle, high = (float(part.replace(",", "")) for part in row.split()[-3:])
    assert low < middle < high


@pytest.mark.parametrize("there", [True, False])
def test_a_call_that_fails_leaves_no_folder_behind(tmp_path, config, capsys, there):
    """Neither where an answer does not serve, nor where the model cannot be reconstructed."""
    folder = tmp_path / "new"
    if there:
        folder.mkdir()
    assert ask(folder, "--config", config, chip="H8000") == 2
    assert ask(folder, "--config", config, chip="CS-3") == 2  # nobody quotes a price of it
    assert "no quote for CS-3 is known" in capsys.readouterr().err
    assert list(tmp_path.glob("new/*")) == [] and folder.exists() == there


def test_an_assumed_chip_stands_in_the_file_with_its_reason(tmp_path, config, capsys):
    assert (
        ask(tmp_path / "new", "--config", config, chip_assumed="Its other models ran on it.") == 0
    )
    assert "the chip is an assumption" not in capsys.readouterr().err
    model = load_model("mine", Evidence.load(tmp_path / "new"))
    assert (model.chip, model.chip_assumed) == ("H800 SXM", "Its other models ran on it.")


def test_a_chip_is_an_assumption_until_a_document_names_it(tmp_path, config, begun, capsys):
    """The document of the figures is none that names the chip."""
    assert load_model("mine", Evidence.load(begun)).chip_assumed.startswith("No document was named")
    shown = analysis.reconstruct("mine", data=begun, samples=64)
    assert (
        "This counts Pre-training. It leaves out: Post-training, failed "
        "and smaller runs, people and the machines." in account_tables.finding(shown)
    )
    assert ">assumed</span>. No document was named" in account_tables.finding(shown)
    assert ask(tmp_path / "figures", "--config", config, source="report, p. 3") == 0
    assert "the chip is an assumption: --chip-source" in capsys.readouterr().err
    assert load_model("mine", Evidence.load(tmp_path / "figures")).chip_assumed
    assert ask(tmp_path / "named", "--config", config, chip_source="report, p. 5") == 0
    assert "the chip is an assumption" not in capsys.readouterr().err
    assert load_model("mine", Evidence.load(tmp_path / "named")).chip_assumed == ""
    file = tmp_path / "named" / "models" / "mine.toml"
    assert 'chip = "H800 SXM"  # a name of hardware.csv; named in report, p. 5' in file.read_text()


def test_a_chip_that_its_disclosure_sheet_names_is_disclosed(tmp_path, config, capsys):
    words = ["new-model", "phi-4", "--data", str(tmp_path / "new"), "--config", str(config)]
    assert main([*words, "--tokens", "10T", "--seq-len", "4096"]) == 0
    assert "the chip is an assumption" not in capsys.readouterr().err
    assert load_model("phi-4", Evidence.load(tmp_path / "new")).chip_assumed == ""
    assert main([*words, "--force", "--chip", "A100 80GB SXM"]) == 0
    assert (
        "warning: --chip A100 80GB SXM: its disclosure sheet says H100" in capsys.readouterr().err
    )
    assert load_model("phi-4", Evidence.load(tmp_path / "new")).chip_assumed


@pytest.fixture
def typed(monkeypatch):
    """Somebody at the keyboard, who answers in this order; what was asked."""

    def types(*answers):
        told, seen = iter(answers), []

        def answer(question):
            seen.append(question)
            try:
                return next(told)
            except StopIteration:
                raise EOFError from None

        monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
        monkeypatch.setattr("builtins.input", answer)
        return seen

    return types


def test_what_does_not_serve_is_asked_again_and_no_answer_is_lost(tmp_path, config, typed, capsys):
    """An empty answer, a chip that is none, a day that is none, and a reason of one word."""
    seen = typed(
        *("Mine", "", "Somebody", "2025", "2025-04-29", "H8000", "H800", "many", "36T", "4096"),
        *("none", "no", "Its other models ran on it.", "none"),
    )
    nothing = dict.fromkeys(("title", "developer", "release_date", "chip", "tokens", "seq_len"), "")
    assert ask(tmp_path / "new", "--config", config, **nothing) == 0
    out, err = capsys.readouterr()
    assert len(seen) == 14 and "Chips: " in out and "H800 SXM" in out
    for said in ("an answer is needed", "2025: expected", "H8000 is not", "many: expected", "no: "):
        assert said in err
    model = load_model("mine", Evidence.load(tmp_path / "new"))
    assert (model.title, model.developer, model.chip) == ("Mine", "Somebody", "H800 SXM")
    assert model.chip_assumed == "Its other models ran on it."


def test_the_end_of_what_is_typed_is_one_line(tmp_path, config, typed, capsys):
    typed("Mine")
    assert ask(tmp_path / "new", "--config", config, title="", tokens="", seq_len="") == 2
    assert "error: new-model needs --tokens, --seq-len" in capsys.readouterr().err


def test_the_document_of_a_chip_is_asked_for_where_the_chip_is(tmp_path, config, typed):
    typed("H800", "report, p. 5")
    assert ask(tmp_path / "new", "--config", config, chip="") == 0
    assert load_model("mine", Evidence.load(tmp_path / "new")).chip_assumed == ""


def test_an_outline_serves_where_there_is_no_config(tmp_path, capsys):
    sizes = {"params_total": "70B", "params_active": "70B", "layers": "80", "d_model": "8192"}
    assert ask(tmp_path / "new", **sizes, vocab="128K") == 0
    assert load_model("mine", Evidence.load(tmp_path / "new")).architecture_kind == "dense"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"params_total": "60B"}, "--params-total is smaller than --params-active"),
        ({"vocab": "8.6M"}, "--params-active is no larger than --vocab times --d-model"),
    ],
)
def test_an_outline_that_makes_no_model_is_refused(tmp_path, capsys, changes, said):
    sizes = {"params_total": "70B", "params_active": "70B", "layers": "80", "d_model": "8192"}
    assert ask(tmp_path / "new", **({"vocab": "128K"} | sizes | changes)) == 2
    assert f"error: {said}" in capsys.readouterr().err


def test_another_model_is_begun_from_with_figures_as_assumptions(tmp_path, capsys):
    folder = tmp_path / "new"
    unsaid = dict.fromkeys([flag.removeprefix("--") for flag in FLAGS if flag != "--title"], "")
    assert ask(folder, "--from", "deepseek-v3", **unsaid) == 0
    found = Evidence.load(folder)
    own = [fact for fact in found.facts.values() if fact.subject == "mine"]
    assert len(own) > 30 and {fact.kind for fact in own} == {"assumption"}
    text = (folder / "models" / "mine.toml").read_text()
    assert load_model("mine", found).chip_assumed == "As of deepseek-v3."
    assert 'title = "My Model"' in text and '"v3_pretraining_tokens"' not in text
    assert tomllib.loads(text)["phase"][0]["stage"][0]["tokens"] == "mine_v3_pretraining_tokens"


def test_a_model_that_is_there_is_written_over_only_when_told(begun, config, capsys):
    before = (begun / "models" / "mine.toml").read_bytes()
    assert ask(begun, "--config", config, title="Another") == 2
    assert "is there already; --force" in capsys.readouterr().err
    assert (begun / "models" / "mine.toml").read_bytes() == before
    assert ask(begun, "--config", config, "--force", title="Another") == 0
    assert ask(begun, "--config", config, "--force") == 0
    assert (begun / "models" / "mine.toml").read_bytes() == before


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"chip": "H8000"}, "H8000 is not in hardware.csv"),
        ({"tokens": "many"}, "--tokens many: expected a number such as 15T"),
        ({"tokens": "36"}, "tokens = 36 looks like a slip of units"),
        ({"tokens": "-1"}, "--tokens -1: expected a number"),
        ({"release_date": "4/29/2025"}, "--release-date 4/29/2025: expected a day, YYYY-MM-DD"),
        ({"developer": "", "seq_len": ""}, "new-model needs --developer, --seq-len"),
        ({"chip_source": "p. 5", "chip_assumed": "Likely so."}, "a chip is disclosed or assumed"),
        ({"chip_assumed": "yes"}, "--chip-assumed yes: expected a sentence on why this chip"),
        ({"gpu_hours": "1M"}, "--gpu-hours are disclosed hours: say by --source"),
        ({"gpu_hours": "0"}, "--gpu-hours 0: expected a number such as 15T"),
    ],
)
def test_a_mistake_leaves_all_as_it_was(begun, config, capsys, changes, said):
    before = {path: path.read_bytes() for path in (begun / "models").glob("mine*")}
    assert ask(begun, "--config", config, "--force", **changes) == 2
    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1 and said in errors[0]
    assert {path: path.read_bytes() for path in (begun / "models").glob("mine*")} == before


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"params_total": "235B"}, "params_total is 2.35e+11, by the config it is 3.053e+10; is"),
        ({"title": "Qwen3-235B-A22B"}, "Qwen3-235B-A22B: params_total is 2.35e+11, by the config"),
        ({"title": "Qwen3-30B-A3B"}, ""),
        ({"params_total": "30B", "title": "Of 235B"}, ""),
    ],
)
def test_a_config_of_another_model_is_a_warning(tmp_path, config, capsys, changes, said):
    assert ask(tmp_path / "new", "--config", config, **changes) == 0
    warned = [line for line in capsys.readouterr().err.splitlines() if "by the config" in line]
    assert [line.startswith(f"warning: {said}") for line in warned] == [True] * bool(said)


@pytest.mark.parametrize("name", ["../mine", "Mine", "", "a b", "-x", "x" * 80])
def test_a_name_that_is_no_file_name_is_refused(tmp_path, capsys, name):
    code = main(["new-model", "--data", str(tmp_path / "new"), "--", name])
    assert code == 2 and "is no name of a model" in capsys.readouterr().err


def test_a_folder_of_other_files_is_left_alone(tmp_path, config, capsys):
    (tmp_path / "notes.md").write_text("mine")
    assert ask(tmp_path, "--config", config) == 2
    assert "holds other files and no datapackage.json" in capsys.readouterr().err


def test_a_fact_of_another_model_is_borrowed_only_with_a_reason(begun, capsys):
    mine, other = (begun / "models" / f"{name}.toml" for name in ("mine", "other"))
    text = mine.read_text().replace('tokens = "mine_tokens"', "tokens = TOKENS")
    other.write_text(text.replace("TOKENS", '"mine_tokens"'))
    assert main(["reconstruct", "other", "--data", str(begun)]) == 2
    other.unlink()
    assert "is a fact of mine; to borrow it, write { take, why }" in capsys.readouterr().err


def test_a_file_without_phases_is_nothing_to_reconstruct(begun, capsys):
    mine, other = (begun / "models" / f"{name}.toml" for name in ("mine", "other"))
    borrowed = mine.read_text().partition("[architecture]")[0]
    other.write_text(borrowed)
    assert main(["reconstruct", "other", "--data", str(begun)]) == 2
    other.unlink()
    assert "other has no phases to reconstruct" in capsys.readouterr().err
