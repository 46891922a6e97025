"""The same rows are one basis, whatever else of the evidence differs."""

import pytest

from analysis.runs import basis as module
from analysis.runs.basis import TABLES, basis
from tests.by_hand import with_tables


@pytest.fixture(autouse=True)
def nothing_seen(monkeypatch):
    monkeypatch.setattr(module, "_SEEN", {})
    basis.cache_clear()
    yield
    basis.cache_clear()


def with_facts(evidence, of_method: bool):
    """The evidence with the first fact doubled that is a constant of a method, or is none."""
    facts = evidence["facts"]
    chosen = facts.index[(facts.subject == "method") == of_method][0]
    facts.loc[chosen, "value"] *= 2.0
    return with_tables(evidence, facts=facts)


def test_evidence_with_the_same_rows_is_the_one_that_was_seen_first(evidence):
    assert basis(evidence) is evidence
    numbered = {name: evidence[name].set_index(evidence[name].index + 7) for name in TABLES}
    assert basis(with_tables(evidence, **numbered)) is evidence
    assert basis(with_tables(evidence, prices=evidence["prices"].head(3))) is evidence
    assert basis(with_facts(evidence, of_method=False)) is evidence


@pytest.mark.parametrize("table", TABLES)
def test_evidence_with_other_rows_is_its_own_basis(evidence, table):
    assert basis(evidence) is evidence
    shorter = with_tables(evidence, **{table: evidence[table].iloc[:-1]})
    assert basis(shorter) is shorter


def test_another_constant_of_a_method_is_another_basis(evidence):
    assert basis(evidence) is evidence
    other = with_facts(evidence, of_method=True)
    assert basis(other) is other
