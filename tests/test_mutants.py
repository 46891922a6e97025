"""The lists of faults keep up with the code that they change."""

from tests.mutants.faults import all_faults, equivalents, faults_of, named_faults


def test_every_named_fault_still_has_its_place():
    assert len(named_faults()) == 20


def test_every_fault_listed_as_changing_nothing_can_still_be_made_and_says_why():
    keys = {fault.key for fault in all_faults()}
    for key, reason in equivalents().items():
        assert key in keys, key
        assert reason


def test_a_fault_changes_one_place_and_the_code_still_reads(tmp_path, monkeypatch):
    path = tmp_path / "small.py"
    path.write_text("def area(low, high):\n    return max(low, 2) * -high\n", encoding="utf-8")
    monkeypatch.setattr("tests.mutants.faults.ROOT", tmp_path)
    found = {f"{fault.before} -> {fault.after}" for fault in faults_of(path)}
    assert found == {
        "max(low, 2) * -high -> max(low, 2) / -high",
        "max(low, 2) * -high -> max(low, 2)",
        "max(low, 2) * -high -> -high",
        "max(low, 2) -> min(low, 2)",
        "2 -> 4",
        "2 -> 3",
        "-high -> high",
    }
