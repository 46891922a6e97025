"""An account of any model shows itself, adds up, and says what is not disclosed."""

import re

import numpy as np
import pandas as pd
import pytest

import analysis
from analysis.data.facts import Row
from analysis.data.mistakes import InputError
from analysis.physics.flop import flop_per_token
from analysis.reconstruction.account import account_of as kept_account_of
from analysis.reconstruction.arithmetic import kind_of
from analysis.reconstruction.model import configuration
from analysis.reconstruction.model_file import list_models, load_model

SMALL = ("quiet", "learner", "plain")


def account_of(small_models, model):
    return analysis.reconstruct(model, data=small_models, samples=256)


@pytest.mark.parametrize("model", SMALL)
def test_a_small_model_has_its_phases_its_bill_and_a_table_of_itself(small_models, model):
    found = account_of(small_models, model)
    frame = found.frame()
    assert list(frame.id) == [phase.id for phase in found.model.phases]
    assert (frame.p05 < frame.p50).all() and (frame.p50 < frame.p95).all()
    shown = found._repr_html_()
    assert all(label in shown for label in frame.label) and "nan" not in shown.lower()
    assert len(repr(found)) < 200


def test_no_table_of_an_account_can_be_changed_for_others(account):
    """One object serves all who ask: what one of them writes into a table stays with them."""
    bill, indices, numbers = account.bill, account.indices, account.numbers
    for table in (bill, indices, account.frame()):
        table.iloc[:, 0] = "changed"
    bill.includes[0].append("changed")
    bill.adds[0].append("changed")
    numbers.clear()
    for table in (account.bill, account.indices, account.frame()):
        assert len(table) and "changed" not in set(table.iloc[:, 0])
    assert "changed" not in account.bill.includes[0] + account.bill.adds[0]
    assert "changed" not in account.model.boundaries[0].adds
    assert account.numbers


def test_what_is_not_disclosed_is_not_there(small_models):
    found = account_of(small_models, "quiet")
    assert found.frame().disclosed.isna().all() and found.frame().share.isna().all()
    assert found.to_dict()["total"]["gpu_hours"]["disclosed"] is None
    assert (
        "not all disclosed" in repr(found)
        and "discloses no hours" in found["reading"].tables.finding()
    )


def test_hours_may_be_arithmetic_and_days_are_then_a_check_while_gpus_are_an_input(small_models):
    found = account_of(small_models, "learner")
    facts = found.evidence.facts
    assert found["learning"].disclosed_gpu_hours == facts.calculate("m1_rl_gpus * m1_rl_days * 24")
    assert found["learning"].disclosed_usd is None
    assert "m1_rl_days" in found.model.checks and "m1_rl_gpus" not in found.model.checks


def test_a_model_without_a_rent_takes_the_quotes_near_its_release(small_models):
    found = account_of(small_models, "plain")
    quotes = found.evidence["prices"]
    usd = quotes.usd_per_gpu_hour[quotes.chip == "H100 SXM"]
    assert usd.min() < found.price_usd_per_gpu_hour < usd.max()


def test_every_model_that_has_phases_can_be_reconstructed(evidence):
    for name in list_models(evidence):
        if load_model(name, evidence).phases:
            assert len(analysis.reconstruct(name, samples=64).frame())


@pytest.mark.parametrize(
    ("phase", "kinds"),
    [
        ("v3_pretraining", ("pretraining",)),
        ("v3_context_extension", ("pretraining",)),
        ("v3_post_training", ("fine_tuning", "reinforcement")),
        ("r1_zero_rl", ("reinforcement",)),
        ("r1_sft_data", ("generation",)),
        ("r1_training", ("fine_tuning", "reinforcement")),
    ],
)
def test_the_middle_of_a_phase_is_near_its_median(phase, kinds):
    found = analysis.reconstruct()[phase]
    assert tuple(found.phase.kinds) == kinds
    assert found.at_middle() == pytest.approx(sum(found.at_middle(kind) for kind in kinds))
    assert found.at_middle() == pytest.approx(found.median(), rel=0.6)
    for kind in kinds:
        assert len(found.middle(kind).frame()) >= 4


def test_the_middle_of_a_kind_that_is_not_there_adds_nothing():
    middle = analysis.reconstruct()["v3_pretraining"].middle("reinforcement")
    assert np.sum(middle.gpus * middle.rollouts) == 0 and middle.frame().empty


def test_a_phase_is_found_by_kind_or_by_id_and_else_the_models_are_named(small_models):
    found = account_of(small_models, "learner")
    assert found.phase_of("pretraining", "reinforcement").phase.id == "learning"
    assert found.phase_of("pretraining", phase="learning").phase.id == "learning"
    with pytest.raises(
        InputError, match="learner has no phase of fine-tuning; its phases are lear"
    ):
        found.phase_of("fine_tuning")
    with pytest.raises(InputError, match=r"learnin is not a phase .* did you mean learning\?"):
        found.phase_of(phase="learnin")


def test_the_bill_gives_its_lines_names_with_both_ends():
    found = analysis.reconstruct()
    bill, value = found.bill.set_index("id"), found.names.value
    kinds = [
        kind_of(f"rung_{name}", found.names)
        for name in (
            "with_staff_usd_high",
            "r1_own_phases_usd",
            "r1_own_phases_own_usd",
            "with_staff_gpu_hours",
        )
    ]
    assert kinds == ["assumption", "derived", "assumption", "derived"]
    assert value("edition_price_usd_per_gpu_hour", "here") == found.price_usd_per_gpu_hour
    for line in ("with_failed_runs", "r1_own_phases"):
        ends = [value(f"rung_{line}_usd{end}", "here") for end in ("_low", "", "_high")]
        assert ends == [bill.loc[line, name] for name in ("usd_p05", "usd", "usd_p95")]


def test_generation_has_a_value_a_stage_and_keeps_all_it_draws_unless_it_says_how_many():
    found = analysis.reconstruct()["r1_sft_data"]
    stages = [stage.work for stage in found.phase.stages if stage.work.kind == "generation"]
    values = found.middle("generation").values
    assert {len(column) for column in values.values()} == {len(stages)}
    kept_all = [stage.draws_per_kept_sample is None for stage in stages]
    assert (values["draws_per_kept_sample"] == 1).tolist() == kept_all != [False] * len(stages)


def test_steps_of_many_sequences_are_tokens():
    """Both stages of V3's extension: 1,000 steps of 1,920 sequences of 32K, and of 480 of 128K."""
    middle = analysis.reconstruct()["v3_context_extension"].middle("pretraining")
    assert middle.tokens == 1_000 * 1_920 * 32_768 == 1_000 * 480 * 131_072


def test_the_flop_of_a_model_are_those_of_its_first_reading_whatever_stands_before(small_models):
    found = account_of(small_models, "quiet")
    assert [phase.id for phase in found.model.phases] == ["tuning", "reading"]
    architecture = configuration(found.model, found.evidence.facts)
    length = found.evidence.facts["v3_sequence_length_pretraining"].value
    by_hand = flop_per_token(architecture, length)
    assert found.names.value("own_flop_per_token", "here") == pytest.approx(by_hand)


# --- what an account says of itself


def words(shown) -> str:
    return re.sub("<[^>]*>", "", str(shown)).replace("&nbsp;", " ")


def test_the_frame_of_one_phase_is_its_row_and_shares_are_of_all_disclosed_hours(account):
    frame = account.frame()
    assert account.frame("r1_zero_rl").id.tolist() == ["r1_zero_rl"]
    assert account.frame("r1_zero_rl").p50.item() == account["r1_zero_rl"].interval["p50"]
    assert frame.share.tolist() == pytest.approx((frame.disclosed / 2_935_000).tolist())
    assert frame.share.sum() == pytest.approx(1.0)


def test_the_finding_has_two_figures_of_what_is_estimated_and_all_of_what_is_disclosed(account):
    said = words(account.finding())
    frame = account.frame()
    inside = frame.disclosed.between(frame.p05, frame.p95)
    assert f"In {inside.sum()} of 6 phases the disclosed hours lie in our estimate's range" in said
    for row in frame[~inside].itertuples():
        side = "below" if row.disclosed < row.p05 else "above"
        assert f"in {row.label} they lie {side} it" in said
    total = account.reconstruction.to_dict()["total"]["gpu_hours"]["reconstructed"]
    low, middle, high = (f"{float(f'{hours:.2g}') / 1e3:,.0f}K" for hours in total.values())
    assert f"we estimate {middle} GPU-hours; 2,935K GPU-hours are disclosed." in said
    assert f"Our 90 % interval is {low} GPU-hours to {high} GPU-hours: what is" in said
    assert "disclosed lies below it. Each phase" in said
    rows = [row for row in re.findall('data-row="(.*?)"', account.finding()) if "total" in row]
    estimated, disclosed = "total:gpu_hours", "total:disclosed_gpu_hours"
    assert rows == [estimated, disclosed, estimated, estimated]


def test_the_finding_of_a_model_that_discloses_nothing(small_models):
    said = words(account_of(small_models, "quiet").finding())
    assert said.startswith("None of its hours are disclosed. For all phases together we estimate ")
    assert "are disclosed." not in said.removeprefix("None of its hours are disclosed.")


def test_phases_are_counted_by_where_their_disclosed_hours_lie(account, monkeypatch):
    """Two at the ends, so inside; one below, two above; one that discloses none does not count."""
    rows = [("a", 10.0), ("b", 40.0), ("c", 9.0), ("d", 41.0), ("e", 50.0), ("f", float("nan"))]
    frame = pd.DataFrame(rows, columns=["label", "disclosed"]).assign(p05=10.0, p95=40.0)
    monkeypatch.setattr(type(account), "frame", lambda self: frame)
    assert words(account._possible_phases()) == (
        "In 2 of 5 phases the disclosed hours lie in our estimate's range; "
        "in c they lie below it; in d and e they lie above it. "
        "What lies outside is 67 % of the disclosed hours."  # 9, 41 and 50 of 150
    )
    inside = frame.head(2)
    monkeypatch.setattr(type(account), "frame", lambda self: inside)
    assert words(account._possible_phases()).endswith("lie in our estimate's range.")


def test_a_phase_of_the_asked_kinds_alone_goes_before_one_that_does_more(account):
    def found(*kinds):
        return account.phase_of(*kinds).phase.id

    assert found("reinforcement") == "r1_zero_rl"  # V3's post-training also has fine-tuning
    assert found("fine_tuning") == "v3_post_training"
    assert found("reinforcement", "fine_tuning") == "v3_post_training"
    assert found("generation", "reinforcement") == "r1_zero_rl"
    assert found("pretraining") == "v3_pretraining"


def test_each_figure_of_a_line_of_the_bill_has_its_value_its_unit_and_its_rows(account):
    named, facts = account.names.named, account.evidence.facts
    for line in account.bill.dropna(subset="gpu_hours").to_dict("records"):
        prefix, rows = f"rung_{line['id']}", [Row("facts", name) for name in line["facts"]]
        figures = {"usd": "usd", "usd_low": "usd_p05", "usd_high": "usd_p95"}
        figures |= {"added_usd_low": "added_usd_p05", "added_usd_high": "added_usd_p95"}
        for name, column in figures.items():
            figure = named(f"{prefix}_{name}")
            assert (figure.value, figure.unit) == (line[column], "usd")
            assert list(figure.rows) == rows
        hours = named(f"{prefix}_gpu_hours")
        assert (hours.value, hours.unit) == (line["gpu_hours"], "gpu_hours")
        assert (
            list(hours.rows) == [row for row in rows if facts[row.id].unit == "gpu_hours"] != rows
        )
        owned = named(f"{prefix}_own_usd")
        assert (owned.value, owned.unit) == (line["own_usd"], "usd")
        assert list(owned.rows[: len(rows)]) == rows
        assert Row("facts", "server_life_years") in owned.rows[len(rows) :]


def test_the_rent_leads_to_the_fact_that_it_is(account, small_models):
    rent = account.names.named("edition_price_usd_per_gpu_hour")
    assert (rent.value, rent.unit) == (2.0, "usd_per_gpu_hour")
    assert rent.rows == (Row("facts", "v3_rental_price_assumed"),)
    quoted = account_of(small_models, "plain")
    edition = Row("edition", "price_usd_per_gpu_hour")
    assert quoted.names.named("edition_price_usd_per_gpu_hour").rows == (edition,)


def test_one_account_serves_all_who_ask_for_the_same(r1, evidence):
    asked = kept_account_of("deepseek-r1", r1.scenario, evidence)
    assert asked is kept_account_of("deepseek-r1", r1.scenario, evidence)
    claims = evidence.for_model("claims", "deepseek-r1")
    assert [row["where"] for row in asked.rows("claims")] == claims["where"].tolist() != []


def test_figures_that_somebody_changes_are_changed_for_nobody_else(account):
    account.to_dict()["phases"].clear()
    account.frame().drop(columns="p50", inplace=True)
    row = account.frame("r1_zero_rl")
    row["p50"] = 0.0
    assert account.to_dict()["phases"] and (account.frame().p50 > 0).all()
