"""Tables of which rows, a column or the ends of ranges were taken: what the pages said of them was
no line that names a file.
"""

from __future__ import annotations

from types import SimpleNamespace

import nbformat
import numpy as np
import pandas as pd
import pytest

from analysis.compare.disclosure import list_cards
from analysis.compare.forms import agreement, filled
from analysis.compare.models import at_one_date
from analysis.data.facts import Facts
from analysis.data.folder import resources
from analysis.data.mistakes import InputError
from analysis.data.validation import _refuse_incomplete
from analysis.reconstruction import measured, measured_tables
from analysis.runs.measured_rates import TABLE
from analysis.runs.rl_steps import StepEstimator
from tests.by_hand import with_tables
from tests.conftest import ROOT


def test_a_figure_that_nobody_measured_is_left_out_of_what_speaks_for_the_hours(monkeypatch):
    """Without timed products their share of the hours is not known."""
    lines = [
        {"id": "a", "side": "for", "figure": "timed"},
        {"id": "b", "side": "for", "figure": "known * 2"},
        {"id": "c", "side": "against", "figure": "known"},
    ]
    lines = [line | {"where": f"hours_evidence.csv, {line['id']}"} for line in lines]
    evidence = SimpleNamespace(facts=Facts({}))
    account = SimpleNamespace(rows={"hours_evidence": lines}.__getitem__, evidence=evidence)
    monkeypatch.setattr(measured, "balance", lambda account: {"timed": np.nan, "known": 0.5})
    assert [value for _, value in measured_tables._known(account, "for")] == [1.0]
    lines[1]["figure"] = "known / 0"
    with pytest.raises(InputError, match=r"^hours_evidence.csv, b, figure: "):
        list(measured_tables._known(account, "for"))


def test_a_constant_whose_range_is_needed_is_refused_without_it(evidence):
    facts, name = evidence["facts"], "rl_seconds_over_peak"
    facts.loc[facts.id == name, "high"] = np.nan
    changed = with_tables(evidence, facts=facts)
    with pytest.raises(InputError, match=rf"^facts.csv, {name}: fact {name} has no high end"):
        StepEstimator(changed)


def test_without_steps_there_are_no_makers_of_them(evidence):
    changed = with_tables(evidence, rl_runs=evidence["rl_runs"].head(0))
    with pytest.raises(InputError, match=r"^rl_runs.csv: found 0 rows that count"):
        assert len(StepEstimator(changed).makers)


def test_models_without_any_price_are_not_compared_at_one(evidence):
    changed = with_tables(evidence, prices=evidence["prices"].head(0))
    compared = pd.DataFrame({"chip": ["H100 SXM"], "p50": [1.0]})
    with pytest.raises(InputError, match=r"^prices.csv: no chip"):
        at_one_date(compared, "2025-01-20", changed)


def test_a_cost_is_worked_where_no_chosen_model_has_a_price(evidence):
    """Nobody quotes an Ascend 910: the example is another model, as the sentences before allow."""
    notebook = nbformat.read(ROOT / "notebooks" / "comparison.ipynb", as_version=4)
    (cell,) = [cell for cell in notebook.cells if "iloc[0]\nquotes = " in cell.source]
    compared = pd.DataFrame({"chip": ["A", "H100 SXM"], "usd_common": [np.nan, 2.0]})
    names = {"chosen": compared.head(1), "compared": compared, "date": "2025-01-20"}
    names |= {"evidence": evidence, "worked": lambda *shown, **how: None}
    exec(cell.source, names)
    assert names["one"].chip == "H100 SXM"


@pytest.mark.parametrize("field", ["configuration", "chips", "tokens_per_s_per_gpu"])
def test_a_rate_that_counts_has_all_that_it_is_predicted_from(evidence, field):
    (resource,) = [one for one in resources(evidence.directory) if one["name"] == TABLE]
    rates = evidence[TABLE]
    counts = rates[rates.left_out == ""].head(2).reset_index(drop=True)
    counts.loc[1, field] = "" if field == "configuration" else np.nan
    said = f"^{TABLE}.csv, line 3 .*, {field}: found nothing, .* in left_out"
    with pytest.raises(InputError, match=said):
        _refuse_incomplete(resource, counts)
    _refuse_incomplete(resource, counts.assign(left_out="not read"))


def test_a_form_names_fields_of_a_sheet_and_an_index_its_rows(evidence):
    forms, sheets = evidence["disclosure_forms"], list_cards(evidence)
    changed = with_tables(evidence, disclosure_forms=forms.assign(card_field=""))
    assert agreement(sheets, changed).empty  # no field of ours answers any
    changed = with_tables(evidence, disclosure_forms=forms.replace("flop|flop_method", "flops"))
    said = r"^disclosure_forms.csv, fmti.flop, card_field: flops .*; did you mean flop\?"
    with pytest.raises(InputError, match=said):
        filled(sheets[0], "fmti", changed)
    changed = with_tables(evidence, disclosure_forms=forms[forms.id != "fmti.flop"])
    said = "^fmti_scores.csv, ai21_labs.flop, indicator: fmti.flop is not an id"
    with pytest.raises(InputError, match=said):
        agreement(sheets, changed)
