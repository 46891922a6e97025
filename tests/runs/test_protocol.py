"""The rules of the physical view were there before what they judge."""

from __future__ import annotations

import hashlib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_rules_are_those_that_the_changelog_names():
    rules = hashlib.sha256((ROOT / "data" / "protocol.toml").read_bytes()).hexdigest()
    assert f"`{rules}`" in (ROOT / "CHANGELOG.md").read_text("utf-8")
