"""Figures of the page on measured rates, on a phase and rates made by hand."""

import datetime
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis.physics.step_time.layout import Layout
from analysis.physics.step_time.step import PARTS
from analysis.reconstruction import measured, placebos
from analysis.runs.planned import Planned

OWN, OTHER = "own architecture", "another"
LAYOUT = Layout(
    chips=64,
    sequences_per_step=512,
    seq_len_tokens=4096,
    precision="fp8",
    exchange="overlapped",
    schedule="dualpipe",
    nodes_per_token=4,
    exchange_bytes_per_value=1.0,
)
RUN = Planned(None, LAYOUT, "C1", "2024-12-26", 1.0, ("Maker",), ())
RATES = pd.DataFrame(
    [  # id, who, like, chip, precision, rate, date
        ("own", "Maker", "alike", "C1", "fp8", 1200.0, "2024-12-27"),
        ("fast", "X", "alike", "C2", "fp8", 700.0, "2025-07-01"),
        ("slow", "X", "alike", "C2", "fp8", 400.0, "2026-01-01"),
        ("later", "Y", "like it", "C9", "bf16", 900.0, "2026-03-31"),
        ("silent", "Y", "alike", "C1", "bf16", np.nan, "2025-01-01"),
        ("other", "Z", "unlike", "C1", "bf16", 5000.0, "2025-01-01"),
        ("nothing", "Z", "", "C1", "bf16", 6000.0, "2025-01-01"),
    ],
    columns=["id", "who", "like", "chip", "precision", "tokens_per_s_per_gpu", "date"],
)
HARDWARE = pd.DataFrame({"chip": ["C1", "C2", "C9"], "kernels": ["hopper", "hopper", "later"]})
NONE_TIMED = pd.DataFrame({"configuration": [], "chip": []})
EVIDENCE = {"training_throughput": RATES, "hardware": HARDWARE, "timed_products": NONE_TIMED}
HOURS = {name: {"p05": p50 / 2, "p50": p50, "p95": 3 * p50} for name, p50 in (
    ("by_kind", 4000.0), ("step_time", 2400.0), ("combined", 3000.0),
)}  # fmt: skip


class Made(SimpleNamespace):
    """A stand-in that may be a key."""

    __hash__ = object.__hash__


def a_phase(**changed):
    """7.2 billion tokens in 2,000 disclosed hours: a thousand a second and chip."""
    runs = pd.DataFrame({"kind": ["moe"] * 4 + ["dense"], "mfu": [0.3, 0.4, 0.5, 0.6, 0.9]})
    values = {"tokens": np.array([5.0e9, 2.2e9])}
    middles = {"pretraining": SimpleNamespace(values=values)}
    parts = {
        "hours_by_view": HOURS,
        "setting": SimpleNamespace(views=SimpleNamespace(run=RUN)),
        "disclosed_gpu_hours": 2000.0,
        "middle": middles.__getitem__,
        "phase": SimpleNamespace(
            developer="Maker", label="Pre-training", release_date=datetime.date(2024, 12, 26)
        ),
        "chip": SimpleNamespace(name="C1"),
        "references": lambda: runs,
        "needed_mfu": 0.4,
        "flop": np.array([1.0, 2.0, 9.0]),
    }
    return Made(**parts | changed)


def an_account(*phases, evidence=EVIDENCE):
    model = SimpleNamespace(title="The model", architecture=OWN, architecture_kind="moe")
    return Made(phases=phases, evidence=evidence, model=model)


@pytest.fixture
def step(monkeypatch):
    """The step of the run made by hand, in three draws."""

    def step_of(run, evidence):
        assert isinstance(run, Planned) and evidence is EVIDENCE
        return SimpleNamespace(
            parts={name: np.array([1.0, 2.0, 9.0]) * (k + 1) for k, name in enumerate(PARTS)},
            tokens_per_s_per_gpu=np.array([1000.0, 1500.0, 8000.0]),
        )

    monkeypatch.setattr(measured, "step_of", step_of)


@pytest.fixture(autouse=True)
def models(monkeypatch):
    architectures = {"alike": OWN, "like it": OWN, "unlike": OTHER}
    monkeypatch.setattr(
        measured,
        "load_model",
        lambda name, evidence: evidence is EVIDENCE and Made(architecture=architectures[name]),
    )


BARE = a_phase(hours_by_view={})
WITHOUT = an_account(BARE)


def test_the_phase_with_a_layout_has_hours_by_view_and_views():
    full, no_views = a_phase(), a_phase(setting=SimpleNamespace(views=None))
    assert measured.laid_out(an_account(BARE, no_views, full)) == (full, full.setting.views)
    assert measured.laid_out(an_account(BARE, no_views)) is None


def test_rates_are_those_of_the_models_architecture_by_whomever():
    found = measured.rates(an_account(a_phase()))
    assert found.id.tolist() == ["own", "fast", "slow", "later"]
    assert found.disclosed.tolist() == [True, False, False, False]
    assert found.index.tolist() == [0, 1, 2, 3] and list(found) == [*RATES, "disclosed"]
    of_another = an_account(a_phase(phase=SimpleNamespace(developer="Y", label="")))
    assert measured.rates(of_another).disclosed.tolist() == [False, False, False, True]


def test_dated_rates_are_those_of_others_and_the_developers_own_as_disclosed():
    """What the developer measured itself is not among those of others."""
    others = [
        ("fast", "C2", "X, C2, FP8", "2025-07-01", 700.0, False, True, False),
        ("slow", "C2", "X, C2, FP8", "2026-01-01", 400.0, False, True, False),
        ("later", "C9", "Y, C9, BF16", "2026-03-31", 900.0, True, False, False),
    ]
    own = (None, "Maker", "Maker, C1, as disclosed", "2024-12-26", 1000.0, False, True, True)
    later = a_phase(chip=SimpleNamespace(name="C9"))
    found = measured.dated_rates(an_account(a_phase(), later))
    assert list(found) == measured.DATED
    assert list(found.itertuples(index=False, name=None)) == [*others, own]
    assert found.index.tolist() == [0, 1, 2, 3]
    undisclosed = measured.dated_rates(an_account(a_phase(disclosed_gpu_hours=None)))
    assert list(undisclosed.itertuples(index=False, name=None)) == others


def test_the_own_rate_is_tokens_over_seconds_of_disclosed_hours():
    assert measured.own_rate(an_account(BARE, a_phase())) == pytest.approx(1000.0)
    assert measured.own_rate(an_account(a_phase(disclosed_gpu_hours=None))) is None
    assert measured.own_rate(WITHOUT) is None
    assert measured.tokens_of(a_phase()) == 7.2e9


def test_the_work_of_a_phase_is_the_median_of_its_draws():
    assert measured.flop_of(a_phase()) == 2.0


def test_what_the_phase_is_called_and_its_disclosed_hours():
    account = an_account(BARE, a_phase())
    assert measured.subject(account) == "Pre-training"
    assert measured.subject(WITHOUT) == "The model"
    assert measured.disclosed_hours(account) == 2000.0
    assert measured.disclosed_hours(WITHOUT) is None


def test_hours_by_view_have_a_row_each_and_none_without_a_layout():
    found = measured.view_hours(an_account(BARE, a_phase()))
    assert found.to_dict("records") == [
        {"label": measured.VIEW_WORDS[name], **interval} for name, interval in HOURS.items()
    ]
    empty = measured.view_hours(WITHOUT)
    assert empty.empty and list(empty) == ["label", "p05", "p50", "p95"]


def test_seconds_of_a_step_are_the_mean_of_all_draws_by_part(step):
    found = measured.step_seconds(an_account(BARE, a_phase()))
    assert found.to_dict() == {
        words: pytest.approx(4.0 * (number + 1)) for number, words in enumerate(PARTS.values())
    }
    assert measured.step_seconds(WITHOUT).empty


def test_a_step_has_the_tokens_and_chips_of_its_layout_and_the_mean_rate(step):
    account = an_account(BARE, a_phase())
    assert measured.step_size(account) == (512 * 4096, 64)
    assert measured.step_rate(account) == 3500.0
    assert np.isnan([*measured.step_size(WITHOUT), measured.step_rate(WITHOUT)]).all()


SECONDS = {  # of a step with one choice taken back, in three draws; the own step takes 1, 1 and 4
    "precision": [2.0, 4.0, 4.0],
    "exchange": [1.0, 1.25, 16.0],
    "schedule": [4.0, 1.0, 5.0],
    "nodes_per_token": [10.0, 1.0, 8.0],
    "exchange_bytes_per_value": [2.5, 1.0, 5.0],
}


def seconds_of(run, evidence):
    """The step by which field is not as the layout made by hand has it."""
    assert evidence is EVIDENCE
    taken_back = {
        "precision": "bf16",
        "exchange": "exposed",
        "schedule": "1f1b",
        "nodes_per_token": None,
        "exchange_bytes_per_value": 2.0,
    }
    other = {
        name: value
        for name, value in run.layout.model_dump().items()
        if value != getattr(LAYOUT, name)
    }
    assert len(other) <= 1 and all(taken_back[name] == value for name, value in other.items())
    return SimpleNamespace(seconds=np.array(SECONDS[next(iter(other))] if other else [1, 1, 4]))


def test_a_choice_saves_what_the_step_would_take_longer_without_it(monkeypatch):
    """The middle of three draws; of one less 1/2, 1/4 and 4/4, a half."""
    monkeypatch.setattr(measured, "step_of", seconds_of)
    found = measured.savings_of(an_account(BARE, a_phase()))
    assert dict(zip(found.choice, found.saves, strict=True)) == {
        "multiplying in eight bits": pytest.approx(0.5),
        "exchange hidden behind other work": pytest.approx(0.2),
        "the order of DualPipe": pytest.approx(0.2),
        "each token on few nodes": pytest.approx(0.5),
        "eight bits on the way to experts": pytest.approx(0.2),
    }
    # of 1/2, 3/4 and nothing saved, a twentieth of the way from the least to the middle
    first = found.set_index("choice").loc["multiplying in eight bits"]
    assert (first.low, first.high) == pytest.approx((0.05, 0.725))
    empty = measured.savings_of(WITHOUT)
    assert empty.empty and list(empty) == ["choice", "low", "saves", "high"]


def test_a_choice_that_was_not_made_saves_nothing(monkeypatch):
    monkeypatch.setattr(measured, "step_of", lambda run, _: SimpleNamespace(seconds=np.ones(1)))
    plain = {"precision": "bf16", "exchange": "exposed", "schedule": "1f1b"}
    plain |= {"nodes_per_token": None, "exchange_bytes_per_value": 2.0}
    run = Planned(None, LAYOUT.model_copy(update=plain), "C1", "2024-12-26", 1.0, (), ())
    found = measured.savings(run, EVIDENCE)
    assert found.empty and list(found) == ["choice", "low", "saves", "high"]


def test_placebos_are_expected_over_disclosed_hours_the_models_own_first(monkeypatch):
    rows = [("other", "A", 10.0, 5.0, 20.0, 40.0), ("combined", "A", 10.0, 5.0, 20.0, 40.0)]
    rows += [("combined", "B", 4.0, 3.0, 8.0, 10.0)]
    names = ["view", "model", "gpu_hours", "p05", "predicted", "p95"]
    record = pd.DataFrame(rows, columns=names).assign(id="run")
    monkeypatch.setattr(placebos, "hours_record", lambda evidence: record)
    monkeypatch.setattr(placebos, "_others_with_layout", lambda *_: [])
    others = [("A", 0.5, 2.0, 4.0, "moe"), ("B", 0.75, 2.0, 2.5, "moe")]
    runs = {"training_runs": pd.DataFrame({"id": ["run"], "architecture": ["moe"]})}
    known = EVIDENCE | runs
    for account, own in (
        (an_account(BARE, a_phase(), evidence=known), [("Pre-training", 0.75, 1.5, 4.5, "moe")]),
        (an_account(a_phase(disclosed_gpu_hours=None), evidence=known), []),
        (an_account(evidence=known), []),
    ):
        found = placebos.expected_over_disclosed(account)
        assert list(found) == ["label", "low", "middle", "high", "kind"]
        assert list(found.itertuples(index=False, name=None)) == own + others


def test_every_choice_is_asked_of_the_run_and_its_tokens(monkeypatch):
    made = pd.DataFrame({"gpu_hours": [1000.0, 1700.0], "published": [False, True]})
    asked = []
    monkeypatch.setattr(measured, "specifications", lambda *given: asked.append(given) or made)
    account = an_account(BARE, a_phase())
    assert measured.every_choice(account) is made
    assert asked == [(RUN, 7.2e9, EVIDENCE)]
    assert measured.published_hours(account) == 1700.0
    empty = measured.every_choice(WITHOUT)
    assert empty.empty and list(empty) == ["gpu_hours", "published"]


def test_the_balance_by_hand(monkeypatch, step):
    """A thousand tokens a second and chip were reached; the layout allows 1,500, others reach 700
    on like chips.
    """
    hours = pd.DataFrame({"gpu_hours": [1000.0, 1500.0, 2500.0, 3000.0, 4000.0]})
    monkeypatch.setattr(measured, "specifications", lambda *given: hours)

    def shift_without(evidence, developers):
        assert evidence is EVIDENCE and developers == ("Maker",)
        return SimpleNamespace(of=lambda row: (np.log([[0.5, 0.8, 0.9]]), row))

    monkeypatch.setattr(measured, "shift_without", shift_without)
    monkeypatch.setattr(Planned, "row", None)
    found = measured.balance(an_account(BARE, a_phase()))
    assert found == pytest.approx(
        {
            "limit_over_disclosed": 1.5,
            "highest_limit_over_disclosed": 7.35,  # 1,500 + 0.9 (8,000 - 1,500)
            "others_over_their_limit": 0.8,
            "best_measured_over_disclosed": 0.7,
            "both_views_over_disclosed": 1.5,
            "specifications_below": 0.4,
            "runs_at_needed_efficiency": 0.75,
            "products_over_disclosed": np.nan,
            "limit_as_timed_over_disclosed": np.nan,
        },
        nan_ok=True,
    )
    assert measured.balance(WITHOUT) == {}
    assert measured.balance(an_account(a_phase(disclosed_gpu_hours=None))) == {}
