"""Characters that nobody sees: control characters, and marks that turn letters around. With them a
reader sees another text than the one that stands there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from analysis.data.mistakes import InputError

UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def refuse_unseen(text: str, where: str) -> None:
    """An `InputError` that says where a text holds such a character.

    >>> refuse_unseen("two\\nlines", "notes")
    """
    if found := UNSEEN.search(text):
        raise InputError(f"holds {found[0]!a}, which no reader sees", where)


def texts_in(value: Any) -> Iterator[str]:
    """Every text of a file's content, names of its fields too.

    >>> list(texts_in({"a": ["b", 1], "c": {"d": "e"}}))
    ['a', 'c', 'b', 'd', 'e']
    """
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        yield from texts_in([*value.values()])
    elif isinstance(value, list):
        for part in value:
            yield from texts_in(part)
