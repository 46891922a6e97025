"""How two editions differ: for the same parameters not at all, else only where they must."""

import json

import pytest

from analysis.cli import main
from analysis.data.mistakes import InputError
from analysis.data.scenario import load_scenario
from analysis.publish.changes import NO_DEFAULT, changes_html
from analysis.publish.results import PARTS, difference, read_results, scenario_results
from analysis.reconstruction.account import Account
from analysis.reconstruction.reconstruction import reconstruct


def found(evidence, **parameters):
    return scenario_results(
        Account(reconstruct("deepseek-r1", load_scenario(**parameters), evidence), evidence)
    )


@pytest.fixture(scope="module")
def default(account):
    return scenario_results(account)


def test_the_same_parameters_differ_in_nothing(default, evidence):
    assert difference(default, found(evidence)).empty
    none = difference(default, default)
    assert "Nothing differs from the default edition." in changes_html(none)
    assert "Nothing differs" not in changes_html(none, evidence_is_own=False)
    assert NO_DEFAULT in changes_html(none, evidence_is_own=False)


def test_a_price_moves_dollars_and_rungs_and_no_hours(default, evidence):
    frame = difference(default, found(evidence, price_usd_per_gpu_hour=4.0))
    assert set(frame.part) == {"parameters", "dollars", "ladder", "verdicts"}
    assert frame.factor[frame.part.isin(["dollars", "ladder"])].round(6).eq(2.0).all()


def test_an_efficiency_moves_hours_and_no_rung(default, evidence):
    frame = difference(default, found(evidence, mfu=0.4))
    assert "hours" in set(frame.part) and "ladder" not in set(frame.part)


def test_machines_of_ones_own_move_no_rent(default, evidence):
    assert set(difference(default, found(evidence, utilisation=0.5)).part) == {"parameters"}


def test_parts_stand_in_one_order_and_the_way_back_is_the_inverse(default, evidence):
    other = found(evidence, price_usd_per_gpu_hour=3.0, mfu=0.3)
    there, back = difference(default, other), difference(other, default)
    order = [PARTS.index(part) for part in there.part]
    assert order == sorted(order) and len(there) == len(back)
    assert (there.factor * back.factor).dropna().round(6).eq(1.0).all()


def test_the_page_names_every_part(default, evidence):
    page = changes_html(difference(default, found(evidence, price_usd_per_gpu_hour=4.0)))
    assert all(
        title in page for title in ("Parameters", "Reconstructed dollars", "The bill", "Verdicts")
    )


def test_a_folder_without_results_is_refused(tmp_path):
    with pytest.raises(InputError, match="an edition's folder has a"):
        read_results(tmp_path)
    (tmp_path / "results.json").write_text("[1, 2]")
    with pytest.raises(InputError, match="not the results of an edition"):
        read_results(tmp_path)


def test_the_command_prints_what_differs(tmp_path, capsys, default, evidence):
    for name, content in (("a", default), ("b", found(evidence, price_usd_per_gpu_hour=4.0))):
        (tmp_path / name).mkdir()
        (tmp_path / name / "results.json").write_text(json.dumps(content))
    assert main(["diff", str(tmp_path / "a"), str(tmp_path / "b"), "--json"]) == 0
    assert {row["part"] for row in json.loads(capsys.readouterr().out)} >= {
        "parameters",
        "dollars",
        "ladder",
    }
    assert main(["diff", str(tmp_path / "a"), str(tmp_path / "a")]) == 0
    assert capsys.readouterr().out == "nothing differs\n"
    assert main(["diff", str(tmp_path / "a"), str(tmp_path)]) == 2
