"""`traincost estimate`: the contract, and what a specification may hold."""

import datetime
import io
import json
import re

import pandas as pd
import pytest

from analysis.cli import main
from analysis.compare.estimate import (
    _one_sided,
    _rated_power_w,
    estimate,
    estimate_all,
)
from analysis.compare.estimate_rent import _whose
from analysis.compare.specification import find_developer, read_spec
from analysis.data.chips import Chip
from analysis.data.mistakes import InputError
from analysis.data.tables import Evidence

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
    return estimate(read_spec("\n".join([text, *lines]), "spec", evidence), evidence, exclude)


def test_a_pretraining_answer_has_the_keys_of_the_contract(evidence):
    found = answer(evidence, PRETRAINING)
    assert set(found) == {
        "name",
        "gpu_hours",
        "usd",
        "energy_kwh",
        "co2_kg",
        "flop",
        "flop_per_token",
        "mfu",
        "assumptions",
    }
    for key in ("gpu_hours", "usd", "energy_kwh", "co2_kg", "mfu"):
        assert 0 < found[key]["p05"] < found[key]["p50"] < found[key]["p95"]
    assert found["assumptions"]


def test_days_are_there_where_chips_are_given(evidence):
    found = answer(evidence, PRETRAINING, "chips = 1000")
    assert set(found) == {*answer(evidence, PRETRAINING), "days"}
    assert found["days"]["p50"] == pytest.approx(found["gpu_hours"]["p50"] / 1000 / 24)


def test_a_reinforcement_answer_has_step_time_and_its_parts(evidence):
    found = answer(evidence, REINFORCEMENT)
    assert set(found) == {*answer(evidence, PRETRAINING, "chips = 1"), "step_seconds"}
    assert set(found["step_seconds"]["parts"]) == {"generation", "scoring", "update", "fixed"}
    assert sum(found["step_seconds"]["parts"].values()) == pytest.approx(
        found["step_seconds"]["p50"]
    )
    assert found["gpu_hours"]["p50"] == pytest.approx(
        found["step_seconds"]["p50"] * 650 * 512 / 3600
    )


def test_hours_follow_tokens_and_the_chips_peak(evidence):
    base = answer(evidence, PRETRAINING)["gpu_hours"]["p50"]
    assert answer(evidence, PRETRAINING.replace("15e12", "30e12"))["gpu_hours"][
        "p50"
    ] == pytest.approx(2 * base)
    peaks = evidence["hardware"].set_index("chip").peak_bf16_dense_tflops
    ratio = peaks["H100 SXM"] / peaks["A100 80GB SXM"]
    assert answer(evidence, PRETRAINING.replace("H100", "A100 80GB"))["gpu_hours"][
        "p50"
    ] == pytest.approx(ratio * base)


def test_longer_answers_and_more_steps_take_longer(evidence):
    base = answer(evidence, REINFORCEMENT)["gpu_hours"]["p50"]
    assert answer(evidence, REINFORCEMENT.replace("6000", "12000"))["gpu_hours"]["p50"] > base
    assert answer(evidence, REINFORCEMENT.replace("650", "1300"))["gpu_hours"][
        "p50"
    ] == pytest.approx(2 * base)
    assert answer(evidence, REINFORCEMENT, "asynchronous = true")["gpu_hours"]["p50"] < base


def test_days_are_hours_over_the_chips_that_share_them(evidence):
    for chips in (8, 4096):
        found = answer(evidence, PRETRAINING, f"chips = {chips}")
        for end, hours in found["gpu_hours"].items():
            assert found["days"][end] == pytest.approx(hours / chips / 24)


@pytest.mark.parametrize(("chip", "parts"), [("MI250X", "2 GCDs"), ("TPU v3", "2 cores")])
def test_what_an_hour_counts_is_said_where_tools_count_parts_of_a_chip(evidence, chip, parts):
    said = answer(evidence, PRETRAINING.replace('"H100"', f'"{chip}"'))["assumptions"]
    assert f"a GPU-hour is an hour of a whole {chip}, of {parts}" in said
    whole = answer(evidence, PRETRAINING)["assumptions"]
    assert not any("hour of a whole" in line for line in whole)


@pytest.mark.parametrize(("day", "said"), [("1950-01-01", True), ("2022-01-01", False)])
def test_a_release_before_the_year_of_its_chip_is_said(evidence, day, said):
    """An H100 is of 2022."""
    found = answer(evidence, PRETRAINING.replace("2025-06-01", day))["assumptions"]
    assert (f"release_date {day} is before its chip, of 2022" in found) is said


def test_a_price_moves_rent_alone(evidence):
    first, second = (
        answer(evidence, PRETRAINING, f"price_usd_per_gpu_hour = {price}") for price in (2, 4)
    )
    assert second["usd"]["p50"] == pytest.approx(2 * first["usd"]["p50"])
    assert second["gpu_hours"] == first["gpu_hours"]


def test_known_dimensions_take_the_place_of_an_assumption(evidence):
    found = answer(evidence, PRETRAINING, "layers = 80", "d_model = 8192", "seq_len = 8192")
    assert not any("times six a parameter" in line for line in found["assumptions"])
    assert found["flop_per_token"] > 6 * 70e9


def test_excluding_a_developer_changes_the_answer_and_its_own_run_is_not_needed(evidence):
    with_meta, without = (
        answer(evidence, PRETRAINING),
        answer(evidence, PRETRAINING, exclude=("Meta",)),
    )
    assert with_meta["gpu_hours"] != without["gpu_hours"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("tokens = 15e12", "token = 15e12", "token is not known; did you mean tokens?"),
        (
            "tokens = 15e12",
            "tokens = 15e12\ntokenz = 1",
            "tokenz is not known; did you mean tokens?",
        ),
        ("tokens = 15e12", "tokens = -1", "tokens: input should be greater than or equal to 1"),
        ("tokens = 15e12", "tokens = true", "tokens: expected a number, not true or false"),
        ("2025-06-01", "1748736000", "release_date: expected a day, YYYY-MM-DD"),
        ("2025-06-01", '"6/1/2025"', "release_date: expected a day, YYYY-MM-DD"),
        ("tokens = 15e12", 'tokens = "many"', "tokens: input should be a valid number"),
        (
            "params_active = 70e9",
            "params_active = 80e9",
            "params_active is larger than params_total",
        ),
        ('"H100"', '"H9000"', "H9000 is not in hardware.csv"),
        ("2025-06-01", '"June"', "release_date"),
        ("hardware =", "chip =", "chip is not known; did you mean hardware?"),
        ("name =", "name ==", "not valid TOML"),
        ("2025-06-01", "2200-06-01", "2200-06-01 is in the future"),
        ('hardware = "H100"', "", "hardware is missing"),
        ("tokens = 15e12", "tokens = 0", "tokens: input should be greater than or equal to 1"),
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
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(PRETRAINING.encode())))
    assert main(["estimate", "-", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == one
    french = PRETRAINING.replace("Some 70B", "é").encode("cp1252")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(french)))
    assert main(["estimate", "-", "--json"]) == 2
    assert "not text in UTF-8" in capsys.readouterr().err
    assert main(["estimate", str(tmp_path), "--json"]) == 0
    assert [item["name"] for item in json.loads(capsys.readouterr().out)] == ["Some 70B", "Some RL"]
    assert main(["estimate", str(tmp_path / "a.toml"), "--exclude-developer", "Metta"]) == 2
    assert "did you mean Meta?" in capsys.readouterr().err
    assert main(["estimate", str(tmp_path / "c.toml")]) == 2


def test_units_are_read_as_papers_write_them(evidence):
    written = PRETRAINING.replace("15e12", '"15T"').replace("70e9", '"70 b"')
    assert answer(evidence, written) == answer(evidence, PRETRAINING)


def test_a_slip_of_units_is_said(evidence):
    assert not estimate_all({"spec": PRETRAINING}, evidence).warnings
    for tokens in ("15", "15e9", "15e14"):
        found = estimate_all({"spec": PRETRAINING.replace("15e12", tokens)}, evidence)
        assert "slip of units" in found.warnings[0]
        assert found.answers[0]["assumptions"][0] in found.warnings[0]


def test_a_config_of_another_model_is_a_warning(evidence):
    """DeepSeek-V3 has 671 billion; a twentieth apart is none of another model."""
    for total, warned in (("235e9", 1), ("700e9", 0)):
        given = PRETRAINING.replace("params_total = 70e9", f"params_total = {total}")
        given = given.replace("params_active = 70e9", "params_active = 37e9")
        found = estimate_all({"spec": f'{given}config = "deepseek-v3"\n'}, evidence)
        assert len(found.warnings) == warned, found
        assert not warned or "params_total is 2.35e+11, by the config" in found.warnings[0]


def test_a_chip_that_nobody_knows_is_taken_by_its_peak(evidence):
    known = answer(evidence, PRETRAINING)
    peak = evidence["hardware"].set_index("chip").peak_bf16_dense_tflops["H100 SXM"]
    unknown = answer(
        evidence, PRETRAINING.replace('"H100"', '"H9000"'), f"peak_bf16_tflops = {peak}"
    )
    unnamed = answer(
        evidence, PRETRAINING.replace('hardware = "H100"', ""), f"peak_bf16_tflops = {2 * peak}"
    )
    assert unknown["gpu_hours"]["p50"] == pytest.approx(known["gpu_hours"]["p50"])
    assert unknown["gpu_hours"]["p95"] > known["gpu_hours"]["p95"]
    assert unnamed["gpu_hours"]["p50"] == pytest.approx(known["gpu_hours"]["p50"] / 2)


def test_a_bad_file_does_not_keep_the_good_ones_from_their_answers(tmp_path, capsys):
    (tmp_path / "a.toml").write_text(PRETRAINING)
    (tmp_path / "b.toml").write_text(PRETRAINING.replace("H100", "H9000"))
    (tmp_path / "c.toml").write_text(PRETRAINING.replace("tokens", "tokenz"))
    (tmp_path / "d.toml").write_text(REINFORCEMENT)
    assert main(["estimate", str(tmp_path), "--json"]) == 2
    shown = capsys.readouterr()
    assert [item["name"] for item in json.loads(shown.out)] == ["Some 70B", "Some RL"]
    assert [
        line.split(",")[0].split(": tokenz")[0]
        for line in shown.err.splitlines()
        if line.startswith("error: ")
    ] == ["error: b.toml", "error: c.toml"]


def test_reinforcement_is_monotone_where_physics_is(evidence):
    base = answer(evidence, REINFORCEMENT)
    assert (
        answer(evidence, REINFORCEMENT.replace("512\nsamples", "1024\nsamples"))["gpu_hours"]["p50"]
        > base["gpu_hours"]["p50"]
    )
    more_chips = answer(evidence, REINFORCEMENT.replace("chips = 512", "chips = 1024"))
    assert more_chips["step_seconds"]["p50"] <= base["step_seconds"]["p50"]
    short = REINFORCEMENT.replace("6000", "300")
    higher_cap = answer(evidence, short.replace("32768", "65536"))["gpu_hours"]["p50"]
    assert higher_cap == pytest.approx(answer(evidence, short)["gpu_hours"]["p50"], rel=0.05)


def test_a_longer_sequence_is_never_cheaper(evidence):
    hours = [
        answer(evidence, PRETRAINING, "layers = 80", "d_model = 8192", f"seq_len = {n}")[
            "gpu_hours"
        ]["p50"]
        for n in (2048, 8192, 32768)
    ]
    assert hours == sorted(hours)
    assert hours[0] < hours[-1]


def test_the_spelling_of_a_developer_does_not_matter(evidence):
    for developer in evidence["training_runs"].developer.unique():
        assert find_developer(f" {developer.upper()} ", evidence) == developer
    with pytest.raises(InputError, match="did you mean Meta"):
        find_developer("Metta", evidence)


def test_the_order_of_rows_does_not_matter(evidence, folder):
    for name in ("training_runs.csv", "rl_runs.csv"):
        header, *lines = (folder / name).read_text(encoding="utf-8").splitlines()
        (folder / name).write_text("\n".join([header, *reversed(lines)]) + "\n", encoding="utf-8")
    turned = Evidence.load(folder)
    for text in (PRETRAINING, REINFORCEMENT):
        first, second = (answer(data, text)["gpu_hours"] for data in (evidence, turned))
        assert second == pytest.approx(first, rel=1e-6)


def test_a_chip_without_a_quote_is_given_an_assumed_rent_and_it_is_said(evidence):
    found = answer(evidence, PRETRAINING.replace('"H100"', '"H9000"'), "peak_bf16_tflops = 989")
    assert found["usd"]["p50"] == pytest.approx(2.0 * found["gpu_hours"]["p50"])
    assert (
        "rent of $2.00 a GPU-hour: no quote is known for this chip: an assumed rent"
        in (found["assumptions"])
    )


def test_a_little_more_than_all_active_is_dense_and_much_more_a_mixture(evidence):
    for total, kind in ((71e9, "dense"), (72e9, "moe")):
        text = PRETRAINING.replace("params_total = 70e9", f"params_total = {total}")
        said = answer(evidence, text)["assumptions"]
        assert f"architecture taken as {kind} from total and active parameters" in said


def test_who_has_most_of_the_rows_is_said_by_name(evidence):
    said = answer(evidence, REINFORCEMENT)["assumptions"]
    counts = evidence["rl_runs"].developer.value_counts()
    assert any(f"of the rows are {counts.index[0]}'s" in line for line in said)
    assert _one_sided(pd.Series(["a", "b"])) == []
    assert _one_sided(pd.Series(["a", "a", "b"]))[0].startswith("67% of the rows are a's")


def test_a_specification_nested_too_deep_is_one_line(evidence):
    with pytest.raises(InputError, match=r"^x\.toml: not valid TOML: "):
        read_spec("a = " + "[" * 100_000, "x.toml", evidence)


# --- by hand


def test_rated_power_is_the_chips_own_or_the_middle_of_others_by_their_peak():
    """Known: 1, 2 and 9 W for a TFLOP/s; a chip that nobody knows has 2 of them for each."""
    hardware = pd.DataFrame(
        {
            "chip": ["A", "B", "C"],
            "other_names": "",
            "tdp_w": [100.0, 200.0, 900.0],
            "peak_bf16_dense_tflops": 100.0,
            "peak_fp16_dense_tflops": 100.0,
        }
    )
    said: list[str] = []
    assert _rated_power_w(Chip("C", 5e12), hardware, said) == 900 and said == []
    assert _rated_power_w(Chip("X", 300e12), hardware, said) == pytest.approx(600)
    assert said == ["rated power from the median of known chips by their peak"]


def test_more_than_half_of_the_rows_are_most_of_them():
    said = "75% of the rows are A's, which weigh by model"
    assert _one_sided(pd.Series(list("ABAA"))) == [said]
    assert _one_sided(pd.Series(list("AABB"))) == _one_sided(pd.Series(list("ABCA"))) == []


def test_a_run_may_be_released_today_and_not_tomorrow(evidence):
    today = datetime.date.today()
    for days, allowed in ((0, True), (-1, True), (2, False)):
        date = today + datetime.timedelta(days=days)
        text = PRETRAINING.replace("2025-06-01", date.isoformat())
        if allowed:
            assert read_spec(text, "spec", evidence).release_date == date
        else:
            with pytest.raises(InputError, match="is in the future"):
                read_spec(text, "spec", evidence)


def test_what_an_answer_assumes_begins_with_slips_and_keeps_the_rest(evidence):
    """Of a file, of a row and of a call alike."""
    slip = read_spec(PRETRAINING.replace("15e12", "15e9"), "x", evidence)
    said, plain = estimate(slip, evidence)["assumptions"], answer(evidence, PRETRAINING)
    assert said[0].startswith("tokens per active parameter = 0.214 looks like a slip of units")
    assert len(said) == len(plain["assumptions"]) + 1
    (found,) = estimate_all({"x": PRETRAINING.replace("15e12", "15e9")}, evidence).answers
    assert found["assumptions"] == said


def test_a_rent_says_how_many_quotes_it_is_the_middle_of_and_whose():
    quotes = pd.DataFrame(
        {
            "provider": ["B", "A", "B"],
            "commitment": ["1y"] * 3,
            "date": ["2025-02-01", "2025-01-01", "2025-03-01"],
        }
    )
    assert _whose(quotes) == ("the middle of 3 quotes, of A, B, 2025-01-01 to 2025-03-01, 1y")
    alone = quotes.head(1).assign(commitment="on_demand")
    assert _whose(alone) == "one quote, of B, 2025-02-01, on demand"
