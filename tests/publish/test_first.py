"""What the first page says by itself: its date, its picture, and what other parameters moved."""

from __future__ import annotations

import pandas as pd
import pytest
import yaml

from analysis.data.scenario import load_scenario
from analysis.publish.first import (
    hero_of,
    is_default,
    moved,
    small_line,
    whole_in_short,
)
from analysis.reconstruction.account import account_of
from tests.conftest import ROOT


def set_to(name: str, before: object, after: object) -> pd.DataFrame:
    """That a parameter differs, as it is found between two editions."""
    return pd.DataFrame([{"part": "parameters", "what": name, "before": before, "after": after}])


def edition_with(evidence, **parameters: object):
    return account_of("deepseek-r1", load_scenario(**parameters), evidence)


def test_the_small_line_has_the_day_of_the_citation_and_not_of_the_clock(account, tmp_path):
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    citation["references"][0]["date-accessed"] = "2031-02-03"
    (tmp_path / "CITATION.cff").write_text(yaml.safe_dump(citation), encoding="utf-8")
    assert "DeepSeek-R1 · evidence as of 3 February 2031 · version" in small_line(account, tmp_path)


def test_the_default_edition_is_known_by_what_was_set_and_by_its_evidence(account, evidence):
    assert is_default(account)
    assert not is_default(edition_with(evidence, price_usd_per_gpu_hour=2.0))


@pytest.mark.parametrize(
    ("parameters", "before", "said", "told"),
    [
        (
            {"price_usd_per_gpu_hour": 4.0},
            2.0,
            "Set: rent of one GPU for one hour, $4 (default: $2).",
            "Moved: what was reported from $294K to $588K, the whole from $5.86M to $11.7M, "
            "with what is assumed from $35–86M to $69–170M.",
        ),
        (
            {"failed_run_share": 0.6},
            None,
            "0.6 (default: from the facts).",
            "Moved: with what is assumed from $35–86M to $17–27M.",
        ),
        ({"mfu": 0.3}, None, "0.3 (default: from the facts).", "Moved: none of the three sums."),
    ],
    ids=["price", "share", "efficiency"],
)
def test_an_edition_opens_with_what_was_set_and_what_moved(
    evidence, parameters, before, said, told
):
    ((name, after),) = parameters.items()
    line = moved(edition_with(evidence, **parameters), set_to(name, before, after))
    assert said in line and told in line
    assert 'href="about.html#what-changed-in-this-edition"' in line


def test_the_whole_follows_the_price_in_the_picture_and_in_short(account, evidence):
    dear = edition_with(evidence, price_usd_per_gpu_hour=4.0)
    assert (whole_in_short(account), whole_in_short(dear)) == ("$5.9M", "$12M")
    assert hero_of(dear).frame.default_usd.notna().any()
    assert not hero_of(account).frame.default_usd.notna().any()


def test_a_model_without_a_bill_has_no_whole(evidence):
    assert whole_in_short(account_of("deepseek-v3", load_scenario(), evidence)) == ""


def test_the_picture_says_where_the_hours_stand(account, evidence):
    source = hero_of(account).source
    for name in ("v3_report", "r1_nature_si"):
        assert evidence.by_id("sources")[name]["title"] in source
