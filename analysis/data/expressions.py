"""Arithmetic on facts."""

from __future__ import annotations

import re


def names_in(expression: str) -> list[str]:
    """The names in an arithmetic expression, fact ids and ends of their ranges."""
    words = "".join(
        character if character.isalnum() or character == "_" else " " for character in expression
    )
    return [word for word in words.split() if word[0].isalpha()]


def facts_in(expression: str) -> list[str]:
    """The fact ids in an arithmetic expression; `NAME__low` and `NAME__high` stand on NAME."""
    return [re.sub("__(low|high)$", "", name) for name in names_in(expression)]
