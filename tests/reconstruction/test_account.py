"""An account of any model shows itself, adds up, and says what is not disclosed."""

import numpy as np
import pytest

import analysis
from analysis.data.mistakes import InputError
from analysis.physics.flop import flop_per_token
from analysis.reconstruction.model import configuration
from analysis.reconstruction.model_file import list_models, load_model

SMALL = ("quiet", "learner", "plain")


def account(small_models, model):
    return analysis.reconstruct(model, data=small_models, samples=256)


@pytest.mark.parametrize("model", SMALL)
def test_a_small_model_has_its_phases_its_bill_and_a_table_of_itself(small_models, model):
    found = account(small_models, model)
    frame = found.frame()
    assert list(frame.id) == [phase.id for phase in found.model.phases]
    assert (frame.p05 < frame.p50).all() and (frame.p50 < frame.p95).all()
    shown = found._repr_html_()
    assert all(label in shown for label in frame.label) and "nan" not in shown.lower()
    assert len(repr(found)) < 200


def test_what_is_not_disclosed_is_not_there(small_models):
    found = account(small_models, "quiet")
    assert found.frame().disclosed.isna().all() and found.frame().share.isna().all()
    assert found.to_dict()["total"]["gpu_hours"]["disclosed"] is None
    assert (
        "not all disclosed" in repr(found)
        and "discloses no hours" in found["reading"].tables.finding()
    )


def test_hours_may_be_arithmetic_and_days_are_then_a_check_while_gpus_are_an_input(small_models):
    found = account(small_models, "learner")
    facts = found.evidence.facts
    assert found["learning"].disclosed_gpu_hours == facts.calculate("m1_rl_gpus * m1_rl_days * 24")
    assert found["learning"].disclosed_usd is None
    assert "m1_rl_days" in found.model.checks and "m1_rl_gpus" not in found.model.checks


def test_a_model_without_a_rent_takes_the_quotes_near_its_release(small_models):
    found = account(small_models, "plain")
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
    found = account(small_models, "learner")
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
    found = account(small_models, "quiet")
    assert [phase.id for phase in found.model.phases] == ["tuning", "reading"]
    architecture = configuration(found.model, found.evidence.facts)
    length = found.evidence.facts["v3_sequence_length_pretraining"].value
    by_hand = flop_per_token(architecture, length)
    assert found.names.value("own_flop_per_token", "here") == pytest.approx(by_hand)
