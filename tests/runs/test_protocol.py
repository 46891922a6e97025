"""The rules of the physical view were there before what they judge."""

from __future__ import annotations

import hashlib
from pathlib import Path

from analysis.data.folder import read_toml
from analysis.data.uncertainty import fewest_for_t

ROOT = Path(__file__).parents[2]


def test_the_rules_are_those_that_the_changelog_names():
    rules = hashlib.sha256((ROOT / "data" / "protocol.toml").read_bytes()).hexdigest()
    assert f"`{rules}`" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_how_many_developers_a_students_t_needs_is_what_the_rules_say_in_words(evidence):
    rule = read_toml(ROOT / "data" / "protocol.toml")["ratio"]["distribution"]
    words = {5: "five"}
    assert f"fewer than {words[fewest_for_t(evidence.facts)]}" in rule
