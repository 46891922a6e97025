"""What other developers' shares make of the bill: sums by hand, and what the sum would need."""

import re
from types import SimpleNamespace

import pytest

from analysis.check.companies import _enough, companies, company_shares, possible
from analysis.data.mistakes import InputError
from analysis.data.scenario import load_scenario
from analysis.data.tables import Evidence
from analysis.reconstruction.account import account_of
from analysis.reconstruction.model_file import load_model
from tests.data.test_dimensions import mistake

DISCLOSED_USD = 5_870_000  # V3 and R1, all official runs


def words(shown):
    return re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", shown)).replace("&nbsp;", " ")


@pytest.fixture(scope="module")
def found(account):
    return company_shares(account).set_index("id")


def test_what_minimax_and_zai_would_make_of_the_bill_by_hand(found):
    # MiniMax: 40.420 and 4.703 million for people, 140.642 for training; final runs 22.6 % of that
    staff = (40.420 + 4.703) / (40.420 + 4.703 + 140.642)
    assert found.staff["minimax"] == pytest.approx(staff)
    assert found.with_staff_usd["minimax"] == pytest.approx(DISCLOSED_USD / 0.226 / (1 - staff))
    # Z.ai: 324 million yuan for people, 1,553 for computing and 259 of depreciation; 12.3 %
    staff = 324.193 / (324.193 + 1_552.832 + 259.038)
    assert found.with_staff_usd["zai"] == pytest.approx(DISCLOSED_USD / 0.123 / (1 - staff))


def test_a_share_that_nobody_told_makes_no_sum(found):
    assert found.with_failed_usd["openai"] == pytest.approx(DISCLOSED_USD / 0.096)
    assert found.with_staff_usd.isna().to_dict() == {
        "olmo3": True,
        "minimax": False,
        "zai": False,
        "openai": True,
        "study": True,
    }


def test_the_bill_spans_the_shares_of_all_of_them(found, account, evidence):
    """No developer on record lies outside what the lines are drawn from."""
    failed, staff = (
        next(line.share for line in account.model.boundaries if line.id == name)
        for name in ("with_failed_runs", "with_staff")
    )
    ends = [1 - evidence.facts.calculate(end) for end in (failed.high, failed.low)]
    assert ends == pytest.approx([found.final.min(), found.final.max()])
    assert evidence.facts.calculate(staff.low) == pytest.approx(found.staff.min())
    high = evidence.facts["rd_staff_share_of_development"].high
    assert staff.high == "rd_staff_share_of_development" and high >= found.staff.max()


NOTHING = {
    "minimax_final_run_share": ("0.226", "1"),
    "openai_final_run_share": ("0.096", "1"),
    "zai_final_run_share": ("0.123", "1"),
    "minimax_rd_staff_2024_usd": ("40420000", "0"),
    "minimax_rd_share_payments_2024_usd": ("4703000", "0"),
    "zai_rd_wages_2024_cny": ("324193000", "0"),
    "rd_staff_share_of_development": ("0.39,0.29,0.49", "0,0,0"),
}


def test_a_share_of_nothing_gives_the_sum_below_it(folder):
    """No failed run and no staff: the bill is the disclosed hours, developer by developer too."""
    facts = folder / "facts.csv"
    text = facts.read_text(encoding="utf-8")
    for name, (value, nothing) in NOTHING.items():
        text, times = re.subn(rf"(?m)^({name},.*?,){value},", rf"\g<1>{nothing},", text)
        assert times == 1, name
    facts.write_text(text, encoding="utf-8")
    none = account_of("deepseek-r1", load_scenario(), Evidence.load(folder))
    usd = none.bill.set_index("id").usd
    assert usd["with_failed_runs"] == usd["with_v3_post_training"] == pytest.approx(DISCLOSED_USD)
    assert usd["with_staff"] == usd["with_failed_runs"]
    each = company_shares(none).set_index("id").with_staff_usd
    assert list(each[["minimax", "zai"]]) == pytest.approx([DISCLOSED_USD] * 2)


def test_the_sentences_give_the_range_both_ways_and_say_that_it_is_assumed(account):
    said = words(companies(account))
    assert "Developer by developer it is $34M to $56M" in said
    assert "As one it is $35M to $86M" in said
    assert "That one developer's share says something of another is an assumption" in said


def test_what_the_sum_would_need_by_hand(account):
    numbers = account.numbers
    # 258 days of 24 hours, 80 % of them at work
    assert numbers["disclosed_cluster_gpu_hours"].value == pytest.approx(2_048 * 258 * 24 * 0.8)
    assert numbers["reported_fleet_gpu_hours"].value == pytest.approx(10_000 * 258 * 24 * 0.8)
    # nine months of R&D staff at MiniMax: 34.878 million dollars for 74 % of 385 people
    a_day = 34_878_000 / (385 * 0.74 * 273)
    assert numbers["team_usd"].value == pytest.approx(160 * 258 * a_day)
    bill = account.bill.set_index("id")
    at_most = numbers["failed_runs_high_gpu_hours"].value
    assert at_most == pytest.approx(bill.usd_p95["with_failed_runs"] / 2.0)
    assert numbers["staff_high_usd"].value == pytest.approx(bill.added_usd_p95["with_staff"])


def test_the_days_are_those_between_the_two_releases(account, evidence):
    before = load_model("deepseek-v2", evidence).release_date
    days = evidence.facts["r1_development_days"].value
    assert (account.model.release_date - before).days == days


def test_what_is_possible_follows_what_there_is(account, edited):
    said = words(possible(account))
    assert "cluster is enough at neither end, the chips that the press reports at both ends" in said
    assert "the reported team is enough at its low end alone." in said
    assert "pay $19M † $6.3M † $36M † 1.9" in said
    old, new = "people at DeepSeek,160,", "people at DeepSeek,1600,"
    many = Evidence.load(edited("facts.csv", old, new))
    said = words(possible(account_of("deepseek-r1", load_scenario(), many)))
    assert "the reported team is enough at both ends." in said and "$36M † 0.19" in said


@pytest.mark.parametrize("name", ["staff_low_usd", "failed_runs_high_gpu_hours", "team_usd"])
def test_nothing_is_said_of_what_is_possible_where_a_part_is_unknown(account, name):
    known = {other: number for other, number in account.numbers.items() if other != name}
    assert possible(SimpleNamespace(numbers=known)) == ""


def test_a_model_without_shares_says_so(evidence):
    other = account_of("deepseek-v3", load_scenario(), evidence)
    assert "No shares of other developers" in companies(other) and possible(other) == ""


def test_shares_are_ratios(account):
    for row in account.rows("company_shares"):
        for field in ("final_run_share", "staff_share"):
            assert not row[field] or not mistake(row[field], "ratio", account.names.named)


def test_a_share_of_what_is_not_there_is_one_line(edited):
    old, new = 'minimax_staff_share,"Epoch', 'minimax_stuff_share,"Epoch'
    wrong = Evidence.load(edited("company_shares.csv", old, new))
    with pytest.raises(InputError) as caught:
        company_shares(account_of("deepseek-r1", load_scenario(), wrong))
    said = str(caught.value)
    assert said.startswith("company_shares.csv, line 3 (minimax), staff_share: minimax_stuff_share")


@pytest.mark.parametrize(
    ("there", "ends"),
    [(1.0, "neither end"), (2.0, "its low end alone"), (5.9, "its low end alone"), (6.0, "both")],
)
def test_what_is_there_is_enough_up_to_itself(there, ends):
    values = {"a_low_usd": 2.0, "a_high_usd": 6.0, "there": there}
    numbers = {name: SimpleNamespace(value=value) for name, value in values.items()}
    assert _enough("a_{}_usd", "there", SimpleNamespace(numbers=numbers)).startswith(ends)
