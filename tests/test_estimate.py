"""`traincost estimate`: the contract, and what a specification may hold."""

import io
import json
import re

import pytest

from analysis.cli import main
from analysis.data import InputError
from analysis.estimate import estimate, read_spec

PRETRAINING = """
name = "Some 70B"
developer = "Somebody"
release_date = 2025-06-01
params_total = 70e9
params_active = 70e9
tokens = 15e12
hardware = "H100"
"""
REINFORCEMENT = """
kind = "reinforcement"
name = "Some RL"
developer = "Somebody"
release_date = 2025-01-20
params_total = 671e9
params_active = 37e9
hardware = "H800"
chips = 512
steps = 650
prompts_per_step = 512
samples_per_prompt = 16
mean_len = 6000
max_len = 32768
"""


def answer(evidence, text, *lines, exclude=()):
    return estimate(read_spec("\n".join([text, *lines]), "spec"), evidence, exclude)


def test_a_pretraining_answer_has_the_keys_of_the_contract(evidence):
    found = answer(evidence, PRETRAINING)
    assert set(found) == {"name", "gpu_hours", "usd", "energy_kwh", "co2_kg", "flop", "flop_per_token", "mfu", "assumptions"}
    for key in ("gpu_hours", "usd", "energy_kwh", "co2_kg", "mfu"):
        assert 0 < found[key]["p05"] < found[key]["p50"] < found[key]["p95"]
    assert found["assumptions"]


def test_a_reinforcement_answer_has_step_time_and_its_parts(evidence):
    found = answer(evidence, REINFORCEMENT)
    assert set(found["step_seconds"]["parts"]) == {"generation", "scoring", "update", "fixed"}
    assert sum(found["step_seconds"]["parts"].values()) == pytest.approx(found["step_seconds"]["p50"])
    assert found["gpu_hours"]["p50"] == pytest.approx(found["step_seconds"]["p50"] * 650 * 512 / 3600)


def test_hours_follow_tokens_and_the_chips_peak(evidence):
    base = answer(evidence, PRETRAINING)["gpu_hours"]["p50"]
    assert answer(evidence, PRETRAINING.replace("15e12", "30e12"))["gpu_hours"]["p50"] == pytest.approx(2 * base)
    peaks = evidence["hardware"].set_index("chip").peak_bf16_dense_tflops
    ratio = peaks["H100 SXM"] / peaks["A100 80GB SXM"]
    assert answer(evidence, PRETRAINING.replace("H100", "A100 80GB"))["gpu_hours"]["p50"] == pytest.approx(ratio * base)


def test_longer_answers_and_more_steps_take_longer(evidence):
    base = answer(evidence, REINFORCEMENT)["gpu_hours"]["p50"]
    assert answer(evidence, REINFORCEMENT.replace("6000", "12000"))["gpu_hours"]["p50"] > base
    assert answer(evidence, REINFORCEMENT.replace("650", "1300"))["gpu_hours"]["p50"] == pytest.approx(2 * base)
    assert answer(evidence, REINFORCEMENT, "asynchronous = true")["gpu_hours"]["p50"] < base


def test_a_price_moves_rent_alone(evidence):
    first, second = (answer(evidence, PRETRAINING, f"price_usd_per_gpu_hour = {price}") for price in (2, 4))
    assert second["usd"]["p50"] == pytest.approx(2 * first["usd"]["p50"])
    assert second["gpu_hours"] == first["gpu_hours"]


def test_known_dimensions_take_the_place_of_an_assumption(evidence):
    found = answer(evidence, PRETRAINING, "layers = 80", "d_model = 8192", "seq_len = 8192")
    assert not any("times six a parameter" in line for line in found["assumptions"])
    assert found["flop_per_token"] > 6 * 70e9


def test_excluding_a_developer_changes_the_answer_and_its_own_run_is_not_needed(evidence):
    with_meta, without = answer(evidence, PRETRAINING), answer(evidence, PRETRAINING, exclude=("Meta",))
    assert with_meta["gpu_hours"] != without["gpu_hours"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("tokens = 15e12", "token = 15e12", "tokens: field required"),
        ("tokens = 15e12", "tokens = 15e12\ntokenz = 1", "tokenz is not known; did you mean tokens?"),
        ("tokens = 15e12", "tokens = -1", "tokens: input should be greater than 0"),
        ("tokens = 15e12", 'tokens = "many"', "tokens: input should be a valid number"),
        ("params_active = 70e9", "params_active = 80e9", "params_active is larger than params_total"),
        ('"H100"', '"H9000"', "H9000 is not in hardware.csv"),
        ("2025-06-01", '"June"', "release_date"),
        ("name =", "name ==", "not valid TOML"),
    ],
)
def test_a_wrong_specification_is_one_line(evidence, old, new, expected):
    with pytest.raises(InputError, match=re.escape(expected)) as caught:
        answer(evidence, PRETRAINING.replace(old, new))
    assert "\n" not in str(caught.value)


def test_a_file_standard_input_and_a_folder(tmp_path, capsys, monkeypatch):
    (tmp_path / "a.toml").write_text(PRETRAINING)
    (tmp_path / "b.toml").write_text(REINFORCEMENT)
    assert main(["estimate", str(tmp_path / "a.toml"), "--json"]) == 0
    one = json.loads(capsys.readouterr().out)
    monkeypatch.setattr("sys.stdin", io.StringIO(PRETRAINING))
    assert main(["estimate", "-", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == one
    assert main(["estimate", str(tmp_path), "--json"]) == 0
    assert [item["name"] for item in json.loads(capsys.readouterr().out)] == ["Some 70B", "Some RL"]
    assert main(["estimate", str(tmp_path / "a.toml"), "--exclude-developer", "Metta"]) == 2
    assert "did you mean Meta?" in capsys.readouterr().err
    assert main(["estimate", str(tmp_path / "c.toml")]) == 2
