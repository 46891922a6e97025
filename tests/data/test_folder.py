"""Whose folder it is does not matter: its names lead to its own regular files, and no schema of its
own rules.
"""

import json

import pytest

from analysis.data.folder import PACKAGE, folder_sha256, named_file, named_files
from analysis.data.mistakes import InputError
from analysis.data.scenario import load_scenario
from analysis.data.tables import Evidence
from analysis.reconstruction.reconstruction import reconstruct


def change_package(folder, change):
    package = json.loads((folder / PACKAGE).read_text(encoding="utf-8"))
    change({item["name"]: item for item in package["resources"]}, package)
    (folder / PACKAGE).write_text(json.dumps(package), encoding="utf-8")


def refused(folder, match):
    with pytest.raises(InputError, match=match) as caught:
        Evidence.load(folder)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("path", ["../facts.csv", "/etc/passwd", "other.csv"])
def test_a_table_is_where_the_project_has_it(folder, path):
    change_package(folder, lambda tables, _: tables["facts"].update(path=path))
    refused(folder, "is not the table's file, allowed is facts.csv")


def test_a_schema_of_the_folders_own_rules_nothing_and_nothing_is_fetched(folder):
    change_package(folder, lambda tables, _: tables["facts"].update(schema="http://127.0.0.1:9/x"))
    assert len(Evidence.load(folder).facts) > 200
    change_package(folder, lambda tables, _: tables["sources"]["schema"]["fields"].clear())
    text = (folder / "sources.csv").read_text(encoding="utf-8")
    harm = text.replace("https://arxiv.org/abs/2412.19437", "javascript:alert(1)")
    assert harm != text
    (folder / "sources.csv").write_text(harm, encoding="utf-8")
    refused(folder, r"sources\.csv, line 2 \(v3_report\), url: found javascript")


def test_a_link_is_no_file_of_the_folder(folder):
    (folder / "facts.csv").rename(folder.parent / "elsewhere.csv")
    (folder / "facts.csv").symlink_to(folder.parent / "elsewhere.csv")
    refused(folder, "facts.csv: a link")


def test_a_folder_of_links_is_none_of_the_folder(folder):
    (folder / "curves").rename(folder.parent / "curves")
    (folder / "curves").symlink_to(folder.parent / "curves")
    refused(folder, "a link")


def test_a_curve_of_ones_own_is_read_by_the_schema_of_curves(folder):
    curve = (folder / "curves" / "r1_zero_answer_length.csv").read_text(encoding="utf-8")
    (folder / "curves" / "mine.csv").write_text(curve, encoding="utf-8")
    own = {"name": "mine", "path": "curves/mine.csv"}
    change_package(folder, lambda _, package: package["resources"].append(own))
    assert len(Evidence.load(folder)["mine"]) == len(Evidence.load(folder)["r1_zero_answer_length"])
    assert "curves/mine.csv" in named_files(folder)


def test_another_table_is_refused_with_the_nearest_name(folder):
    own = {"name": "claim", "path": "claim.csv"}
    change_package(folder, lambda _, package: package["resources"].append(own))
    refused(folder, r"claim is not a table; did you mean claims\?")


@pytest.mark.parametrize("content", ["[]", "{}", '{"resources": 1}', '{"resources": [1]}', "{"])
def test_a_damaged_package_is_one_line(folder, content):
    (folder / PACKAGE).write_text(content, encoding="utf-8")
    refused(folder, "datapackage.json")


def test_a_byte_order_mark_changes_nothing(folder):
    """Editors put one before the text: of the package, of every TOML file, of every table."""
    files = [folder / name for name in named_files(folder)]
    assert {path.suffix for path in files} == {".json", ".csv", ".toml"}
    before = reconstruct("deepseek-v3", load_scenario("paper", folder), Evidence.load(folder))
    for path in files:
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    after = reconstruct("deepseek-v3", load_scenario("paper", folder), Evidence.load(folder))
    assert after.to_dict() == before.to_dict()


def test_only_what_is_named_counts(folder):
    before = folder_sha256(folder)
    (folder / "notes.md").write_text("mine")
    (folder / ".env").write_text("secret")
    (folder / "models" / ".hidden.toml").write_text("x")
    (folder / "models" / "passwd.toml").symlink_to("/etc/passwd")
    (folder / "stray.csv").write_text("a,b")
    assert folder_sha256(folder) == before
    assert not {"notes.md", ".env", "stray.csv", "models/passwd.toml"} & set(named_files(folder))


@pytest.mark.parametrize("name", ["../../secret", "/etc/passwd", "", "a b", ".hidden"])
def test_a_name_leads_to_a_file_of_its_folder_alone(folder, name):
    with pytest.raises(InputError, match="is not among models"):
        named_file(folder, "models", name)


def test_a_name_that_is_not_there_says_which_folder_was_looked_in(folder):
    with pytest.raises(InputError, match="did you mean kimi-k2") as stopped:
        named_file(folder, "models", "kimi-k3")
    assert str(stopped.value).endswith(f"(looked in {folder / 'models'})")


def test_a_table_that_is_handed_out_can_be_changed_for_oneself_alone(evidence):
    mine = evidence["training_runs"]
    mine.loc[:, "gpu_hours"] *= 2
    assert not evidence["training_runs"].gpu_hours.equals(mine.gpu_hours)
    assert Evidence.load(evidence.directory)["training_runs"].gpu_hours.sum() < mine.gpu_hours.sum()


def test_a_table_is_listed_once(folder):
    change_package(folder, lambda tables, package: package["resources"].append(tables["facts"]))
    refused(folder, "datapackage.json, resource facts: is listed twice, allowed is once")
