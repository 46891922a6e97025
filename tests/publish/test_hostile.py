"""A stranger's evidence runs nothing in the book, whatever its texts say."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

import pytest

from analysis.data.folder import default_directory
from analysis.data.mistakes import InputError
from analysis.data.tables import Evidence
from analysis.publish.book import publish_evidence
from analysis.show import ledger
from analysis.show.charts import figure

ADDRESSES = ["javascript:alert(1)", "JavaScript:alert(1)", "data:text/html;x", " https://x", "//x"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_of_a_source_is_one_of_the_web(edited, address):
    folder = edited("sources.csv", "https://arxiv.org/", f"{address}/")
    with pytest.raises(InputError, match=r"sources\.csv, line \d+ .*, url: found"):
        Evidence.load(folder)


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_that_is_none_of_the_web_is_text(evidence, address):
    """Also where the schema of the folder let it pass."""
    sources = evidence["sources"].assign(url=address)
    tables = {name: evidence[name] for name in evidence.tables}
    changed = Evidence.of(evidence.directory, tables | {"sources": sources})
    page = str(ledger.sources(changed))
    assert "<a " not in page and html.escape(address) in page
    assert "<a " in str(ledger.sources(evidence))


@pytest.mark.parametrize("label", ["<!--<script>", "</script><b>", "<\\/x", "a < b & \u2028"])
def test_a_label_neither_ends_nor_prolongs_the_script_element_of_a_chart(monkeypatch, label):
    monkeypatch.setattr(figure, "svg", lambda *_: "")
    spec = {"description": "d", "datasets": {"one": [{"label": label}]}}
    page = figure.spec_html(spec)
    (script,) = re.findall(r'class="chart-spec">(.*?)</script>', page, re.S)
    assert "<" not in script and json.loads(script) == spec


def names_below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_what_lies_beside_the_evidence_is_not_published(folder, tmp_path):
    own = names_below(folder)
    beside = [
        ".env",
        ".git/config",
        "notes.md",
        "models/.own.toml",
        "cards/own.txt",
        "curves/x.csv",
    ]
    for name in beside:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("secret = 1")
    for name in ("passwd.txt", "models/linked.toml", "cards/linked.toml", "scenarios/linked.toml"):
        (folder / name).symlink_to("/etc/passwd")
    publish_evidence(folder, tmp_path / "published")
    assert names_below(tmp_path / "published") == own
    for name in own:
        assert (tmp_path / "published" / name).read_bytes() == (folder / name).read_bytes()


@pytest.mark.parametrize("name", ["facts.csv", "datapackage.json", "cards"])
def test_what_a_link_leads_to_is_not_published(folder, tmp_path, name):
    (folder / name).rename(tmp_path / name)
    (folder / name).symlink_to(tmp_path / name)
    with pytest.raises(InputError, match="a link; an evidence folder holds regular files"):
        publish_evidence(folder, tmp_path / "published")


def test_all_of_the_projects_own_evidence_is_published(tmp_path):
    publish_evidence(default_directory(), tmp_path)
    assert names_below(tmp_path) == names_below(default_directory())
