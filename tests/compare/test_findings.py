"""What the pages of comparisons find: the sentence that its figures ask for, with these figures."""

import re
from types import SimpleNamespace

import pandas as pd
import pytest

from analysis.compare import findings
from analysis.compare.models import beside_own_accounts
from analysis.compare.trend import Trend
from tests.by_hand import with_tables

NONE = float("nan")


def words(shown) -> str:
    shown = re.sub("<[^>]*>", "", str(shown)).replace("&nbsp;", " ")
    return shown.replace("\N{NO-BREAK SPACE}", " ")


def found_with(*own) -> Trend:
    """A trend of 20 % less a year, 10 % to 35 %, and a developer's runs beside it."""
    columns = ["model", "release_date", "ratio", "percentile"]
    nothing = pd.DataFrame()
    return Trend(0.8, 0.65, 0.9, nothing, nothing, pd.DataFrame(own, columns=columns))


def chosen(*rows) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["model", "usd_common"])


def test_the_newest_run_is_held_against_the_trend():
    newest, older = ("New", "2025-01-02", 1.3, 0.75), ("Old", "2024-12-31", 0.5, 0.1)
    said = words(findings._on_the_trend(found_with(newest, older)))
    assert said == (
        "A unit of compute for New cost 30 % above the trend for its date, which is no outlier. "
        "Each against the trend, 25 % of the other runs were dearer. "
    )
    assert said == words(findings._on_the_trend(found_with(older, newest)))
    assert words(findings._on_the_trend(found_with())) == ""


@pytest.mark.parametrize(
    ("percentile", "outlier"),
    [
        (0.03, True),
        (0.05, True),
        (0.06, False),
        (0.5, False),
        (0.94, False),
        (0.95, True),
        (0.97, True),
    ],
)
def test_a_run_among_the_cheapest_or_dearest_twentieth_is_an_outlier(percentile, outlier):
    said = words(findings._on_the_trend(found_with(("X", "2025-01-01", 1.0, percentile))))
    assert ("which is an outlier." in said, "which is no outlier." in said) == (
        outlier,
        not outlier,
    )


def test_the_cheapest_and_the_dearest_are_those_that_have_a_price():
    rows = ("B", 9.18e6), ("Unquoted", NONE), ("A", 123_456.0), ("C", 5.0e6)
    said = "At the market prices of 20 January 2025 the models chosen here cost from $120K (A) to "
    assert words(findings._ends(chosen(*rows), "2025-01-20")) == f"{said}$9.2M (B). "
    assert words(findings._ends(chosen(("Unquoted", NONE)), "2025-01-20")) == ""


def test_what_is_compared_is_counted_by_how_its_hours_are_known():
    how, kinds = ["disclosed", "estimated", "disclosed"], ["disclosed", "", "from_stages"]
    compared = pd.DataFrame({"how": how, "gpu_hours_kind": kinds})
    said = words(findings.models(compared, chosen(("A", 1e6)), found_with(), "2025-01-20"))
    assert "3 models are compared by their final pre-training run alone." in said
    assert "The hours of 2 are disclosed: 1 as such, 1 by what they follow from" in said


def test_compute_gets_cheaper_by_what_is_left_of_a_dollar():
    said = words(findings.trend(found_with()))
    assert "training compute gets about 20 % cheaper each year." in said
    assert "The 90 % interval is 10 % to 35 % a year." in said


def test_a_chip_has_the_price_of_the_day_and_the_newest(evidence):
    quotes = [("C", "2024-01-10", 4.0), ("C", "2025-06-01", 2.5), ("D", "2025-09-01", 9.0)]
    prices = pd.DataFrame(quotes, columns=["chip", "date", "usd_per_gpu_hour"])
    known = with_tables(evidence, prices=prices.assign(commitment="1y"))
    frame = pd.DataFrame({"chip": ["D", "C", "C", "D", "D"], "price_common": [NONE, 1, 1, 1, NONE]})
    said = words(findings.prices(frame, "2024-01-10", known))
    assert "An hour of C cost $4.00 a GPU-hour, the middle of 1, by the quotes nearest" in said
    assert "1 June 2025, the day of the newest, it cost $2.50 a GPU-hour, the middle of 1. " in said
    twice = pd.concat([prices, prices.assign(usd_per_gpu_hour=6.0)]).assign(commitment="1y")
    said = words(findings.prices(frame, "2024-01-10", with_tables(evidence, prices=twice)))
    assert "An hour of C cost $5.00 a GPU-hour, the middle of 2, by the quotes" in said
    none = findings.prices(frame.assign(price_common=NONE), "2024-01-10", known)
    assert words(none) == "Nobody quotes a price of these chips."


def test_sheets_are_counted_by_what_they_disclose():
    rows = [("A", 0.9, 9, 2, 2), ("B", 0.5, 5, 1, 2), ("C", 0.2, 2, 0, 1), ("D", 0.0, 0, 0, 1)]
    scored = pd.DataFrame(rows, columns=["model", "score", "disclosed", "hours_known", "phases"])
    said = words(findings.disclosure(scored))
    assert said.startswith("1 of 4 models disclose the hours of every phase of their training.")
    assert (
        "Half of the disclosure sheets are filled to 35 % or less. A has the fullest, 90 %." in said
    )
    assert "1 disclose nothing: D." in said
    assert "0 disclose nothing. " in words(findings.disclosure(scored.head(3)))


def test_an_own_account_stands_beside_the_market_with_the_price_that_it_implies():
    rows = [
        ("a", "A", "H1", "disclosed", 1e6, 3.0e6, 3.0, 2.5e6),
        ("b", "B", "H1", "estimated", 1e6, 4.0e6, 4.0, 2.0e6),
        ("c", "C", "H1", "disclosed", 1e6, 4.0e6, 4.0, NONE),
        ("d", "D", "H1", "disclosed", 1e6, NONE, NONE, 1e6),
    ]
    names = ["id", "model", "chip", "how", "p50", "usd_common", "price_common", "usd_disclosed"]
    frame = pd.DataFrame(rows, columns=names).assign(rent_how=["derived", "estimated", "", ""])
    told = re.findall("<li>(.*?)</li>", beside_own_accounts(frame, "2025-01-20"))
    # rent of hours that we estimate is no arithmetic on what is disclosed
    assert [re.search(r"figure (\w+)", line)[1] for line in told] == ["derived", "reconstructed"]
    assert [words(line) for line in told] == [
        "A: $3M at the market price of 20 January 2025 ($3.00 a GPU-hour), and $2.5M by its "
        "developer's own account ($2.50 a GPU-hour).",
        "B: $4M at the market price of 20 January 2025 ($4.00 a GPU-hour), and $2M by its "
        "developer's own account (its hours are not disclosed).",
    ]
    nobody = beside_own_accounts(pd.DataFrame(rows[2:], columns=names), "2025-01-20")
    assert words(nobody) == "None of their developers says what the run cost."


def test_an_assumed_chip_is_said_beside_the_models():
    def said(why: str) -> str:
        model = SimpleNamespace(title="Own", chip="H800 SXM", chip_assumed=why)
        return words(findings._chosen_beside(model))

    assert said("No source names it.").endswith("Its chip, H800 SXM, is assumed.")
    assert said("").startswith(" Beside Own stand the runs") and "chip" not in said("")
    assert findings._chosen_beside(None) == ""
